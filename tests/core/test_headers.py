"""What the service says about its limits is read, and nonsense is taken for silence."""

from __future__ import annotations

from email.utils import format_datetime, formatdate, parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tickhaul._core.headers import RateLimits, Window, read_rate_limits, read_retry_after

#: 2026-04-17T11:45:30Z; the local clock of these tests.
NOW = 1_776_426_330.0
DATE = formatdate(NOW, usegmt=True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        (" 5 ", 5.0),
        ("1.5", 1.5),
        ("5.", 5.0),
        ("007", 7.0),
        ("999999999999", 999_999_999_999.0),
        (formatdate(NOW + 60, usegmt=True), 60.0),
        (formatdate(NOW, usegmt=True), 0.0),
        (formatdate(NOW - 60, usegmt=True), 0.0),
        ("Friday, 17-Apr-26 11:46:30 GMT", 60.0),  # RFC 850, obsolete but allowed
        ("Fri Apr 17 11:46:30 2026", 60.0),  # asctime, which names no zone
        ("", None),
        ("soon", None),
        ("-1", None),
        ("+5", None),
        ("1e3", None),
        ("1_0", None),
        ("nan", None),
        ("inf", None),
        ("0x10", None),
        ("5, 10", None),
        ("\u0665", None),
        ("9" * 400, None),
        ("Fri, 99999999999999999999 Apr 2026 11:46:30 GMT", None),
        ("Fri, 17 Apr 2026 11:46:30 +99999999999999999999", None),
        ("Fri, 17 Apr 99999 11:46:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(value: str, seconds: float | None) -> None:
    assert read_retry_after({"retry-after": value}, NOW) == seconds


@pytest.mark.parametrize("skew", [-86_400.0, -61.0, 0.0, 61.0, 86_400.0])
def test_a_date_counts_from_the_clock_of_the_server_where_the_answer_has_it(skew: float) -> None:
    headers = {"retry-after": formatdate(NOW + 60, usegmt=True), "date": DATE}
    assert read_retry_after(headers, NOW + skew) == 60.0
    assert read_retry_after(headers | {"date": "noon"}, NOW) == 60.0


@pytest.mark.parametrize("skew", [-86_400.0, 86_400.0])
def test_an_absolute_reset_counts_from_the_clock_of_the_server(skew: float) -> None:
    headers = {"x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": "1776426360", "date": DATE}
    assert read_retry_after(headers, NOW + skew) == 30.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-remaining-minute": "5"}, None),
        ({"x-ratelimit-remaining-minute": "0"}, None),
        ({"x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": "1776426360"}, 30.0),
        ({"x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": "1776426300"}, 0.0),
        ({"x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": "45"}, 45.0),
        ({"x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": "later"}, None),
        # An old server sends both resets always: the one of a window with room is no reason to wait.
        (
            {
                "x-ratelimit-remaining-minute": "0",
                "x-ratelimit-reset-minute": "45",
                "x-ratelimit-remaining-hour": "9850",
                "x-ratelimit-reset-hour": "2345",
            },
            45.0,
        ),
        (
            {
                "x-ratelimit-remaining-minute": "0",
                "x-ratelimit-reset-minute": "1776426360",
                "x-ratelimit-remaining-hour": "0",
                "x-ratelimit-reset-hour": "1776428130",
            },
            1800.0,
        ),
        ({"retry-after": "7", "x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": "45"}, 7.0),
        ({"retry-after": "0", "x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": "45"}, 0.0),
        ({"retry-after": "soon", "x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": "45"}, 45.0),
    ],
)
def test_without_retry_after_the_reset_of_an_exhausted_window_counts(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert read_retry_after(headers, NOW) == seconds


def test_both_windows_are_read() -> None:
    headers = {
        "x-ratelimit-limit-minute": "200",
        "x-ratelimit-remaining-minute": "195",
        "x-ratelimit-limit-hour": "10000",
        "x-ratelimit-remaining-hour": "0",
        "x-ratelimit-reset-hour": "1776426360",
    }
    assert read_rate_limits(headers, NOW) == RateLimits(Window(200, 195, None), Window(10_000, 0, 30.0))


@pytest.mark.parametrize("value", ["", "many", "-3", "inf", "1e3"])
def test_a_count_that_makes_no_sense_was_not_said(value: str) -> None:
    headers = {"x-ratelimit-limit-minute": value, "x-ratelimit-remaining-minute": value}
    assert read_rate_limits(headers, NOW) == RateLimits(Window(None, None, None), Window(None, None, None))


@pytest.mark.parametrize("name", ["limit-minute", "reset-hour"])
def test_an_answer_that_says_nothing_of_what_remains_has_no_limits(name: str) -> None:
    assert read_rate_limits({f"x-ratelimit-{name}": "200"}, NOW) is None


def test_a_delay_and_a_date_are_told_apart_by_their_size() -> None:
    def reset(value: int) -> float | None:
        limits = read_rate_limits({"x-ratelimit-remaining-hour": "0", "x-ratelimit-reset-hour": f"{value}"}, NOW)
        assert limits is not None
        return limits.hour.reset

    assert reset(99_999_999) == 99_999_999.0
    assert reset(100_000_000) == 0.0


@given(st.datetimes().map(format_datetime) | st.text(max_size=40), st.floats(0, 4e9))
@example("Mon, 01 Jan 0001 00:00:00 +2359", NOW)
@example("Fri, 31 Dec 9999 23:59:59 -2359", NOW)
def test_no_value_makes_reading_fail_or_gives_a_negative_wait(value: str, now: float) -> None:
    headers = {
        "retry-after": value,
        "date": value,
        "x-ratelimit-remaining-minute": value,
        "x-ratelimit-reset-minute": value,
    }
    for name in (headers, headers | {"date": DATE}, headers | {"retry-after": "soon"}):
        seconds = read_retry_after(name, now)
        assert seconds is None or seconds >= 0


@given(st.integers(0, 2**32), st.integers(0, 10**6))
def test_a_date_says_the_same_as_its_seconds(now: int, wait: int) -> None:
    date = formatdate(now + wait, usegmt=True)
    assert parsedate_to_datetime(date).timestamp() == now + wait
    assert read_retry_after({"retry-after": date}, now) == wait
