"""TLS in memory: records that come in pieces, ends that come too early, and an outer socket that is not ready."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import trustme
from tickhaul.transfer.stream import Stream
from tickhaul.transfer.tls import TlsSocket

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = bytes(range(256)) * 200  # four records


class Server:
    """The other end, which hands out its bytes as the test wants."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self.sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.sock.sendall(self._outgoing.read())
                self._incoming.write(self.sock.recv(65536))
            else:
                self.sock.sendall(self._outgoing.read())
                return

    def sealed(self, data: bytes) -> bytes:
        self._tls.write(data)
        return self._outgoing.read()

    def hear(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                data += self._tls.read(65536)
            except ssl.SSLWantReadError:
                self._incoming.write(self.sock.recv(65536))
        return data

    def goodbye(self) -> bytes:
        with pytest.raises(ssl.SSLWantReadError):  # it would like to hear the other's goodbye
            self._tls.unwrap()
        return self._outgoing.read()


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    server.num_tickets = 0  # nothing is on its way that a test did not send
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.fixture
def ends(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[tuple[TlsSocket, Server]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # a pair of Unix sockets knows no low-water mark
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    with ours, theirs:
        server, client = Server(theirs, contexts[0]), TlsSocket(ours, contexts[1], "localhost")
        thread = threading.Thread(target=server.shake_hands)
        thread.start()
        client.do_handshake()
        thread.join()
        yield client, server


def test_what_was_taken_of_a_record_is_not_waited_for_again(
    ends: tuple[TlsSocket, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, server = ends
    sealed = server.sealed(BODY)
    server.sock.sendall(sealed[:-1000])
    marks: list[int] = []
    wake_at = Stream._wake_at

    def send_the_rest(self: Stream, count: int) -> None:
        wake_at(self, count)
        marks.append(count)
        if len(marks) == 1:
            server.sock.sendall(sealed[-1000:])

    monkeypatch.setattr(Stream, "_wake_at", send_the_rest)
    stream, buffer = Stream(client, threading.Lock(), 20.0), bytearray(len(BODY))
    # Waiting for more than the 1,000 bytes still on their way would end with the moment a piece may grow.
    assert stream.take(memoryview(buffer)) == len(BODY)
    assert buffer == BODY
    assert len(marks) == 1


@pytest.mark.parametrize("politely", [True, False])
def test_an_end_without_a_goodbye_is_no_end(ends: tuple[TlsSocket, Server], politely: bool) -> None:
    client, server = ends
    server.sock.sendall(server.sealed(b"some") + (server.goodbye() if politely else b""))
    server.sock.shutdown(socket.SHUT_WR)
    stream, buffer = Stream(client, threading.Lock(), 20.0), bytearray(100)
    assert stream.take(memoryview(buffer)) == 4
    if politely:
        assert stream.take(memoryview(buffer)) == 0
    else:
        with pytest.raises(ssl.SSLError):
            stream.take(memoryview(buffer))


def test_what_cannot_be_sent_at_once_goes_out_with_the_next_call(ends: tuple[TlsSocket, Server]) -> None:
    client, server = ends
    client.settimeout(0)
    sent = 0
    while sent < 50_000_000:  # until nothing more fits, on both sides
        sent += client.send(b"x" * 16_000)
        if client._unsent:
            break
    assert client._unsent
    waiting = len(client._unsent)
    server.sock.setblocking(False)
    taken = 0
    while True:
        try:
            taken += len(server.sock.recv(1 << 20))
        except BlockingIOError:
            break
    assert taken
    with pytest.raises(ssl.SSLWantReadError):  # nothing is there to be read, but what waited is on its way
        client.recv_into(memoryview(bytearray(10)))
    assert len(client._unsent) < waiting


def test_a_request_that_does_not_fit_at_once_is_sent_to_its_end(ends: tuple[TlsSocket, Server]) -> None:
    client, server = ends
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    stream = Stream(client, threading.Lock(), 20.0)
    request = b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n"

    def answer() -> None:
        server.hear(len(request))
        server.sock.sendall(server.sealed(b"HTTP/1.1 200 OK\r\n\r\n"))

    thread = threading.Thread(target=answer)
    thread.start()
    stream.send(request)
    assert stream.head() == b"HTTP/1.1 200 OK\r\n\r\n"
    thread.join()


def test_nothing_that_came_and_was_not_read_goes_unnoticed(ends: tuple[TlsSocket, Server]) -> None:
    client, server = ends
    stream = Stream(client, threading.Lock(), 20.0)
    quiet = [stream.quiet]
    first, second = server.sealed(b"first"), server.sealed(b"second")
    server.sock.sendall(first + second[:-1])
    assert stream.take(memoryview(bytearray(4))) == 4
    quiet.append(stream.quiet)  # a byte of the first record
    assert stream.take(memoryview(bytearray(1))) == 1
    quiet.append(stream.quiet)  # half of the second record
    server.sock.sendall(second[-1:])
    assert stream.take(memoryview(bytearray(6))) == 6
    quiet.append(stream.quiet)
    server.sock.sendall(server.sealed(b"third")[:1])
    select.select([client], [], [], 20)
    quiet.append(stream.quiet)  # a byte that is still with the system
    assert quiet == [True, False, False, True, False]


class Stubborn:
    """A TLS that wants to hear something before it sends, as one does while the other end renegotiates."""

    def __init__(self, tls: ssl.SSLObject) -> None:
        self.tls = tls
        self.refusals = 1

    def write(self, data: bytes) -> int:
        if self.refusals:
            self.refusals -= 1
            raise ssl.SSLWantReadError
        return self.tls.write(data)


def test_what_has_to_be_heard_before_something_is_sent_is_waited_for(ends: tuple[TlsSocket, Server]) -> None:
    client, server = ends
    heard = client.inner
    client.inner = Stubborn(heard)  # type: ignore[assignment]  # as much of it as sending needs
    client.settimeout(0)
    with pytest.raises(ssl.SSLWantReadError):  # and not again and again: there is nothing to hear yet
        client.send(b"GET")
    client.inner.refusals = 1  # type: ignore[attr-defined]  # see above
    server.sock.sendall(server.sealed(b"something"))
    Stream(client, threading.Lock(), 20.0).send(b"GET")
    client.inner = heard
    buffer = bytearray(100)
    assert Stream(client, threading.Lock(), 20.0).take(memoryview(buffer)) == 9
    assert server.hear(3) == b"GET"


def test_a_record_that_was_tampered_with_is_told(ends: tuple[TlsSocket, Server]) -> None:
    client, server = ends
    sealed = bytearray(server.sealed(BODY[:1000]))
    sealed[500] ^= 1
    server.sock.sendall(sealed)
    with pytest.raises(ssl.SSLError):
        Stream(client, threading.Lock(), 20.0).take(memoryview(bytearray(1000)))
