"""One request out, one answer in, over the client's own connections, with nothing in between that asks again."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Self

from tickhaul._core import retry
from tickhaul._core.deadline import Deadline
from tickhaul._core.wire import WireRequest
from tickhaul._sync.transport import Transport
from tickhaul._version import __version__
from tickhaul.net.proxies import choose_proxy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from tickhaul.net.origins import Origin
    from tickhaul.net.secrets import Secret

#: As much as the client takes of the longest list.
_LARGEST_BODY = 24 << 20
_SHORTEST = 0.001  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole.

    Attributes:
        status: HTTP status.
        headers: by lower-case name.
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
        self._usual = [
            (b"Host", origin.authority.encode()),
            (b"User-Agent", f"tickhaul/{__version__} contract-check".encode()),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"identity"),
        ]
        self._transport = Transport(
            origin, ssl_context=None, proxy=choose_proxy(None, origin), on_lost=lambda: None, keep_errors=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        key: Secret | None,
        body: bytes | None,
        *,
        within: float,
    ) -> Answer | Lost:
        """Send a request and take in its answer.

        Args:
            method: HTTP method.
            target: path and query, encoded.
            headers: what to send beside the usual ones.
            key: the API key, if one is to be sent.
            body: JSON, or none.
            within: seconds that are left.
        """
        lines = [*self._usual, *((name.encode(), value.encode()) for name, value in headers.items())]
        if body is not None:
            lines.append((b"Content-Type", b"application/json"))
        if body is not None or method in ("POST", "PUT"):
            lines.append((b"Content-Length", str(len(body or b"")).encode()))
        request = WireRequest(
            method=method,
            path=target.partition("?")[0],
            target=target.encode(),
            headers=lines,
            credential=None if key is None else (b"X-Api-Key", key),
            body=body,
        )
        timeout = max(min(self._timeout, within), _SHORTEST)
        until = Deadline(timeout, monotonic)
        outcome = self._transport.send(request, limit=_LARGEST_BODY, timeout=timeout, until=until)
        if isinstance(outcome, retry.Lost):
            return Lost(outcome.text, timed_out=outcome.timed_out)
        return Answer(outcome.status, outcome.headers, outcome.body)
