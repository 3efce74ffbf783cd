"""Pacing below the service's limits, with the service's own counts as the truth.

Facts (docs: guides/rate-limiting): two token buckets for each account, 200 requests a minute and 10,000 an hour; every
answer carries what is left of both.
"""

from __future__ import annotations

import hashlib
import math
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul._core.forks import renew_after_fork

if TYPE_CHECKING:
    from tickhaul._core.headers import RateLimits, Window


@dataclass(frozen=True, slots=True)
class Quota:
    """How fast a client may go before the service has told it.

    Args:
        per_minute: requests a minute of the account.
        per_hour: requests an hour of the account.
        shared: whether clients of this process with the same origin and key draw on one quota.

    Raises:
        ValueError: a count is not positive.
    """

    per_minute: int = 200
    per_hour: int = 10_000
    shared: bool = True

    def __post_init__(self) -> None:
        for name, value in (("per_minute", self.per_minute), ("per_hour", self.per_hour)):
            if value < 1:
                raise ValueError(f"{name}={value!r}: expected at least 1 request; quota=None switches pacing off")


class _Bucket:
    """A token bucket that believes what it is told."""

    __slots__ = ("capacity", "seconds", "since", "tokens")

    def __init__(self, capacity: int, seconds: float) -> None:
        self.capacity = float(capacity)
        self.seconds = seconds
        self.tokens = self.capacity
        self.since: float | None = None

    def refill(self, now: float) -> None:
        if self.since is not None:
            gained = (now - self.since) * self.capacity / self.seconds
            self.tokens = min(self.capacity, self.tokens + max(gained, 0.0))
        self.since = now

    def wait(self) -> float:
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) * self.seconds / self.capacity

    def adopt(self, window: Window, in_flight: int) -> None:
        if window.limit:
            self.capacity = float(window.limit)
        if window.remaining is not None:
            # Requests on their way may not be in the server's count yet.
            self.tokens = min(self.capacity, window.remaining - in_flight)


class Ledger:
    """What is left of one account's quota, as far as this process knows. Safe to share between threads and loops.

    Args:
        quota: the limits to assume until the service states its own.
    """

    def __init__(self, quota: Quota) -> None:
        self._minute = _Bucket(quota.per_minute, 60.0)
        self._hour = _Bucket(quota.per_hour, 3600.0)
        self._in_flight = 0
        self._closed_until = -math.inf
        self._lock = threading.Lock()
        renew_after_fork(self)

    def reserve(self, now: float) -> float:
        """Take a slot, or learn how long to wait for one.

        Args:
            now: the monotonic clock, seconds.

        Returns:
            ``0.0`` when a slot was taken (it must be given back with `settle`), else the seconds to wait before asking
            again; nothing is taken then.
        """
        with self._lock:
            self._minute.refill(now)
            self._hour.refill(now)
            wait = max(self._minute.wait(), self._hour.wait(), self._closed_until - now)
            if wait > 0:
                return wait
            self._minute.tokens -= 1
            self._hour.tokens -= 1
            self._in_flight += 1
            return 0.0

    def settle(self, now: float, limits: RateLimits | None) -> None:
        """The request of one slot has ended.

        Args:
            now: the monotonic clock, seconds.
            limits: what its answer said, or ``None`` when it said nothing.
        """
        with self._lock:
            self._in_flight -= 1
            if limits is not None:
                self._minute.refill(now)
                self._hour.refill(now)
                self._minute.adopt(limits.minute, self._in_flight)
                self._hour.adopt(limits.hour, self._in_flight)

    def close_until(self, moment: float) -> None:
        """Nothing may be sent before ``moment`` (monotonic seconds): the service answered 429."""
        with self._lock:
            self._closed_until = max(self._closed_until, moment)

    def renew(self) -> None:
        """In a forked child: a vanished thread may hold the lock, and its requests are not this process's."""
        self._lock = threading.Lock()
        self._in_flight = 0


_shared: weakref.WeakValueDictionary[tuple[str, str], Ledger] = weakref.WeakValueDictionary()
_shared_lock = threading.Lock()


def open_ledger(quota: Quota | None, origin: str, key: str) -> Ledger | None:
    """The ledger for an account: one for each origin and key in this process, unless the quota is not shared.

    Args:
        quota: the limits to assume; ``None`` for no pacing.
        origin: scheme, host and port of the service.
        key: the API key; only its digest is kept.
    """
    if quota is None:
        return None
    if not quota.shared:
        return Ledger(quota)
    account = (origin, hashlib.sha256(key.encode()).hexdigest())
    with _shared_lock:
        ledger = _shared.get(account)
        if ledger is None:
            ledger = _shared[account] = Ledger(quota)
        return ledger
