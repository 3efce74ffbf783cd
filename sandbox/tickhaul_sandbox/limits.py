"""Rate limits: two token buckets per account.

Source: docs guides/rate-limiting, section 5 of the API reference. That a bucket holds exactly its limit and refills
evenly is the plain reading of "token bucket"; no source states the burst.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tickhaul_sandbox.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul_sandbox.clock import Clock

ResetStyle = Literal["absolute", "delay"]


class Bucket:
    """A token bucket.

    Args:
        limit: How many tokens it gains per window.
        window_seconds: The window, in seconds.
        now_ns: The instant at which it is full.
        burst: How many tokens it holds, as a share of the limit; one at least.
    """

    def __init__(self, limit: int, window_seconds: int, now_ns: int, burst: float = 1.0) -> None:
        self.limit = limit
        self._window_ns = window_seconds * SECOND
        self._full = max(1, round(limit * burst)) * self._window_ns
        # Tokens are counted in units of 1/window, so that a refill is exact integer arithmetic.
        self._level = self._full
        self._seen_ns = now_ns

    def refill(self, now_ns: int) -> None:
        """Add what has flowed in since the last call."""
        elapsed = max(0, now_ns - self._seen_ns)
        self._seen_ns = max(now_ns, self._seen_ns)
        self._level = min(self._full, self._level + elapsed * self.limit)

    @property
    def remaining(self) -> int:
        """Whole tokens left."""
        return self._level // self._window_ns

    def take(self) -> None:
        """Remove one token; only to be called while `remaining` is positive."""
        self._level -= self._window_ns

    def give_back(self) -> None:
        """Put one token back."""
        self._level = min(self._full, self._level + self._window_ns)

    def drain(self) -> None:
        """Remove every token."""
        self._level = 0

    @property
    def state(self) -> tuple[int, int]:
        """Its level, in units of its own, and when that was so."""
        return self._level, self._seen_ns

    @state.setter
    def state(self, state: tuple[int, int]) -> None:
        level, self._seen_ns = state
        # The limit may have been another one.
        self._level = min(level, self._full)

    def wait_ns(self) -> int:
        """Return the nanoseconds until a whole token is there, 0 if one is."""
        missing = self._window_ns - self._level
        return max(0, -(-missing // self.limit))


@dataclass(frozen=True)
class Quota:
    """What one request was told about its account's limits.

    Attributes:
        headers: The rate-limit headers of the answer.
        retry_after: Seconds to wait when the request was refused, else `None`.
    """

    headers: dict[str, str]
    retry_after: int | None


class RateLimits:
    """The two buckets of one account.

    Args:
        minute_limit: Requests a minute.
        hour_limit: Requests an hour.
        clock: The sandbox's time.
        reset_style: Whether Reset headers hold an absolute Unix time, only while exhausted (the present rule), or a
            delay in seconds, always (the rule before April 2026).
        burst: How many tokens a bucket holds, as a share of its limit.
    """

    def __init__(
        self, minute_limit: int, hour_limit: int, clock: Clock, reset_style: ResetStyle, burst: float = 1.0
    ) -> None:
        self._clock = clock
        self._style = reset_style
        now = clock.now_ns()
        self._buckets = {
            "Minute": Bucket(minute_limit, 60, now, burst),
            "Hour": Bucket(hour_limit, 3600, now, burst),
        }

    @property
    def state(self) -> dict[str, tuple[int, int]]:
        """The state of each bucket by name."""
        return {name: bucket.state for name, bucket in self._buckets.items()}

    @state.setter
    def state(self, state: Mapping[str, tuple[int, int]]) -> None:
        for name, bucket in self._buckets.items():
            bucket.state = state[name]

    def admit(self) -> Quota:
        """Take a token from each bucket, or none at all if one of them is empty."""
        now = self._clock.now_ns()
        buckets = self._buckets.values()
        for bucket in buckets:
            bucket.refill(now)
        wait_ns = max(bucket.wait_ns() for bucket in buckets)
        if wait_ns == 0:
            for bucket in buckets:
                bucket.take()
        retry_after = max(1, math.ceil(wait_ns / SECOND)) if wait_ns else None
        return Quota(self._headers(now), retry_after)

    def peek(self) -> dict[str, str]:
        """Return the headers without taking a token."""
        now = self._clock.now_ns()
        for bucket in self._buckets.values():
            bucket.refill(now)
        return self._headers(now)

    def give_back(self) -> dict[str, str]:
        """Put back what a request took, and return the headers as they then are."""
        for bucket in self._buckets.values():
            bucket.give_back()
        return self.peek()

    def drain(self) -> Quota:
        """Empty the minute bucket and answer as an exhausted account would."""
        self._buckets["Minute"].refill(self._clock.now_ns())
        self._buckets["Minute"].drain()
        return self.admit()

    def _headers(self, now_ns: int) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, bucket in self._buckets.items():
            headers[f"X-RateLimit-Limit-{name}"] = str(bucket.limit)
            headers[f"X-RateLimit-Remaining-{name}"] = str(bucket.remaining)
            wait_ns = bucket.wait_ns()
            if self._style == "delay":
                headers[f"X-RateLimit-Reset-{name}"] = str(math.ceil(wait_ns / SECOND))
            elif wait_ns:
                headers[f"X-RateLimit-Reset-{name}"] = str(-(-(now_ns + wait_ns) // SECOND))
        return headers
