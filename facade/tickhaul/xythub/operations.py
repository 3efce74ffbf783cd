"""An operation of xyt hub, in the form the loop of a call takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

FRAMED = "application/octet-stream"
FORM = "application/x-www-form-urlencoded"
#: Bytes of a response that is no data: a token, an error, what a frame has beside its message.
SMALL = 1 << 20
#: Bytes of a response's message unless the client is told otherwise: some millions of ticks.
LARGE = 256 << 20


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One operation. All of them read, so each may be sent again; none takes an idempotency key.

    Attributes:
        name: the method's name, as people call it.
        path: the whole path, percent-encoded.
        parse: what the body of a success holds; raises ``ValueError`` for one that does not fit.
        method: the HTTP method.
        content_type: what the request's body is; ``None`` for requests without one.
        confidential: whether the body of a success is itself a secret.
        limit: bytes a response's body may have; a larger one is given up while it arrives.
    """

    name: str
    path: str
    parse: Callable[[bytes], T]
    method: str = "POST"
    content_type: str | None = FRAMED
    confidential: bool = False
    limit: int = SMALL

    @property
    def takes_key(self) -> bool:
        """Whether it accepts an idempotency key."""
        return False

    @property
    def repeatable(self) -> bool:
        """Whether sending it again is harmless even if it was carried out."""
        return True

    @property
    def has_body(self) -> bool:
        """Whether a success has a body."""
        return True
