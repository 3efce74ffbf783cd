"""Transfers through proxies of every kind, and what is told of one that refuses."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
import traceback
from typing import TYPE_CHECKING, Any, Self

import pytest
import trustme
from tickhaul.errors import StorageError
from tickhaul.net.proxies import parse_proxy
from tickhaul.net.secrets import Secret
from tickhaul.transfer import RemoteFile, download
from tickhaul.transfer.wire import Channel, WireError, choose

from tests.support.proxy import ConnectProxy, SocksProxy
from tests.support.server import Exchange, ScriptedServer
from tests.transfer.channels import Taken, body_of, framed
from tests.transfer.hauls import KIB, assert_arrived, content, haul, options
from tests.transfer.storage import SECRET, Answer, Request, Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("engine", "own_authority")

FILES = {"a": content(300 * KIB)}


class Tunnel:
    """An HTTP proxy: CONNECT for https, absolute URLs for http."""

    def __init__(self, *, wants: str | None = None, refuses: bool = False, status: int = 200) -> None:
        self.heads: list[str] = []
        self._wants, self._refuses, self._status = wants, refuses, status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for sock in self._sockets:
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                self._run(self._serve, client)

    def _run(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            self.heads.append(head.decode())
            if self._refuses or (self._wants is not None and f"Basic {self._wants}" not in self.heads[-1]):
                status = "403 Forbidden" if self._refuses else "407 Proxy Authentication Required"
                client.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                client.shutdown(socket.SHUT_WR)
                return
            verb, target, _ = self.heads[-1].split(" ", 2)
            address = target.split("/")[2] if "//" in target else target
            upstream = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
            self._sockets.append(upstream)
            if verb == "CONNECT":
                client.sendall(b"HTTP/1.1 %d Connection established\r\n\r\n" % self._status)
            else:
                upstream.sendall(head.replace(target.encode(), ("/" + target.split("/", 3)[3]).encode(), 1))
            self._run(self._pump, upstream, client)
            self._pump(client, upstream)

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def tunnel() -> Iterator[Tunnel]:
    with Tunnel() as tunnel:
        yield tunnel


def test_https_goes_through_a_proxy_by_connect(tmp_path: Path, tunnel: Tunnel, server_context: ssl.SSLContext) -> None:
    with Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path, proxy=f"http://127.0.0.1:{tunnel.port}", connections=2)
        assert {head.split("\r\n")[0] for head in tunnel.heads} == {f"CONNECT localhost:{storage.port} HTTP/1.1"}
        assert len(tunnel.heads) <= 2
    assert_arrived(storage, tmp_path)
    assert SECRET not in str(tunnel.heads)


def test_every_success_of_a_proxy_is_one(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    with Tunnel(status=204) as tunnel, Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path, proxy=f"http://127.0.0.1:{tunnel.port}", connections=1)
    assert_arrived(storage, tmp_path)


def test_plain_http_goes_through_a_proxy_by_absolute_url(tmp_path: Path, tunnel: Tunnel) -> None:
    with Storage(FILES) as storage:
        haul(storage, tmp_path, proxy=f"127.0.0.1:{tunnel.port}", connections=1)
        assert tunnel.heads[0].startswith(f"GET http://127.0.0.1:{storage.port}/exports/a?")
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_environment_names_the_proxy(
    tmp_path: Path,
    tunnel: Tunnel,
    server_context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{tunnel.port}")
    with Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path / "through", trust_env=True)
        assert tunnel.heads
        seen = len(tunnel.heads)
        haul(storage, tmp_path / "not", trust_env=False)
        monkeypatch.setenv("NO_PROXY", "example.org,localhost")
        haul(storage, tmp_path / "exempt", trust_env=True)
        assert len(tunnel.heads) == seen
    assert_arrived(storage, tmp_path / "exempt")


def test_a_proxy_is_given_its_password_and_the_host_is_not(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    with Tunnel(wants="dXNlcjpwQHNz") as tunnel, Storage(FILES, context=server_context) as storage:
        url = f"http://user:p%40ss@127.0.0.1:{tunnel.port}"
        haul(storage, tmp_path, proxy=url)
        assert all("proxy-authorization" not in request.headers for request in storage.requests)
        with pytest.raises(StorageError, match="said 407") as caught:
            haul(storage, tmp_path / "x", proxy=url.replace("p%40ss", "wrong"))
    assert "wrong" not in str(caught.value)
    assert "wrong" not in repr(options(proxy=url.replace("p%40ss", "wrong")))


def test_a_proxy_that_refuses_ends_the_transfer(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    with (
        Tunnel(refuses=True) as tunnel,
        Storage(FILES, context=server_context) as storage,
        pytest.raises(StorageError, match=r"the proxy 127\.0\.0\.1:.* said 403"),
    ):
        haul(storage, tmp_path, proxy=f"http://127.0.0.1:{tunnel.port}")


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b"hello\r\n\r\n", b"SSH-2.0-OpenSSH_9.9\r\n", b"\x15\x03\x01\x00\x02\x02\x46"),
        *(b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"),
    ],
)
def test_a_proxy_that_speaks_something_else_is_named(said: bytes) -> None:
    with ConnectProxy(said) as proxy:
        settings = options(proxy=proxy.url)
        with contextlib.closing(Channel(settings, choose(settings)[1])) as channel:
            words = rf"the proxy 127\.0\.0\.1:{proxy.port} closed the connection, or speaks no HTTP"
            with pytest.raises(WireError, match=words):
                channel.get("https://localhost:9/a", {}, Taken())


def test_a_proxy_that_says_nothing_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings = options(proxy=f"http://127.0.0.1:{port}", connect_timeout=0.05, silence=0.05)
        with (
            contextlib.closing(Channel(settings, choose(settings)[1])) as channel,
            pytest.raises(WireError, match=rf"the proxy 127\.0\.0\.1:{port}: timed out"),
        ):
            channel.get("https://localhost:9/a", {}, Taken())


def test_what_a_host_breaks_off_in_a_tunnel_that_was_kept_is_not_the_proxys_doing(
    server_context: ssl.SSLContext,
) -> None:
    def respond(exchange: Exchange) -> None:
        if exchange.request.target == "/a":
            exchange.send(framed(b"x", chunked=False))
        else:
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Le")
            exchange.hang_up()

    with ScriptedServer(otherwise=respond, tls=server_context) as server, ConnectProxy() as proxy:
        settings = options(proxy=proxy.url)
        with contextlib.closing(Channel(settings, choose(settings)[1])) as channel:
            assert body_of(channel, f"{server.url}/a") == b"x"
            with pytest.raises(WireError, match=r"^(?!the proxy)"):
                channel.get(f"{server.url}/b", {}, Taken())


def test_https_goes_through_a_proxy_that_is_itself_spoken_to_over_tls(
    tmp_path: Path, server_context: ssl.SSLContext
) -> None:
    files = {"a": content(1500 * KIB), "b": content(3)}
    with ConnectProxy(tls=server_context) as proxy, Storage(files, context=server_context) as storage:
        haul(storage, tmp_path, proxy=f"https://localhost:{proxy.port}", connections=2)
        assert {request.target for request in proxy.requests} == {f"localhost:{storage.port}"}
        assert len(proxy.requests) == storage.connections
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("fault", ["reset", "stall", "close"])
def test_what_breaks_behind_two_layers_of_tls_is_taken_up_again(
    tmp_path: Path, server_context: ssl.SSLContext, fault: str
) -> None:
    def broken_off(request: Request, answer: Answer) -> Answer:
        if request.nth % 3 == 1:
            answer.cut, answer.then = len(answer.body) // 2, fault
        return answer

    files = {"a": content(1000 * KIB)}
    with ConnectProxy(tls=server_context) as proxy, Storage(files, broken_off, context=server_context) as storage:
        haul(storage, tmp_path, proxy=f"https://localhost:{proxy.port}", connections=2)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("untrusted", ["the proxy", "the host"])
def test_behind_two_layers_of_tls_each_certificate_is_looked_at(
    tmp_path: Path, server_context: ssl.SSLContext, untrusted: str
) -> None:
    strange = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost" if untrusted == "the host" else "127.0.0.1").configure_cert(strange)
    near, far = (strange, server_context) if untrusted == "the proxy" else (server_context, strange)
    name = "localhost" if untrusted == "the host" else "127.0.0.1"
    with ConnectProxy(tls=near) as proxy, Storage(FILES, context=far) as storage:
        with pytest.raises(StorageError, match=rf"certificate of {name} is not trusted"):
            haul(storage, tmp_path, proxy=f"https://127.0.0.1:{proxy.port}", connections=1)
        assert storage.requests == []


def test_plain_http_goes_through_a_tls_proxy_by_absolute_url(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with ConnectProxy(refused, tls=server_context) as proxy, Storage(FILES) as storage:
        with pytest.raises(StorageError):
            haul(storage, tmp_path, proxy=f"https://localhost:{proxy.port}", connections=1)
        assert proxy.requests[0].target.startswith(f"http://127.0.0.1:{storage.port}/exports/a?")


def test_a_login_that_a_socks_proxy_does_not_ask_for_is_kept_to_oneself(tmp_path: Path) -> None:
    with SocksProxy() as proxy, Storage(FILES) as storage:
        haul(storage, tmp_path, proxy=f"socks5://me:you@127.0.0.1:{proxy.port}")
        assert proxy.logins == []
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("login", [None, ("me", "p\u00e4ss:word")])
def test_everything_goes_through_a_socks_proxy(
    tmp_path: Path, server_context: ssl.SSLContext, encrypted: bool, login: tuple[str, str] | None
) -> None:
    with (
        SocksProxy(login=login) as proxy,
        Storage(FILES, context=server_context if encrypted else None) as storage,
    ):
        who = "" if login is None else "me:p%C3%A4ss%3Aword@"
        url = f"socks5://{who}127.0.0.1:{proxy.port}"
        haul(storage, tmp_path, proxy=url, connections=1)
        address = (3, b"localhost", storage.port) if encrypted else (1, bytes([127, 0, 0, 1]), storage.port)
        assert proxy.wishes == [address]
        assert proxy.logins == ([] if login is None else [login])
        assert "p\u00e4ss" not in repr(parse_proxy("proxy", Secret(url)))
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize(
    ("proxy", "login", "text"),
    [
        ({"method": b"HT"}, "", "does not speak SOCKS 5"),
        ({"method": b"\x05\xff"}, "", r"it wants a login: write user:password@ before 127\.0\.0\.1:"),
        ({"method": b"\x05\xff"}, "me:you@", "did not accept the login"),
        ({"login": ("me", "right")}, "me:wrong@", "did not accept the login"),
        ({"refusal": 2}, "", r"made no connection \(Connection not allowed by ruleset\)"),
        ({"refusal": 4}, "", r"failed 2 times .* made no connection \(Host unreachable\)"),
    ],
)
def test_what_a_socks_proxy_refuses_is_told(tmp_path: Path, proxy: dict[str, Any], login: str, text: str) -> None:
    with SocksProxy(**proxy) as socks, Storage(FILES) as storage:
        with pytest.raises(StorageError, match=text) as caught:
            haul(storage, tmp_path, proxy=f"socks5://{login}127.0.0.1:{socks.port}", attempts=2, connections=1)
        assert storage.requests == []
        assert f"the proxy 127.0.0.1:{socks.port}" in str(caught.value)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("proxy", [{"method": b"\x05"}, {"method": b"\x05\x02"}, {"refusal": 99}])
def test_a_socks_proxy_that_makes_no_sense_is_an_error(tmp_path: Path, proxy: dict[str, Any]) -> None:
    with (
        SocksProxy(**proxy) as socks,
        Storage(FILES) as storage,
        pytest.raises(StorageError, match=r"the proxy 127\.0\.0\.1:"),
    ):
        haul(storage, tmp_path, proxy=socks.url, attempts=2, connections=1)


def test_a_proxy_in_the_environment_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://me:pa55word@127.0.0.1:1")
    files = [RemoteFile("art_1", "a", 3, "https://storage.example/a?X-Amz-Signature=1")]
    with pytest.raises(StorageError, match=r"^HTTPS_PROXY: a proxy of another kind than http") as caught:
        download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options(trust_env=True))
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in frames.stack if "/tickhaul/" in frame.filename]
    assert ours
    assert "pa55word" not in str([frame.locals for frame in ours])
    assert caught.value.__context__ is None


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_is_not_there_is_named(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Storage(FILES) as storage,
        pytest.raises(StorageError, match=rf"the proxy 127\.0\.0\.1:{port}: the connection was refused"),
    ):
        haul(storage, tmp_path, proxy=f"{scheme}://127.0.0.1:{port}", attempts=2)


def test_a_login_is_sent_byte_by_byte(tmp_path: Path) -> None:
    expected = base64.b64encode(b"me:p\xe4\xc3\xa4 %").decode()
    with Tunnel(wants=expected) as tunnel, Storage(FILES) as storage:
        haul(storage, tmp_path, proxy=f"http://me:p%E4\u00e4%20%25@127.0.0.1:{tunnel.port}", connections=1)
    assert_arrived(storage, tmp_path)


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_a_proxy_is_asked_for_an_ipv6_address_in_brackets() -> None:
    refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with ConnectProxy(refused) as proxy:
        settings = options(proxy=proxy.url)
        with contextlib.closing(Channel(settings, choose(settings)[1])) as channel:
            channel.get("http://[::1]:9/a", {}, Taken())
            assert proxy.requests[0].target == "http://[::1]:9/a"
            with pytest.raises(WireError, match="said 403"):
                channel.get("https://[::1]:9/a", {}, Taken())
            assert proxy.requests[1].target == proxy.requests[1].headers["host"] == "[::1]:9"
