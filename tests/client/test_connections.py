"""How the clients reach the service: TLS and its trust, proxies, and what is said when it cannot be reached."""

from __future__ import annotations

import base64
import importlib
import importlib.util
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import pytest
import trustme
from tickhaul import NetworkError

from tests.support import bodies
from tests.support.behaviours import answer, held, stall
from tests.support.clock import FakeClock
from tests.support.faces import KEY
from tests.support.proxy import ConnectProxy, SocksProxy
from tests.support.silent import resolve_localhost, silent_listener

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.support.faces import Connect, Face
    from tests.support.server import Serve


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return _serving(authority, "localhost")


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def proxy() -> Iterator[ConnectProxy]:
    with ConnectProxy() as running:
        yield running


def _serving(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_given_context_decides_whom_to_trust(
    serve: Serve, connect: Connect, tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    server = serve(answer([]), answer([]), tls=tls)
    client = connect(server, ssl_context=trusting)
    assert client.exchanges.list() == []
    assert client.exchanges.list() == []
    assert server.connections == 1


def test_the_usual_variable_names_the_certificates_to_trust(
    serve: Serve,
    connect: Connect,
    tls: ssl.SSLContext,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    server = serve(answer([]), tls=tls)
    assert connect(server).exchanges.list() == []


@pytest.mark.parametrize("case", ["unknown authority", "other name"])
def test_a_certificate_that_is_not_trusted_ends_the_call_at_the_first_try(
    case: str, serve: Serve, connect: Connect, tls: ssl.SSLContext, trusting: ssl.SSLContext, authority: trustme.CA
) -> None:
    clock = FakeClock()
    if case == "unknown authority":
        client = connect(serve(tls=tls), clock=clock)
    else:
        client = connect(serve(tls=_serving(authority, "other.example")), clock=clock, ssl_context=trusting)
    with pytest.raises(NetworkError, match=r"certificate is not trusted \(.+\); .* pass ssl_context=") as caught:
        client.exchanges.list()
    assert len(caught.value.attempts) == 1
    assert clock.slept == []


class Comparing(ssl.SSLContext):
    """TLS settings that nothing can be looked up by."""

    __hash__ = None  # type: ignore[assignment]  # as Python sets it where objects are compared

    def __eq__(self, other: object) -> bool:
        return self is other


class Wrapping:
    """Stands for TLS settings, and takes no weak references."""

    __slots__ = ("_context",)

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:  # Any: whatever the settings have
        return getattr(self._context, name)


@pytest.mark.parametrize("kind", ["wrapped", "compared"])
def test_tls_settings_may_be_of_an_unusual_class(
    kind: str, serve: Serve, connect: Connect, tls: ssl.SSLContext, trusting: ssl.SSLContext, authority: trustme.CA
) -> None:
    unusual: Any = Wrapping(trusting)
    if kind == "compared":
        unusual = Comparing(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(unusual)
    client = connect(serve(answer([]), answer([]), tls=tls), ssl_context=unusual)
    assert client.exchanges.list() == client.exchanges.list() == []


class Counting(ssl.SSLContext):
    """TLS settings that count how often their protocol is set."""

    count = 0

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        self.count += 1
        super().set_alpn_protocols(alpn_protocols)


@pytest.mark.parametrize("through", ["nothing", "an HTTP proxy", "a TLS proxy", "a SOCKS proxy"])
def test_tls_settings_are_not_changed_while_connections_are_made(
    through: str, serve: Serve, connect: Connect, tls: ssl.SSLContext, authority: trustme.CA
) -> None:
    trusting = Counting(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trusting)
    release = threading.Event()
    server = serve(*[held(release, answer([]))] * 16, otherwise=answer([]), tls=tls)
    with ExitStack() as stack:
        proxy: str | None = None
        if "TLS" in through:
            proxy = f"https://localhost:{stack.enter_context(ConnectProxy(tls=tls)).port}"
        elif "proxy" in through:
            proxy = stack.enter_context(ConnectProxy() if "HTTP" in through else SocksProxy()).url
        clients = [connect(server, ssl_context=trusting, proxy=proxy, quota=None) for _ in range(2)]
        for client in clients:
            stack.callback(client.close)
        with ThreadPoolExecutor(16) as threads:
            running = [threads.submit(clients[0].exchanges.list) for _ in range(16)]
            server.wait_for_requests(16)
            release.set()
            assert [each.result(30) for each in running] == [[]] * 16
        assert clients[1].exchanges.list() == []
    assert server.connections == 17
    assert trusting.count == 1


def test_a_server_that_wants_a_client_certificate_is_a_network_error_like_any_other(
    serve: Serve, connect: Connect, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    demanding = _serving(authority, "localhost")
    demanding.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(demanding)
    with pytest.raises(NetworkError, match="after trying once"):
        connect(serve(tls=demanding), ssl_context=trusting, max_retries=0).exchanges.list()


def test_plain_http_where_tls_was_expected_is_said_in_the_words_of_tls(
    connect: Connect, trusting: ssl.SSLContext
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        url = f"https://localhost:{plain.getsockname()[1]}"

        def answer_anything() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        speaker = threading.Thread(target=answer_anything)
        speaker.start()
        with pytest.raises(NetworkError, match=f"cannot connect to {url}: .*SSL"):
            connect(url, ssl_context=trusting, max_retries=0).exchanges.list()
        speaker.join(30)


def test_a_name_that_does_not_resolve_is_said_so(connect: Connect) -> None:
    name = "ticksupply.invalid"  # RFC 6761: it never does
    with pytest.raises(NetworkError, match=f"cannot connect to https://{name}: the name .* does not resolve"):
        connect(f"https://{name}", max_retries=0, proxy="").exchanges.list()


def test_an_ipv6_address_is_an_origin_too(connect: Connect) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with listener:
        received: list[bytes] = []

        def answer_once() -> None:
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

        speaker = threading.Thread(target=answer_once)
        speaker.start()
        port = listener.getsockname()[1]
        assert connect(f"http://[::1]:{port}").exchanges.list() == []
        speaker.join(30)
        assert f"\r\nHost: [::1]:{port}\r\n".encode() in received[0]


def test_a_host_with_several_addresses_is_reached_at_whichever_answers(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(answer([]))
    resolve_localhost(monkeypatch, "127.0.0.2", "127.0.0.1")
    assert connect(f"http://localhost:{server.port}").exchanges.list() == []


def test_a_silent_address_is_not_waited_for_when_another_one_answers(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for half in ("_async", "_sync"):
        # So patient that waiting for the silent one would outlast this test.
        monkeypatch.setattr(f"tickhaul.{half}.transport._CONNECT_SECONDS", 1000.0)
    server = serve(answer([]))
    resolve_localhost(monkeypatch, "127.0.0.2", "127.0.0.1")
    with silent_listener("127.0.0.2", server.port):
        client = connect(f"http://localhost:{server.port}", timeout=1000, deadline=1000)
        assert client.exchanges.list() == []


def test_a_host_that_no_address_answers_for_is_a_network_error(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        port = placeholder.getsockname()[1]
    resolve_localhost(monkeypatch, "127.0.0.1", "127.0.0.2")
    with pytest.raises(NetworkError, match=f"cannot connect to http://localhost:{port}: .*refused"):
        connect(f"http://localhost:{port}", max_retries=0).exchanges.list()


def test_https_goes_through_a_proxy_as_a_tunnel_that_sees_no_key(
    serve: Serve, connect: Connect, tls: ssl.SSLContext, trusting: ssl.SSLContext, proxy: ConnectProxy
) -> None:
    server = serve(answer([]), answer([]), tls=tls)
    client = connect(server, ssl_context=trusting, proxy=proxy.url)
    client.exchanges.list()
    client.exchanges.list()
    assert [request.target for request in proxy.requests] == [f"localhost:{server.port}"]
    assert KEY not in str(proxy.requests[0])
    assert server.requests[0].headers["x-api-key"] == KEY


def test_http_to_a_trusted_network_goes_through_a_proxy_in_its_own_form(serve: Serve, connect: Connect) -> None:
    forwarding = serve(answer([]))
    client = connect("http://inside.example:8080", allow_plain_http=True, proxy=forwarding.url)
    assert client.exchanges.list() == []
    assert forwarding.requests[0].target == "http://inside.example:8080/v1/exchanges"
    assert forwarding.requests[0].headers["host"] == "inside.example:8080"


@pytest.mark.parametrize("written", ["http://{}", "{}"])
def test_the_usual_variables_choose_the_proxy(
    written: str,
    serve: Serve,
    connect: Connect,
    tls: ssl.SSLContext,
    trusting: ssl.SSLContext,
    proxy: ConnectProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve(otherwise=answer([]), tls=tls)
    monkeypatch.setenv("HTTPS_PROXY", written.format(f"127.0.0.1:{proxy.port}"))
    connect(server, ssl_context=trusting).exchanges.list()
    assert len(proxy.requests) == 1
    connect(server, ssl_context=trusting, proxy="").exchanges.list()
    monkeypatch.setenv("NO_PROXY", "localhost")
    connect(server, ssl_context=trusting).exchanges.list()
    assert len(proxy.requests) == 1
    assert len(server.requests) == 3


def test_a_proxys_login_is_sent_to_it_and_decoded_from_the_url(
    serve: Serve, connect: Connect, tls: ssl.SSLContext, trusting: ssl.SSLContext, proxy: ConnectProxy
) -> None:
    server = serve(answer([]), tls=tls)
    url = f"http://me:p%40ss@127.0.0.1:{proxy.port}"
    connect(server, ssl_context=trusting, proxy=url).exchanges.list()
    login = base64.b64encode(b"me:p@ss").decode()
    assert proxy.requests[0].headers["proxy-authorization"] == f"Basic {login}"
    assert "proxy-authorization" not in server.requests[0].headers


@pytest.mark.parametrize(("status", "tries"), [(407, 1), (403, 1), (405, 1), (502, 3), (429, 3)])
def test_a_proxy_that_refuses_is_named_and_asked_again_only_where_that_may_help(
    status: int, tries: int, connect: Connect, trusting: ssl.SSLContext
) -> None:
    with ConnectProxy(f"HTTP/1.1 {status} Nope\r\nContent-Length: 0\r\n\r\n".encode()) as refusing:
        client = connect(
            "https://api.example", clock=FakeClock(), max_retries=2, ssl_context=trusting, proxy=refusing.url
        )
        login = (
            f"; it wants a login: write user:password@ before 127.0.0.1:{refusing.port} in its URL"
            if status == 407
            else ""
        )
        words = f"127.0.0.1:{refusing.port} said {status}{login}"
        with pytest.raises(NetworkError, match=f"the proxy {words}$") as caught:
            client.export_schemas.update(bodies.SCHEMA_ID, [bodies.COLUMN])
        assert len(refusing.requests) == tries
    assert "carried out" not in str(caught.value)


@pytest.mark.parametrize("login", ["", "me:pä55@"])
def test_a_proxy_that_passes_requests_on_and_wants_a_login_is_not_the_service(
    login: str, serve: Serve, connect: Connect
) -> None:
    proxy = serve(answer("<html>who are you?</html>", status=407))
    address = proxy.url.removeprefix("http://")
    client = connect("http://api.example", allow_plain_http=True, proxy=f"http://{login}{address}")
    about = "did not accept the login" if login else "wants a login"
    with pytest.raises(NetworkError, match=f"the proxy {address} said 407; it {about}"):
        client.exchanges.list()
    assert len(proxy.requests) == 1


def test_https_to_the_proxy_itself_is_possible_too(
    serve: Serve, connect: Connect, face: Face, tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with ConnectProxy(tls=tls) as secure, ExitStack() as cleanup:
        server = serve(answer([]), answer(bodies.BILLING), tls=tls)
        client = connect(server, ssl_context=trusting, proxy=f"https://localhost:{secure.port}")
        assert client.exchanges.list() == []
        assert client.billing.get_summary().access_status == "active"
        cleanup.callback(client.close)
    assert face.name in ("sync", "asyncio")


def test_a_login_that_a_socks_proxy_does_not_ask_for_is_kept_to_oneself(serve: Serve, connect: Connect) -> None:
    with SocksProxy() as socks, ExitStack() as cleanup:
        server = serve(answer([]))
        client = connect(server, proxy=f"socks5://me:p%40ss@127.0.0.1:{socks.port}")
        assert client.exchanges.list() == []
        cleanup.callback(client.close)
        assert socks.logins == []


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_calls_go_through_a_socks_proxy_with_its_login(
    serve: Serve, connect: Connect, tls: ssl.SSLContext, trusting: ssl.SSLContext, scheme: str
) -> None:
    with SocksProxy(login=("me", "p@ss")) as socks, ExitStack() as cleanup:
        server = serve(answer([]), tls=tls)
        client = connect(server, ssl_context=trusting, proxy=f"{scheme}://me:p%40ss@127.0.0.1:{socks.port}")
        assert client.exchanges.list() == []
        cleanup.callback(client.close)
        assert socks.logins == [("me", "p@ss")]
        assert [host for _, host, _ in socks.wishes] == [b"localhost"]


def test_a_client_closes_its_connections_and_then_refuses_to_be_used(serve: Serve, connect: Connect) -> None:
    server = serve(otherwise=answer([]))
    client = connect(server)
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.exchanges.list()
    client = connect(server)
    client.exchanges.list()
    server.wait_for_open_connections(1)
    client.close()
    server.wait_for_open_connections(0)
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.exchanges.list()


@pytest.mark.parametrize("secure", [False, True])
def test_closing_ends_the_calls_under_way_at_once_and_they_open_nothing_new(
    secure: bool, serve: Serve, connect: Connect, tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    server = serve(answer([]), *[stall()] * 4, tls=tls if secure else None)
    # So patient that only its closing can end a call while this test waits.
    client = connect(server, ssl_context=trusting, timeout=1000, deadline=1000)
    client.exchanges.list()
    ended: list[Exception] = []

    def call() -> None:
        try:
            client.exchanges.list()
        except Exception as error:
            ended.append(error)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    server.wait_for_requests(5)
    client.close()
    for thread in threads:
        thread.join(25)
    assert [(type(error), "closed" in str(error)) for error in ended] == [(RuntimeError, True)] * 4
    server.wait_for_open_connections(0)
    assert server.connections == 4


def test_a_call_that_waited_for_a_connection_of_a_client_closed_meanwhile_opens_none(
    serve: Serve, connect: Connect
) -> None:
    release = threading.Event()
    server = serve(*[held(release, answer([]))] * 64)
    client = connect(server)
    ended: list[object] = []

    def call() -> None:
        try:
            ended.append(client.exchanges.list())
        except RuntimeError as error:
            ended.append(str(error))

    threads = [threading.Thread(target=call) for _ in range(65)]
    for thread in threads:
        thread.start()
    server.wait_for_requests(64)
    client.close()
    for thread in threads:
        thread.join(60)
    release.set()
    assert len(ended) == 65
    assert all("closed" in str(end) for end in ended)
    assert server.connections == 64


def test_a_client_without_a_free_connection_says_so(serve: Serve, connect: Connect) -> None:
    class Full:
        """No place is ever free."""

        def take(self, seconds: float) -> bool:
            return False

    class AsyncFull:
        async def take(self, seconds: float) -> bool:
            return False

    server = serve(answer([]))
    client = connect(server, max_retries=0)
    client.exchanges.list()
    transport = client._executor._transport
    assert transport is not None
    pools: dict[Any, Any] = transport._pools  # of either client
    ((owner, pool),) = pools.items()
    pool.places = Full() if owner is None else AsyncFull()
    with pytest.raises(NetworkError, match=r"exchanges\.list: .* no connection became free within 30 s"):
        client.exchanges.list()


def test_a_connection_that_is_made_while_the_client_is_closed_serves_its_call_and_is_closed(
    serve: Serve, connect: Connect, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, closed = threading.Event(), threading.Event()
    half = "_sync" if face.name == "sync" else "_async"
    primitives = importlib.import_module(f"tickhaul.{half}.primitives")

    def later(*arguments: Any) -> object:  # as the primitive takes them
        begun.set()
        assert closed.wait(30)
        return primitives.connect(*arguments)

    async def async_later(*arguments: Any) -> object:  # as above
        begun.set()
        assert await anyio.to_thread.run_sync(closed.wait, 30)
        return await primitives.connect(*arguments)

    monkeypatch.setattr(f"tickhaul.{half}.network.connect", later if half == "_sync" else async_later)
    server = serve(answer([bodies.EXCHANGE]))
    client = connect(server)
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(client.exchanges.list()))
    thread.start()
    assert begun.wait(30)
    client.close()
    closed.set()
    thread.join(30)
    assert len(answers) == 1
    server.wait_for_open_connections(0)
