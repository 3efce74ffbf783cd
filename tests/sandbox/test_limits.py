from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.limits import Bucket

from tests.sandbox.api import SECOND, START, Api, code, message

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIX_START = START // SECOND


def limits_of(headers: Mapping[str, str]) -> dict[str, int]:
    return {
        name.removeprefix("x-ratelimit-"): int(value)
        for name, value in headers.items()
        if name.startswith("x-ratelimit-")
    }


def test_the_defaults_are_the_documented_limits_and_resets_are_silent(clock: ManualClock) -> None:
    with Sandbox(clock=clock) as sandbox, Api(sandbox) as api:
        assert limits_of(api.get("/exchanges").headers) == {
            "limit-minute": 200,
            "remaining-minute": 199,
            "limit-hour": 10_000,
            "remaining-hour": 9_999,
        }


def test_an_exhausted_minute_says_when_it_has_capacity_again(clock: ManualClock) -> None:
    with Sandbox(Settings(minute_limit=2), clock=clock) as sandbox, Api(sandbox) as api:
        assert "reset-minute" not in limits_of(api.get("/exchanges").headers)
        last = api.get("/exchanges")
        assert last.status_code == 200
        assert limits_of(last.headers)["remaining-minute"] == 0
        assert limits_of(last.headers)["reset-minute"] == UNIX_START + 30
        clock.advance(0.5)
        refused = api.get("/exchanges")
        assert code(refused) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "30"
        assert message(refused) == "Rate limit exceeded. Retry after 30 seconds."
        assert limits_of(refused.headers)["reset-minute"] == UNIX_START + 30
        assert "reset-hour" not in limits_of(refused.headers)
        clock.advance(29.5)
        assert api.get("/exchanges").status_code == 200
        assert code(api.get("/exchanges")) == (429, "rate_limited")
        clock.advance(60)
        headers = limits_of(api.get("/exchanges").headers)
        assert headers["remaining-minute"] == 1
        assert "reset-minute" not in headers


def test_an_exhausted_hour_stops_an_account_whose_minute_is_full(clock: ManualClock) -> None:
    with Sandbox(Settings(hour_limit=1), clock=clock) as sandbox, Api(sandbox) as api:
        api.get("/exchanges")
        refused = api.get("/exchanges")
        assert code(refused) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "3600"
        assert limits_of(refused.headers) == {
            "limit-minute": 200,
            "remaining-minute": 199,
            "limit-hour": 1,
            "remaining-hour": 0,
            "reset-hour": UNIX_START + 3600,
        }


def test_limits_belong_to_the_account(clock: ManualClock) -> None:
    settings = Settings(minute_limit=1, api_keys=("a:1", "a:2", "b:3"))
    with Sandbox(settings, clock=clock) as sandbox, Api(sandbox, "1") as first, Api(sandbox, "2") as second:
        assert first.get("/exchanges").status_code == 200
        assert second.get("/exchanges").status_code == 429
        with Api(sandbox, "3") as other:
            assert other.get("/exchanges").status_code == 200


def test_errors_count_but_neither_a_401_nor_a_429_does(clock: ManualClock) -> None:
    with Sandbox(Settings(minute_limit=2), clock=clock) as sandbox, Api(sandbox) as api, Api(sandbox, "") as nobody:
        full = limits_of(nobody.get("/exchanges").headers)
        assert (full["limit-minute"], full["remaining-minute"]) == (2, 2)
        assert limits_of(api.get("/exports/x").headers)["remaining-minute"] == 1
        api.get("/nothing")
        waits = [api.get("/exchanges").headers["retry-after"] for _ in range(3)]
        assert waits == ["30"] * 3


def test_a_401_shows_no_limits_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(limits_on_unauthenticated=False), clock=clock) as sandbox, Api(sandbox, "") as nobody:
        assert limits_of(nobody.get("/exchanges").headers) == {}


def test_the_old_reset_header_is_a_delay_and_always_there(clock: ManualClock) -> None:
    with Sandbox(Settings(minute_limit=2, reset_style="delay"), clock=clock) as sandbox, Api(sandbox) as api:
        assert limits_of(api.get("/exchanges").headers)["reset-minute"] == 0
        headers = limits_of(api.get("/exchanges").headers)
        assert (headers["reset-minute"], headers["reset-hour"]) == (30, 0)


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_a_bucket_refills_evenly_and_never_past_its_limit(limit: int) -> None:
    bucket = Bucket(limit, 60, 0)
    for _ in range(limit):
        bucket.take()
    assert bucket.remaining == 0
    wait = bucket.wait_ns()
    bucket.refill(wait - 1)
    assert bucket.remaining == 0
    bucket.refill(wait)
    assert bucket.remaining == 1
    bucket.refill(10**15)
    assert bucket.remaining == limit


@given(st.integers(1, 50), st.lists(st.integers(0, 5 * SECOND), max_size=80))
def test_no_stretch_of_time_lets_more_through_than_the_limit_and_the_refill(limit: int, gaps: list[int]) -> None:
    bucket, now, taken = Bucket(limit, 60, 0), 0, 0
    for gap in gaps:
        now += gap
        bucket.refill(now)
        if bucket.wait_ns() == 0:
            bucket.take()
            taken += 1
    assert taken <= limit + now * limit // (60 * SECOND)
