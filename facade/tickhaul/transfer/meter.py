"""How fast a transfer is, and how long it will still take."""

from __future__ import annotations

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
