"""A memory of the requests received, for tests of clients to look at."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SECRET_HEADERS = frozenset({"x-api-key", "authorization", "cookie", "proxy-authorization"})
# What a request takes beside its texts, and what a header does: that is most of it where these are short.
_REQUEST_BYTES = 1000
_HEADER_BYTES = 150


@dataclass(frozen=True)
class RecordedRequest:
    """One request.

    Attributes:
        origin: Which origin it came to.
        operation: The operation it asked for, `unknown` if none.
        method: HTTP method.
        path: The path, percent-encoded as it came, without the query.
        query: The query as it came; a presigned one is replaced by `[secret]`.
        headers: The headers, names in lower case; the values of those that hold secrets are `[secret]`.
        body: The body; empty if the request was answered without reading it.
        account: The account it was for, `None` if it had no valid key.
        status: The status of the answer, `None` if the connection was broken off instead.
        faults: The faults that befell it.
    """

    origin: Literal["api", "storage"]
    operation: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    account: str | None
    status: int | None
    faults: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        texts = (self.path, self.query, *self.headers, *self.headers.values(), *self.faults)
        return _REQUEST_BYTES + _HEADER_BYTES * len(self.headers) + len(self.body) + sum(map(len, texts))


class Recorder:
    """The last requests, oldest first; safe to read from another thread.

    Args:
        keep: How many are kept.
        most: How many bytes they may have together; the last one is kept in any case.
    """

    def __init__(self, keep: int, most: int) -> None:
        self._lock = threading.Lock()
        self._keep = keep
        self._most = most
        self._size = 0
        self._requests: deque[RecordedRequest] = deque()

    def add(self, request: RecordedRequest) -> None:
        """Remember a request, and forget those there is no more room for."""
        with self._lock:
            self._requests.append(request)
            self._size += request.size
            while len(self._requests) > self._keep or (self._size > self._most and len(self._requests) > 1):
                self._size -= self._requests.popleft().size

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._requests.clear()
            self._size = 0

    def of(self, operation: str) -> list[RecordedRequest]:
        """Return the requests for an operation."""
        return [request for request in self if request.operation == operation]

    def __iter__(self) -> Iterator[RecordedRequest]:
        with self._lock:
            return iter(list(self._requests))

    def __len__(self) -> int:
        return len(self._requests)

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> list[RecordedRequest]: ...
    def __getitem__(self, index: int | slice) -> RecordedRequest | list[RecordedRequest]:
        with self._lock:
            return list(self._requests)[index]


def without_secrets(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers with the values of those that hold secrets replaced."""
    return {name: "[secret]" if name in _SECRET_HEADERS else value for name, value in headers}
