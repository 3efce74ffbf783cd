"""The engine that serves everywhere: httpcore, one connection at a time."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

import httpcore

from tickhaul._version import __version__
from tickhaul.net.enginelog import cut_engine_log
from tickhaul.net.exchanges import is_over
from tickhaul.transfer.wire.heads import headers_of
from tickhaul.transfer.wire.trouble import (
    CLOSED,
    ENDED_EARLY,
    MALFORMED,
    TIMED_OUT,
    RefusedError,
    WireError,
    describe,
    login_refused,
    refused_by_proxy,
    untrusted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tickhaul.transfer.meter import IdleTime
    from tickhaul.transfer.model import TransferOptions
    from tickhaul.transfer.wire.address import Origin, Proxy
    from tickhaul.transfer.wire.channel import Intake
    from tickhaul.transfer.wire.stop import Stop

_SOCKS: tuple[type[Exception], ...] = ()
with contextlib.suppress(ImportError):
    from socksio import SOCKSError

    _SOCKS = (SOCKSError,)

VERSION = f"httpcore {httpcore.__version__}"

_HEADERS = {"User-Agent": f"tickhaul/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
_STATUS = re.compile(r"([0-9]{3}) ")
_SOCKS_REPLY = re.compile(r"could not connect: (.*)\.")
_ENGINE_ERRORS: tuple[type[Exception], ...] = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.ProxyError,
    *_SOCKS,
)
_HOPELESS = {"Connection not allowed by ruleset", "Command not supported", "Address type not supported"}

#: Whether this thread has a request with httpcore.
_asking: ContextVar[bool] = ContextVar("tickhaul_asking", default=False)

cut_engine_log(_asking.get)


class HttpcoreEngine:
    """One connection of httpcore.

    Args:
        options: the settings.
        context: the TLS settings, for the host and for a proxy spoken to over TLS.
        stop: says when to stop.
        idle: measures each wait.
    """

    def __init__(self, options: TransferOptions, context: ssl.SSLContext, stop: Stop, idle: IdleTime) -> None:
        # The transfer's watch drops a silent connection long before; this is for when there is no watch any more.
        patience = options.silence * 2
        self._timeouts = {"connect": options.connect_timeout, "read": patience, "write": patience}
        self._context = context
        self._stop = stop
        self._backend = _Backend(stop, idle, patience)
        self._connection: httpcore.ConnectionInterface | None = None
        self._origin: Origin | None = None

    def ask(self, origin: Origin, target: str, headers: Mapping[str, str], intake: Intake) -> None:
        """Send a GET (see `Engine`)."""
        intake.sent()
        kept, before = False, _asking.set(True)
        try:
            response = self._send(origin, target, headers)
            intake.head(response.status, headers_of(map(_decoded, response.headers)))
            if intake.wanted:
                for piece in response.iter_stream():
                    if not intake.take(piece):
                        break
                else:
                    response.close()
                    # Of TLS in TLS, httpcore does not tell whether something came that nobody asked for.
                    kept = not _is_nested(origin) and is_over(response)
        except _ENGINE_ERRORS as error:
            raise _described(error, origin.proxy) from None
        finally:
            if not kept:
                self.close()
            _asking.reset(before)

    def wake_at(self, count: int) -> None:
        """Be woken for so many bytes only (see `Engine`)."""
        self._backend.wake_at(count)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
        self._backend.close()

    def _send(self, origin: Origin, target: str, headers: Mapping[str, str]) -> httpcore.Response:
        url = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target)
        lines = {"Host": origin.authority, **_HEADERS, **headers}.items()
        request = httpcore.Request(
            "GET",
            url,
            headers=[(name.encode(), value.encode("latin-1")) for name, value in lines],
            extensions={"timeout": self._timeouts},
        )
        kept = self._connection
        if kept is not None and origin == self._origin and kept.is_available() and not kept.has_expired():
            try:
                return kept.handle_request(request)
            except _ENGINE_ERRORS:
                # The server may have closed it meanwhile, which says nothing about a new one.
                if self._stop.reason is not None:
                    raise
        self.close()
        self._connection, self._origin = self._connect(url, origin.proxy), origin
        return self._connection.handle_request(request)

    def _connect(self, url: httpcore.URL, proxy: Proxy | None) -> httpcore.ConnectionInterface:
        context, backend = self._context, self._backend
        if proxy is None:
            return httpcore.HTTPConnection(url.origin, ssl_context=context, network_backend=backend)
        at = httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/")
        login = None if proxy.login is None else (proxy.login.user, proxy.login.password)
        pool: httpcore.ConnectionPool
        if not proxy.is_socks:
            above = context if proxy.scheme == "https" else None
            pool = httpcore.HTTPProxy(at, login, ssl_context=context, proxy_ssl_context=above, network_backend=backend)
        elif not _SOCKS:
            raise RefusedError(f"{proxy} speaks SOCKS: install tickhaul[fast] or tickhaul[socks]")
        else:
            pool = httpcore.SOCKSProxy(at, login, context, network_backend=backend)
        return pool.create_connection(url.origin)


class _Backend(httpcore.NetworkBackend):
    """The engine's own way to open a connection, one at a time, which another thread can end.

    Shut down, a socket wakes who waits for it. It is held twice, so that a number the system has given to somebody else
    meanwhile is never shut down.

    Args:
        stop: says when to stop.
        idle: measures each wait.
        patience: seconds to wait for the other side where httpcore would wait for ever.
    """

    def __init__(self, stop: Stop, idle: IdleTime, patience: float) -> None:
        self.idle = idle
        self.patience = patience
        self._stop = stop
        self._guard = threading.Lock()
        self._held: socket.socket | None = None
        self._stream: _Stream | None = None
        stop.wake = self._shut_down

    def close(self) -> None:
        """Close the connection made last; one that a proxy refused httpcore does not know yet, and leaves open."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        self.let_go()

    def let_go(self) -> None:
        """The connection is being closed."""
        with self._guard:
            held, self._held = self._held, None
        if held is not None:
            held.close()

    def wake_at(self, count: int) -> None:
        """Have reads wait for so many bytes."""
        if self._held is not None:
            with contextlib.suppress(OSError):
                self._held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)

    def _shut_down(self) -> None:
        with self._guard:
            if self._held is not None:
                with contextlib.suppress(OSError):  # it is not connected any more
                    self._held.shutdown(socket.SHUT_RDWR)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        with self.idle:
            stream = httpcore.SyncBackend().connect_tcp(host, port, timeout, local_address, socket_options)
        with self._guard:
            self._held = stream.get_extra_info("socket").dup()
        self._stream = _Stream(stream, self)
        if self._stop.reason is not None:
            raise httpcore.ConnectError
        return self._stream


