"""Pacing: never faster than the service allows, as the service sees it, and never stuck."""

from __future__ import annotations

import gc
import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tickhaul import Quota
from tickhaul._core import quota as module
from tickhaul._core.headers import RateLimits, Window
from tickhaul._core.quota import Ledger, open_ledger
from tickhaul.net.secrets import Secret

SILENT = Window(None, None, None)


def limits(minute: int | None = None, hour: int | None = None, *, per_minute: int | None = None) -> RateLimits:
    return RateLimits(Window(per_minute, minute, None), Window(None, hour, None))


def granted(ledger: Ledger, now: float) -> int:
    """How many slots there are at one moment."""
    count = 0
    while ledger.reserve(now) == 0.0:
        count += 1
        assert count < 100_000
    return count


@dataclass
class Bucket:
    """A bucket as the service keeps it."""

    capacity: int
    seconds: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.capacity

    def refill(self, elapsed: float) -> None:
        self.tokens = min(self.capacity, self.tokens + elapsed * self.capacity / self.seconds)


class Service:
    """An account's two buckets, as the service keeps them.

    Args:
        per_minute: requests a minute.
        per_hour: requests an hour.
        now: the moment it begins.
    """

    def __init__(self, per_minute: int, per_hour: int, now: float) -> None:
        self.minute = Bucket(per_minute, 60.0)
        self.hour = Bucket(per_hour, 3600.0)
        self.now = now

    def take(self, now: float) -> tuple[bool, RateLimits]:
        """Whether a request is let in, and what its answer says."""
        elapsed, self.now = now - self.now, now
        buckets = (self.minute, self.hour)
        for bucket in buckets:
            bucket.refill(elapsed)
        # What rounding leaves of a token counts as one, as in the service's whole numbers.
        admitted = all(bucket.tokens >= 1 - 1e-5 for bucket in buckets)
        for bucket in buckets if admitted else ():
            bucket.tokens -= 1
        windows = [Window(bucket.capacity, max(int(bucket.tokens + 1e-5), 0), None) for bucket in buckets]
        return admitted, RateLimits(*windows)


def sleep_until_granted(ledger: Ledger, now: float) -> float:
    """Sleep exactly as told until there is a slot; the moment there is."""
    for _ in range(4):
        wait = ledger.reserve(now)
        if wait == 0.0:
            return now
        assert 0 < wait < 1e6
        now += wait
    raise AssertionError("told to wait again and again")


#: Time passes, a request is sent at once, or the answer to one that is under way arrives, in whatever order.
steps = st.lists(
    st.tuples(st.just("pass"), st.floats(0, 100))
    | st.tuples(st.just("send"), st.integers(1, 12))
    | st.tuples(st.just("answer"), st.integers(0, 30)),
    max_size=60,
)


@given(st.integers(1, 8), st.integers(4, 30), steps, st.sampled_from([0.0, 1e3, 1e9]))
@example(5, 30, [("send", 5), ("pass", 30.0), ("send", 2), ("answer", 0), ("send", 9)], 1e3)
@settings(max_examples=300)
def test_an_account_of_its_own_is_never_refused_however_late_answers_are(
    per_minute: int, per_hour: int, course: list[tuple[str, Any]], now: float
) -> None:
    ledger = Ledger(Quota(per_minute, per_hour))
    service = Service(per_minute, per_hour, now)
    under_way: list[RateLimits] = []
    for what, much in course:
        if what == "pass":
            now += much
        elif what == "send":
            for _ in range(much):
                now = sleep_until_granted(ledger, now)
                admitted, said = service.take(now)
                assert admitted
                under_way.append(said)
        elif under_way:
            ledger.settle(now, under_way.pop(much % len(under_way)))


@given(st.integers(1, 8), st.integers(4, 30), steps, st.integers(1, 10), st.integers(5, 50))
def test_in_any_window_there_are_never_more_than_the_bucket_and_what_flows_in(
    per_minute: int, per_hour: int, course: list[tuple[str, Any]], more_minute: int, more_hour: int
) -> None:
    # The client begins with an assumption that is too high; the service's first answer corrects it.
    ledger = Ledger(Quota(per_minute + more_minute, per_hour + more_hour))
    service = Service(per_minute, per_hour, 0.0)
    now, sent = 0.0, list[float]()
    for what, much in course:
        if what == "pass":
            now += much
        for _ in range(much if what == "send" else 0):
            now = sleep_until_granted(ledger, now)
            admitted, said = service.take(now)
            assert admitted
            ledger.settle(now, said)
            sent.append(now)
    for window, capacity in ((60.0, per_minute), (3600.0, per_hour)):
        for at, begin in enumerate(sent):
            within = sum(begin <= moment <= begin + window for moment in sent[at:])
            assert within <= 2 * capacity + 1


