from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings

from tests.facts.caller import KEYS, Caller
from tests.sandbox.api import SECOND, START, code, message, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

MINUTE, HOUR = 4, 6


@pytest.fixture(scope="module")
def narrow() -> Iterator[Sandbox]:
    """A sandbox whose limits are reached soon."""
    settings = Settings(api_keys=KEYS, minute_limit=MINUTE, hour_limit=HOUR, backdate=0)
    with Sandbox(settings, clock=ManualClock(START)) as running:
        yield running


@pytest.fixture(scope="module")
def unused(narrow: Sandbox, sandbox: Sandbox) -> Iterator[str]:
    return iter(sandbox.api_keys[::2])


@pytest.fixture
def few(narrow: Sandbox, unused: Iterator[str]) -> Iterator[Caller]:
    """A caller with four requests a minute and six an hour."""
    with Caller(narrow, next(unused)) as caller:
        yield caller


def limit(response: httpx.Response, name: str) -> int:
    return int(response.headers[f"x-ratelimit-{name}"])


def spend(api: Caller, count: int) -> httpx.Response:
    """Send some requests, all of which are let through, and return the last answer."""
    answers = [api.get("/exchanges") for _ in range(count)]
    assert {answer.status_code for answer in answers} == {200}
    return answers[-1]


def test_an_account_has_200_requests_a_minute(api: Caller) -> None:
    """docs: guides/rate-limiting"""
    spend(api, 200)
    assert code(api.get("/exchanges")) == (429, "rate_limited")


def test_an_account_has_10000_requests_an_hour(api: Caller) -> None:
    """docs: guides/rate-limiting"""
    assert limit(api.get("/exchanges"), "remaining-hour") == 9_999
    # A minute later the minute is full again, and the hour has gained its sixtieth.
    spend(api, 199)
    api.advance(60)
    response = spend(api, 1)
    assert (limit(response, "limit-hour"), limit(response, "remaining-minute")) == (10_000, 199)
    assert limit(response, "remaining-hour") == 10_000 - 200 + 10_000 // 60 - 1


def test_the_limits_are_told_with_every_answer(api: Caller) -> None:
    """docs: guides/rate-limiting"""
    for response in (api.get("/exchanges"), api.get("/exports/exp_x"), api.post("/exports", b"{")):
        assert limit(response, "limit-minute") == 200
        assert limit(response, "limit-hour") == 10_000


def test_what_remains_of_both_limits_is_told_with_every_answer(api: Caller) -> None:
    """docs: guides/rate-limiting"""
    path = f"/subscriptions/{api.subscribe()}"
    answers = [api.get("/exchanges"), api.post(f"{path}/pause"), api.get("/exports/exp_x"), api.delete(path)]
    assert [limit(answer, "remaining-minute") for answer in answers] == [198, 197, 196, 195]
    assert [limit(answer, "remaining-hour") for answer in answers] == [9998, 9997, 9996, 9995]


def test_a_limit_is_shared_by_all_keys_of_an_account(api: Caller, same: Caller) -> None:
    """docs: getting-started/authentication"""
    spend(api, 150)
    assert limit(spend(same, 50), "remaining-minute") == 0
    assert code(api.get("/exchanges")) == (429, "rate_limited")


def test_accounts_do_not_share_a_limit(api: Caller, other: Caller) -> None:
    """docs: guides/rate-limiting"""
    spend(api, 3)
    assert limit(other.get("/exchanges"), "remaining-minute") == 199


def test_reading_and_writing_draw_from_the_same_limit(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    path = f"/subscriptions/{few.subscribe()}"
    ok(few.post(f"{path}/pause"), 204)
    ok(few.get(path))
    ok(few.delete(path), 204)
    assert code(few.get("/exchanges")) == (429, "rate_limited")


def test_no_reset_is_told_while_there_is_capacity(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    for _ in range(MINUTE - 1):
        headers = few.get("/exchanges").headers
        assert "x-ratelimit-reset-minute" not in headers
        assert "x-ratelimit-reset-hour" not in headers


def test_the_reset_of_an_exhausted_minute_is_an_absolute_unix_time_in_seconds(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    now = few.now() // SECOND
    reset = limit(spend(few, MINUTE), "reset-minute")
    assert now < reset <= now + 60


def test_the_reset_of_an_exhausted_hour_is_an_absolute_unix_time_in_seconds(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    spend(few, MINUTE)
    now = few.advance(60) // SECOND
    reset = limit(spend(few, HOUR - MINUTE), "reset-hour")
    assert now < reset <= now + 3600


def test_only_the_exhausted_limit_has_a_reset(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    minute_gone = spend(few, MINUTE)
    few.advance(60)
    hour_gone = spend(few, HOUR - MINUTE)
    assert {name for name in minute_gone.headers if "reset" in name} == {"x-ratelimit-reset-minute"}
    assert {name for name in hour_gone.headers if "reset" in name} == {"x-ratelimit-reset-hour"}


def test_an_exhausted_hour_refuses_although_the_minute_has_capacity(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    spend(few, MINUTE)
    few.advance(60)
    spend(few, HOUR - MINUTE)
    refused = few.get("/exchanges")
    assert code(refused) == (429, "rate_limited")
    assert limit(refused, "remaining-minute") > 0


def test_a_429_tells_in_whole_seconds_when_to_retry(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    assert "retry-after" not in spend(few, MINUTE).headers
    assert few.get("/exchanges").headers["retry-after"].isdecimal()


def test_the_message_of_a_429_tells_the_seconds_too(few: Caller) -> None:
    """docs: guides/error-handling"""
    spend(few, MINUTE)
    refused = few.get("/exchanges")
    wait = refused.headers["retry-after"]
    assert int(wait) > 1
    assert message(refused) == f"Rate limit exceeded. Retry after {wait} seconds."


def test_whoever_waits_for_retry_after_is_served(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    spend(few, MINUTE)
    wait = int(few.get("/exchanges").headers["retry-after"])
    few.advance(wait - 1)
    assert few.get("/exchanges").status_code == 429
    few.advance(1)
    assert few.get("/exchanges").status_code == 200


def test_the_wait_is_what_lies_between_now_and_the_reset(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    spend(few, MINUTE)
    few.advance(3)
    refused = few.get("/exchanges")
    wait = limit(refused, "reset-minute") - few.now() // SECOND
    assert wait == int(refused.headers["retry-after"])
    few.advance(wait)
    assert few.get("/exchanges").status_code == 200


def test_a_bucket_gains_tokens_evenly_and_not_all_at_once(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    spend(few, MINUTE)
    few.advance(30)
    assert limit(spend(few, MINUTE // 2), "remaining-minute") == 0
    assert few.get("/exchanges").status_code == 429


def test_a_bucket_never_holds_more_than_its_limit(few: Caller) -> None:
    """docs: guides/rate-limiting"""
    spend(few, 1)
    few.advance(24 * 3600)
    assert limit(few.get("/exchanges"), "remaining-minute") == MINUTE - 1
