"""Proxies that refuse, that are something else, or that say only half of it; and logins and hosts that are unusual."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from tickhaul import NetworkError

from tests.support import bodies
from tests.support.behaviours import answer
from tests.support.clock import FakeClock
from tests.support.faces import KEY
from tests.support.interrupts import variables_of
from tests.support.proxy import ConnectProxy, SocksProxy, _Proxy

if TYPE_CHECKING:
    from tests.support.faces import Connect
    from tests.support.server import Serve


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


class Stranger(_Proxy):
    """Says one thing to whatever it is asked, byte by byte, and hangs up."""

    def __init__(self, said: bytes, scheme: str) -> None:
        self.scheme = scheme
        self.asked = 0
        self._said = said
        super().__init__()

    def _tunnel(self, connection: socket.socket) -> None:
        self.asked += 1
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.recv(65536)
            for at in range(len(self._said)):
                connection.sendall(self._said[at : at + 1])
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


class Elsewhere(ConnectProxy):
    """Carries what is for another host to this machine."""

    def _carry(self, connection: socket.socket, host: str, port: int) -> None:
        super()._carry(connection, "127.0.0.1", port)


SAID = {
    "nothing": b"",
    "a SOCKS refusal": b"\x05\xff",
    "half a SOCKS reply": b"\x05",
    "half a SOCKS connection": b"\x05\x00\x05\x00\x00\x03\xff",
    "an impossible kind of address": b"\x05\x00\x05\x00\x00\x09",
    "a TLS alert": b"\x15\x03\x01\x00\x02\x02\x46",
    "a greeting": b"SSH-2.0-OpenSSH_9.9\r\n",
    "a status line of no kind": b"HTTP/1.1 nonsense\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "a head that is too long": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 30_000,
    "zeros": bytes(500),
    "high bytes": b"\xff" * 500,
}


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("said", list(SAID))
def test_a_proxy_that_is_something_else_is_an_error_before_anything_is_sent(
    said: str, scheme: str, connect: Connect, trusting: ssl.SSLContext
) -> None:
    with Stranger(SAID[said], scheme) as stranger:
        proxy = f"{scheme}://me:hunter2@127.0.0.1:{stranger.port}"
        client = connect("https://api.example", clock=FakeClock(), max_retries=1, ssl_context=trusting, proxy=proxy)
        with pytest.raises(NetworkError, match=rf"the proxy 127\.0\.0\.1:{stranger.port}\b") as caught:
            client.export_schemas.update(bodies.SCHEMA_ID, [bodies.COLUMN])
        assert stranger.asked in (1, 2)
    told = str(caught.value) + repr(caught.value.attempts)
    assert "carried out" not in told
    assert "hunter2" not in told
    assert KEY not in told


def test_tls_that_a_proxy_does_not_carry_is_an_error_before_anything_is_sent(
    connect: Connect, trusting: ssl.SSLContext
) -> None:
    with Stranger(b"HTTP/1.1 200 Connection established\r\n\r\nnonsense" * 50, "http") as stranger:
        client = connect("https://api.example", max_retries=0, ssl_context=trusting, proxy=stranger.url)
        with pytest.raises(NetworkError, match=r"cannot connect to https://api\.example through the proxy") as caught:
            client.export_schemas.update(bodies.SCHEMA_ID, [bodies.COLUMN])
    assert "carried out" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "login", "text", "tries"),
    [
        ({"method": b"HT"}, "", "does not speak SOCKS 5", 1),
        ({"method": b"\x05\x02"}, "", "it wants a login", 1),
        ({"method": b"\x05\xff"}, "", "it wants a login", 1),
        ({"method": b"\x05\xff"}, "me:hunter2@", "it did not accept the login", 1),
        ({"login": ("me", "right")}, "me:hunter2@", "it did not accept the login", 1),
        ({"method": b"\x05"}, "", "closed the connection", 2),
        ({"refusal": 2}, "", r"made no connection \(Connection not allowed by ruleset\)", 1),
        ({"refusal": 4}, "", r"made no connection \(Host unreachable\)", 2),
        ({"refusal": 99}, "", r"made no connection \(reply 99\)", 2),
    ],
)
def test_what_a_socks_proxy_refuses_is_told(
    settings: dict[str, Any], login: str, text: str, tries: int, connect: Connect, trusting: ssl.SSLContext
) -> None:
    with SocksProxy(**settings) as socks:
        proxy = f"socks5://{login}127.0.0.1:{socks.port}"
        client = connect("https://api.example", clock=FakeClock(), max_retries=1, ssl_context=trusting, proxy=proxy)
        with pytest.raises(NetworkError, match=rf"the proxy 127\.0\.0\.1:{socks.port}:? {text}") as caught:
            client.exchanges.list()
    assert len(caught.value.attempts) == tries
    assert "hunter2" not in str(caught.value)


def test_a_proxys_page_about_a_login_is_not_shown(connect: Connect, trusting: ssl.SSLContext) -> None:
    page = b"<html>hunter2</html>"
    head = b"HTTP/1.1 407 hunter2\r\nProxy-Authenticate: Basic realm=hunter2\r\nContent-Length: %d\r\n\r\n" % len(page)
    with ConnectProxy(head + page) as proxy:
        url = f"http://me:hunter2@127.0.0.1:{proxy.port}"
        with pytest.raises(NetworkError, match=r"said 407; it did not accept the login$") as caught:
            connect("https://api.example", ssl_context=trusting, proxy=url).exchanges.list()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "user", "password"),
    [
        ("me:p\u00e455", b"me", "p\u00e455".encode()),
        ("me:p%C3%A455", b"me", "p\u00e455".encode()),
        ("me:p%E455", b"me", b"p\xe455"),
        ("m%40e:p%3Ass%40", b"m@e", b"p:ss@"),
        ("me:" + "x" * 255, b"me", b"x" * 255),
        ("me:", b"me", b""),
        ("me", b"me", b""),
    ],
)
def test_a_login_reaches_the_proxy_byte_by_byte(
    written: str, user: bytes, password: bytes, connect: Connect, trusting: ssl.SSLContext
) -> None:
    refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with ConnectProxy(refused) as proxy:
        url = f"http://{written}@127.0.0.1:{proxy.port}"
        with pytest.raises(NetworkError, match=r"said 403$"):
            connect("https://api.example", ssl_context=trusting, proxy=url).exchanges.list()
        basic = base64.b64encode(user + b":" + password).decode()
        assert proxy.requests[0].headers["proxy-authorization"] == f"Basic {basic}"


@pytest.mark.parametrize(
    "written",
    ["hunter2", "hunter2:", "me:hunter2" + "x" * 256, "hunter2" + "x" * 256 + ":me", "me:hunter2" + "%C3%A4" * 128],
)
def test_a_login_that_socks_cannot_carry_is_refused(written: str, connect: Connect) -> None:
    with pytest.raises(ValueError, match="proxy: a SOCKS proxy's user name and password have 1 to 255") as told:
        connect("http://127.0.0.1:9", proxy=f"socks5://{written}@127.0.0.1:9").exchanges.list()
    assert "hunter2" not in str(told.value) + variables_of(told.value)


@pytest.mark.parametrize("through", ["CONNECT", "TLS", "SOCKS"])
def test_an_ipv6_address_behind_a_proxy_is_reached_and_its_certificate_is_looked_at(
    through: str, serve: Serve, connect: Connect, authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("2001:db8::1", "localhost").configure_cert(tls)

    class SocksElsewhere(SocksProxy):
        def _carry(self, connection: socket.socket, host: str, port: int) -> None:
            super()._carry(connection, "127.0.0.1", port)

    server = serve(answer([]), answer([]), tls=tls)
    with ExitStack() as stack:
        socks, proxy = SocksElsewhere(), Elsewhere(tls=tls if through == "TLS" else None)
        stack.enter_context(socks)
        stack.enter_context(proxy)
        url = {"SOCKS": socks.url, "CONNECT": proxy.url, "TLS": f"https://localhost:{proxy.port}"}[through]
        client = connect(f"https://[2001:db8::1]:{server.port}", ssl_context=trusting, proxy=url)
        assert client.exchanges.list() == []
        assert client.exchanges.list() == []
        stack.callback(client.close)
        if through == "SOCKS":
            packed = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
            assert socks.wishes == [(4, packed, server.port)]
        else:
            assert [request.target for request in proxy.requests] == [f"[2001:db8::1]:{server.port}"]
            assert proxy.requests[0].headers["host"] == f"[2001:db8::1]:{server.port}"
    assert server.requests[0].headers["host"] == f"[2001:db8::1]:{server.port}"


def test_an_ipv6_address_is_asked_for_in_brackets_over_plain_http(serve: Serve, connect: Connect) -> None:
    forwarding = serve(answer([]))
    client = connect("http://[2001:db8::1]:8080", allow_plain_http=True, proxy=forwarding.url)
    assert client.exchanges.list() == []
    assert forwarding.requests[0].target == "http://[2001:db8::1]:8080/v1/exchanges"
    assert forwarding.requests[0].headers["host"] == "[2001:db8::1]:8080"


def test_a_silent_proxy_is_given_up_before_anything_is_sent(connect: Connect, trusting: ssl.SSLContext) -> None:
    over = threading.Event()

    class Silent(Stranger):
        def _tunnel(self, connection: socket.socket) -> None:
            over.wait(30)

    for scheme in ("http", "socks5"):
        over.clear()
        with Silent(b"", scheme) as silent:
            client = connect("https://api.example", timeout=0.1, max_retries=0, ssl_context=trusting, proxy=silent.url)
            with pytest.raises(NetworkError, match=rf"through the proxy 127\.0\.0\.1:{silent.port}: no") as told:
                client.export_schemas.update(bodies.SCHEMA_ID, [bodies.COLUMN])
            over.set()
        assert "carried out" not in str(told.value)