class _Stream(httpcore.NetworkStream):
    """A stream of that backend."""

    def __init__(self, inner: httpcore.NetworkStream, backend: _Backend) -> None:
        self._inner = inner
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        # To SOCKS proxies httpcore gives all the time there is.
        with self._backend.idle:
            return self._inner.read(max_bytes, timeout or self._backend.patience)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout or self._backend.patience)

    def close(self) -> None:
        self._backend.let_go()
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._backend)
        except httpcore.ConnectError as error:
            self.close()
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise untrusted(server_hostname or "", error.__cause__.verify_message) from None
            raise

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _is_nested(origin: Origin) -> bool:
    """Whether there is TLS in TLS."""
    return origin.scheme == "https" and origin.proxy is not None and origin.proxy.scheme == "https"


def _decoded(line: tuple[bytes, bytes]) -> tuple[str, str]:
    return line[0].decode("latin-1"), line[1].decode("latin-1")


def _described(error: Exception, proxy: Proxy | None) -> WireError:
    """What went wrong, in words of our own."""
    if proxy is not None and isinstance(error, (httpcore.ProxyError, *_SOCKS)):
        return _refused(str(error), proxy)
    match error:
        case httpcore.TimeoutException():
            return WireError(TIMED_OUT)
        case httpcore.NetworkError():
            return WireError(describe(error.__cause__) if isinstance(error.__cause__, OSError) else CLOSED)
        case httpcore.RemoteProtocolError():
            said = str(error)
            if "without sending a response" in said:
                return WireError(CLOSED)
            return WireError(ENDED_EARLY if "peer closed connection" in said else MALFORMED)
    return WireError("a header of an earlier response cannot be sent back")


def _refused(said: str, proxy: Proxy) -> WireError:
    """A proxy's refusal, from what httpcore makes of it."""
    status = _STATUS.match(said)
    if status is not None:
        return refused_by_proxy(proxy, int(status[1]))
    reply = _SOCKS_REPLY.search(said)
    if reply is not None:
        return (RefusedError if reply[1] in _HOPELESS else WireError)(f"{proxy} made no connection ({reply[1]})")
    if "Requested" in said or "Invalid username" in said:
        return login_refused(proxy)
    return RefusedError(f"{proxy} does not speak SOCKS 5")
