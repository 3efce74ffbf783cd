"""What time it is in the sandbox."""

from __future__ import annotations

import threading
import time
from typing import Protocol

SECOND = 1_000_000_000


class Clock(Protocol):
    """Anything that tells the time; the sandbox never asks the operating system directly."""

    @property
    def advanced_ns(self) -> int:
        """How far it has been advanced since it was made, in nanoseconds; what a state file keeps of it."""
        ...

    def now_ns(self) -> int:
        """Return the current instant in nanoseconds since the Unix epoch."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the current instant forward.

        Args:
            seconds: How far, in seconds; never negative.
        """
        ...


class SystemClock:
    """Real time, plus whatever it has been advanced by."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset_ns = 0

    @property
    def advanced_ns(self) -> int:
        """How far it is ahead of real time, in nanoseconds."""
        return self._offset_ns

    def now_ns(self) -> int:
        """Return real time plus the offset, in nanoseconds since the Unix epoch."""
        return time.time_ns() + self._offset_ns

    def advance(self, seconds: float) -> None:
        """Jump forward; time goes on at its usual pace from there.

        Args:
            seconds: How far, in seconds.

        Raises:
            ValueError: If `seconds` is negative: instants already handed out would lie in the future.
        """
        step = _step(seconds)
        with self._lock:
            self._offset_ns += step


class ManualClock:
    """Time that stands still until it is advanced, for tests that never sleep.

    Args:
        start_ns: The first instant, in nanoseconds since the Unix epoch; the real time when left out.
    """

    def __init__(self, start_ns: int | None = None) -> None:
        self._lock = threading.Lock()
        self._start_ns = self._now_ns = time.time_ns() if start_ns is None else start_ns

    @property
    def advanced_ns(self) -> int:
        """How far it is from where it started, in nanoseconds."""
        return self._now_ns - self._start_ns

    def now_ns(self) -> int:
        """Return the instant the clock stands at, in nanoseconds since the Unix epoch."""
        return self._now_ns

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Args:
            seconds: How far, in seconds.

        Raises:
            ValueError: If `seconds` is negative.
        """
        step = _step(seconds)
        with self._lock:
            self._now_ns += step


def advance_to(clock: Clock, advanced_ns: int) -> None:
    """Bring a clock as far as another one like it had been advanced, to the nanosecond; never back.

    Args:
        clock: The clock.
        advanced_ns: The `advanced_ns` of the other one.
    """
    missing = advanced_ns - clock.advanced_ns
    if missing > 0:
        # In two steps, because a float of seconds has no room for the nanoseconds of a long one.
        clock.advance(missing // SECOND)
        clock.advance(missing % SECOND / SECOND)


def _step(seconds: float) -> int:
    if not seconds >= 0:
        raise ValueError(f"a clock only moves forward, not by {seconds} s")
    return round(seconds * SECOND)
