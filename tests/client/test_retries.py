"""When a request is sent again, with what, after how long, and how it ends when it is not."""

from __future__ import annotations

import socket
import threading
import uuid
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul import (
    ApiError,
    ConflictError,
    DeadlineExceeded,
    NetworkError,
    Quota,
    RateLimitError,
    ServerError,
)

from tests.support import bodies
from tests.support.behaviours import answer, body, done, error, html, last, lose, raw, reset
from tests.support.clock import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul import Client

    from tests.support.behaviours import Step
    from tests.support.faces import Connect, Face
    from tests.support.server import Serve

EXP, SCH = bodies.EXPORT_ID, bodies.SCHEMA_ID
TRUNCATED = last(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 100))
GARBAGE = last(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk size\r\n"))
NOT_HTTP = last(raw(b"220 smtp.example ready\r\n"))
BROKEN_GZIP = body(b"not gzip", 200, {"Content-Encoding": "gzip"})

LOSSES = pytest.mark.parametrize(
    "loss",
    [lose(), reset(), TRUNCATED, GARBAGE, NOT_HTTP, BROKEN_GZIP],
    ids=["hang up", "reset", "truncated body", "chunked garbage", "not HTTP", "broken gzip"],
)
FAILURES = pytest.mark.parametrize(
    "failure",
    [
        error(408, "request_timeout"),
        error(425, "too_early"),
        error(500, "internal"),
        html(502),
        html(503),
        error(503, "unavailable"),
        html(504),
        html(520),
        body(b"", 599),
    ],
    ids=["408", "425", "500", "HTML 502", "HTML 503", "503", "HTML 504", "520", "599"],
)


def _create(client: Client) -> str:
    return client.exports.create(123, 1, 2, schema="raw").id


@LOSSES
def test_a_post_whose_answer_is_lost_is_sent_again_with_the_same_key_and_body(
    loss: Step, serve: Serve, connect: Connect
) -> None:
    server = serve(loss, loss, answer(bodies.job(), 202))
    assert _create(connect(server, clock=FakeClock())) == EXP
    first, second, third = server.requests
    assert first.key is not None
    assert uuid.UUID(first.key).version == 4
    assert first.head == second.head == third.head
    assert first.body == second.body == third.body != b""


@FAILURES
def test_a_post_that_failed_on_the_way_is_sent_again_with_the_same_key_and_body(
    failure: Step, serve: Serve, connect: Connect
) -> None:
    server = serve(failure, answer(bodies.job(), 202))
    assert _create(connect(server, clock=FakeClock())) == EXP
    first, second = server.requests
    assert first.key
    assert (first.head, first.body) == (second.head, second.body)


def test_the_callers_key_is_kept_through_retries_too(serve: Serve, connect: Connect) -> None:
    server = serve(lose(), html(503), answer(bodies.job(), 202))
    given = str(uuid.uuid4())
    connect(server, clock=FakeClock()).exports.create(123, 1, 2, idempotency_key=given)
    assert [request.key for request in server.requests] == [given] * 3


def test_a_body_is_taken_down_once_even_if_its_source_changes_between_tries(serve: Serve, connect: Connect) -> None:
    server = serve(html(503), answer(bodies.SCHEMA, 201))
    columns: list[Any] = [bodies.COLUMN]

    def meddle(_: object) -> None:
        columns.append({"output_column": "late", "meta": {"value": "exchange"}})

    connect(server, clock=FakeClock(), on_retry=meddle).export_schemas.create("mine", "trade", columns)
    assert server.requests[0].body == server.requests[1].body


@LOSSES
@pytest.mark.parametrize("method", ["update", "update_draft"])
def test_a_put_is_not_sent_again_after_a_lost_answer(method: str, loss: Step, serve: Serve, connect: Connect) -> None:
    server = serve(loss)
    with pytest.raises(NetworkError, match="it may have been carried out, so it was not sent again") as caught:
        getattr(connect(server, clock=FakeClock()).export_schemas, method)(SCH, [bodies.COLUMN])
    assert len(server.requests) == 1
    assert len(caught.value.attempts) == 1


@FAILURES
def test_a_put_is_not_sent_again_after_an_error_that_leaves_it_open_whether_it_was_done(
    failure: Step, serve: Serve, connect: Connect
) -> None:
    server = serve(failure)
    with pytest.raises(ApiError) as caught:
        connect(server, clock=FakeClock()).export_schemas.update(SCH, [bodies.COLUMN])
    assert caught.value.attempts == 1
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["update", "update_draft"])
@pytest.mark.parametrize("failure", [lose(), reset(), html(503), error(408, "request_timeout")])
def test_a_put_is_sent_again_after_all_when_the_caller_asks_for_it(
    method: str, failure: Step, serve: Serve, connect: Connect
) -> None:
    server = serve(failure, answer(bodies.SCHEMA))
    getattr(connect(server, clock=FakeClock()).export_schemas, method)(SCH, [bodies.COLUMN], resend=True)
    first, second = server.requests
    assert (first.head, first.body) == (second.head, second.body)
    assert first.key is None


