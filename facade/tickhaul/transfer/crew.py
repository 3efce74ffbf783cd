"""The threads of a transfer: one that finishes files, and as many that fetch as are of use.

Connections are for waiting: where a thread hardly ever waits for the host, the processor is the limit, and one more
thread would only be in the way. So a transfer begins with as many as can read at once, and more come while those there
are wait.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tickhaul.transfer.dial import default_context
from tickhaul.transfer.fetch import Fetcher
from tickhaul.transfer.stream import READERS, Turns
from tickhaul.transfer.wire import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.transfer.engine import Transfer

_IDLE = 0.4  # of its time a thread waits, on the average, when more are of use
_LOOK = 0.02  # seconds between two looks at first, so that a transfer over a long way soon has all its connections
_TICK = 0.1  # seconds between two looks later on
_EARLY = 5  # looks
_TRICKLE = 128  # bytes a second below which a connection counts as silent


def next_count(threads: int, most: int, *, waited: float, seconds: float) -> int:
    """How many threads are to fetch.

    Args:
        threads: how many do now.
        most: how many may.
        waited: seconds they waited for others, all together.
        seconds: in how many.
    """
    return min(most, threads * 2) if waited >= _IDLE * threads * seconds else threads


class Crew:
    """The threads of one transfer.

    Args:
        transfer: what they work for.
        most: how many connections there may be.
    """

    def __init__(self, transfer: Transfer, most: int) -> None:
        self._transfer = transfer
        self._most = most
        self._options = transfer.options
        self._context = transfer.options.ssl_context or default_context()
        self._turns = Turns()
        self._channels: list[Channel] = []
        self._threads: list[threading.Thread] = []
        self._marks: dict[Channel, tuple[int, int, float]] = {}
        self._looks = 0
        self._looked_at = time.monotonic()
        self._waited = 0.0

    def start(self) -> None:
        """Begin."""
        self._begin(self._transfer.finisher.run)
        self._grow(min(READERS, self._most))

    @property
    def fetchers(self) -> int:
        """How many threads fetch."""
        return len(self._channels)

    @property
    def spare(self) -> int:
        """How many whole files may wait for their names.

        With what is fetched, also after the next growth, they are no more than a part for each connection of the budget,
        and no more is lost when the process dies.
        """
        return max(0, self._options.connections - 2 * self.fetchers)

    @property
    def pause(self) -> float:
        """Seconds until the next look is due."""
        return _LOOK if self._looks < _EARLY and self.fetchers < self._most else _TICK

    def look(self) -> None:
        """Break off connections that have been silent for too long, and see whether more are of use."""
        self._looks += 1
        now = time.monotonic()
        waited = sum(channel.idle.seconds(now) for channel in self._channels)
        if self.fetchers < self._most:
            seconds, lately = now - self._looked_at, waited - self._waited
            self._grow(next_count(self.fetchers, self._most, waited=lately, seconds=seconds))
        self._looked_at, self._waited = now, waited
        self._drop_silent(self._options.clock())

    def _drop_silent(self, now: float) -> None:
        enough = _TRICKLE * self._options.silence
        for channel in self._channels:
            requests, received = channel.requests, channel.received
            mark = self._marks.get(channel)
            if mark is None or not channel.busy or requests != mark[0] or received - mark[1] >= enough:
                self._marks[channel] = (requests, received, now)
            elif now - mark[2] > self._options.silence:
                channel.abort(f"nothing came for {self._options.silence:g} seconds")
                self._marks[channel] = (requests, received, now)

    def _grow(self, count: int) -> None:
        for _ in range(count - self.fetchers):
            channel = Channel(self._options, self._context, self._turns.one())
            self._channels.append(channel)
            self._begin(Fetcher(self._transfer, channel).run)

    def _begin(self, body: Callable[[], None]) -> None:
        name = f"tickhaul-transfer-{len(self._threads)}"  # number 0 is the finisher
        thread = threading.Thread(target=self._guarded, args=(body,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._transfer.fail(error)

    def end(self, seconds: float) -> None:
        """Break off all connections, and wait for the threads to end.

        One that hangs in a name lookup, a dead disk or `refresh` ends by itself later, and touches nothing then.

        Args:
            seconds: how long to wait at most.
        """
        for channel in self._channels:
            channel.retire()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
