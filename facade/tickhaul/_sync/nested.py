"""TLS within TLS for the HTTP engine, no read or write of which outlasts its timeout."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpcore

from tickhaul.transfer.tls import Tls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


class NestedStream(httpcore.NetworkStream):
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
        self._outer = outer
        self._carrier = _Timed(outer.get_extra_info("socket"))
        self._tls = Tls(self._carrier, context, host)
        with self._within(timeout, httpcore.ConnectTimeout, httpcore.ConnectError):
            self._tls.do_handshake()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        buffer = bytearray(max_bytes)
        with self._within(timeout, httpcore.ReadTimeout, httpcore.ReadError):
            count = self._tls.recv_into(memoryview(buffer))
        return bytes(buffer[:count])

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._within(timeout, httpcore.WriteTimeout, httpcore.WriteError):
            while buffer:
                buffer = buffer[self._tls.send(buffer) :]

    def close(self) -> None:
        self._outer.close()

    def get_extra_info(self, info: str) -> object:
        if info == "unread":
            return bool(self._tls._incoming.pending)  # noqa: SLF001 (its own half, still encrypted)
        return self._tls.inner if info == "ssl_object" else self._outer.get_extra_info(info)

    @contextmanager
    def _within(
        self, seconds: float | None, late: type[httpcore.TimeoutException], broken: type[httpcore.NetworkError]
    ) -> Iterator[None]:
        self._carrier.until = None if seconds is None else time.monotonic() + seconds
        try:
            yield
        except TimeoutError as error:
            raise late(str(error)) from error
        except OSError as error:
            raise broken(str(error)) from error


class _Timed:
    """A socket all of whose waits are over at one moment.

    Args:
        sock: the socket.

    Attributes:
        until: that moment, in monotonic seconds; ``None`` for none.
    """

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._socket = sock
        self.until: float | None = None

    def send(self, data: bytes) -> int:
        """Send some of it."""
        self._set_timeout()
        return self._socket.send(data)

    def recv_into(self, buffer: bytearray) -> int:
        """Read into a buffer; 0 at the end."""
        self._set_timeout()
        return self._socket.recv_into(buffer)

    def _set_timeout(self) -> None:
        left = None if self.until is None else self.until - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("the time is up")
        self._socket.settimeout(left)
