"""HTTP/1.1 read off a socket: heads, bodies in all framings, and everything that is none."""

from __future__ import annotations

import random
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from tickhaul.transfer import stream as stream_module
from tickhaul.transfer.http1 import EndedError, HttpError, Reply, request_head
from tickhaul.transfer.stream import Stream, Turns

from tests.transfer.hauls import content

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[tuple[Stream, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Stream(ours, threading.Lock(), 20.0), theirs


def answer_of(pair: tuple[Stream, socket.socket], data: bytes, *, end: bool = True) -> Reply:
    stream, theirs = pair
    theirs.sendall(data)
    if end:
        theirs.shutdown(socket.SHUT_WR)
    return Reply(stream)


def body_of(reply: Reply, piece: int = 7) -> bytes:
    found, buffer = bytearray(), memoryview(bytearray(piece))
    while count := reply.read_into(buffer):
        found += buffer[:count]
    return bytes(found)


def test_a_request_names_what_it_is_told_to() -> None:
    assert request_head("/a?b=c", {"Host": "h", "Range": "bytes=0-1"}) == (
        b"GET /a?b=c HTTP/1.1\r\nHost: h\r\nRange: bytes=0-1\r\n\r\n"
    )


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "a\nb", "a\0", "\u20ac", "\ud800"])
def test_what_cannot_be_a_header_value_is_not_sent(value: str) -> None:
    with pytest.raises(HttpError):
        request_head("/", {"If-Match": value})


@pytest.mark.parametrize(
    ("data", "body", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
        (b"HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello", b"hello", True),
        (b"HTTP/1.1 200 \xff\r\nContent-Length: 0\r\n\r\n", b"", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: x, Close\r\n\r\nhello", b"hello", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more", b"hello", False),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end", False),
        (b"HTTP/1.1 204 No\r\n\r\n", b"", True),
        (
            b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Hint\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            b"x",
            True,
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00a;x=y\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
            b"abc0123456789",
            True,
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", b"", True),
    ],
)
def test_bodies_in_all_framings(pair: tuple[Stream, socket.socket], data: bytes, body: bytes, reusable: bool) -> None:
    reply = answer_of(pair, data)
    assert body_of(reply) == body
    assert reply.over
    assert reply.reusable is reusable


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSpace : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: 1\r\n" * 200 + b"\r\n",
    ],
)
def test_what_is_no_http_is_told(pair: tuple[Stream, socket.socket], data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        body_of(answer_of(pair, data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n",
    ],
)
def test_an_answer_that_ends_too_early_is_told(pair: tuple[Stream, socket.socket], data: bytes) -> None:
    with pytest.raises(EndedError):
        body_of(answer_of(pair, data))


def test_of_repeated_headers_the_first_counts(pair: tuple[Stream, socket.socket]) -> None:
    reply = answer_of(pair, b'HTTP/1.1 200 OK\r\nETag: "1"\r\nETAG: "2"\r\nContent-Length: 0\r\n\r\n')
    assert reply.headers == {"etag": '"1"', "content-length": "0"}


@pytest.mark.parametrize("seed", range(20))
def test_answers_come_out_the_same_however_they_are_cut(pair: tuple[Stream, socket.socket], seed: int) -> None:
    """Several answers on one connection, sent in pieces of random sizes, read into views of random sizes."""
    roll = random.Random(seed)
    bodies = [content(roll.choice([0, 1, 50, 5000, 100_000]), index) for index in range(6)]
    wire = bytearray()
    for body in bodies:
        if roll.random() < 0.5:
            wire += b"HTTP/1.1 200 OK\r\nX-Pad: %b\r\nContent-Length: %d\r\n\r\n%b" % (b"p" * 3000, len(body), body)
        else:
            cut = roll.randrange(len(body) + 1)
            chunks = [piece for piece in (body[:cut], body[cut:]) if piece]
            framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in chunks)
            wire += b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % framed
    stream, theirs = pair

    def send() -> None:
        at = 0
        while at < len(wire):
            size = roll.choice([1, 10, 1000, 100_000])
            theirs.sendall(wire[at : at + size])
            at += size

    sender = threading.Thread(target=send)
    sender.start()
    for body in bodies:
        reply = Reply(stream)
        assert body_of(reply, piece=random.Random(seed).choice([1000, 30_000, 300_000])) == body
        assert reply.over
    sender.join()
    assert stream.drained


def test_a_large_request_waits_for_the_other_side(pair: tuple[Stream, socket.socket]) -> None:
    stream, theirs = pair
    data = content(3_000_000)
    sender = threading.Thread(target=stream.send, args=(data,))
    sender.start()
    received = bytearray()
    while len(received) < len(data):
        received += theirs.recv(65536)
    sender.join()
    assert received == data


def test_a_silent_side_is_waited_for_only_so_long() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        Stream(ours, threading.Lock(), 0.01).head()


def test_a_broken_connection_hands_over_what_came_before(pair: tuple[Stream, socket.socket]) -> None:
    stream, theirs = pair
    theirs.sendall(b"before")

    class Broken:
        """A socket that breaks after its first piece, tells so once, and is over then, as a reset one is."""

        def __init__(self) -> None:
            self.reads = 0

        def recv_into(self, view: memoryview) -> int:
            self.reads += 1
            if self.reads == 2:
                raise ConnectionResetError
            if self.reads > 2:
                return 0
            view[:6] = b"before"
            return 6

    stream._sock = Broken()  # type: ignore[assignment]  # stands in for a socket
    buffer = memoryview(bytearray(100))
    assert stream.take(buffer) == 6
    with pytest.raises(ConnectionResetError):
        stream.take(buffer)


def test_where_poll_or_low_water_marks_are_missing_it_works_all_the_same(
    pair: tuple[Stream, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("select.poll")
    monkeypatch.setattr("socket.SO_RCVLOWAT", 9999)
    reply = answer_of(pair, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", end=False)
    buffer = memoryview(bytearray(5))
    assert reply.read_into(buffer) == 3
    pair[1].sendall(b"lo")
    assert reply.read_into(buffer) == 2


def test_turns_are_few_and_handed_out_evenly() -> None:
    turns = Turns()
    locks = [turns.one() for _ in range(32)]
    assert len({id(lock) for lock in locks}) == stream_module.READERS
