"""TLS inside of TLS, which a proxy that is itself spoken to over TLS needs.

The standard library puts TLS on sockets, and not on what has TLS already. So the inner one works in memory, and its
bytes go through the outer one here.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import Protocol, cast

_BUFFER = 64 * 1024


class Carrier(Protocol):
    """What carries the inner TLS's bytes."""

    def send(self, data: bytes, /) -> int:
        """Send some of it."""
        ...

    def recv_into(self, buffer: bytearray, /) -> int:
        """Read into a buffer; 0 at the end."""
        ...


class NestedTls:
    """The inner TLS.

    A call that has to wait waits as the outer connection does: it blocks, or raises ``SSLWantReadError`` or
    ``SSLWantWriteError`` and may be made again once the outer connection is ready.

    Args:
        outer: the connection to the proxy, its own handshake done.
        context: the TLS settings.
        host: who the other end must be.

    Attributes:
        inner: the standard library's object.
    """

    def __init__(self, outer: Carrier, context: ssl.SSLContext, host: str | None) -> None:
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.inner = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = b""
        self._buffer = bytearray(_BUFFER)

    def do_handshake(self) -> None:
        """Shake hands; the outer connection may block.

        Raises:
            OSError: the connection broke, or the other end is not who it must be.
        """
        while True:
            try:
                self.inner.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError:
                # The alert that says why is for the other end; the reason to give up is known without it.
                with contextlib.suppress(OSError):
                    self._flush()
                raise
            else:
                self._flush()
                return

    def send(self, data: bytes) -> int:
        """Send some of ``data``.

        Returns:
            How much was taken; what of it could not be sent at once goes out with the next call of any kind.
        """
        self._flush()
        taken = self.inner.write(data)
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._flush()
        return taken

    def recv_into(self, view: memoryview) -> int:
        """Read into ``view``; 0 when the other end has said goodbye."""
        self._flush()
        while True:
            try:
                # The stubs know the form without a buffer only; with one it is a count.
                return cast("int", self.inner.read(len(view), view))
            except ssl.SSLWantReadError:
                self._flush()  # a change of keys wants an answer
                self._fill()

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]

    def _fill(self) -> None:
        count = self._outer.recv_into(self._buffer)
        if count:
            self._incoming.write(memoryview(self._buffer)[:count])
        else:
            self._incoming.write_eof()


class NestedSocket(NestedTls):
    """The inner TLS over a socket, as much of a socket itself as a `Stream` needs.

    Args:
        outer: the socket to the proxy, its own handshake done.
        context: the TLS settings.
        host: who the other end must be.
    """

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, host: str) -> None:
        super().__init__(outer, context, host)
        self._socket = outer

    def settimeout(self, seconds: float | None) -> None:
        """Set the outer socket's timeout."""
        self._socket.settimeout(seconds)

    def setsockopt(self, level: int, name: int, value: int) -> None:
        """Set an option of the outer socket."""
        self._socket.setsockopt(level, name, value)

    def fileno(self) -> int:
        """The outer socket's handle, to wait for."""
        return self._socket.fileno()
