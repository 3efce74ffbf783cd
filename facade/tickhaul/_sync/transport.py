# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""Sending one request and taking in its whole answer: the only place that touches the HTTP libraries.

It sits on the connections of httpx's engine. The layer above them, ``httpx.Client``, follows redirects, keeps cookies
and writes whole URLs to its log; none of that may happen to a request that carries an API key.
"""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import httpcore

from tickhaul._core import deadline
from tickhaul._core.answers import Answer
from tickhaul._core.bodies import Body, is_framed
from tickhaul._core.forks import renew_after_fork
from tickhaul._core.retry import Loss, Lost
from tickhaul._signals import raised_by_handler
from tickhaul._sync.connections import Connections, Loan
from tickhaul._sync.network import DeadlineBackend, SocksRefusal, Untrusted, new_streams
from tickhaul._sync.primitives import current_run, home, is_interrupt, tie
from tickhaul.net.foreign import is_failure
from tickhaul.net.origins import bracketed
from tickhaul.net.refusals import Refusal, read_refusal, refused_by_socks, refused_status
from tickhaul.net.tls import settled
from tickhaul.net.trust import default_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tickhaul._core.deadline import Deadline
    from tickhaul._core.wire import WireRequest
    from tickhaul._sync.primitives import Tie
    from tickhaul.net.origins import Origin
    from tickhaul.net.proxies import Proxy

_KEEPALIVE_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
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
        proxy: the proxy on the way, or ``None`` for a direct connection.
        on_lost: called when calls that were begun may never end.
        keep_errors: whether the body of an error matters as much as that of a success; else what cannot be read of it is
            left out.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        ssl_context: ssl.SSLContext | None,
        proxy: Proxy | None,
        on_lost: Callable[[], object],
        keep_errors: bool = False,
    ) -> None:
        self._origin = origin
        self._on_lost = on_lost
        self._keep_errors = keep_errors
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
                return Lost(Loss.NOT_SENT, f"no connection became free {_within(timeout, until)}", timed_out=True)
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
            proxy = self._proxy
            # Of a proxy that passes requests on, for no service says that for itself.
            if response.status == 407 and proxy is not None and proxy.forwards(self._origin.scheme):
                pool.drop(loan)
                return _refused(refused_status(proxy, response.status))
            wanted = limit is not None and (self._keep_errors or 200 <= response.status < 300)
            body = Body(
                [value.decode("latin-1") for name, value in response.headers if name.lower() == b"content-encoding"],
                limit=limit if limit is not None and wanted else _ERROR_LIMIT,
                until=until,
                framed=is_framed(response.status, response.headers),
            )
            pieces = response.iter_stream()
            for piece in pieces:
                if not body.take(piece):
                    pool.drop(loan)
                    _exhaust(pieces)
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
            lost = None if tunneled else self._untunneled(error, timeout, until)
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
            self._ssl_context = default_context()
        return self._ssl_context

    def _untunneled(self, error: Exception, timeout: float, until: Deadline) -> Lost | None:
        """What an error means where the proxy was not through with its part; ``None`` for one that tells by itself."""
        if isinstance(error, (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError)):
            return None
        timed_out = isinstance(error, httpcore.TimeoutException)
        said = f"no answer {_within(timeout, until)}" if timed_out else "it closed the connection, or speaks no HTTP"
        return Lost(Loss.NOT_SENT, f"cannot connect to {self._where()}: {said}", timed_out=timed_out)

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
            case SocksRefusal() if self._proxy is not None:
                return _refused(refused_by_socks(self._proxy, error.reason))
            case httpcore.ProxyError() if self._proxy is not None:
                return _refused(read_refusal(self._proxy, str(error)))
            case httpcore.ConnectTimeout():
                within = _within(min(timeout, _CONNECT_SECONDS), until)
                return Lost(Loss.NOT_SENT, f"cannot connect to {self._where()}: no answer {within}", timed_out=True)
            case httpcore.ConnectError():
                return Lost(Loss.NOT_SENT, f"cannot connect to {self._where()}: {error}")
            case httpcore.ReadTimeout():
                return Lost(Loss.MAYBE_DONE, f"the service sent nothing {_within(timeout, until)}", timed_out=True)
            case httpcore.WriteTimeout():
                return Lost(Loss.MAYBE_DONE, f"the service took nothing {_within(timeout, until)}", timed_out=True)
        return Lost(Loss.MAYBE_DONE, f"{type(error).__name__}: {str(error) or 'the connection broke'}")

    def _where(self) -> str:
        return str(self._origin) if self._proxy is None else f"{self._origin} through {self._proxy}"


def open_pool(
    proxy: Proxy | None, context: ssl.SSLContext, trust: Callable[[], ssl.SSLContext], keepalive: float
) -> httpcore.ConnectionPool:
    """A pool of the engine on whose connections no wait outlives the deadline.

    Args:
        proxy: the proxy on the way, or ``None`` for direct connections.
        context: how to trust the service.
        trust: how to trust the proxy, if that speaks TLS.
        keepalive: seconds that an idle connection is kept.
    """
    context = settled(context)
    if proxy is None:
        return httpcore.ConnectionPool(
            ssl_context=context, keepalive_expiry=keepalive, network_backend=DeadlineBackend()
        )
    if proxy.is_socks:
        return httpcore.ConnectionPool(
            ssl_context=context, keepalive_expiry=keepalive, network_backend=DeadlineBackend(proxy)
        )
    return httpcore.HTTPProxy(
        httpcore.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port, target="/"),
        # The engine takes a login as text in ASCII only, and shows any other in its error.
        proxy_auth=None if proxy.login is None else (proxy.login.user, proxy.login.password),
        ssl_context=context,
        proxy_ssl_context=settled(trust()) if proxy.scheme == "https" else None,
        keepalive_expiry=keepalive,
        network_backend=DeadlineBackend(),
    )


def _exhaust(pieces: Iterator[bytes]) -> None:
    """Let the engine's generators run to their end, which is near once the connection is closed.

    What is left of them would be closed by the event loop, and some complain of that.
    """
    try:
        for _ in pieces:
            pass
    except Exception as error:
        if not is_failure(error):
            raise


def _refused(refusal: Refusal) -> Lost:
    return Lost(Loss.HOPELESS if refusal.hopeless else Loss.NOT_SENT, refusal.text)


def _within(seconds: float, until: Deadline) -> str:
    return f"within {seconds:g} s" if until.remaining() > 0 else "before the deadline"


def _close(pools: dict[object, Connections], owner: object, pool: Connections) -> None:
    if pools.get(owner) is pool:
        del pools[owner]
    pool.close()
