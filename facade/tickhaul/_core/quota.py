"""Pacing below the service's limits, with the service's own counts as the truth.

Facts (docs: guides/rate-limiting): two token buckets for each account, 200 requests a minute and 10,000 an hour; every
answer carries what is left of both.
"""

from __future__ import annotations

import math
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul._core.arguments import count
from tickhaul._core.forks import renew_after_fork

if TYPE_CHECKING:
    from tickhaul._core.headers import RateLimits, Window
    from tickhaul.net.secrets import Secret


_MINUTE = 60.0
_HOUR = 3600.0
#: A token, but for the rounding of the clock's sums: somebody who slept exactly as told must find one.
_ENOUGH = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Quota:
    """How fast a client may go before the service has told it.

    Args:
        per_minute: requests a minute of the account.
        per_hour: requests an hour of the account.
        shared: whether clients of this process with the same origin and key draw on one quota; the first of them then
            decides where it begins.

    Raises:
        ValueError: a count is not positive; ``quota=None`` switches pacing off.
        TypeError: a count is no whole number.
    """

    per_minute: int = 200
    per_hour: int = 10_000
    shared: bool = True

    def __post_init__(self) -> None:
        count("per_minute", self.per_minute, 1)
        count("per_hour", self.per_hour, 1)


class _Bucket:
    """A token bucket that believes what it is told, within reason.

    Answers overtake each other, and a late one tells of a fuller bucket than there is by now. What this process's own
    requests would have left of it is more than can really be there, so that is the bound on what is believed.

    Args:
        capacity: how many requests it holds.
        seconds: how long it takes to fill.
    """

    __slots__ = ("_capacity", "_own", "_seconds", "_tokens")

    def __init__(self, capacity: int, seconds: float) -> None:
        self._capacity = float(capacity)
        self._seconds = seconds
        self._tokens = self._own = self._capacity

    def refill(self, elapsed: float) -> None:
        gained = elapsed * self._capacity / self._seconds
        self._tokens = min(self._capacity, self._tokens + gained)
        self._own = min(self._capacity, self._own + gained)

    def wait(self) -> float:
        return 0.0 if self._tokens >= _ENOUGH else (1 - self._tokens) * self._seconds / self._capacity

    def take(self) -> None:
        self._tokens -= 1
        self._own -= 1

    def drain(self) -> None:
        self._tokens = min(self._tokens, 0.0)

    def adopt(self, window: Window, in_flight: int) -> None:
        if window.limit and window.limit != self._capacity:
            # A bucket of another size is another bucket.
            self._capacity = self._own = float(window.limit)
        if window.remaining is not None:
            # Requests on their way may not be in the server's count yet.
            self._tokens = min(self._own, window.remaining - in_flight)


class Ledger:
    """What is left of one account's quota, as far as this process knows. Safe to share between threads and loops.

    Args:
        quota: the limits to assume until the service states its own.
    """

    def __init__(self, quota: Quota) -> None:
        self._minute = _Bucket(quota.per_minute, _MINUTE)
        self._hour = _Bucket(quota.per_hour, _HOUR)
        self._in_flight = 0
        self._latest = -math.inf
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
            self._pass_time(now)
            wait = max(self._minute.wait(), self._hour.wait(), self._closed_until - now)
            if wait > 0:
                return wait
            self._minute.take()
            self._hour.take()
            self._in_flight += 1
            return 0.0

    def settle(self, now: float, limits: RateLimits | None) -> None:
        """The request of one slot has ended.

        Args:
            now: the monotonic clock, seconds.
            limits: what its answer said, or ``None`` when it said nothing.
        """
        with self._lock:
            # A call that was under way in a forking thread ends in the child too, where nothing is on its way.
            self._in_flight = max(self._in_flight - 1, 0)
            self._pass_time(now)
            if limits is not None:
                self._minute.adopt(limits.minute, self._in_flight)
                self._hour.adopt(limits.hour, self._in_flight)

    def forget_in_flight(self) -> None:
        """Count the requests on their way anew from zero: an interrupt may have kept one from settling.

        Those of other threads are counted too low until they end, which their own counts below make up for.
        """
        with self._lock:
            self._in_flight = 0

    def close_until(self, moment: float) -> None:
        """Send nothing before a moment: the service answered 429, so whoever it was has used the quota up.

        Args:
            moment: on the monotonic clock, seconds. More than an hour away is a mistake of somebody's clock, for no
                bucket takes longer to fill.
        """
        with self._lock:
            self._minute.drain()
            self._closed_until = max(self._closed_until, min(moment, self._latest + _HOUR))

    def renew(self) -> None:
        """In a forked child: a vanished thread may hold the lock, and its requests are not this process's."""
        self._lock = threading.Lock()
        self._in_flight = 0

    def _pass_time(self, now: float) -> None:
        # Threads read the clock before they wait for the lock, so they may come in another order.
        elapsed = max(now - self._latest, 0.0)
        self._latest = max(now, self._latest)
        self._minute.refill(elapsed)
        self._hour.refill(elapsed)


class _Accounts:
    """The ledgers that clients of this process share, each for as long as one of them is in use."""

    def __init__(self) -> None:
        self._ledgers: weakref.WeakValueDictionary[tuple[str, Secret], Ledger] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()
        renew_after_fork(self)

    def open(self, account: tuple[str, Secret], quota: Quota) -> Ledger:
        with self._lock:
            ledger = self._ledgers.get(account)
            if ledger is None:
                ledger = self._ledgers[account] = Ledger(quota)
            return ledger

    def renew(self) -> None:
        self._lock = threading.Lock()


_accounts = _Accounts()


def open_ledger(quota: Quota | None, origin: str, key: Secret) -> Ledger | None:
    """The ledger for an account: one for each origin and key in this process, unless the quota is not shared.

    Args:
        quota: the limits to assume; ``None`` for no pacing.
        origin: scheme, host and port of the service.
        key: the API key.
    """
    if quota is None:
        return None
    if not isinstance(quota, Quota):
        raise TypeError(f"quota must be a Quota or None, not {type(quota).__name__}")
    if not quota.shared:
        return Ledger(quota)
    return _accounts.open((origin, key), quota)
