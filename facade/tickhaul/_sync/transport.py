# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""Sending one request and taking in its whole answer: the only place that touches the HTTP libraries.

It sits on the connections of httpx's engine. The layer above them, ``httpx.Client``, follows redirects, keeps cookies
and writes whole URLs to its log; none of that may happen to a request that carries an API key.
"""

from __future__ import annotations

import re
import ssl
import threading
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit

import httpcore

from tickhaul._core import deadline
from tickhaul._core.answers import Answer
from tickhaul._core.bodies import Body, is_framed
from tickhaul._core.forks import renew_after_fork
from tickhaul._core.retry import Loss, Lost
from tickhaul._signals import raised_by_handler
from tickhaul._sync.connections import Connections, Loan
from tickhaul._sync.network import DeadlineBackend, Socks, SocksRefusal, Untrusted, new_streams
from tickhaul._sync.primitives import current_run, home, is_interrupt, tie
from tickhaul._threads import load
from tickhaul.net.foreign import is_failure
from tickhaul.net.socks import LONGEST
from tickhaul.net.tls import bracketed, settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.parse import SplitResult

    from tickhaul._core.deadline import Deadline
    from tickhaul._core.origin import Origin
    from tickhaul._core.secrets import Secret
    from tickhaul._core.wire import WireRequest
    from tickhaul._sync.primitives import Tie
    from tickhaul.net.socks import Login

_KEEPALIVE_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
_SOCKS = ("socks5", "socks5h")
_SOCKS_PORT = 1080
#: Bytes of an error's body that are read; the service's own have some hundred.
_ERROR_LIMIT = 1 << 20

#: Pools a forked child inherits: kept, never closed, because their sockets are the parent's as well.
_inherited: list[object] = []
_CLOSED = "the client was closed during the call"


class Transport:
    """The connections to one origin.

    Args:
        origin: where to.
        ssl_context: how to trust it; ``None`` for the usual certificates (``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` count).
        proxy: the proxy's URL, or ``None`` for a direct connection.
        on_lost: called when calls that were begun may never end.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        ssl_context: ssl.SSLContext | None,
        proxy: Secret | None,
        on_lost: Callable[[], object],
    ) -> None:
        self._origin = origin
        self._on_lost = on_lost
        self._scheme = origin.scheme.encode()
        self._host = bracketed(origin.host).encode("ascii")
        self._ssl_context = ssl_context
        self._proxy = proxy
        self._pools: dict[object, Connections] = {}
        self._ties: dict[object, Tie] = {}
        self._closed = False
        self._lock = threading.Lock()
        renew_after_fork(self)

    def send(self, request: WireRequest, *, limit: int | None, timeout: float, until: Deadline) -> Answer | Lost:
        """Send a request and take in its response.

        Args:
            request: what to send.
            limit: bytes the body of a success may have, unpacked; a larger one is given up while it arrives. ``None`` if
                nobody reads it.
            timeout: seconds of silence on one socket wait.
            until: when the whole call must be over.

        Returns:
            The response, or that no complete one came. A loss is returned, not raised: an exception's context would
            hold the request with its key.
        """
        pool = self._pool()
        if pool.enter(current_run()):
            self._on_lost()
        loan = Loan()
        running, opening = deadline.current.set(until), new_streams.set(loan.streams)
        try:
            places = pool.places
            if not places.take(until.bound(timeout)):
                return Lost(Loss.NOT_SENT, f"no connection became free {_within(timeout, until)}")
            try:
                if self._closed:
                    raise RuntimeError(_CLOSED)
                return self._exchange(pool, loan, request, limit, timeout, until)
            finally:
                places.give_back()
        except BaseException as error:
            if is_interrupt(error) or raised_by_handler(error) is not None:
                self._on_lost()
                pool.start_over()
            pool.drop(loan)
            # The engine's frames hold the request as it is sent, with its key.
            error.__context__ = error.__traceback__ = None
            raise
        finally:
            # A coroutine that was dropped is closed by the garbage collector, in a context where nothing was set.
            with suppress(ValueError):
                deadline.current.reset(running)
                new_streams.reset(opening)

    def close(self) -> None:
        """Close the connections; those of other event loops are closed by their loops."""
        with self._lock:
            self._closed = True
        mine = self._ties.get(home())
        if mine is not None:
            mine.close()
        # Only now: an interrupted close can be made up for by another one.
        self._ties = {}

    def renew(self) -> None:
        """In a forked child: connections of its own, leaving the parent's alone."""
        self._lock = threading.Lock()
        _inherited.append((self._pools, self._ties))
        self._pools, self._ties = {}, {}

    def _exchange(
        self,
        pool: Connections,
        loan: Loan,
        request: WireRequest,
        limit: int | None,
        timeout: float,
        until: Deadline,
    ) -> Answer | Lost:
        began = perf_counter()
        try:
            response = self._ask(pool.take(loan), request, timeout, until)
            wanted = limit is not None and 200 <= response.status < 300
            body = Body(
                [value.decode("latin-1") for name, value in response.headers if name.lower() == b"content-encoding"],
                limit=limit if limit is not None and wanted else _ERROR_LIMIT,
                until=until,
                framed=is_framed(response.status, response.headers),
            )
            for piece in response.iter_stream():
                if not body.take(piece):
                    break
            response.close()
            pool.give_back(loan, response)
        except Exception as error:
            # The engine has no public word for whether its tunnel through a proxy is open.
            tunneled = getattr(loan.connection, "_connected", True)
            pool.drop(loan)
            if (alarm := raised_by_handler(error)) is not None:
                raise alarm from None
            if not is_failure(error):
                raise
            lost = None if tunneled else self._refused(error, timeout, until)
            return lost or self._lost(error, timeout, until)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        content, took = body.content(), perf_counter() - began
        if isinstance(content, Lost):
            if wanted:
                return content
            # Status and headers say enough.
            content = b""
        return Answer(response.status, headers, content, took)

    def _ask(
        self, connection: httpcore.ConnectionInterface, request: WireRequest, timeout: float, until: Deadline
    ) -> httpcore.Response:
        headers, content = request.reveal()
        return connection.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=self._scheme, host=self._host, port=self._origin.port, target=request.target),
                headers=headers,
                content=content,
                extensions={
                    "timeout": {
                        "connect": until.bound(min(timeout, _CONNECT_SECONDS)),
                        "read": timeout,
                        "write": timeout,
                    }
                },
            )
        )

    def _pool(self) -> Connections:
        owner = home()
        pool = self._pools.get(owner)
        if pool is None:
            with self._lock:
                if self._closed:
                    raise RuntimeError(_CLOSED)
                pool = self._pools.get(owner)
                if pool is None:
                    origin = httpcore.Origin(self._scheme, self._host, self._origin.port)
                    pool = Connections(partial(self._open_pool().create_connection, origin), current_run())
                    # This never waits, so the lock is not held across a switch of tasks. The pool is in use only once
                    # its end is seen to.
                    self._ties[owner] = tie(partial(_close, self._pools, owner, pool))
                    self._pools[owner] = pool
        return pool

    def _open_pool(self) -> httpcore.ConnectionPool:
        """The engine's pool, which only makes connections here."""
        # Reading the system's certificates takes longer than a request; a plain-http origin needs none of them.
        context = self._trust() if self._origin.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return open_pool(self._proxy, context, self._trust, _KEEPALIVE_SECONDS)

    def _trust(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            load("httpx")
            import httpx  # noqa: PLC0415 (takes longer to load than the rest of a first call, so only where it is needed)

            self._ssl_context = httpx.create_ssl_context()
        return self._ssl_context

    def _refused(self, error: Exception, timeout: float, until: Deadline) -> Lost | None:
        """What an error means where the proxy was not through with its part; ``None`` for one that tells by itself."""
        if isinstance(error, (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError)):
            return None
        timed_out = isinstance(error, httpcore.TimeoutException)
        said = f"no answer {_within(timeout, until)}" if timed_out else "it closed the connection, or speaks no HTTP"
        return Lost(Loss.NOT_SENT, f"cannot connect to {self._where()}: {said}")

    def _lost(self, error: Exception, timeout: float, until: Deadline) -> Lost:
        match error:
            case httpcore.ConnectionNotAvailable():
                return Lost(Loss.NOT_SENT, "the connection was closed before the request was sent")
            case Untrusted():
                return Lost(
                    Loss.HOPELESS,
                    f"the server's certificate is not trusted ({error}); "
                    "behind a proxy with its own certificates, set SSL_CERT_FILE or pass ssl_context=",
                )
            case SocksRefusal():
                loss = Loss.HOPELESS if error.hopeless else Loss.NOT_SENT
                return Lost(loss, f"cannot connect to {self._origin}: the proxy {error}")
            case httpcore.ProxyError():
                # The proxy's 4xx is about this client's login or rights, the rest about its own troubles. Its own words
                # for a status are left out: they are the one place where a login could come back.
                said = re.sub(r"^([0-9]{3}) .*", r"\1", str(error))
                return Lost(Loss.HOPELESS if said.startswith("4") else Loss.NOT_SENT, f"the proxy answered {said}")
            case httpcore.ConnectTimeout():
                within = _within(min(timeout, _CONNECT_SECONDS), until)
                return Lost(Loss.NOT_SENT, f"cannot connect to {self._where()}: no answer {within}")
            case httpcore.ConnectError():
                return Lost(Loss.NOT_SENT, f"cannot connect to {self._where()}: {error}")
            case httpcore.ReadTimeout():
                return Lost(Loss.MAYBE_DONE, f"the service sent nothing {_within(timeout, until)}")
            case httpcore.WriteTimeout():
                return Lost(Loss.MAYBE_DONE, f"the service took nothing {_within(timeout, until)}")
        return Lost(Loss.MAYBE_DONE, f"{type(error).__name__}: {str(error) or 'the connection broke'}")

    def _where(self) -> str:
        return str(self._origin) if self._proxy is None else f"{self._origin} through the proxy"


def open_pool(
    proxy: Secret | None, context: ssl.SSLContext, trust: Callable[[], ssl.SSLContext], keepalive: float
) -> httpcore.ConnectionPool:
    """A pool of the engine on whose connections no wait outlives the deadline.

    Args:
        proxy: the proxy's URL, or ``None`` for direct connections.
        context: how to trust the service.
        trust: how to trust the proxy, if that speaks TLS.
        keepalive: seconds that an idle connection is kept.

    Raises:
        ValueError: the proxy's host name or login cannot be used.
    """
    context = settled(context)
    if proxy is None:
        return httpcore.ConnectionPool(
            ssl_context=context, keepalive_expiry=keepalive, network_backend=DeadlineBackend()
        )
    objection = _objection(proxy)
    if objection is not None:
        raise ValueError(f"proxy: {objection}")
    parts = urlsplit(proxy.reveal())
    host, login = _encoded(parts.hostname), _login(parts)
    if parts.scheme in _SOCKS:
        backend = DeadlineBackend(Socks(host, parts.port or _SOCKS_PORT, login))
        return httpcore.ConnectionPool(ssl_context=context, keepalive_expiry=keepalive, network_backend=backend)
    return httpcore.HTTPProxy(
        httpcore.URL(scheme=parts.scheme, host=host, port=parts.port, target="/"),
        # Given a text, the engine takes ASCII only, and shows any other in its error.
        proxy_auth=login,
        ssl_context=context,
        proxy_ssl_context=settled(trust()) if parts.scheme == "https" else None,
        keepalive_expiry=keepalive,
        network_backend=DeadlineBackend(),
    )


def _objection(proxy: Secret) -> str | None:
    """Why a proxy cannot be used, if it cannot. Nothing is raised here, where the login is at hand."""
    parts = urlsplit(proxy.reveal())
    try:
        _encoded(parts.hostname)
    except UnicodeError:
        return "its host name is malformed"
    login = _login(parts)
    if parts.scheme in _SOCKS and login is not None and not all(0 < len(word) <= LONGEST for word in login):
        return f"the user name and the password of a SOCKS proxy have 1 to {LONGEST} bytes each"
    return None


def _encoded(name: str | None) -> str:
    host = name or ""
    return host if host.isascii() else host.encode("idna").decode()


def _login(parts: SplitResult) -> Login | None:
    if not parts.username:
        return None
    return unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or "")


def _within(seconds: float, until: Deadline) -> str:
    return f"within {seconds:g} s" if until.remaining() > 0 else "before the deadline"


def _close(pools: dict[object, Connections], owner: object, pool: Connections) -> None:
    if pools.get(owner) is pool:
        del pools[owner]
    pool.close()
