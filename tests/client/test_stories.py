"""The methods that make several calls: find, ensure, and waiting for a job."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from tickhaul import (
    AuthenticationError,
    ConflictError,
    DatastreamLookupError,
    DeadlineExceeded,
    ExportCanceled,
    ExportFailed,
    InvalidArgumentError,
    NetworkError,
    NotFoundError,
    PaymentRequiredError,
    ServerError,
    WaitTimeout,
)

from tests.support import bodies
from tests.support.behaviours import answer, done, error, html, lose, stall
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from tickhaul.models import ExportJob

    from tests.support.behaviours import Step
    from tests.support.faces import Connect
    from tests.support.server import Received, Serve

EXP, SUB = bodies.EXPORT_ID, bodies.SUBSCRIPTION_ID
NOTHING = answer(bodies.page([]))


def _stream(number: int, stream_type: str = "trades", wire_format: str = "json") -> dict[str, object]:
    return {**bodies.DATASTREAM, "datastream_id": number, "stream_type": stream_type, "wire_format": wire_format}


def _query(request: Received) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.query).items()}


class TestFind:
    def test_one_that_fits_is_found_with_one_request(self, serve: Serve, connect: Connect) -> None:
        server = serve(answer(bodies.page([bodies.DATASTREAM])))
        assert connect(server).datastreams.find("binance", "BTCUSDT", "trades", "json").datastream_id == 123
        assert _query(server.requests[0]) == {
            "exchange": "binance",
            "instrument": "BTCUSDT",
            "stream_type": "trades",
            "wire_format": "json",
        }

    def test_several_that_fit_are_listed_and_told_apart_by_wire_format(self, serve: Serve, connect: Connect) -> None:
        server = serve(answer(bodies.page([_stream(1), _stream(2, wire_format="sbe")])))
        with pytest.raises(DatastreamLookupError) as caught:
            connect(server).datastreams.find("binance", "BTCUSDT", "trades")
        assert str(caught.value) == (
            "2 datastreams fit 'binance BTCUSDT trades': trades json (id 1), trades sbe (id 2); "
            "choose one with wire_format"
        )
        assert [stream.datastream_id for stream in caught.value.candidates] == [1, 2]
        assert isinstance(caught.value, LookupError)

    def test_where_none_fits_the_instruments_other_streams_are_listed(self, serve: Serve, connect: Connect) -> None:
        others = [_stream(number, f"kind-{number}") for number in range(12)]
        server = serve(NOTHING, answer(bodies.page(others)))
        with pytest.raises(DatastreamLookupError, match=r"binance BTCUSDT has kind-0 json .* and 2 more$") as caught:
            connect(server).datastreams.find("binance", "BTCUSDT", "trade", "json")
        assert str(caught.value).startswith("no datastream fits 'binance BTCUSDT trade json'; ")
        assert len(caught.value.candidates) == 12

    def test_a_wrong_exchange_is_answered_with_the_nearest(self, serve: Serve, connect: Connect) -> None:
        exchanges = [bodies.EXCHANGE, {"code": "kraken", "display_name": "Kraken"}]
        server = serve(NOTHING, NOTHING, answer(exchanges))
        with pytest.raises(DatastreamLookupError, match="no exchange 'binace', did you mean binance\\?"):
            connect(server).datastreams.find("binace", "BTCUSDT", "trades")

    def test_an_exchange_like_no_other_is_answered_with_what_there_is(self, serve: Serve, connect: Connect) -> None:
        server = serve(NOTHING, NOTHING, answer([bodies.EXCHANGE, {"code": "kraken", "display_name": "Kraken"}]))
        with pytest.raises(DatastreamLookupError, match="did you mean binance or kraken\\?"):
            connect(server).datastreams.find("zzz", "BTCUSDT", "trades")

    def test_a_catalog_without_exchanges_is_not_a_riddle(self, serve: Serve, connect: Connect) -> None:
        server = serve(NOTHING, NOTHING, answer([]))
        with pytest.raises(DatastreamLookupError, match=r"there is no exchange 'binance'$"):
            connect(server).datastreams.find("binance", "BTCUSDT", "trades")

    def test_a_wrong_symbol_is_answered_with_the_nearest(self, serve: Serve, connect: Connect) -> None:
        near = answer(bodies.page([bodies.INSTRUMENT, {"symbol": "BTCUSDC"}]))
        server = serve(NOTHING, NOTHING, answer([bodies.EXCHANGE]), NOTHING, near)
        with pytest.raises(DatastreamLookupError, match="no instrument 'btcusd' on binance, did you mean BTCUSD"):
            connect(server).datastreams.find("binance", "btcusd", "trades")
        assert [_query(request)["search"] for request in server.requests[3:]] == ["btcusd", "BTCUSD"]

    def test_a_symbol_like_no_other_is_answered_with_how_to_see_all(self, serve: Serve, connect: Connect) -> None:
        server = serve(NOTHING, NOTHING, answer([bodies.EXCHANGE]), *[NOTHING] * 3)
        with pytest.raises(DatastreamLookupError, match=r"list_instruments\('binance'\) shows all"):
            connect(server).datastreams.find("binance", "QQQ", "trades")

    def test_what_the_service_refuses_is_not_turned_into_a_lookup_error(self, serve: Serve, connect: Connect) -> None:
        server = serve(error(401, "unauthenticated"))
        with pytest.raises(AuthenticationError):
            connect(server).datastreams.find("binance", "BTCUSDT", "trades")


class TestEnsure:
    def test_what_is_recorded_is_left_as_it_is(self, serve: Serve, connect: Connect) -> None:
        server = serve(
            answer(bodies.page([bodies.subscription(datastream_id=1)], "more")),
            answer(bodies.page([bodies.subscription()])),
        )
        assert connect(server).subscriptions.ensure(123).id == SUB
        assert [request.method for request in server.requests] == ["GET", "GET"]

    def test_what_is_paused_is_resumed(self, serve: Serve, connect: Connect) -> None:
        server = serve(answer(bodies.page([bodies.subscription("paused")])), done(), answer(bodies.subscription()))
        assert connect(server).subscriptions.ensure(123).status == "active"
        assert [request.path.rpartition("/")[2] for request in server.requests] == ["subscriptions", "resume", SUB]

    @pytest.mark.parametrize("listed", [[], [bodies.subscription("deleted")], [bodies.subscription(datastream_id=9)]])
    def test_what_is_not_recorded_is_subscribed_to(
        self, listed: list[dict[str, object]], serve: Serve, connect: Connect
    ) -> None:
        server = serve(answer(bodies.page(listed)), answer(bodies.DETAIL, 201), answer(bodies.subscription()))
        assert connect(server).subscriptions.ensure(123).status == "active"
        assert server.requests[1].json() == {"datastream_id": 123}

    @pytest.mark.parametrize("status", ["active", "paused"])
    def test_somebody_else_may_have_been_faster(self, status: str, serve: Serve, connect: Connect) -> None:
        resumed = [done(), answer(bodies.subscription())] if status == "paused" else []
        server = serve(
            NOTHING, error(409, "already_exists"), answer(bodies.page([bodies.subscription(status)])), *resumed
        )
        assert connect(server).subscriptions.ensure(123).status == "active"

    def test_a_conflict_that_nothing_explains_is_raised(self, serve: Serve, connect: Connect) -> None:
        server = serve(NOTHING, error(409, "already_exists"), NOTHING)
        with pytest.raises(ConflictError):
            connect(server).subscriptions.ensure(123)

    def test_a_plan_that_does_not_allow_it_says_so(self, serve: Serve, connect: Connect) -> None:
        server = serve(NOTHING, error(402, "payment_required"))
        with pytest.raises(PaymentRequiredError):
            connect(server).subscriptions.ensure(123)


def _jobs(*states: str) -> list[Step]:
    return [answer(bodies.job(state)) for state in states]


class TestWait:
    def test_the_looks_come_at_growing_intervals_until_the_job_has_succeeded(
        self, serve: Serve, connect: Connect
    ) -> None:
        clock = FakeClock()
        seen: list[str] = []
        server = serve(*_jobs("queued", *["running"] * 8, "succeeded"))
        job = connect(server, clock=clock).exports.wait(EXP, on_progress=lambda job: seen.append(job.status))
        assert job.status == "succeeded"
        assert seen == ["queued", *["running"] * 8, "succeeded"]
        assert clock.slept == sorted(clock.slept)
        assert 1 <= clock.slept[0] <= 1.25
        assert clock.slept[-1] == 1.25 * 15

    def test_a_job_that_carries_its_end_needs_no_look(self, serve: Serve, connect: Connect) -> None:
        server = serve(*_jobs("succeeded", "queued", "succeeded"))
        clock = FakeClock()
        client = connect(server, clock=clock)
        assert client.exports.wait(client.exports.get(EXP)).status == "succeeded"
        assert len(server.requests) == 1
        assert client.exports.wait(client.exports.get(EXP)).status == "succeeded"
        assert len(server.requests) == 3

    def test_a_failed_job_is_an_error_with_its_reason(self, serve: Serve, connect: Connect) -> None:
        server = serve(*_jobs("running"), answer(bodies.job("failed", "no data in that range")))
        with pytest.raises(ExportFailed, match=f"export {EXP} failed: no data in that range") as caught:
            connect(server, clock=FakeClock()).exports.wait(EXP)
        assert caught.value.job.reason == "no data in that range"

    @pytest.mark.parametrize("state", ["canceled", "deleted"])
    def test_a_job_that_will_not_finish_is_an_error(self, state: str, serve: Serve, connect: Connect) -> None:
        with pytest.raises(ExportCanceled, match=f"is {state}"):
            connect(serve(*_jobs("running", state)), clock=FakeClock()).exports.wait(EXP)

    def test_a_state_this_version_does_not_know_is_waited_out(self, serve: Serve, connect: Connect) -> None:
        server = serve(*_jobs("queued", "hibernating", "succeeded"))
        assert connect(server, clock=FakeClock()).exports.wait(EXP).status == "succeeded"

    @pytest.mark.parametrize("failure", [html(503), error(429, "rate_limited"), error(408, "request_timeout"), lose()])
    def test_a_look_that_fails_for_a_passing_reason_does_not_end_the_wait(
        self, failure: Step, serve: Serve, connect: Connect
    ) -> None:
        server = serve(*_jobs("queued"), failure, failure, *_jobs("succeeded"))
        client = connect(server, clock=FakeClock(), max_retries=0, quota=None)
        assert client.exports.wait(EXP).status == "succeeded"

    @pytest.mark.parametrize(("status", "kind"), [(404, NotFoundError), (401, AuthenticationError)])
    def test_a_look_that_fails_for_good_ends_it(
        self, status: int, kind: type[Exception], serve: Serve, connect: Connect
    ) -> None:
        server = serve(*_jobs("queued"), error(status, "whatever"))
        with pytest.raises(kind):
            connect(server, clock=FakeClock()).exports.wait(EXP)

    @pytest.mark.parametrize("timeout", [0.4, 3.0, 10.0, 60.0])
    def test_the_whole_timeout_is_waited_with_a_last_look_at_its_end(
        self, timeout: float, serve: Serve, connect: Connect
    ) -> None:
        clock = FakeClock()
        server = serve(otherwise=_jobs("running")[0])
        client = connect(server, clock=clock)
        job = client.exports.get(EXP)
        began = clock.monotonic()
        with pytest.raises(
            WaitTimeout, match=f"export {EXP} was still running after {timeout:g} s; it goes on"
        ) as caught:
            client.exports.wait(job, timeout)
        assert caught.value.job.status == "running"
        assert isinstance(caught.value, TimeoutError)
        assert len(server.requests) >= 2
        assert timeout - 1 <= clock.monotonic() - began <= timeout

    def test_a_job_that_ends_shortly_before_the_time_is_up_is_still_seen(self, serve: Serve, connect: Connect) -> None:
        clock = FakeClock()
        server = serve(*_jobs(*["running"] * 4, "succeeded"))
        assert connect(server, clock=clock).exports.wait(EXP, timeout=7.5).status == "succeeded"

    def test_no_timeout_waits_for_as_long_as_it_takes(self, serve: Serve, connect: Connect) -> None:
        clock = FakeClock()
        server = serve(*_jobs(*["running"] * 250, "succeeded"))
        connect(server, clock=clock, quota=None).exports.wait(EXP, timeout=None)
        assert sum(clock.slept) > 3600

    def test_no_look_outlives_the_wait(self, serve: Serve, connect: Connect) -> None:
        server = serve(*_jobs("running"), otherwise=stall())
        with pytest.raises(WaitTimeout):
            connect(server).exports.wait(EXP, timeout=0.4)

    def test_neither_does_the_first(self, serve: Serve, connect: Connect) -> None:
        with pytest.raises(DeadlineExceeded, match=r"the deadline of 0\.[0-9]+ s"):
            connect(serve(stall())).exports.wait(EXP, timeout=0.3)

    def test_a_callback_may_end_the_wait_with_an_exception_of_its_own(self, serve: Serve, connect: Connect) -> None:
        def enough(job: ExportJob) -> None:
            raise InterruptedError(job.status)

        with pytest.raises(InterruptedError, match="queued"):
            connect(serve(*_jobs("queued"))).exports.wait(EXP, on_progress=enough)


class TestCancelOnTimeout:
    def _wait(self, serve: Serve, connect: Connect, *then: Step) -> ExportJob:
        # The first look, the last one, and then the cancellation.
        server = serve(*_jobs("running", "running"), *then)
        client = connect(server, clock=FakeClock(), max_retries=0)
        return client.exports.wait(EXP, timeout=1.0, cancel_on_timeout=True)

    def test_the_job_is_canceled_when_the_time_is_up(self, serve: Serve, connect: Connect) -> None:
        with pytest.raises(WaitTimeout, match=r"after 1 s, so it was canceled") as caught:
            self._wait(serve, connect, done())
        assert caught.value.job.id == EXP

    def test_a_job_that_succeeds_in_that_very_moment_has_succeeded(self, serve: Serve, connect: Connect) -> None:
        refused = error(400, "invalid_argument", "it has ended")
        assert self._wait(serve, connect, refused, *_jobs("succeeded")).status == "succeeded"

    def test_a_job_that_fails_in_that_very_moment_has_failed(self, serve: Serve, connect: Connect) -> None:
        with pytest.raises(ExportFailed):
            self._wait(serve, connect, error(400, "invalid_argument"), *_jobs("failed"))

    def test_a_refusal_to_cancel_is_raised(self, serve: Serve, connect: Connect) -> None:
        with pytest.raises(InvalidArgumentError):
            self._wait(serve, connect, error(400, "invalid_argument"), *_jobs("running"))

    @pytest.mark.parametrize(("failure", "kind"), [(html(503), ServerError), (lose(), NetworkError)])
    def test_that_it_may_not_have_been_canceled_is_not_kept_quiet(
        self, failure: Step, kind: type[Exception], serve: Serve, connect: Connect
    ) -> None:
        with pytest.raises(kind):
            self._wait(serve, connect, failure, *_jobs("running"))