def test_a_put_is_sent_again_after_429_for_then_nothing_was_done(serve: Serve, connect: Connect) -> None:
    server = serve(error(429, "rate_limited", headers={"Retry-After": "3"}), answer(bodies.SCHEMA))
    connect(server, clock=FakeClock()).export_schemas.update(SCH, [bodies.COLUMN])
    assert len(server.requests) == 2


@pytest.mark.parametrize("method", ["exchanges.list", "exports.cancel", "export_schemas.update"])
def test_a_refused_connection_is_tried_again_whatever_the_method(method: str, connect: Connect) -> None:
    # A port of this machine where nobody listens any more.
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        port = placeholder.getsockname()[1]
    clock = FakeClock()
    client = connect(f"http://127.0.0.1:{port}", clock=clock, max_retries=2)
    call: Callable[[], object] = {
        "exchanges.list": client.exchanges.list,
        "exports.cancel": lambda: client.exports.cancel(EXP),
        "export_schemas.update": lambda: client.export_schemas.update(SCH, [bodies.COLUMN]),
    }[method]
    with pytest.raises(
        NetworkError, match=rf"{method}: no answer after trying 3 times: .*127\.0\.0\.1:{port}"
    ) as caught:
        call()
    assert len(caught.value.attempts) == 3
    assert len(clock.slept) == 2
    assert "carried out" not in str(caught.value)


@pytest.mark.parametrize("retries", [0, 1, 2])
@pytest.mark.parametrize(
    ("failure", "kind"),
    [(lose(), NetworkError), (html(503), ServerError), (error(429, "rate_limited"), RateLimitError)],
)
def test_so_many_retries_are_so_many_retries(
    retries: int, failure: Step, kind: type[Exception], serve: Serve, connect: Connect
) -> None:
    server = serve(otherwise=failure)
    client = connect(server, clock=FakeClock(), max_retries=retries)
    with pytest.raises(kind) as caught:
        client.exports.get(EXP)
    assert len(server.requests) == retries + 1
    attempts = caught.value.attempts  # type: ignore[attr-defined]  # all three kinds have it
    assert (len(attempts) if isinstance(attempts, tuple) else attempts) == retries + 1


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_the_last_of_so_many_retries_still_counts(retries: int, serve: Serve, connect: Connect) -> None:
    server = serve(*[lose()] * retries, answer(bodies.job()))
    client = connect(server, clock=FakeClock(), max_retries=retries)
    assert client.exports.get(EXP).id == EXP


