"""What a server leaves behind a response belongs to no request: the connection it came by is not used again."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
from typing import TYPE_CHECKING, TypeVar

import httpcore
import pytest
import trustme
from tickhaul import ApiError
from tickhaul.net.exchanges import is_over

from tests.support import bodies
from tests.support.behaviours import head, raw, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul import Client

    from tests.support.faces import Connect
    from tests.support.server import Exchange, Serve

T = TypeVar("T")

WANTED = f"exp_{1:032x}"
OTHER = whole({**bodies.job(), "id": f"exp_{2:032x}"})
GOOD = whole({**bodies.job(), "id": WANTED})
ZIPPED = gzip.compress(json.dumps(bodies.job()).encode())
NOT_FOUND = whole({"error": {"code": "not_found", "message": "no such job"}}, 404)


def chunked(document: object) -> bytes:
    body = json.dumps(document).encode()
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


#: Each ends where its framing says; what stands behind it is surplus.
RESPONSES = {
    "a length": whole(bodies.job()),
    "a length of zero": head(204, {"Content-Length": "0"}, None),
    "chunks": chunked(bodies.job()),
    "chunks with a trailer": chunked(bodies.job())[:-2] + b"X-Sum: 1\r\n\r\n",
    "gzip": head(200, {"Content-Encoding": "gzip"}, len(ZIPPED)) + ZIPPED,
    "no content": head(204, {}, None),
    "not modified": head(304, {}, None),
    "an error": NOT_FOUND,
    "an error in chunks": chunked({}).replace(b"200 OK", b"404 Not Found"),
    "provisional responses before it": b"HTTP/1.1 102 Processing\r\n\r\n" * 2 + whole(bodies.job()),
}
SURPLUS = {
    "a response": OTHER,
    "a provisional response": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "a byte": b"x",
    "a line break": b"\r\n",
}


def ask(client: Client) -> None:
    """A call whose result does not matter here."""
    with contextlib.suppress(ApiError):
        client.exports.cancel(WANTED)


@pytest.mark.parametrize("behind", list(SURPLUS))
@pytest.mark.parametrize("framing", list(RESPONSES))
def test_nothing_left_behind_a_response_reaches_another_call(
    framing: str, behind: str, serve: Serve, connect: Connect
) -> None:
    server = serve(raw(RESPONSES[framing] + SURPLUS[behind]), raw(GOOD))
    client = connect(server)
    ask(client)
    assert client.exports.get(WANTED).id == WANTED
    assert [request.connection for request in server.requests] == [0, 1]


@pytest.mark.parametrize("framing", list(RESPONSES))
def test_a_connection_is_used_again_after_a_response_with_nothing_behind_it(
    framing: str, serve: Serve, connect: Connect
) -> None:
    server = serve(raw(RESPONSES[framing]), raw(GOOD))
    client = connect(server)
    ask(client)
    assert client.exports.get(WANTED).id == WANTED
    assert [request.connection for request in server.requests] == [0, 0]


@pytest.mark.parametrize(
    "response",
    [
        head(204, {"Content-Length": "2"}, None),
        head(204, {"Transfer-Encoding": "chunked"}, None),
        head(304, {"Content-Length": "2"}, None),
        chunked(bodies.job()).replace(b"\r\nTransfer", b"\r\nContent-Length: 2\r\nTransfer"),
    ],
    ids=["204 with a length", "204 with chunks", "304 with a length", "a length and chunks"],
)
def test_a_response_whose_end_can_be_read_in_two_ways_ends_its_connection(
    response: bytes, serve: Serve, connect: Connect
) -> None:
    server = serve(raw(response), raw(GOOD))
    client = connect(server)
    ask(client)
    assert client.exports.get(WANTED).id == WANTED
    assert [request.connection for request in server.requests] == [0, 1]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def _tls(authority: trustme.CA) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return serving, trusting


def _half_a_record_behind(context: ssl.SSLContext, sock: socket.socket) -> None:
    """Respond to a request, and send half of another response with it; the other half comes with the next request."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)

    def carry(step: Callable[[], T]) -> T:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                data = sock.recv(65_536)
                if not data:
                    raise EOFError from None
                incoming.write(data)

    def read_request() -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += carry(lambda: tls.read(65_536))

    with sock, contextlib.suppress(EOFError, OSError):
        carry(tls.do_handshake)
        read_request()
        tls.write(whole(bodies.job()))
        response = outgoing.read()
        tls.write(OTHER)
        surplus = outgoing.read()
        sock.sendall(response + surplus[: len(surplus) // 2])
        read_request()
        sock.sendall(surplus[len(surplus) // 2 :])
        read_request()


def test_half_a_record_behind_a_response_is_noticed(connect: Connect, authority: trustme.CA) -> None:
    serving, trusting = _tls(authority)
    connections: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connections.append(listener.accept()[0])
                threading.Thread(target=_half_a_record_behind, args=(serving, connections[-1])).start()

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client = connect(f"https://localhost:{listener.getsockname()[1]}", ssl_context=trusting)
        for _ in range(3):
            assert client.exports.get(WANTED).id == bodies.job()["id"]
        assert len(connections) == 3
        client.close()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("size", [16_384, 65_536, 131_072, 100_000])
def test_surplus_is_noticed_wherever_it_waits_on_its_way(
    size: int, secure: bool, serve: Serve, connect: Connect, authority: trustme.CA
) -> None:
    serving, trusting = _tls(authority)
    # Event loops take in more than the engine reads at a time, and TLS hands it on record by record: a response that
    # ends where such a piece does leaves the surplus on this side of the network, out of the parser's sight.
    padding = size - len(whole({**bodies.job(), "error": "x" * 10_000})) + 10_000
    response = whole({**bodies.job(), "error": "x" * padding})
    response = whole({**bodies.job(), "error": "x" * (padding + size - len(response))})
    assert len(response) == size
    arrived = threading.Event()

    def twice(exchange: Exchange) -> None:
        exchange.send(response + OTHER)
        arrived.set()

    server = serve(twice, raw(GOOD), tls=serving if secure else None)
    client = connect(server, ssl_context=trusting)
    client.exports.get(WANTED)
    assert arrived.wait(30)
    assert client.exports.get(WANTED).id == WANTED
    assert [request.connection for request in server.requests] == [0, 1]


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_what_arrives_on_an_idle_connection_is_not_taken_for_the_next_response(
    secure: bool, serve: Serve, connect: Connect, authority: trustme.CA
) -> None:
    serving, trusting = _tls(authority)
    taken, sent = threading.Event(), threading.Event()

    def late(exchange: Exchange) -> None:
        exchange.send(whole(bodies.job()))
        assert taken.wait(30)
        exchange.send(OTHER)
        sent.set()

    server = serve(late, raw(GOOD), tls=serving if secure else None)
    client = connect(server, ssl_context=trusting)
    client.exports.get(WANTED)
    taken.set()
    assert sent.wait(30)
    assert client.exports.get(WANTED).id == WANTED
    assert [request.connection for request in server.requests] == [0, 1]


def test_where_the_engine_does_not_tell_what_is_left_a_connection_is_not_used_again() -> None:
    # As of an engine that keeps its parser elsewhere.
    assert not is_over(httpcore.Response(200, headers=[(b"Content-Length", b"1")], content=b"x"))
