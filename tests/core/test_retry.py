"""Whether a request is sent again, as a table, and after how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul._core.retry import Judge, Loss, RetryPolicy


def longest(low: float, high: float) -> float:
    """Draws the upper bound, so that bounds can be seen."""
    del low
    return high


def shortest(low: float, high: float) -> float:
    """Draws the lower bound."""
    del high
    return low


def judge(*, repeatable: bool = True, max_retries: int = 4, **policy: float) -> Judge:
    return Judge(RetryPolicy(max_retries=max_retries, **policy), repeatable=repeatable, uniform=longest)


PASSING = (408, 425, 500, 501, 502, 503, 504, 505, 511, 520, 522, 524, 529, 599)
FINAL = (200, 201, 202, 204, 301, 302, 307, 308, 400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 418, 422, 451, 499)


@pytest.mark.parametrize(
    ("status", "repeatable", "again"),
    [
        *((status, True, True) for status in PASSING),
        *((status, False, False) for status in PASSING),
        *((status, repeatable, False) for status in FINAL for repeatable in (True, False)),
        # Refused at the door: it cannot have been carried out.
        (429, True, True),
        (429, False, True),
    ],
)
def test_a_status_is_worth_another_try_or_is_not(status: int, repeatable: bool, again: bool) -> None:
    for retry_after in (None, 0.0, 5.0):
        assert (judge(repeatable=repeatable).after_answer(status, retry_after) is not None) is again


@pytest.mark.parametrize(
    ("loss", "repeatable", "again"),
    [
        (Loss.NOT_SENT, True, True),
        (Loss.NOT_SENT, False, True),
        (Loss.MAYBE_DONE, True, True),
        (Loss.MAYBE_DONE, False, False),
        (Loss.HOPELESS, True, False),
        (Loss.HOPELESS, False, False),
    ],
)
def test_a_loss_is_worth_another_try_or_is_not(loss: Loss, repeatable: bool, again: bool) -> None:
    assert (judge(repeatable=repeatable).after_loss(loss) is not None) is again
    assert judge(repeatable=repeatable).repeatable is repeatable


@pytest.mark.parametrize("max_retries", [0, 1, 2, 7])
@pytest.mark.parametrize("status", [None, 429, 503])
def test_a_request_is_sent_once_and_then_again_as_often_as_allowed(max_retries: int, status: int | None) -> None:
    course = judge(max_retries=max_retries)
    sent = 1
    while (course.after_loss(Loss.MAYBE_DONE) if status is None else course.after_answer(status, None)) is not None:
        sent += 1
    assert sent == max_retries + 1 == course.attempts


def test_losses_and_answers_count_alike() -> None:
    course = judge(max_retries=2)
    assert course.after_loss(Loss.NOT_SENT) is not None
    assert course.after_answer(429, 1.0) is not None
    assert course.after_answer(503, None) is None
    assert course.attempts == 3


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ([], False),
        ([Loss.NOT_SENT], False),
        ([429], False),
        ([425], False),
        ([Loss.MAYBE_DONE], True),
        ([500], True),
        ([503], True),
        ([408], True),
        ([Loss.MAYBE_DONE, 409], True),
        ([503, 429, Loss.NOT_SENT], True),
    ],
)
def test_a_conflict_may_pass_only_when_an_earlier_try_may_be_running(before: list[Loss | int], again: bool) -> None:
    course = judge(max_retries=9)
    for outcome in before:
        wait = course.after_loss(outcome) if isinstance(outcome, Loss) else course.after_answer(outcome, None)
        assert wait is not None
    assert (course.after_answer(409, None) is not None) is again


def test_a_conflict_ends_when_the_tries_do() -> None:
    course = judge(max_retries=2)
    assert course.after_loss(Loss.MAYBE_DONE) is not None
    assert course.after_answer(409, None) is not None
    assert course.after_answer(409, None) is None


def test_a_conflict_of_what_is_not_repeatable_is_the_last_word() -> None:
    course = judge(repeatable=False)
    assert course.after_answer(429, None) is not None
    assert course.after_answer(409, None) is None


def test_backoff_doubles_up_to_its_cap_with_full_jitter() -> None:
    course = judge(max_retries=9, base=0.5, cap=8.0)
    assert [course.after_answer(503, None) for _ in range(7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    lucky = Judge(RetryPolicy(), repeatable=True, uniform=shortest)
    assert lucky.after_loss(Loss.MAYBE_DONE) == 0.0


def test_backoff_has_no_end_of_its_own() -> None:
    # Two to the power of the number of tries would not fit a float.
    course = judge(max_retries=5000)
    assert {course.after_loss(Loss.NOT_SENT) for _ in range(5000)} == {0.5, 1.0, 2.0, 4.0, 8.0}


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [(1.0, 1.0, 1.15), (9.0, 9.0, 9.95), (10.0, 10.0, 11.0), (60.0, 60.0, 61.0)],
)
def test_a_named_wait_is_obeyed_and_a_little_more(retry_after: float, least: float, most: float) -> None:
    assert judge().after_answer(429, retry_after) == pytest.approx(most)
    lucky = Judge(RetryPolicy(), repeatable=True, uniform=shortest)
    assert lucky.after_answer(503, retry_after) == least


@pytest.mark.parametrize("status", [429, 503])
def test_a_named_wait_beyond_the_cap_ends_the_call(status: int) -> None:
    assert judge(max_retry_after=60.0).after_answer(status, 60.0) is not None
    assert judge(max_retry_after=60.0).after_answer(status, 60.001) is None
    assert judge(max_retry_after=60.0).after_answer(status, 1e18) is None


def test_come_back_at_once_is_no_reason_to_hammer() -> None:
    course = judge()
    assert [course.after_answer(503, 0.0) for _ in range(4)] == [0.5, 1.0, 2.0, 4.0]


@given(
    st.integers(0, 12),
    st.lists(st.sampled_from([*Loss, *PASSING, *FINAL, 429]) | st.integers(100, 999), max_size=20),
    st.none() | st.floats(0, 1e6),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_no_course_of_events_gives_a_wrong_wait_or_one_try_too_many(
    max_retries: int, outcomes: list[Loss | int], retry_after: float | None, repeatable: bool, random: object
) -> None:
    policy = RetryPolicy(max_retries=max_retries)
    course = Judge(policy, repeatable=repeatable, uniform=random.uniform)  # type: ignore[attr-defined]  # a Random
    for sent, outcome in enumerate(outcomes, 1):
        if isinstance(outcome, Loss):
            wait = course.after_loss(outcome)
        else:
            wait = course.after_answer(outcome, retry_after)
            if wait is not None and retry_after:
                assert retry_after <= wait <= retry_after + 1
                assert retry_after <= policy.max_retry_after
        assert course.attempts == sent
        if wait is None:
            return
        assert sent <= max_retries
        assert 0 <= wait <= policy.max_retry_after + 1
