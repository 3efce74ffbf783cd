"""The engine that serves everywhere: httpcore, one connection at a time."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import httpcore
from httpcore._backends.sync import SyncStream

from tickhaul._version import __version__
from tickhaul.net.dialing import dial
from tickhaul.net.enginelog import cut_engine_log
from tickhaul.net.exchanges import is_over
from tickhaul.net.foreign import is_failure
from tickhaul.net.origins import bracketed
from tickhaul.net.refusals import read_refusal, refused_by_socks
from tickhaul.net.socks import SocksError, talk
from tickhaul.net.tls import bare, behind, settled
from tickhaul.transfer.wire.heads import headers_of
from tickhaul.transfer.wire.trouble import (
    CLOSED,
    ENDED_EARLY,
    LONGEST_WAIT,
    MALFORMED,
    TIMED_OUT,
    WireError,
    describe,
    refused,
    untrusted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tickhaul.net.proxies import Proxy
    from tickhaul.net.socks import Talk
    from tickhaul.transfer.meter import IdleTime
    from tickhaul.transfer.model import TransferOptions
    from tickhaul.transfer.wire.channel import Intake
    from tickhaul.transfer.wire.route import Route
    from tickhaul.transfer.wire.stop import Stop

T = TypeVar("T")

VERSION = f"httpcore {httpcore.__version__}"

_HEADERS = {"User-Agent": f"tickhaul/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
_CONNECTING = (httpcore.ConnectError, httpcore.ConnectTimeout)
_NO_HTTP = (httpcore.ReadError, httpcore.WriteError, httpcore.ProtocolError)

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
        self._context = settled(context)
        self._stop = stop
        self._idle = idle
        self._backend = _Backend(stop)
        self._connection: httpcore.ConnectionInterface | None = None
        self._origin: Route | None = None
        self._tls_host = ""

    def ask(self, origin: Route, target: str, headers: Mapping[str, str], intake: Intake) -> None:
        """Send a GET (see `Engine`)."""
        intake.sent()
        kept, before = False, _asking.set(True)
        try:
            with self._idle:
                response = self._guarded(origin, partial(self._send, origin, target, headers))
            intake.head(response.status, headers_of(map(_decoded, response.headers)))
            kept = self._guarded(origin, partial(self._take, response, intake))
        finally:
            if not kept:
                self.close()
            _asking.reset(before)

    def _guarded(self, origin: Route, step: Callable[[], T]) -> T:
        """Have the engine take a step; what goes wrong with it is told in words of our own."""
        try:
            return step()
        except WireError:
            raise
        except Exception as error:
            if not is_failure(error):
                raise
            raise self._described(error, origin.proxy) from None

    def _take(self, response: httpcore.Response, intake: Intake) -> bool:
        """Take the body in. Whether the connection can be used again."""
        pieces = response.iter_stream()
        while intake.wanted:
            with self._idle:
                piece = next(pieces, None)
            if piece is None:
                response.close()
                # Of TLS in TLS, httpcore does not tell whether something came that nobody asked for.
                return not self._is_nested and is_over(response)
            intake.take(piece)
        return False

    @property
    def _is_nested(self) -> bool:
        """Whether there is TLS in TLS."""
        origin = self._origin
        return (
            origin is not None
            and origin.scheme == "https"
            and origin.proxy is not None
            and origin.proxy.scheme == "https"
        )

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        _close(connection)
        self._backend.close()

    def _send(self, origin: Route, target: str, headers: Mapping[str, str]) -> httpcore.Response:
        url = httpcore.URL(scheme=origin.scheme, host=bracketed(origin.host), port=origin.port, target=target)
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
            except Exception as error:
                # The server may have closed it meanwhile, which says nothing about a new one.
                if self._stop.reason is not None or not is_failure(error):
                    raise
        self.close()
        self._connection, self._origin = self._connect(url, origin.proxy), origin
        return self._connection.handle_request(request)

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("start_tls.started"):
            self._tls_host = bare(info["server_hostname"] or "")

    def _connect(self, url: httpcore.URL, proxy: Proxy | None) -> httpcore.ConnectionInterface:
        context, backend = self._context, self._backend
        backend.socks = proxy if proxy is not None and proxy.is_socks else None
        if proxy is None or proxy.is_socks:
            return httpcore.HTTPConnection(url.origin, ssl_context=context, network_backend=backend)
        at = httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/")
        login = None if proxy.login is None else (proxy.login.user, proxy.login.password)
        above = context if proxy.scheme == "https" else None
        pool = httpcore.HTTPProxy(at, login, ssl_context=context, proxy_ssl_context=above, network_backend=backend)
        return pool.create_connection(url.origin)

    def _described(self, error: Exception, proxy: Proxy | None) -> WireError:
        """What went wrong, in words of our own."""
        refusal = None if proxy is None else self._refusal(error, proxy)
        if refusal is not None:
            return refusal
        # Connections are made to the proxy, if there is one, and to nobody else.
        who = f"{proxy}: " if proxy is not None and (isinstance(error, _CONNECTING) or self._is_before_tunnel) else ""
        match error:
            case httpcore.TimeoutException():
                return WireError(f"{who}{TIMED_OUT}")
            case httpcore.NetworkError(__cause__=ssl.SSLCertVerificationError() as cause):
                return untrusted(self._tls_host, cause.verify_message)
            case httpcore.NetworkError(__cause__=OSError() as cause):
                return WireError(f"{who}{describe(cause)}")
            case httpcore.NetworkError():
                return WireError(CLOSED)
            case httpcore.LocalProtocolError():
                return WireError("a header of an earlier response cannot be sent back")
            case httpcore.RemoteProtocolError():
                said = str(error)
                if "without sending a response" in said:
                    return WireError(CLOSED)
                return WireError(ENDED_EARLY if "peer closed connection" in said else MALFORMED)
            case OSError():
                return WireError(f"{who}{describe(error)}")
        return WireError(f"the connection broke ({type(error).__name__})")

    def _refusal(self, error: Exception, proxy: Proxy) -> WireError | None:
        """What a proxy has refused, if it has."""
        if isinstance(error, SocksError):
            return refused(refused_by_socks(proxy, error))
        if isinstance(error, httpcore.ProxyError):
            return refused(read_refusal(proxy, str(error)))
        if isinstance(error, _NO_HTTP) and self._is_before_tunnel:
            return WireError(f"{proxy} closed the connection, or speaks no HTTP")
        return None

    @property
    def _is_before_tunnel(self) -> bool:
        """Whether a tunnel through a proxy is wanted and not open yet; httpcore has no public word for it."""
        return not getattr(self._connection, "_connected", True)


class _Backend(httpcore.NetworkBackend):
    """The engine's own way to open a connection, one at a time, which another thread can end.

    Shut down, a socket wakes who waits for it. It is held twice, so that a number the system has given to somebody else
    meanwhile is never shut down.

    Args:
        stop: says when to stop.

    Attributes:
        socks: the SOCKS proxy that connections go through, if there is one.
        stream: the connection, which httpcore may not know yet.
    """

    def __init__(self, stop: Stop) -> None:
        self.socks: Proxy | None = None
        self.stream: httpcore.NetworkStream | None = None
        self._stop = stop
        self._guard = threading.Lock()
        self._held: socket.socket | None = None
        stop.wakes(self._shut_down)

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: object, **__: object
    ) -> httpcore.NetworkStream:
        """Connect, until another thread puts an end to it."""
        host, socks = bare(host), self.socks
        where, at = (host, port) if socks is None else (socks.host, socks.port)
        try:
            sock = dial(where, at, lambda: timeout, look=self._look)
            self.stream = stream = _Stream(sock, self)
            with self._guard:
                self._held = sock.dup()
            self._look()  # again, for what came before there was anything to shut down
            if socks is not None:
                sock.settimeout(timeout)
                _go_through(sock, talk(host, port, socks.login))
        except OSError as error:
            raise httpcore.ConnectError from error
        return stream

    def _look(self) -> None:
        if self._stop.reason is not None:
            raise ConnectionAbortedError

    def close(self) -> None:
        """Close the connection; one that a proxy refused httpcore does not know yet, and leaves open."""
        with self._guard:
            held, self._held = self._held, None
        stream, self.stream = self.stream, None
        _close(stream)
        _close(held)

    def _shut_down(self) -> None:
        with self._guard:
            if self._held is not None:
                with contextlib.suppress(OSError):  # it is not connected any more
                    self._held.shutdown(socket.SHUT_RDWR)


class _Stream(SyncStream):
    """A connection, on which TLS is spoken with the settings behind a stand-in.

    Args:
        sock: its socket.
        backend: is told of the stream that takes its place.
    """

    def __init__(self, sock: socket.socket, backend: _Backend) -> None:
        super().__init__(sock)
        self._backend = backend

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Speak TLS from here on."""
        host = None if server_hostname is None else bare(server_hostname)
        stream = super().start_tls(behind(ssl_context), host, timeout)
        if type(stream) is SyncStream:
            stream = _Stream(stream._sock, self._backend)  # noqa: SLF001 (of its own class)
        self._backend.stream = stream
        return stream


def _close(what: httpcore.ConnectionInterface | httpcore.NetworkStream | socket.socket | None) -> None:
    if what is None:
        return
    try:
        what.close()
    except Exception as error:
        # What cannot be closed in good order is closed all the same.
        if not is_failure(error):
            raise


def _go_through(sock: socket.socket, steps: Talk) -> None:
    """Ask a SOCKS proxy for a connection."""
    request, count = next(steps)
    with contextlib.suppress(StopIteration):
        while True:
            sock.sendall(request)
            data = b""
            while len(data) < count:
                piece = sock.recv(count - len(data))
                if not piece:
                    raise SocksError("closed the connection")
                data += piece
            request, count = steps.send(data)


def _decoded(line: tuple[bytes, bytes]) -> tuple[str, str]:
    return line[0].decode("latin-1"), line[1].decode("latin-1")
