"""TLS that works in memory, on top of whatever carries its bytes: a socket, or another TLS.

The standard library's own puts TLS on sockets only, and asks the system twice for each record of 16 KiB. This one takes
from the socket all that has come, and a proxy that is itself spoken to over TLS is just another carrier.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import socket

_BUFFER = 256 * 1024  # fits the processor's cache


class Carrier(Protocol):
    """What carries the bytes."""

    def send(self, data: bytes, /) -> int:
        """Send some of it."""
        ...

    def recv_into(self, buffer: bytearray, /) -> int:
        """Read into a buffer; 0 at the end."""
        ...


class Tls:
    """One end.

    A call that has to wait waits as the carrier does: it blocks, or raises ``SSLWantReadError`` or
    ``SSLWantWriteError`` and may be made again once the carrier is ready.

    Args:
        carrier: what carries the bytes, ready to do so.
        context: the TLS settings.
        host: who the other end must be.

    Attributes:
        inner: the standard library's object.
    """

    def __init__(self, carrier: Carrier, context: ssl.SSLContext, host: str | None) -> None:
        self._carrier = carrier
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.inner = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = b""
        self._buffer = bytearray(_BUFFER)

    def do_handshake(self) -> None:
        """Shake hands; the carrier is to block.

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
            How much was taken; what of it could not be sent at once goes out with the next call that needs the carrier.
        """
        while True:
            self._flush()
            try:
                taken = self.inner.write(data)
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            else:
                break
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._flush()
        return taken

    def recv_into(self, view: memoryview) -> int:
        """Read into ``view``; 0 when the other end has said goodbye."""
        while True:
            try:
                return self.inner.read(len(view), view)  # type: ignore[return-value]  # a count, with a buffer
            except ssl.SSLWantReadError:
                self._flush()  # a change of keys wants an answer
                self._fill()

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            try:
                self._unsent = self._unsent[self._carrier.send(self._unsent) :]
            except BlockingIOError:
                raise ssl.SSLWantWriteError from None

    def _fill(self) -> None:
        try:
            count = self._carrier.recv_into(self._buffer)
        except BlockingIOError:
            raise ssl.SSLWantReadError from None
        if count:
            self._incoming.write(memoryview(self._buffer)[:count])
        else:
            self._incoming.write_eof()


class TlsSocket(Tls):
    """TLS on a socket, as much of a socket itself as a `Stream` needs.

    Args:
        sock: the socket, which may have a TLS of its own.
        context: the TLS settings.
        host: who the other end must be.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        super().__init__(sock, context, host)
        self._socket = sock

    def settimeout(self, seconds: float | None) -> None:
        """Set the socket's timeout."""
        self._socket.settimeout(seconds)

    def setsockopt(self, level: int, name: int, value: int) -> None:
        """Set an option of the socket."""
        self._socket.setsockopt(level, name, value)

    def pending(self) -> int:
        """How much was taken from the socket and not read, be it half a record."""
        return self.inner.pending() + self._incoming.pending

    def fileno(self) -> int:
        """The socket's handle, to wait for."""
        return self._socket.fileno()
