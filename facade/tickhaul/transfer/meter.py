"""How fast a transfer is, how long it will still take, and how much of that is waiting."""

from __future__ import annotations

import time
from collections import deque

_WINDOW = 5.0  # seconds: long enough to be steady, short enough to show a change


class Meter:
    """The rate over the last few seconds, from samples of a growing count."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def sample(self, now: float, count: int) -> float:
        """Take in the count at a time and return the present rate in units a second."""
        samples = self._samples
        if samples and now < samples[-1][0]:
            samples.clear()
        samples.append((now, count))
        while len(samples) > 2 and now - samples[1][0] >= _WINDOW:
            samples.popleft()
        began, before = samples[0]
        spent = now - began
        return max(0.0, (count - before) / spent) if spent > 0 else 0.0


def remaining(done: int, total: int | None, rate: float) -> float | None:
    """Seconds until ``total`` at ``rate``; ``None`` when it cannot be told."""
    if total is None:
        return None
    if done >= total:
        return 0.0
    return (total - done) / rate if rate > 0 else None


class IdleTime:
    """How long a thread has waited for others, readable by another while it waits. A context manager around each wait.

    What the processor does for the thread meanwhile, such as decrypting, is work.
    """

    def __init__(self) -> None:
        self._total = 0.0
        self._since: float | None = None
        self._worked = 0.0

    def __enter__(self) -> None:
        self._worked = time.thread_time()
        self._since = time.monotonic()

    def __exit__(self, *_: object) -> None:
        since, self._since = self._since, None
        if since is not None:
            self._total += max(0.0, time.monotonic() - since - (time.thread_time() - self._worked))

    def seconds(self, now: float) -> float:
        """Seconds up to ``now``, by the monotonic clock."""
        since = self._since
        return self._total + (max(0.0, now - since) if since is not None else 0.0)
