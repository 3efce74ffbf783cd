"""What a client tells about its calls: hooks, the last answer, and its log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul import ApiError, AsyncClient, Client, NetworkError, RequestInfo, ResponseInfo, RetryInfo

from tests.support import bodies
from tests.support.behaviours import answer, done, error, html, lose
from tests.support.clock import FakeClock
from tests.support.faces import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.faces import Connect
    from tests.support.server import Serve

EXP = bodies.EXPORT_ID
COUNTS = {
    "X-RateLimit-Limit-Minute": "200",
    "X-RateLimit-Remaining-Minute": "199",
    "X-RateLimit-Remaining-Hour": "9998",
    "X-Request-Id": "req_2",
}


def test_hooks_are_told_every_step_in_order_with_all_there_is_to_know(serve: Serve, connect: Connect) -> None:
    told: list[Any] = []
    server = serve(
        lose(), error(429, "rate_limited", headers={"Retry-After": "2", "X-Request-Id": "req_1"}), done(COUNTS)
    )
    client = connect(server, clock=FakeClock(), on_request=told.append, on_retry=told.append, on_response=told.append)
    client.exports.cancel(EXP)
    key = server.requests[0].key
    path = f"/v1/exports/{EXP}/cancel"
    assert [type(each) for each in told] == [
        RequestInfo,
        RetryInfo,
        RequestInfo,
        ResponseInfo,
        RetryInfo,
        RequestInfo,
        ResponseInfo,
    ]
    requests = [each for each in told if isinstance(each, RequestInfo)]
    assert requests == [RequestInfo("exports.cancel", "POST", path, attempt, key) for attempt in (1, 2, 3)]
    lost, limited = (each for each in told if isinstance(each, RetryInfo))
    assert (lost.operation, lost.attempt, lost.wait, lost.status, lost.request_id) == (
        "exports.cancel",
        1,
        0.5,
        None,
        None,
    )
    assert "Server disconnected without sending a response" in lost.cause
    assert (limited.attempt, limited.cause, limited.status, limited.request_id) == (2, "429 rate_limited", 429, "req_1")
    assert 2 <= limited.wait <= 3
    refused, done_ = (each for each in told if isinstance(each, ResponseInfo))
    assert (refused.status, refused.attempt, refused.remaining_minute) == (429, 2, None)
    assert (done_.operation, done_.status, done_.request_id) == ("exports.cancel", 204, "req_2")
    assert (done_.remaining_minute, done_.remaining_hour, done_.attempt) == (199, 9998, 3)
    assert done_.duration > 0


def test_the_last_answer_is_at_hand_also_when_it_was_an_error(serve: Serve, connect: Connect) -> None:
    server = serve(done(COUNTS), error(404, "not_found", headers={"X-Request-Id": "req_3"}))
    client = connect(server)
    before = client.last_response
    assert before is None
    client.exports.cancel(EXP)
    assert client.last_response is not None
    assert (client.last_response.request_id, client.last_response.remaining_hour) == ("req_2", 9998)
    view = client.with_options(max_retries=0)
    with pytest.raises(ApiError):
        view.exports.get(EXP)
    assert client.last_response == view.last_response
    assert (client.last_response.request_id, client.last_response.status) == ("req_3", 404)


class StopHere(Exception):  # noqa: N818 (a signal of this test)
    """Raised by a hook."""


def _stop(_: object) -> None:
    raise StopHere


@pytest.mark.parametrize(
    ("hook", "reply", "sent"),
    [("on_request", done(), 0), ("on_response", done(), 1), ("on_retry", html(503), 1), ("on_retry", lose(), 1)],
)
def test_a_hook_that_raises_ends_the_call_with_its_own_exception_and_nothing_else_breaks(
    hook: str, reply: Callable[[object], None], sent: int, serve: Serve, connect: Connect
) -> None:
    server = serve(*([reply] if sent else []), answer(bodies.job()))
    client = connect(server, clock=FakeClock(), **{hook: _stop})
    with pytest.raises(StopHere) as caught:
        client.exports.cancel(EXP)
    assert len(server.requests) == sent
    assert caught.value.__context__ is None
    connect(server).exports.get(EXP)


def test_a_coroutine_function_is_refused_as_a_hook_for_nobody_would_run_it() -> None:
    async def hook(_: object) -> None:
        raise StopHere

    class Callback:
        async def __call__(self, _: object) -> None:
            raise StopHere

    for build in (Client, AsyncClient):
        for name in ("on_request", "on_retry", "on_response"):
            for wrong in (hook, Callback()):
                with pytest.raises(TypeError, match=f"{name}: expected a plain function"):
                    build(KEY, **{name: wrong})  # type: ignore[arg-type]  # one of the hooks
            with pytest.raises(TypeError, match=f"{name}='print': expected a function"):
                build(KEY, **{name: "print"})  # type: ignore[arg-type]  # as above


def test_the_log_tells_of_tries_at_debug_and_of_retries_at_info(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tickhaul")
    server = serve(html(503), answer([], headers={"X-Request-Id": "req_9"}))
    connect(server, clock=FakeClock()).exchanges.list()
    told = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "tickhaul"]
    assert [level for level, _ in told] == ["DEBUG", "DEBUG", "INFO", "DEBUG", "DEBUG"]
    assert told[0][1] == "exchanges.list: GET /v1/exchanges, try 1"
    assert told[1][1].startswith("exchanges.list: 503 in 0.")
    assert told[2][1] == "exchanges.list: try 1 ended with 503; next in 0.50 s"
    assert told[3][1] == "exchanges.list: GET /v1/exchanges, try 2"
    assert told[4][1].endswith("request req_9")


def test_what_a_server_writes_cannot_forge_a_line_of_the_log(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tickhaul")
    server = serve(error(503, "a\nCRITICAL root: all is lost\x1b[2J" * 99), lose())
    with pytest.raises(NetworkError):
        connect(server, clock=FakeClock(), max_retries=1).exchanges.list()
    messages = [record.getMessage() for record in caplog.records if record.name == "tickhaul"]
    assert not [message for message in messages if "\n" in message or "\x1b" in message or len(message) > 400]
