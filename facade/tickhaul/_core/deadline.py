"""The time a whole call has, its retries and waits included."""

from __future__ import annotations

import math
from contextvars import ContextVar
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Callable

#: The deadline of the call that is running in this thread or task. The network backend reads it, because the HTTP
#: engine hands it only per-operation timeouts, and a server that drips one byte at a time never exceeds those.
current: ContextVar[Deadline | None] = ContextVar("tickhaul_deadline", default=None)


class Deadline:
    """A moment on the monotonic clock after which a call must not go on.

    Args:
        seconds: how long from now; ``None`` for no limit.
        monotonic: the clock, in seconds.
    """

    __slots__ = ("_ends", "_monotonic", "seconds")

    def __init__(self, seconds: float | None, monotonic: Callable[[], float]) -> None:
        self.seconds = math.inf if seconds is None else seconds
        self._monotonic = monotonic
        self._ends = monotonic() + self.seconds

    def remaining(self) -> float:
        """Seconds left; zero or negative once the time is up, infinite without a limit."""
        return self._ends - self._monotonic()

    @overload
    def bound(self, seconds: float) -> float: ...
    @overload
    def bound(self, seconds: float | None) -> float | None: ...
    def bound(self, seconds: float | None) -> float | None:
        """The shorter of a wait and what is left, never negative; ``None`` means unlimited."""
        left = self.remaining()
        if seconds is None:
            return None if left == math.inf else max(left, 0.0)
        return max(min(seconds, left), 0.0)
