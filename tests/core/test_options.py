"""Options of a client and of a single call."""

from __future__ import annotations

from typing import Any

import pytest
from tickhaul._core.options import KEEP, CallOptions
from tickhaul._core.retry import RetryPolicy


def test_what_is_not_named_stays_as_it_was() -> None:
    options = CallOptions().override(timeout=5, deadline=60, max_retries=2, max_retry_after=10)
    assert options == CallOptions(5.0, 60.0, RetryPolicy(max_retries=2, max_retry_after=10.0))
    assert options.override() == options
    assert options.override(timeout=7) == CallOptions(7.0, 60.0, options.policy)
    assert options.override(deadline=None) == CallOptions(5.0, None, options.policy)
    assert options.override(max_retries=0).policy == RetryPolicy(max_retries=0, max_retry_after=10.0)
    assert options.override(max_retry_after=1).policy == RetryPolicy(max_retries=2, max_retry_after=1.0)


def test_overriding_leaves_the_original_alone() -> None:
    options = CallOptions()
    options.override(timeout=1, deadline=None, max_retries=0, max_retry_after=1)
    assert options == CallOptions(30.0, 120.0, RetryPolicy(4, 0.5, 8.0, 60.0))


@pytest.mark.parametrize("name", ["timeout", "deadline", "max_retry_after"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_duration_out_of_range_is_named(name: str, value: float) -> None:
    change: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=f"{name}="):
        CallOptions().override(**change)


@pytest.mark.parametrize("name", ["timeout", "max_retries", "max_retry_after"])
def test_only_a_deadline_can_be_none(name: str) -> None:
    change: dict[str, Any] = {name: None}
    with pytest.raises(TypeError, match=f"{name}=None"):
        CallOptions().override(**change)


@pytest.mark.parametrize(("value", "error"), [(-1, ValueError), ("3", TypeError), (1.5, TypeError), (True, TypeError)])
def test_retries_are_counted_in_whole_numbers(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="max_retries="):
        CallOptions().override(max_retries=value)


def test_the_mark_for_keeping_says_so() -> None:
    assert repr(KEEP) == "KEEP"
