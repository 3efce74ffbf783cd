"""The time a whole call has, its retries and waits included."""

from __future__ import annotations

import math
from contextvars import ContextVar, copy_context
from itertools import islice
from typing import TYPE_CHECKING, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

#: The deadline of the call that is running in this thread or task. The network backend reads it, because the HTTP
#: engine hands it only per-operation timeouts, and a server that drips one byte at a time never exceeds those. What
#: reads responses does too, because a few kilobytes can take minutes to read.
current: ContextVar[Deadline | None] = ContextVar("tickhaul_deadline", default=None)
#: Items between two looks at the clock.
_STRIDE = 256


class DeadlinePassed(Exception):  # noqa: N818 (a finding that stays inside the package)
    """The deadline of the call that is running has passed."""


def look() -> None:
    """Look at the clock amid long work.

    Raises:
        DeadlinePassed: the deadline of the call that is running has passed.
    """
    running = current.get()
    if running is not None and running.remaining() <= 0:
        raise DeadlinePassed


def watched(items: Iterable[T]) -> Iterator[T]:
    """The same items, with a look at the clock from time to time.

    Raises:
        DeadlinePassed: as above.
    """
    left = iter(items)
    while some := list(islice(left, _STRIDE)):
        look()
        yield from some


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

    def run(self, work: Callable[[], T]) -> T:
        """Do work that looks at this deadline.

        Raises:
            DeadlinePassed: it noticed that the time is up.
        """
        # In a context of its own there is nothing to set back, so an interrupt cannot keep that from happening.
        context = copy_context()
        context.run(current.set, self)
        return context.run(work)

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