@given(
    st.lists(st.tuples(st.floats(0, 30), st.integers(0, 12), st.integers(1, 4)), max_size=30),
    st.integers(1, 12),
)
def test_others_are_noticed_with_the_next_answer(course: list[tuple[float, int, int]], per_minute: int) -> None:
    ledger = Ledger(Quota(per_minute, 10_000))
    service = Service(per_minute, 10_000, 0.0)
    now = 0.0
    for gap, others, mine in course:
        now += gap
        for _ in range(others):
            service.take(now)
        for at in range(mine):
            now = sleep_until_granted(ledger, now)
            admitted, said = service.take(now)
            ledger.settle(now, said)
            if not admitted:
                # Only the first request after others came can be surprised by them.
                assert at == 0
                ledger.close_until(now + (1 - service.minute.tokens) * 60.0 / per_minute)


def test_the_burst_is_the_bucket_and_then_the_flow() -> None:
    ledger = Ledger(Quota(200, 10_000))
    assert granted(ledger, 1000.0) == 200
    assert ledger.reserve(1000.0) == pytest.approx(0.3)
    assert granted(ledger, 1000.3) == 1
    assert granted(ledger, 1060.3) == 200
    assert granted(ledger, 1e6) == 200


def test_the_hour_counts_as_well_as_the_minute() -> None:
    ledger = Ledger(Quota(200, 250))
    assert granted(ledger, 0.0) == 200
    assert granted(ledger, 60.0) == 54  # fifty are left of the hour, and four have flowed in
    assert ledger.reserve(60.0) == pytest.approx(14.4 * 5 - 60)


def test_the_count_of_the_service_is_the_truth() -> None:
    ledger = Ledger(Quota())
    assert ledger.reserve(0.0) == 0.0
    ledger.settle(0.0, limits(minute=7, hour=9000))
    assert granted(ledger, 0.0) == 7


def test_the_lower_count_of_the_two_windows_decides() -> None:
    ledger = Ledger(Quota())
    ledger.reserve(0.0)
    ledger.settle(0.0, limits(minute=150, hour=3))
    assert granted(ledger, 0.0) == 3


def test_an_answer_that_says_nothing_changes_nothing_but_what_is_under_way() -> None:
    ledger = Ledger(Quota(10, 100))
    for said in (None, RateLimits(SILENT, SILENT)):
        ledger.reserve(0.0)
        ledger.settle(0.0, said)
    assert granted(ledger, 0.0) == 8


def test_requests_under_way_may_not_be_in_the_count_yet() -> None:
    ledger = Ledger(Quota(200, 10_000))
    for _ in range(5):
        ledger.reserve(0.0)
    ledger.settle(0.0, limits(minute=50))
    assert granted(ledger, 0.0) == 46
    # They end without a word of the service; the next answer is the truth again, for it is alone.
    for _ in range(49):
        ledger.settle(0.0, None)
    ledger.settle(0.0, limits(minute=50))
    assert granted(ledger, 0.0) == 50


def test_a_late_answer_does_not_make_a_bucket_fuller_than_it_can_be() -> None:
    ledger = Ledger(Quota(200, 10_000))
    for _ in range(100):
        ledger.reserve(0.0)
    for remaining in range(198, 99, -1):
        ledger.settle(0.0, limits(minute=remaining))
    ledger.settle(0.0, limits(minute=199))  # the very first one's
    assert granted(ledger, 0.0) == 100


@pytest.mark.parametrize(("stated", "burst"), [(500, 499), (200, 199), (50, 49), (2, 1)])
def test_the_capacity_the_service_states_is_adopted(stated: int, burst: int) -> None:
    ledger = Ledger(Quota(200, 10_000))
    ledger.reserve(0.0)
    ledger.settle(0.0, limits(minute=stated - 1, per_minute=stated))
    assert granted(ledger, 0.0) == burst
    assert granted(ledger, 60.0) == stated
    assert granted(ledger, 60.0 + 30.0) == stated // 2


@pytest.mark.parametrize("stated", [0, None])
def test_a_capacity_of_nothing_is_not_believed(stated: int | None) -> None:
    ledger = Ledger(Quota(10, 100))
    ledger.reserve(0.0)
    ledger.settle(0.0, limits(minute=9, per_minute=stated))
    assert granted(ledger, 0.0) == 9


def test_a_429_closes_for_everybody() -> None:
    ledger = Ledger(Quota())
    ledger.reserve(100.0)
    ledger.settle(100.0, None)
    ledger.close_until(130.0)
    assert ledger.reserve(100.0) == 30.0
    assert ledger.reserve(129.0) == 1.0
    ledger.close_until(110.0)
    assert ledger.reserve(129.0) == 1.0
    assert ledger.reserve(130.0) == 0.0


def test_a_429_without_a_wait_drains_the_bucket() -> None:
    ledger = Ledger(Quota())
    ledger.reserve(100.0)
    ledger.settle(100.0, None)
    ledger.close_until(100.0)
    assert ledger.reserve(100.0) == pytest.approx(0.3)
    assert granted(ledger, 101.0) == 3


