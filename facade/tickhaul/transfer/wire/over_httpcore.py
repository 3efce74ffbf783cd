"""The engine that serves everywhere: httpcore, one connection at a time."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpcore
from httpcore._backends.sync import SyncStream

from tickhaul._version import __version__
from tickhaul.net.dialing import dial
from tickhaul.net.enginelog import cut_engine_log
from tickhaul.net.exchanges import is_over
from tickhaul.transfer.wire.heads import headers_of
from tickhaul.transfer.wire.trouble import (
    CLOSED,
    ENDED_EARLY,
    LONGEST_WAIT,
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
    from collections.abc import Mapping

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
_CONNECTING = (httpcore.ConnectError, httpcore.ConnectTimeout)
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
        patience = min(options.silence * 2, LONGEST_WAIT)
        connect = min(options.connect_timeout, LONGEST_WAIT)
        self._timeouts = {"connect": connect, "read": patience, "write": patience}
        self._context = context
        self._stop = stop
        self._idle = idle
        self._backend = _Backend(stop)
        self._connection: httpcore.ConnectionInterface | None = None
        self._origin: Origin | None = None
        self._tls_host = ""

    def ask(self, origin: Origin, target: str, headers: Mapping[str, str], intake: Intake) -> None:
        """Send a GET (see `Engine`)."""
        intake.sent()
        kept, before = False, _asking.set(True)
        try:
            with self._idle:
                response = self._send(origin, target, headers)
            intake.head(response.status, headers_of(map(_decoded, response.headers)))
            pieces = response.iter_stream()
            while intake.wanted:
                with self._idle:
                    piece = next(pieces, None)
                if piece is None:
                    response.close()
                    # Of TLS in TLS, httpcore does not tell whether something came that nobody asked for.
                    kept = not _is_nested(origin) and is_over(response)
                    break
                intake.take(piece)
        except _ENGINE_ERRORS as error:
            raise self._described(error, origin.proxy) from None
        finally:
            if not kept:
                self.close()
            _asking.reset(before)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
        self._backend.close()

    def _send(self, origin: Origin, target: str, headers: Mapping[str, str]) -> httpcore.Response:
        # httpcore writes the host into what a proxy is asked for as it is.
        host = f"[{origin.host}]" if origin.forwarded is not None and ":" in origin.host else origin.host
        url = httpcore.URL(scheme=origin.scheme, host=host, port=origin.port, target=target)
        lines = {"Host": origin.authority, **_HEADERS, **headers}.items()
        request = httpcore.Request(
            "GET",
            url,
            headers=[(name.encode(), value.encode("latin-1")) for name, value in lines],
            extensions={"timeout": self._timeouts, "trace": self._trace},
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

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("start_tls.started"):
            self._tls_host = info["server_hostname"] or ""

    def _connect(self, url: httpcore.URL, proxy: Proxy | None) -> httpcore.ConnectionInterface:
        context, backend = self._context, self._backend
        if proxy is None:
            return httpcore.HTTPConnection(url.origin, ssl_context=context, network_backend=backend)
        at = httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/")
        login = None if proxy.login is None else (proxy.login.user, proxy.login.password)
        pool: httpcore.ConnectionPool
        if not proxy.is_socks:
            if url.scheme == b"https" and b":" in url.host:
                raise RefusedError(f"httpcore cannot ask {proxy} for an IPv6 address; install tickhaul[fast]")
            above = context if proxy.scheme == "https" else None
            pool = httpcore.HTTPProxy(at, login, ssl_context=context, proxy_ssl_context=above, network_backend=backend)
        elif not _SOCKS:
            raise RefusedError(f"{proxy} speaks SOCKS: install tickhaul[fast] or tickhaul[socks]")
        else:
            pool = httpcore.SOCKSProxy(at, login, context, network_backend=backend)
        return pool.create_connection(url.origin)

    def _described(self, error: Exception, proxy: Proxy | None) -> WireError:
        """What went wrong, in words of our own."""
        if proxy is not None and isinstance(error, (httpcore.ProxyError, *_SOCKS)):
            return _refused(str(error), proxy)
        # Connections are made to the proxy, if there is one, and to nobody else.
        who = "" if proxy is None or not isinstance(error, _CONNECTING) else f"{proxy}: "
        match error:
            case httpcore.TimeoutException():
                return WireError(f"{who}{TIMED_OUT}")
            case httpcore.NetworkError(__cause__=ssl.SSLCertVerificationError() as cause):
                return untrusted(self._tls_host, cause.verify_message)
            case httpcore.NetworkError(__cause__=OSError() as cause):
                return WireError(f"{who}{describe(cause)}")
            case httpcore.NetworkError():
                return WireError(CLOSED)
            case httpcore.RemoteProtocolError():
                said = str(error)
                if "without sending a response" in said:
                    return WireError(CLOSED)
                return WireError(ENDED_EARLY if "peer closed connection" in said else MALFORMED)
        return WireError("a header of an earlier response cannot be sent back")


class _Backend(httpcore.NetworkBackend):
    """The engine's own way to open a connection, one at a time, which another thread can end.

    Shut down, a socket wakes who waits for it. It is held twice, so that a number the system has given to somebody else
    meanwhile is never shut down.

    Args:
        stop: says when to stop.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._guard = threading.Lock()
        self._stream: httpcore.NetworkStream | None = None
        self._held: socket.socket | None = None
        stop.wakes(self._shut_down)

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: object, **__: object
    ) -> httpcore.NetworkStream:
        """Connect, until another thread puts an end to it."""
        try:
            sock = dial(host, port, lambda: timeout, look=self._look)
            self._stream = SyncStream(sock)
            with self._guard:
                self._held = sock.dup()
            self._look()  # again, for what came before there was anything to shut down
        except OSError as error:
            self.close()
            raise httpcore.ConnectError from error
        return self._stream

    def _look(self) -> None:
        if self._stop.reason is not None:
            raise ConnectionAbortedError

    def close(self) -> None:
        """Close the connection; one that a proxy refused httpcore does not know yet, and leaves open."""
        with self._guard:
            held, self._held = self._held, None
        if held is not None:
            held.close()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _shut_down(self) -> None:
        with self._guard:
            if self._held is not None:
                with contextlib.suppress(OSError):  # it is not connected any more
                    self._held.shutdown(socket.SHUT_RDWR)


def _is_nested(origin: Origin) -> bool:
    """Whether there is TLS in TLS."""
    return origin.scheme == "https" and origin.proxy is not None and origin.proxy.scheme == "https"


def _decoded(line: tuple[bytes, bytes]) -> tuple[str, str]:
    return line[0].decode("latin-1"), line[1].decode("latin-1")


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
    return WireError(f"{proxy} does not speak SOCKS 5, or closed the connection")