def test_the_waits_between_tries_double_up_to_a_cap(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(*[html(503)] * 7, answer([]))
    connect(server, clock=clock, max_retries=7).exchanges.list()
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": formatdate(NOON + 9, usegmt=True)}, 9),
        ({"Retry-After": formatdate(NOON - 9, usegmt=True)}, 0),
        ({"Retry-After": formatdate(NOON + 1009, usegmt=True), "Date": formatdate(NOON + 1000, usegmt=True)}, 9),
        ({"X-RateLimit-Remaining-Minute": "0", "X-RateLimit-Reset-Minute": str(int(NOON) + 11)}, 11),
        ({"X-RateLimit-Remaining-Minute": "0", "X-RateLimit-Reset-Minute": "12"}, 12),
        ({"X-RateLimit-Remaining-Hour": "0", "X-RateLimit-Reset-Hour": str(int(NOON) + 13)}, 13),
    ],
    ids=["seconds", "zero", "date", "past date", "date by the server's clock", "reset moment", "reset delay", "hour"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_the_service_names_is_obeyed_in_every_form(
    status: int, headers: dict[str, str], wait: float, serve: Serve, connect: Connect
) -> None:
    clock = FakeClock()
    server = serve(error(status, "rate_limited" if status == 429 else "unavailable", headers=headers), answer([]))
    connect(server, clock=clock).exchanges.list()
    assert wait <= sum(clock.slept) <= wait + 1.05


def test_a_wait_beyond_the_cap_ends_the_call_at_once_and_is_in_the_error(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(error(429, "rate_limited", headers={"Retry-After": "61", "X-Request-Id": "req_1"}))
    with pytest.raises(RateLimitError, match=r"429 rate_limited, request req_1, retry after 61 s") as caught:
        connect(server, clock=clock, deadline=None).exchanges.list()
    assert (caught.value.retry_after, caught.value.attempts, clock.slept) == (61, 1, [])


def test_a_wait_beyond_the_deadline_ends_the_call_at_once_with_the_services_words(
    serve: Serve, connect: Connect
) -> None:
    clock = FakeClock()
    server = serve(error(429, "rate_limited", "slow down", headers={"Retry-After": "30"}))
    with pytest.raises(RateLimitError, match="slow down") as caught:
        connect(server, clock=clock, deadline=20).exchanges.list()
    assert (caught.value.retry_after, clock.slept) == (30, [])


def test_after_a_429_no_other_call_of_the_account_is_sent_before_its_time(
    serve: Serve, connect: Connect, face: Face
) -> None:
    clock = FakeClock()
    server = serve(error(429, "rate_limited", headers={"Retry-After": "50"}), answer([]))
    with pytest.raises(RateLimitError):
        connect(server, clock=clock, max_retries=0).exchanges.list()
    connect(server, clock=clock).exchanges.list()
    assert sum(clock.slept) == pytest.approx(50, abs=1)


def test_a_conflict_after_a_lost_answer_is_waited_out(serve: Serve, connect: Connect) -> None:
    running = error(409, "already_exists", "a request with this key is being processed")
    server = serve(lose(), running, running, answer(bodies.job(), 202))
    assert _create(connect(server, clock=FakeClock())) == EXP
    assert len({request.key for request in server.requests}) == 1


def test_a_conflict_that_stays_is_the_end(serve: Serve, connect: Connect) -> None:
    server = serve(html(504), otherwise=error(409, "already_exists"))
    with pytest.raises(ConflictError) as caught:
        _create(connect(server, clock=FakeClock(), max_retries=2))
    assert (caught.value.attempts, len(server.requests)) == (3, 3)


def test_a_conflict_on_the_first_try_is_the_end_at_once(serve: Serve, connect: Connect) -> None:
    server = serve(error(409, "already_exists"))
    with pytest.raises(ConflictError):
        _create(connect(server, clock=FakeClock()))


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 422])
def test_an_error_of_the_caller_is_not_repeated(status: int, serve: Serve, connect: Connect) -> None:
    server = serve(error(status, "whatever"))
    with pytest.raises(Exception, match=f"{status} whatever"):
        connect(server, clock=FakeClock()).exports.delete(EXP)
    assert len(server.requests) == 1


def test_a_network_error_tells_every_try(serve: Serve, connect: Connect) -> None:
    server = serve(html(503), lose(), NOT_HTTP)
    with pytest.raises(NetworkError) as caught:
        connect(server, clock=FakeClock(), max_retries=2).exchanges.list()
    first, second, third = caught.value.attempts
    assert first == "503"
    assert "Server disconnected without sending a response" in second
    assert "RemoteProtocolError" in third
    assert str(caught.value).startswith("exchanges.list: no answer after trying 3 times: ")