def test_no_mistake_of_a_clock_closes_for_longer_than_an_hour() -> None:
    ledger = Ledger(Quota())
    ledger.reserve(100.0)
    ledger.settle(100.0, None)
    ledger.close_until(1e18)
    assert ledger.reserve(100.0) == 3600.0
    assert ledger.reserve(3700.0) == 0.0


def test_a_clock_read_early_and_used_late_gives_nothing_twice() -> None:
    ledger = Ledger(Quota(60, 10_000))
    assert granted(ledger, 100.0) == 60
    assert granted(ledger, 110.0) == 10
    assert granted(ledger, 95.0) == 0  # this thread read the clock first and got the lock last
    assert granted(ledger, 110.0) == 0
    assert granted(ledger, 111.0) == 1


garbage = st.none() | st.integers(0, 10**18)


@given(
    st.lists(
        st.tuples(st.floats(-10, 100), st.integers(0, 5), st.tuples(garbage, garbage, garbage, garbage), st.booleans()),
        max_size=20,
    ),
    st.sampled_from([0.0, 1e4, 1e9]),
)
def test_whatever_the_service_says_a_slot_comes_in_the_time_that_was_told(
    course: list[tuple[float, int, tuple[int | None, ...], bool]], now: float
) -> None:
    ledger = Ledger(Quota(3, 20))
    for gap, taken, (minute_limit, minute, hour_limit, hour), closed in course:
        now += gap
        for _ in range(taken):
            ledger.reserve(now)
        ledger.settle(now, RateLimits(Window(minute_limit, minute, None), Window(hour_limit, hour, None)))
        if closed:
            ledger.close_until(now + gap)
    now += 10 * len(course)
    sleep_until_granted(ledger, now)


def test_threads_share_one_count() -> None:
    ledger = Ledger(Quota(500, 10_000))
    start = threading.Barrier(8)

    def work(_: int) -> int:
        start.wait()
        won = 0
        for _ in range(200):
            if ledger.reserve(0.0) == 0.0:
                won += 1
                ledger.settle(0.0, None)
        return won

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 500


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"per_minute": 0}, ValueError),
        ({"per_hour": -1}, ValueError),
        ({"per_minute": 1.5}, TypeError),
        ({"per_hour": "10000"}, TypeError),
        ({"per_minute": None}, TypeError),
        ({"per_minute": True}, TypeError),
    ],
)
def test_a_quota_is_counted_in_whole_requests(arguments: dict[str, Any], error: type[Exception]) -> None:
    (name,) = arguments
    with pytest.raises(error, match=f"{name}="):
        Quota(**arguments)


def test_clients_of_one_account_share_one_ledger() -> None:
    first = open_ledger(Quota(), "https://h", Secret("key"))
    assert first is not None
    assert open_ledger(Quota(5, 5), "https://h", Secret("key")) is first
    assert open_ledger(Quota(), "https://h", Secret("other")) is not first
    assert open_ledger(Quota(), "https://g", Secret("key")) is not first
    assert open_ledger(Quota(shared=False), "https://h", Secret("key")) is not first
    assert open_ledger(None, "https://h", Secret("key")) is None


def test_a_ledger_lives_as_long_as_somebody_uses_it() -> None:
    first = open_ledger(Quota(5, 5), "https://gone", Secret("key"))
    assert first is not None
    assert granted(first, 0.0) == 5
    del first
    gc.collect()
    second = open_ledger(Quota(7, 7), "https://gone", Secret("key"))
    assert second is not None
    assert granted(second, 0.0) == 7


def test_the_register_of_ledgers_does_not_show_a_key() -> None:
    ledger = open_ledger(Quota(), "https://h", Secret("sk_live_hunter2"))
    assert ledger is not None
    assert "hunter2" not in f"{vars(module._accounts)} {list(module._accounts._ledgers.items())} {vars(ledger)}"


def test_in_a_forked_child_nothing_is_under_way() -> None:
    ledger = Ledger(Quota(10, 100))
    for _ in range(3):
        ledger.reserve(0.0)
    ledger._lock.acquire()  # a thread that the child will not have
    ledger.renew()
    # The call that forked, in a hook perhaps, ends in the child too.
    ledger.settle(0.0, limits(minute=5))
    ledger.settle(0.0, limits(minute=5))
    assert granted(ledger, 0.0) == 5


def test_the_register_of_a_forked_child_is_open() -> None:
    accounts = module._Accounts()
    ledger = accounts.open(("https://h", Secret("key")), Quota())
    accounts._lock.acquire()
    accounts.renew()
    assert accounts.open(("https://h", Secret("key")), Quota()) is ledger


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_child_forked_while_locks_were_held_can_go_on() -> None:
    ledger = open_ledger(Quota(10, 100), "https://forked", Secret("key"))
    assert ledger is not None
    with ledger._lock, module._accounts._lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:
            code = 1
            if open_ledger(Quota(), "https://forked", Secret("key")) is ledger and ledger.reserve(0.0) == 0.0:
                code = 42
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42
