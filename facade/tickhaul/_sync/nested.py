"""TLS within TLS for the HTTP engine, no read or write of which outlasts its timeout."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpcore
from httpcore._backends.sync import TLSinTLSStream

if TYPE_CHECKING:
    import ssl


class NestedStream(TLSinTLSStream):
    """TLS on a stream that has TLS already.

    Args:
        outer: that stream, over a socket.
        context: the TLS settings.
        host: who the other end must be.
        timeout: seconds for the handshake, ``None`` for as long as it takes.

    Raises:
        httpcore.ConnectError: the connection broke, or the other end is not who it must be.
        httpcore.ConnectTimeout: the time is up.
    """

    def __init__(
        self, outer: httpcore.NetworkStream, context: ssl.SSLContext, host: str | None, timeout: float | None
    ) -> None:
        try:
            super().__init__(_Timed(outer.get_extra_info("socket")), context, host, timeout)  # type: ignore[arg-type]
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error

    def get_extra_info(self, info: str) -> object:
        """What the stream knows of itself; ``unread``: whether anything has come that is still encrypted."""
        return bool(self._incoming.pending) if info == "unread" else super().get_extra_info(info)


class _Timed:
    """A socket on which all waits for one read or write of a stream end at one moment, not each after its own time."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._socket = sock
        self._until: float | None = None

    def settimeout(self, seconds: float | None) -> None:
        """Begin a read or a write that is to take so many seconds at most."""
        self._until = None if seconds is None else time.monotonic() + seconds

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        while data:
            self._wait_no_longer()
            data = data[self._socket.send(data) :]

    def recv(self, size: int) -> bytes:
        """Read what there is."""
        self._wait_no_longer()
        return self._socket.recv(size)

    def fileno(self) -> int:
        """The socket's number."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _wait_no_longer(self) -> None:
        left = None if self._until is None else self._until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("the time is up")
        self._socket.settimeout(left)
