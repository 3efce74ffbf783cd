"""A clock that tests move: what would be slept is written down and has then passed."""

from __future__ import annotations

import threading

import anyio.lowlevel
from tickhaul._async.executor import AsyncClock
from tickhaul._sync.executor import Clock

#: 2024-01-15T10:00:00Z.
NOON = 1_705_312_800.0


class FakeClock(Clock):
    """The time as the test says it is.

    Attributes:
        slept: every wait asked for, in seconds.
    """

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._passed = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def time(self) -> float:
        return NOON + self._passed

    def time_ns(self) -> int:
        return round(NOON + self._passed) * 1_000_000_000

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody having asked for it."""
        with self._lock:
            self._passed += seconds


class AsyncFakeClock(AsyncClock):
    """The same clock under an event loop.

    Args:
        clock: the clock to show.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def time(self) -> float:
        return self._clock.time()

    def time_ns(self) -> int:
        return self._clock.time_ns()

    async def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
        await anyio.lowlevel.checkpoint()
