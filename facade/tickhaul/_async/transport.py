"""Sending one request and taking in its whole answer: the only place that touches the HTTP libraries.

It sits on the connection pool of httpx's engine. The layer above that pool, ``httpx.Client``, follows redirects, keeps
cookies and writes whole URLs to its log; none of that may happen to a request that carries an API key.
"""

from __future__ import annotations

import re
import ssl
import threading
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import httpcore

from tickhaul._async.network import AsyncDeadlineBackend, Untrusted
from tickhaul._async.primitives import Places, home, tie
from tickhaul._core import deadline
from tickhaul._core.answers import Answer
from tickhaul._core.forks import renew_after_fork
from tickhaul._core.retry import Loss, Lost

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tickhaul._async.primitives import Tie
    from tickhaul._core.deadline import Deadline
    from tickhaul._core.origin import Origin
    from tickhaul._core.wire import WireRequest

_MAX_CONNECTIONS = 64
_KEEPALIVE_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
_SOCKS = ("socks5", "socks5h")

#: Pools a forked child inherits: kept, never closed, because their sockets are the parent's as well.
_inherited: list[object] = []
_CLOSED = "the client was closed during the call"


@dataclass(frozen=True, slots=True)
class _Pool:
    """The connections of one event loop, or of all threads.

    Attributes:
        engine: keeps and uses them.
        places: how many may be in use. The engine could count them too, but of a call that is called off while it
            waits in the engine's own queue, the connection meant for it may stay counted for ever.
    """

    engine: httpcore.AsyncConnectionPool
    places: Places


