"""How long to wait before a request is sent again. What ``Retry-After`` may hold is in ``core/test_headers.py``."""

from __future__ import annotations

import random
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul.net.waits import backoff, retry_after

NOW = 1_776_426_330.0


@given(st.integers(1, 10_000), st.integers(0, 9))
def test_waits_double_up_to_a_cap_with_full_jitter(failures: int, seed: int) -> None:
    delay = backoff(failures, base=0.5, cap=10.0, uniform=random.Random(seed).uniform)
    assert 0.0 <= delay <= min(10.0, 0.5 * 2 ** min(failures - 1, 30))


@pytest.mark.parametrize(("failures", "most"), [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (6, 8.0), (5000, 8.0)])
def test_the_whole_range_is_drawn_from(failures: int, most: float) -> None:
    assert backoff(failures, base=0.5, cap=8.0, uniform=lambda low, high: high) == most
    assert backoff(failures, base=0.5, cap=8.0, uniform=lambda low, high: low) == 0.0


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        (None, None, None),
        ("17", None, 17.0),
        (formatdate(NOW + 30, usegmt=True), None, 30.0),
        (formatdate(NOW + 30, usegmt=True), formatdate(NOW - 3600, usegmt=True), 3630.0),
        (formatdate(NOW + 30, usegmt=True), "noon", 30.0),
    ],
)
def test_a_date_counts_from_the_servers_clock(value: str | None, date: str | None, seconds: float | None) -> None:
    assert retry_after(value, date=date, now=NOW) == seconds
