# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""A network backend under which no socket wait outlives the call's deadline.

The HTTP engine takes a timeout for each read. A server that sends one byte of its header every few seconds stays below
any of them for ever; here each wait is also bounded by what the whole call has left.
"""

from __future__ import annotations

import ssl
from contextvars import ContextVar
from typing import TYPE_CHECKING, NoReturn

import httpcore

from tickhaul._core import deadline
from tickhaul._sync.primitives import close, connect, hang_up, has_unread, start_tls
from tickhaul.net.enginelog import cut_engine_log
from tickhaul.net.foreign import is_failure
from tickhaul.net.socks import SocksError, talk
from tickhaul.net.tls import bare, behind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tickhaul.net.proxies import Proxy
    from tickhaul.net.socks import Talk

#: A write may block once for every piece the socket takes; pieces of this size let the deadline be looked at between.
_PIECE = 16 * 1024

#: Takes note of the streams that are opened for the exchange that is running in this thread or task: one whose
#: connection is interrupted, or refused by a proxy, before the engine knows of it would stay open.
new_streams: ContextVar[list[DeadlineStream] | None] = ContextVar("tickhaul_new_streams", default=None)

# A deadline is set for as long as one of this client's requests is with the engine.
cut_engine_log(deadline.current.get)


class Untrusted(httpcore.ConnectError):
    """The server's certificate is not trusted, which no further try will change."""


class SocksRefusal(httpcore.ProxyError):
    """A SOCKS proxy makes no connection.

    Attributes:
        reason: what it said.
    """

    def __init__(self, reason: SocksError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class DeadlineBackend(httpcore.NetworkBackend):
    """The engine's own backend, with the current call's deadline applied to every wait.

    Args:
        socks: the SOCKS proxy that connections go through, if there is one.
    """

    def __init__(self, socks: Proxy | None = None) -> None:
        self._socks = socks

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 (the engine's interface; this client never sets it)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 (as above)
    ) -> httpcore.NetworkStream:
        def left() -> float | None:
            return _left(timeout, httpcore.ConnectTimeout)

        host, socks = bare(host), self._socks
        try:
            where, at = (host, port) if socks is None else (socks.host, socks.port)
            stream = _noted(DeadlineStream(connect(where, at, left)))
            if socks is not None:
                _go_through(stream, talk(host, port, socks.login), timeout)
        except Exception as error:  # noqa: BLE001 (raised again)
            _raise_not_connected(error)
        return stream


class DeadlineStream(httpcore.NetworkStream):
    """A stream of that backend.

    Args:
        inner: the stream that does the work.
        below: the stream this one speaks TLS on, if it does.
    """

    def __init__(self, inner: httpcore.NetworkStream, below: DeadlineStream | None = None) -> None:
        self._inner = inner
        self._below = below
        self._in_use = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._in_use = True
            return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
        except ssl.SSLError as error:
            # The engine's event-loop backend lets it through, such as the alert of a server that refuses this client.
            raise httpcore.ReadError(str(error)) from error
        finally:
            self._in_use = False

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._in_use = True
            for start in range(0, len(buffer), _PIECE):
                self._inner.write(buffer[start : start + _PIECE], _left(timeout, httpcore.WriteTimeout))
        except ssl.SSLError as error:
            raise httpcore.WriteError(str(error)) from error
        finally:
            self._in_use = False

    def close(self) -> None:
        hang_up(self._inner, in_use=self._in_use)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        host = None if server_hostname is None else bare(server_hostname)
        try:
            return _noted(DeadlineStream(start_tls(self._inner, behind(ssl_context), host, left), self))
        except BaseException as error:
            # The engine does not know this stream yet, so nobody else would close it.
            close(self)
            # Told apart here, because the engine takes the cause off the errors that pass through its pool.
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise Untrusted(error.__cause__.verify_message) from error
            if isinstance(error, Exception):
                _raise_not_connected(error)
            raise

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable":
            # The engine asks before it uses a connection again, to see whether the other end has closed it. Whatever
            # else has come by then belongs to no request either, wherever it is kept on its way here.
            return bool(self._inner.get_extra_info(info)) or self._has_unread()
        return self._inner.get_extra_info(info)

    def _has_unread(self) -> bool:
        # In this order: decrypting takes in a part of a record without giving anything.
        if has_unread(self._inner) or _decrypts(self._inner.get_extra_info("ssl_object")):
            return True
        return self._below is not None and self._below._has_unread()  # noqa: SLF001 (an instance of this class)


def _noted(stream: DeadlineStream) -> DeadlineStream:
    """Take note of a stream (see `new_streams`)."""
    opened = new_streams.get()
    if opened is not None:
        opened.append(stream)
    return stream


def _go_through(stream: DeadlineStream, steps: Talk, timeout: float | None) -> None:
    """Ask a SOCKS proxy for a connection."""
    request, count = next(steps)
    try:
        while True:
            stream.write(request, timeout)
            data = b""
            while len(data) < count:
                piece = stream.read(count - len(data), timeout)
                if not piece:
                    raise SocksRefusal(SocksError("closed the connection"))
                data += piece
            request, count = steps.send(data)
    except StopIteration:
        return
    except SocksError as error:
        raise SocksRefusal(error) from None


def _raise_not_connected(error: Exception) -> NoReturn:
    """Raise what a failure to connect is to the engine, whatever it was to the library it came from."""
    if isinstance(error, (httpcore.ConnectError, httpcore.ConnectTimeout, SocksRefusal)) or not is_failure(error):
        raise error
    if isinstance(error, httpcore.TimeoutException):
        raise httpcore.ConnectTimeout(str(error)) from error
    raise httpcore.ConnectError(str(error) or type(error).__name__) from error


def _decrypts(layer: object) -> bool:
    """Whether a layer of TLS gives bytes without reading from the network; they are lost by asking."""
    if isinstance(layer, ssl.SSLSocket):
        return layer.pending() > 0
    if not isinstance(layer, ssl.SSLObject):
        return False
    try:
        return bool(layer.read(1))
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        return True


def _left(timeout: float | None, expired: type[httpcore.TimeoutException]) -> float | None:
    running = deadline.current.get()
    if running is None:
        return timeout
    left = running.bound(timeout)
    if left is not None and left <= 0:
        raise expired("the deadline of the call has passed")
    return left
