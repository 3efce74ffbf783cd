"""Bare HTTP: one request out, one answer in, nothing in between that could smooth over what is odd about it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Self

import httpcore
import httpx

from tickhaul._core import deadline
from tickhaul._core.bodies import Body
from tickhaul._core.proxies import choose_proxy
from tickhaul._sync.transport import open_pool
from tickhaul._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from tickhaul._core.origin import Origin
    from tickhaul._core.secrets import Secret

#: As much as the client takes of the longest list.
_LARGEST_BODY = 24 << 20
_KEPT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole.

    Attributes:
        status: HTTP status.
        headers: by lower-case name; several of one name are joined by commas.
        body: its bytes, decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """No whole answer came.

    Attributes:
        reason: why, in words.
        timed_out: whether it did not come in time.
    """

    reason: str
    timed_out: bool


class Wire:
    """The connection to a service.

    Args:
        origin: where to.
        timeout: seconds of silence on one socket wait, and for one whole body.
    """

    def __init__(self, origin: Origin, timeout: float) -> None:
        self._timeout = timeout
        # A transport of one's own keeps the client from reading proxies and logins out of the environment by itself:
        # a key on its way to this very machine must not take a detour.
        proxy = choose_proxy(None, origin)
        self._http = httpx.Client(
            base_url=str(origin), transport=_Bounded(proxy), trust_env=False, follow_redirects=False
        )
        self._http.headers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, *, within: float
    ) -> Answer | Lost:
        """Send a request and take in its answer.

        Args:
            method: HTTP method.
            target: path and query, encoded.
            headers: what to send beside the usual ones.
            body: JSON, or none.
            within: seconds that are left.
        """
        usual = {
            "User-Agent": f"tickhaul/{__version__} contract-check",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        if body is not None:
            usual["Content-Type"] = "application/json"
        timeout = max(min(self._timeout, within), 0.001)
        until = deadline.Deadline(timeout, monotonic)
        try:
            with (
                _bounded(until),
                self._http.stream(
                    method, target, headers={**usual, **headers}, content=body, timeout=timeout
                ) as response,
            ):
                taken = Body(response.headers.get_list("content-encoding"), limit=_LARGEST_BODY, until=until)
                for piece in response.iter_raw():
                    if not taken.take(piece):
                        break
                    if until.remaining() < 0:
                        return Lost(f"the body was not complete after {timeout:g} s", timed_out=True)
                content = taken.content()
                if not isinstance(content, bytes):
                    return Lost(content.text, timed_out=until.remaining() < 0)
                return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, content)
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            # The error holds the request and with it the key; only its words go on.
            return Lost(f"no answer within {timeout:g} s ({type(error).__name__})", timed_out=True)
        except httpcore.ProxyError as error:
            # The proxy's own words for a status are the one place where a login could come back.
            return Lost(f"the proxy answered {str(error)[:3]}", timed_out=False)
        except (httpx.RequestError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Lost(f"{type(error).__name__}: {error}", timed_out=False)


class _Bounded(httpx.BaseTransport):
    """Connections on which no wait outlives the request: a server or a proxy may send its headers byte by byte."""

    def __init__(self, proxy: Secret | None) -> None:
        context = httpx.create_ssl_context()
        self._pool = open_pool(proxy, context, lambda: context, _KEPT_SECONDS)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.read(),
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def _bounded(until: deadline.Deadline) -> Iterator[None]:
    running = deadline.current.set(until)
    try:
        yield
    finally:
        deadline.current.reset(running)