def test_waits_stop_before_the_deadline_would_pass(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(otherwise=lose())
    with pytest.raises(DeadlineExceeded, match="the deadline of 3 s does not allow going on") as caught:
        connect(server, clock=clock, deadline=3).exchanges.list()
    assert clock.slept == [0.5, 1.0]
    assert caught.value.deadline == 3
    assert len(caught.value.attempts) == 3
    assert isinstance(caught.value, TimeoutError)


def test_a_connection_that_the_server_closed_while_idle_is_not_used_again(serve: Serve, connect: Connect) -> None:
    server = serve(last(answer([])), answer([]), last(done()), answer(bodies.SCHEMA))
    client = connect(server)
    client.exchanges.list()
    server.wait_for_open_connections(0)
    client.exchanges.list()
    client.exports.cancel(EXP)
    server.wait_for_open_connections(0)
    # A PUT could not be repeated: it must not have gone out on the dead connection.
    client.export_schemas.update(SCH, [bodies.COLUMN])
    assert [request.connection for request in server.requests] == [0, 1, 1, 2]


def test_the_quota_paces_what_the_service_has_room_for(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(otherwise=answer([]))
    client = connect(server, clock=clock, quota=Quota(per_minute=60, per_hour=1000, shared=False))
    for _ in range(60):
        client.exchanges.list()
    assert clock.slept == []
    for _ in range(3):
        client.exchanges.list()
    assert sum(clock.slept) == pytest.approx(3)


def test_the_services_count_is_the_truth_about_the_quota(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    counts = {"X-RateLimit-Limit-Minute": "60", "X-RateLimit-Remaining-Minute": "0"}
    server = serve(answer([], headers=counts), answer([]))
    client = connect(server, clock=clock)
    client.exchanges.list()
    client.exchanges.list()
    assert sum(clock.slept) == pytest.approx(1, abs=0.01)


def test_without_a_quota_nothing_is_paced(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(otherwise=answer([], headers={"X-RateLimit-Remaining-Minute": "0"}))
    client = connect(server, clock=clock, quota=None)
    for _ in range(3):
        client.exchanges.list()
    assert clock.slept == []


def test_a_429_without_a_quota_is_still_waited_out(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(error(429, "rate_limited", headers={"Retry-After": "5"}), answer([]))
    connect(server, clock=clock, quota=None).exchanges.list()
    assert sum(clock.slept) == pytest.approx(5, abs=0.6)


def test_a_wait_for_quota_beyond_the_deadline_is_refused_and_nothing_is_sent(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(answer([]))
    client = connect(server, clock=clock, deadline=10, quota=Quota(per_minute=1, shared=False))
    client.exchanges.list()
    with pytest.raises(DeadlineExceeded, match=r"the account's quota has no room for another 60\.0 s") as caught:
        client.exchanges.list()
    assert caught.value.attempts == ()
    assert clock.slept == []
    assert len(server.requests) == 1


def test_two_clients_of_one_account_share_a_quota_unless_told_otherwise(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(otherwise=answer([]))
    shared = Quota(per_minute=1)
    connect(server, clock=clock, quota=shared).exchanges.list()
    connect(server, clock=clock, quota=Quota(per_minute=1, shared=False)).exchanges.list()
    assert clock.slept == []
    connect(server, clock=clock, quota=shared).exchanges.list()
    assert sum(clock.slept) == pytest.approx(60)


def test_jitter_is_drawn_from_the_real_thing_by_default(serve: Serve, face: Face) -> None:
    server = serve(*[html(503)] * 2, answer([]))
    waits: list[float] = []
    over = threading.Event()

    def note(retry: Any) -> None:
        waits.append(retry.wait)
        over.set()

    with face.client("key", base_url=server.url, on_retry=note) as client:
        client.exchanges.list()
    assert over.is_set()
    assert 0 <= waits[0] <= 0.5
    assert 0 <= waits[1] <= 1.0