class AsyncTransport:
    """The connections to one origin.

    Args:
        origin: where to.
        ssl_context: how to trust it; ``None`` for the usual certificates (``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` count).
        proxy: the proxy's URL, or ``None`` for a direct connection.
        limit: bytes an answer may have, unpacked. A larger one is given up before it takes more memory than that.
    """

    def __init__(self, origin: Origin, *, ssl_context: ssl.SSLContext | None, proxy: str | None, limit: int) -> None:
        self._limit = limit
        self._origin = origin
        self._scheme = origin.scheme.encode()
        self._host = origin.host.encode("idna" if not origin.host.isascii() else "ascii")
        self._ssl_context = ssl_context
        self._proxy = proxy
        self._pools: dict[object, _Pool] = {}
        self._ties: dict[object, Tie] = {}
        self._closed = False
        self._lock = threading.Lock()
        renew_after_fork(self)

    async def send(self, request: WireRequest, *, timeout: float, until: Deadline) -> Answer | Lost:
        """Send a request and take in its answer.

        Args:
            request: what to send.
            timeout: seconds of silence on one socket wait.
            until: when the whole call must be over.

        Returns:
            The answer, or that no complete one came. A loss is returned, not raised: an exception's context would hold
            the request with its key.
        """
        pool = await self._pool()
        if not await pool.places.take(until.bound(timeout)):
            return Lost(Loss.NOT_SENT, f"no connection became free {_within(timeout, until)}")
        running = deadline.current.set(until)
        try:
            if self._closed:
                raise RuntimeError(_CLOSED)
            return await self._exchange(pool.engine, request, timeout, until)
        except (
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.ProtocolError,
            httpcore.ProxyError,
        ) as error:
            return self._lost(error, timeout, until)
        finally:
            deadline.current.reset(running)
            pool.places.give_back()

    async def aclose(self) -> None:
        """Close the connections; those of other event loops are closed by their loops."""
        with self._lock:
            self._closed = True
            ties, self._ties = self._ties, {}
        mine = ties.pop(home(), None)
        if mine is not None:
            await mine.aclose()

    def renew(self) -> None:
        """In a forked child: connections of its own, leaving the parent's alone."""
        self._lock = threading.Lock()
        _inherited.append((self._pools, self._ties))
        self._pools, self._ties = {}, {}

    async def _exchange(
        self, engine: httpcore.AsyncConnectionPool, request: WireRequest, timeout: float, until: Deadline
    ) -> Answer | Lost:
        began = perf_counter()
        message = httpcore.Request(
            request.method,
            httpcore.URL(scheme=self._scheme, host=self._host, port=self._origin.port, target=request.target),
            headers=request.headers,
            content=request.body,
            extensions={
                "timeout": {
                    "connect": until.bound(min(timeout, _CONNECT_SECONDS)),
                    "read": timeout,
                    "write": timeout,
                }
            },
        )
        response = await engine.handle_async_request(message)
        pieces: list[bytes] = []
        try:
            left = self._limit
            async for piece in response.aiter_stream():
                left -= len(piece)
                if left < 0:
                    return self._too_large()
                pieces.append(piece)
        finally:
            await response.aclose()
        if self._closed:
            # A connection made after the engine was closed: nobody else will close it.
            await response.extensions["network_stream"].aclose()
        return self._read(response, pieces, began)

    def _read(self, response: httpcore.Response, pieces: Sequence[bytes], began: float) -> Answer | Lost:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if pieces and "content-encoding" in headers:
            unpacked = self._unpack(response, pieces)
            if isinstance(unpacked, Lost):
                return unpacked
            pieces = unpacked
        return Answer(status=response.status, headers=headers, body=b"".join(pieces), duration=perf_counter() - began)

    def _unpack(self, response: httpcore.Response, pieces: Iterable[bytes]) -> Sequence[bytes] | Lost:
        import httpx  # noqa: PLC0415 (as above)

        # The body is complete; httpx unpacks every encoding asked for, here piece by piece, so that a few bytes that
        # stand for many do not fill the memory.
        unpacked: list[bytes] = []
        left = self._limit
        try:
            for piece in httpx.Response(response.status, headers=response.headers, content=iter(pieces)).iter_bytes():
                left -= len(piece)
                if left < 0:
                    return self._too_large()
                unpacked.append(piece)
        except httpx.DecodingError as error:
            return Lost(Loss.MAYBE_DONE, f"the answer's content encoding is broken: {error}")
        return unpacked

    def _too_large(self) -> Lost:
        return Lost(Loss.HOPELESS, f"the answer has more than {self._limit:,} bytes, the most this client takes")

    async def _pool(self) -> _Pool:
        owner = home()
        pool = self._pools.get(owner)
        if pool is None:
            with self._lock:
                if self._closed:
                    raise RuntimeError(_CLOSED)
                pool = self._pools.get(owner)
                if pool is None:
                    pool = self._pools[owner] = _Pool(self._open_pool(), Places(_MAX_CONNECTIONS))
                    # This never waits, so the lock is not held across a switch of tasks.
                    self._ties[owner] = await tie(partial(_close, self._pools, owner))
        return pool

    def _open_pool(self) -> httpcore.AsyncConnectionPool:
        backend = AsyncDeadlineBackend()
        # Reading the system's certificates takes longer than a request; a plain-http origin needs none of them.
        context = self._trust() if self._origin.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._proxy is None:
            return httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=None,
                keepalive_expiry=_KEEPALIVE_SECONDS,
                network_backend=backend,
            )
        parts = urlsplit(self._proxy)
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        if parts.scheme in _SOCKS:
            # The engine has proxies look up every name anyway; its older versions do not know the name for that.
            bare = bare._replace(scheme="socks5")
            return httpcore.AsyncSOCKSProxy(
                bare.geturl(),
                proxy_auth=login,
                ssl_context=context,
                max_connections=None,
                keepalive_expiry=_KEEPALIVE_SECONDS,
                network_backend=backend,
            )
        return httpcore.AsyncHTTPProxy(
            bare.geturl(),
            proxy_auth=login,
            ssl_context=context,
            proxy_ssl_context=self._trust() if parts.scheme == "https" else None,
            max_connections=None,
            keepalive_expiry=_KEEPALIVE_SECONDS,
            network_backend=backend,
        )

    def _trust(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            import httpx  # noqa: PLC0415 (takes longer to load than the rest of a first call, so only where it is needed)

            self._ssl_context = httpx.create_ssl_context()
        return self._ssl_context

    def _lost(self, error: Exception, timeout: float, until: Deadline) -> Lost:
        match error:
            case Untrusted():
                return Lost(
                    Loss.HOPELESS,
                    f"the server's certificate is not trusted ({error}); "
                    "behind a proxy with its own certificates, set SSL_CERT_FILE or pass ssl_context=",
                )
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


def _within(seconds: float, until: Deadline) -> str:
    return f"within {seconds:g} s" if until.remaining() > 0 else "before the deadline"


async def _close(pools: dict[object, _Pool], owner: object) -> None:
    await pools.pop(owner).engine.aclose()
