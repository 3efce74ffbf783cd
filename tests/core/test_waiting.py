"""How a wait for an export job goes on."""

from __future__ import annotations

import random
from itertools import islice

import pytest
from tickhaul import ExportCanceled, ExportFailed
from tickhaul._core.waiting import is_over, poll_intervals

from tests.core.samples import job


@pytest.mark.parametrize(
    ("status", "over"), [("succeeded", True), ("queued", False), ("running", False), ("archiving", False), ("", False)]
)
def test_a_job_is_over_once_it_has_succeeded(status: str, over: bool) -> None:
    assert is_over(job(status)) is over


@pytest.mark.parametrize(("reason", "shown"), [("disk full", "disk full"), (None, "the service gives no reason")])
def test_a_failure_is_an_error_with_its_reason(reason: str | None, shown: str) -> None:
    failed = job("failed", reason=reason)
    with pytest.raises(ExportFailed, match=f"export {failed.id} failed: {shown}") as caught:
        is_over(failed)
    assert caught.value.job is failed


@pytest.mark.parametrize("status", ["canceled", "deleted"])
def test_a_job_that_was_ended_is_an_error(status: str) -> None:
    ended = job(status)
    with pytest.raises(ExportCanceled, match=f"export {ended.id} is {status}") as caught:
        is_over(ended)
    assert caught.value.job is ended


def test_looks_are_ever_rarer_up_to_a_ceiling() -> None:
    intervals = list(islice(poll_intervals(lambda low, high: (low + high) / 2), 20))
    assert intervals[:4] == [1.0, 1.5, 2.25, 3.375]
    assert intervals == sorted(intervals)
    assert set(intervals[-8:]) == {15.0}


def test_looks_are_jittered_so_that_many_waiters_do_not_come_together() -> None:
    intervals = list(islice(poll_intervals(random.Random(1).uniform), 200))
    assert all(0.75 <= interval <= 18.75 for interval in intervals)
    assert len(set(intervals)) == 200
