"""The course of one call: its tries, its waits, its one end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tickhaul import errors
from tickhaul._core import answers, deadline, operations
from tickhaul._core.answers import Answer
from tickhaul._core.calls import Progress
from tickhaul._core.options import CallOptions
from tickhaul._core.retry import Loss, Lost
from tickhaul._core.wire import WireRequest
from tickhaul.net.secrets import Secret

KEY = "sk_live_hunter2"
NOW = 1_776_426_330.0


class Hands:
    """A monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def begin(
    operation: Any = operations.GET_EXPORT,
    *,
    clock: Hands | None = None,
    repeatable: bool | None = None,
    **options: Any,
) -> Progress[Any]:
    return Progress(
        operation,
        WireRequest("GET", "/v1/exports/exp_1", b"/v1/exports/exp_1", [], (b"X-Api-Key", Secret(KEY)), None),
        CallOptions().override(**options),
        repeatable=operation.repeatable if repeatable is None else repeatable,
        secret=Secret(KEY),
        monotonic=clock or Hands(),
        uniform=lambda _, high: high,
    )


def answer(status: int, code: str | None = None, **headers: str) -> Answer:
    body = json.dumps({"error": {"code": code, "message": "words"}}).encode() if code else b"<html>"
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, 0.1)


LOST = Lost(Loss.MAYBE_DONE, "ReadError: the connection broke")


def test_a_call_goes_on_until_its_tries_are_used_up() -> None:
    call = begin(max_retries=2)
    assert call.attempt == 1
    assert call.after(LOST, NOW) == 0.5
    assert call.attempt == 2
    assert call.after(answer(503, "unavailable"), NOW) == 1.0
    assert call.attempt == 3
    with pytest.raises(errors.NetworkError, match=r"exports\.get: no answer after trying 3 times: ReadError") as caught:
        call.after(LOST, NOW)
    assert caught.value.attempts == (LOST.text, "503 unavailable", LOST.text)


def test_the_last_answer_is_the_error_of_the_call() -> None:
    call = begin(max_retries=1)
    call.after(answer(500), NOW)
    with pytest.raises(errors.RateLimitError) as caught:
        call.after(answer(429, "rate_limited", retry_after="7"), NOW)
    assert (caught.value.attempts, caught.value.retry_after) == (2, 7.0)
    assert call.history == ["500", "429 rate_limited"]


def test_a_single_loss_was_tried_once() -> None:
    with pytest.raises(errors.NetworkError, match="after trying once: not trusted"):
        begin().after(Lost(Loss.HOPELESS, "not trusted"), NOW)


def test_a_result_counts_its_tries() -> None:
    call = begin()
    call.after(LOST, NOW)
    with pytest.raises(errors.ResponseDecodeError) as caught:
        call.result(answer(200))
    assert caught.value.attempts == 2


def test_a_result_that_takes_too_long_to_read_is_the_deadlines_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Hands()
    call = begin(clock=clock, deadline=10)

    def read(*_: object, **__: object) -> None:
        deadline.look()
        clock.now += 10
        deadline.look()

    monkeypatch.setattr(answers, "read_success", read)
    with pytest.raises(errors.DeadlineExceeded, match="not read before the deadline") as caught:
        call.result(answer(200))
    assert caught.value.__context__ is None
    deadline.look()


@pytest.mark.parametrize(
    ("operation", "repeatable", "doubt"),
    [
        (operations.UPDATE_EXPORT_SCHEMA, None, True),
        (operations.UPDATE_EXPORT_SCHEMA, True, False),  # the caller asked to have it sent again
        (operations.CREATE_EXPORT, None, False),
        (operations.GET_EXPORT, None, False),
    ],
)
def test_a_write_that_may_have_been_carried_out_says_so(operation: Any, repeatable: bool | None, doubt: bool) -> None:
    call = begin(operation, repeatable=repeatable, max_retries=0)
    with pytest.raises(errors.NetworkError) as caught:
        call.after(LOST, NOW)
    assert ("it may have been carried out, so it was not sent again" in str(caught.value)) is doubt
    assert caught.value.attempts == (LOST.text,)


def test_a_write_that_was_never_sent_has_not_been_carried_out() -> None:
    call = begin(operations.UPDATE_EXPORT_SCHEMA, max_retries=0)
    with pytest.raises(errors.NetworkError) as caught:
        call.after(Lost(Loss.NOT_SENT, "ConnectError: refused"), NOW)
    assert "carried out" not in str(caught.value)


def test_a_write_in_doubt_says_so_when_the_time_is_up_as_well() -> None:
    clock = Hands()
    call = begin(operations.UPDATE_EXPORT_SCHEMA, clock=clock, deadline=10)
    clock.now += 10
    with pytest.raises(errors.DeadlineExceeded, match="it may have been carried out"):
        call.after(LOST, NOW)


def test_a_wait_that_would_outlast_the_deadline_is_refused_at_once() -> None:
    clock = Hands()
    call = begin(clock=clock, deadline=10)
    call.before_wait(9.9, "reason")
    with pytest.raises(errors.DeadlineExceeded, match=r"exports\.get: the deadline of 10 s .*: reason") as caught:
        call.before_wait(10.0, "reason")
    assert caught.value.deadline == 10.0
    assert caught.value.attempts == ()


def test_a_loss_with_too_little_time_left_is_the_deadlines_end() -> None:
    clock = Hands()
    call = begin(clock=clock, deadline=10)
    call.after(LOST, NOW)
    clock.now += 9.5
    with pytest.raises(errors.DeadlineExceeded) as caught:
        call.after(LOST, NOW)
    assert caught.value.attempts == (LOST.text, LOST.text)


def test_a_loss_after_the_deadline_is_its_end_even_without_tries() -> None:
    clock = Hands()
    call = begin(clock=clock, deadline=10, max_retries=0)
    clock.now += 11
    with pytest.raises(errors.DeadlineExceeded):
        call.after(LOST, NOW)


def test_an_answer_with_too_little_time_left_is_the_error_itself() -> None:
    clock = Hands()
    call = begin(clock=clock, deadline=10)
    clock.now += 9.9
    with pytest.raises(errors.ServerError):
        call.after(answer(503, "unavailable"), NOW)


def test_a_named_wait_beyond_the_cap_is_raised_with_the_wait_in_it() -> None:
    call = begin(max_retry_after=60)
    with pytest.raises(errors.RateLimitError) as caught:
        call.after(answer(429, "rate_limited", retry_after="3600"), NOW)
    assert (caught.value.retry_after, caught.value.attempts) == (3600.0, 1)


def test_without_a_deadline_any_wait_is_accepted() -> None:
    call = begin(deadline=None, max_retry_after=1e6)
    call.before_wait(1e9, "reason")
    assert call.after(answer(429, retry_after="100000"), NOW) > 100_000


def test_no_error_and_no_history_holds_the_key_or_a_query() -> None:
    call = begin(max_retries=9)
    call.after(Lost(Loss.MAYBE_DONE, f"sent {KEY} to https://h/p?sig=hunter3"), NOW)
    call.after(answer(503, f"code_{KEY}"), NOW)
    assert "hunter" not in repr(call.history)
    with pytest.raises(errors.NetworkError) as caught:
        call.after(Lost(Loss.HOPELESS, f"again {KEY}"), NOW)
    assert "hunter" not in f"{caught.value} {vars(caught.value)}"
    assert caught.value.__context__ is None
