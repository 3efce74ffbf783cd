"""What the loop of a call asks of a service: how its operations are written down, and what its answers mean.

Ticksupply's side of this is in `wire` and `answers`; another service brings its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul._core.answers import Answer
    from tickhaul._core.wire import WireRequest
    from tickhaul.errors import TickhaulError
    from tickhaul.net.secrets import Secret

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
A_contra = TypeVar("A_contra", contravariant=True)


class Action(Protocol[T_co]):
    """An operation of a service: what people call it, and what may be done with it.

    It may take an idempotency key, be harmless to repeat even after it was carried out, and have a body in its success,
    which ``parse`` makes a model of. What ``parse`` is handed is between the action and the service's reader. The body
    has at most ``limit`` bytes.
    """

    @property
    def name(self) -> str: ...
    @property
    def takes_key(self) -> bool: ...
    @property
    def repeatable(self) -> bool: ...
    @property
    def has_body(self) -> bool: ...
    @property
    def limit(self) -> int: ...
    def parse(self, body: Any, /) -> T_co: ...  # of whatever type the service's reader hands over


class Writer(Protocol[A_contra]):
    """Writes down the request of a call."""

    def write(self, operation: A_contra, arguments: Mapping[str, object], key: str | None) -> WireRequest: ...


class Reader(Protocol):
    """Tells what an answer means: an error in a few words for logs, or as an exception, or the model of a success."""

    def describe(self, answer: Answer) -> str: ...
    def read_error(
        self, answer: Answer, secret: Secret, *, attempts: int, retry_after: float | None
    ) -> TickhaulError: ...
    def read_success(self, operation: Action[T], answer: Answer, secret: Secret, *, attempts: int) -> T: ...
