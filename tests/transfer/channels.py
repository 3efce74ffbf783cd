"""A channel of the wire by itself, and what a server sends it."""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING

from tickhaul.transfer.wire import Channel, choose

from tests.transfer.hauls import options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import trustme


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context


def framed(body: bytes, *, chunked: bool) -> bytes:
    if chunked:
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Taken:
    """Takes a body in."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.heads = 0

    def head(self, status: int, headers: Mapping[str, str]) -> bool:
        self.heads += 1
        return True

    def piece(self, data: memoryview) -> bool:
        self.body += data
        return True


@contextlib.contextmanager
def opened() -> Iterator[Channel]:
    with contextlib.closing(Channel(options(), choose(options())[1])) as channel:
        yield channel


def body_of(channel: Channel, url: str) -> bytes:
    taken = Taken()
    channel.get(url, {}, taken)
    assert taken.heads == 1
    return bytes(taken.body)
