"""The time a whole call has."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul._core.deadline import Deadline


class Hands:
    """A monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_left_shrinks_to_nothing_and_below() -> None:
    clock = Hands()
    deadline = Deadline(10.0, clock)
    assert deadline.seconds == 10.0
    assert deadline.remaining() == 10.0
    clock.now += 9.0
    assert deadline.remaining() == 1.0
    clock.now += 2.0
    assert deadline.remaining() == -1.0


@pytest.mark.parametrize(
    ("passed", "wait", "bounded"),
    [
        (0.0, 5.0, 5.0),
        (0.0, 50.0, 10.0),
        (0.0, None, 10.0),
        (8.0, 5.0, 2.0),
        (10.0, 5.0, 0.0),
        (11.0, 5.0, 0.0),
        (11.0, None, 0.0),
    ],
)
def test_a_wait_is_bounded_by_what_is_left(passed: float, wait: float | None, bounded: float) -> None:
    clock = Hands()
    deadline = Deadline(10.0, clock)
    clock.now += passed
    assert deadline.bound(wait) == bounded


def test_without_a_limit_there_is_always_time() -> None:
    clock = Hands()
    deadline = Deadline(None, clock)
    clock.now += 1e9
    assert deadline.seconds == math.inf
    assert deadline.remaining() == math.inf
    assert deadline.bound(5.0) == 5.0
    assert deadline.bound(None) is None


@given(st.floats(0.001, 1e9), st.floats(0, 2e9), st.none() | st.floats(0, 1e9))
def test_no_bounded_wait_is_negative_or_outlasts_the_deadline(
    seconds: float, passed: float, wait: float | None
) -> None:
    clock = Hands()
    deadline = Deadline(seconds, clock)
    clock.now += passed
    bounded = deadline.bound(wait)
    assert bounded is not None
    assert 0.0 <= bounded <= max(deadline.remaining(), 0.0)
    assert wait is None or bounded <= wait
