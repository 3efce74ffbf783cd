"""The threads of a transfer: one that finishes files, as many that fetch as are of use, and one that watches those.

Connections are for waiting: where a thread hardly ever waits for the host, the processor is the limit, and one more
thread would only be in the way. So a transfer begins with as many as can read at once, and more come while those that
are there wait.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING

from tickhaul.errors import StorageError
from tickhaul.transfer.fetch import Fetcher
from tickhaul.transfer.wire import Channel, choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.transfer.engine import Transfer

log = logging.getLogger("tickhaul.transfer")

_PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
#: How many threads a transfer begins with: more of them would find each other at Python's lock.
READERS = min(4, max(1, _PROCESSORS // 2))

_IDLE = 0.4  # of its time a thread waits, on the average, when more are of use
_LOOK = 0.02  # seconds between two looks at first, so that a transfer over a long way soon has all its connections
_TICK = 0.1  # seconds between two looks later on
_EARLY = 5  # looks
LIMIT = "a limit of this process or of the system on threads or open files is reached"
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


def _said(error: RuntimeError | OSError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


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
        engine, self._make = choose(transfer.options)
        log.info("transfer over %s", engine)
        self._channels: list[Channel] = []
        self._threads: list[threading.Thread] = []
        self._marks: dict[Channel, tuple[int, int, float]] = {}
        self._over = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        try:
            self._begin("finish", self._transfer.finisher.run)
            self._grow(min(READERS, self._most))
            self._watcher = self._begin("watch", self._watch)
        except (RuntimeError, OSError) as error:
            raise StorageError(f"no connection can be opened here: {_said(error)}; {LIMIT}") from error

    @property
    def fetchers(self) -> int:
        """How many threads fetch."""
        return len(self._channels)

    @property
    def spare(self) -> int:
        """How many whole files may wait for their names.

        What waits and what is fetched are together no more than the budget, and no more is lost when the process dies;
        and there is always room for the next growth, which would otherwise never come while the disk is slow.
        """
        return max(0, self._options.connections - 2 * self.fetchers)

    def _watch(self) -> None:
        """Add fetching threads, and drop silent connections, whatever the caller's thread is kept busy with."""
        looked_at, waited, looks = time.monotonic(), 0.0, 0
        while not self._over.wait(_LOOK if looks < _EARLY and self.fetchers < self._most else _TICK):
            now, before = time.monotonic(), waited
            waited = sum(channel.idle.seconds(now) for channel in self._channels)
            self._look(waited - before, now - looked_at)
            looked_at, looks = now, looks + 1
            self._drop_silent(self._options.clock())

    def _look(self, waited: float, seconds: float) -> None:
        room = self._options.connections - self._transfer.finisher.unnamed
        count = next_count(self.fetchers, max(self.fetchers, min(self._most, room)), waited=waited, seconds=seconds)
        try:
            self._grow(count)
        except (RuntimeError, OSError) as error:
            log.debug("no more connections: %s", _said(error))
            self._most = self.fetchers

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
        while self.fetchers < count:
            channel = Channel(self._options, self._make)
            try:
                self._begin(str(self.fetchers), Fetcher(self._transfer, channel).run)
            except RuntimeError:
                channel.close()
                raise
            self._channels.append(channel)

    def _begin(self, name: str, body: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=self._guarded, args=(body,), name=f"tickhaul-transfer-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)
        return thread

    def _guarded(self, body: Callable[[], None]) -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            self._transfer.fail(error)

    def end(self, seconds: float) -> None:
        """Break off all connections, and wait for the threads to end.

        One that hangs in a name lookup, a dead disk or `refresh` ends by itself later.

        Args:
            seconds: how long to wait at most.
        """
        until = time.monotonic() + seconds
        self._over.set()
        if self._watcher is not None:
            self._watcher.join(seconds)  # it adds no channel from here on
        for channel in self._channels:
            channel.retire()
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
