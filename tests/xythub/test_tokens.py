"""The token: asked for once by however many need it, renewed in time, and never shown."""

from __future__ import annotations

import asyncio
import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import anyio
import pytest
from tickhaul import (
    AuthenticationError,
    DeadlineExceeded,
    NetworkError,
    ResponseDecodeError,
    ServerError,
    TickhaulError,
    xythub,
)
from tickhaul.xythub.errors import TokenError
from xythub_proto.v2_0_0.api_data_pb2 import DataResponse

from tests.support.behaviours import answer, body, held, html, last, lose, stall
from tests.support.clock import FakeClock
from tests.support.interrupts import stopping_loop
from tests.xythub.faces import CLIENT_SECRET, KEY, PASSWORD, USER
from tests.xythub.wire import TOKEN, asked, framed, grant, refusal, sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul_sandbox import ManualClock, Sandbox

    from tests.support.behaviours import Step
    from tests.support.server import Exchange, Serve
    from tests.xythub.faces import Connect

CALLS = 100
TOKEN_PATH = "/auth/oauth/token"
EMPTY = framed(DataResponse())


class TestAsking:
    def test_the_request_is_the_documented_one(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), EMPTY)
        connect(server.url).get("nothing")
        token, data = server.requests
        assert (token.method, token.path) == ("POST", TOKEN_PATH)
        assert token.headers["content-type"] == "application/x-www-form-urlencoded"
        basic = token.headers["authorization"].removeprefix("Basic ")
        assert base64.b64decode(basic).decode() == f"xyt:{CLIENT_SECRET}"
        form = parse_qs(token.body.decode(), strict_parsing=True)
        assert form == {"grant_type": ["password"], "username": [USER], "password": [PASSWORD]}
        assert (data.method, data.path) == ("POST", "/get/nothing")
        assert data.headers["authorization"] == f"Bearer {TOKEN}"
        assert data.headers["content-type"] == "application/octet-stream"

    def test_an_api_key_goes_in_the_place_of_the_password(self, connect: Connect, sandbox: Sandbox) -> None:
        assert connect(sandbox.base_url, api_key=KEY).check_token().scope == "read"

    def test_where_the_key_goes_is_a_setting(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), EMPTY)
        settings = xythub.Settings(api_key_field="api_key")
        connect(server.url, api_key=KEY, settings=settings).get("nothing")
        form = parse_qs(server.requests[0].body.decode())
        assert form == {"grant_type": ["password"], "username": [USER], "api_key": [KEY]}

    def test_one_token_serves_all_calls(self, hub: xythub.Client, sandbox: Sandbox) -> None:
        for _ in range(3):
            hub.get("lookupSources")
        hub.with_options(timeout=5).check_token()
        assert asked(sandbox, "xyt.token") == 1

    def test_the_check_shows_the_token_to_the_service_and_tells_what_is_known(
        self, hub: xythub.Client, sandbox: Sandbox
    ) -> None:
        info = hub.check_token()
        assert asked(sandbox, "xyt.user") == 1
        assert info.scope == "read"
        assert 43_000 < info.expires_in <= 43_199

    @pytest.mark.parametrize(
        ("options", "code", "status"),
        [
            ({"password": "wrong"}, "invalid_grant", 400),
            ({"user": "nobody"}, "invalid_grant", 400),
            ({"client_secret": "wrong"}, "invalid_client", 401),
        ],
    )
    def test_a_refusal_is_a_token_error_with_the_services_code_and_words(
        self, connect: Connect, sandbox: Sandbox, options: dict[str, Any], code: str, status: int
    ) -> None:
        client = connect(sandbox.base_url, **options)
        with pytest.raises(TokenError) as caught:
            client.get("lookupSources")
        assert (caught.value.code, caught.value.status) == (code, status)
        assert "Bad" in caught.value.message
        assert str(caught.value) == f"{caught.value.message} ({status} {code})"
        assert caught.value.__context__ is None
        # It is not kept for good: the next call asks again.
        with pytest.raises(TokenError):
            client.get("lookupSources")
        assert asked(sandbox, "xyt.token") == 2

    def test_a_passing_failure_is_tried_again(self, connect: Connect, serve: Serve) -> None:
        clock = FakeClock()
        server = serve(html(503), last(lose()), grant(), EMPTY)
        connect(server.url, clock=clock).get("nothing")
        assert len(sent(server, TOKEN_PATH)) == 3
        assert clock.slept == [0.5, 1.0]

    def test_a_lasting_failure_is_the_error_it_is(self, connect: Connect, serve: Serve) -> None:
        server = serve(otherwise=html(503))
        with pytest.raises(ServerError):
            connect(server.url, clock=FakeClock(), max_retries=1).get("nothing")
        assert len(server.requests) == 2
        lost = serve(otherwise=last(lose()))
        with pytest.raises(NetworkError):
            connect(lost.url, clock=FakeClock(), max_retries=0).get("nothing")

    @pytest.mark.parametrize(
        "document",
        [
            pytest.param([], id="no object"),
            pytest.param({}, id="no token"),
            pytest.param({"access_token": ""}, id="an empty token"),
            pytest.param({"access_token": "a\r\nX: 1"}, id="a token that would split the header"),
            pytest.param({"access_token": 7}, id="a token that is a number"),
            pytest.param({"access_token": TOKEN, "token_type": "mac"}, id="another type"),
            pytest.param({"access_token": TOKEN, "token_type": 1}, id="a type that is a number"),
            pytest.param({"access_token": TOKEN, "expires_in": "soon"}, id="a lifetime that is none"),
            pytest.param({"access_token": TOKEN, "expires_in": -1}, id="a negative lifetime"),
            pytest.param({"access_token": TOKEN, "expires_in": True}, id="a lifetime that is true"),
            pytest.param({"access_token": TOKEN, "expires_in": 10**400}, id="a lifetime that no float holds"),
        ],
    )
    def test_a_success_that_is_no_grant_is_an_error_that_does_not_show_it(
        self, connect: Connect, serve: Serve, document: object
    ) -> None:
        server = serve(answer(document))
        with pytest.raises(ResponseDecodeError, match="token: the service answered 200") as caught:
            connect(server.url).get("nothing")
        assert caught.value.body_excerpt == ""
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert TOKEN not in str(caught.value)

    @pytest.mark.parametrize("content", [b"", b"<html>", b"\xff", b"[" * 100_000])
    def test_a_success_that_is_no_json_is_an_error(self, connect: Connect, serve: Serve, content: bytes) -> None:
        with pytest.raises(ResponseDecodeError, match="expected a JSON object with an access_token"):
            connect(serve(body(content)).url).get("nothing")

    @pytest.mark.parametrize("lifetime", [None, "43199", 43199.5])
    def test_a_lifetime_may_be_text_or_missing(self, connect: Connect, serve: Serve, lifetime: object) -> None:
        server = serve(grant(expires_in=lifetime, token_type="Bearer", scope=None), answer({}))
        info = connect(server.url).check_token()
        assert info.scope is None
        assert info.expires_in > 43_000


class TestRenewing:
    def test_a_token_is_renewed_shortly_before_it_ends(
        self, connect: Connect, sandbox: Sandbox, server_clock: ManualClock
    ) -> None:
        clock = FakeClock()
        client = connect(sandbox.base_url, clock=clock)
        client.get("lookupSources")
        for seconds, tokens in ((43_100, 1), (45, 2), (43_100, 2), (45, 3)):
            clock.advance(seconds)
            server_clock.advance(seconds)
            client.get("lookupSources")
            assert asked(sandbox, "xyt.token") == tokens
        # No call was refused on the way.
        assert {request.status for request in sandbox.requests} == {200}

    @pytest.mark.parametrize("trouble", [html(503), html(200), lose()])
    def test_a_token_that_has_time_left_outlives_a_renewal_that_fails(
        self, connect: Connect, serve: Serve, trouble: Step
    ) -> None:
        clock = FakeClock()
        # Renewed 60 s before its end, then 30, and then it has ended.
        server = serve(grant("old"), EMPTY, trouble, EMPTY, EMPTY, trouble, EMPTY, trouble, grant("new"), EMPTY)
        client = connect(server.url, clock=clock, max_retries=0)
        client.get("nothing")
        clock.advance(43199 - 60)
        client.get("nothing")
        clock.advance(29)
        client.get("nothing")
        clock.advance(1)
        client.get("nothing")
        clock.advance(30)
        with pytest.raises(TickhaulError):
            client.get("nothing")
        client.get("nothing")
        used = [request.headers["authorization"] for request in sent(server, "/get/nothing")]
        assert used == ["Bearer old"] * 4 + ["Bearer new"]
        assert len(sent(server, TOKEN_PATH)) == 5

    def test_a_refusal_ends_also_a_token_that_has_time_left(self, connect: Connect, serve: Serve) -> None:
        clock = FakeClock()
        server = serve(grant(), EMPTY, refusal(400, "invalid_grant", "Bad credentials"))
        client = connect(server.url, clock=clock)
        client.get("nothing")
        clock.advance(43199 - 60)
        with pytest.raises(TokenError, match="Bad credentials"):
            client.get("nothing")

    def test_a_short_lived_token_is_used_for_nine_tenths_of_its_life(self, connect: Connect, serve: Serve) -> None:
        clock = FakeClock()
        server = serve(grant(expires_in=20), EMPTY, EMPTY, grant("another", expires_in=20), EMPTY)
        client = connect(server.url, clock=clock)
        client.get("nothing")
        clock.advance(17.9)
        client.get("nothing")
        clock.advance(0.2)
        client.get("nothing")
        assert [request.path for request in server.requests].count(TOKEN_PATH) == 2

    def test_a_refused_token_is_renewed_once_and_the_call_repeated(self, hub: xythub.Client, sandbox: Sandbox) -> None:
        hub.get("lookupSources")
        sandbox.faults.add("stale-token:xyt.get.lookupSources:times=1")
        assert hub.get("lookupSources").row_count == 2
        assert asked(sandbox, "xyt.token") == 2

    def test_a_new_token_that_is_refused_too_is_the_end(self, connect: Connect, serve: Serve) -> None:
        no = refusal(401, "invalid_token", "Invalid access token")
        server = serve(grant("first"), no, grant("second"), no)
        with pytest.raises(AuthenticationError, match="Invalid access token") as caught:
            connect(server.url).get("nothing")
        assert caught.value.code == "invalid_token"
        assert [r.headers["authorization"] for r in sent(server, "/get/nothing")] == ["Bearer first", "Bearer second"]

    def test_a_renewal_that_is_refused_is_a_token_error(self, connect: Connect, serve: Serve) -> None:
        no = refusal(401, "invalid_token", "Invalid access token")
        server = serve(grant("first"), no, refusal(400, "invalid_grant", "Bad credentials"))
        with pytest.raises(TokenError, match="Bad credentials"):
            connect(server.url).get("nothing")

    def test_the_deadline_covers_the_token_and_the_call(self, connect: Connect, serve: Serve) -> None:
        clock = FakeClock()

        def slow(exchange: Exchange) -> None:
            clock.advance(6)
            grant()(exchange)

        def slower(exchange: Exchange) -> None:
            clock.advance(3.9)
            html(503)(exchange)

        server = serve(slow, slower)
        with pytest.raises(ServerError):
            connect(server.url, clock=clock, deadline=10).get("nothing")
        assert len(server.requests) == 2

    def test_a_token_endpoint_that_does_not_answer_ends_the_call_in_time(self, connect: Connect, serve: Serve) -> None:
        server = serve(otherwise=stall())
        with pytest.raises(DeadlineExceeded, match="the deadline of 0"):
            connect(server.url, deadline=0.2).get("nothing")


def run_all(client: xythub.Client, count: int) -> list[object]:
    """So many calls at once from as many threads; what each gave or raised."""
    barrier = threading.Barrier(count)

    def one(_: int) -> object:
        barrier.wait(30)
        try:
            return client.get("lookupSources")
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


class TestSharing:
    def test_a_hundred_threads_ask_for_one_token_and_renew_it_once_in_mid_stream(self, sandbox: Sandbox) -> None:
        with xythub.Client(USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=sandbox.base_url) as client:
            first = run_all(client, CALLS)
            assert asked(sandbox, "xyt.token") == 1
            sandbox.faults.add(f"stale-token:xyt.get.*:after={CALLS // 2}:times=1")
            second = run_all(client, CALLS)
        assert [type(result).__name__ for result in first + second] == ["Table"] * (2 * CALLS)
        assert asked(sandbox, "xyt.token") == 2

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_a_hundred_tasks_ask_for_one_token_and_renew_it_once_in_mid_stream(
        self, sandbox: Sandbox, backend: str
    ) -> None:
        results: list[object] = []

        async def one(client: xythub.AsyncClient) -> None:
            results.append(await client.get("lookupSources"))

        async def all_of_them() -> None:
            async with xythub.AsyncClient(
                USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=sandbox.base_url
            ) as client:
                for fault in (None, f"stale-token:xyt.get.*:after={CALLS // 2}:times=1"):
                    if fault:
                        sandbox.faults.add(fault)
                    async with anyio.create_task_group() as group:
                        for _ in range(CALLS):
                            group.start_soon(one, client)

        anyio.run(all_of_them, backend=backend)
        assert len(results) == 2 * CALLS
        assert asked(sandbox, "xyt.token") == 2

    def test_a_token_that_has_ended_is_renewed_once_by_a_hundred_calls(
        self, sandbox: Sandbox, server_clock: ManualClock
    ) -> None:
        clock = FakeClock()
        with xythub.Client(USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=sandbox.base_url) as client:
            for executor in client._session._executors.values():
                executor.clock = clock
            client.get("lookupSources")
            clock.advance(50_000)
            server_clock.advance(50_000)
            assert all(isinstance(result, xythub.Table) for result in run_all(client, CALLS))
        assert asked(sandbox, "xyt.token") == 2
        assert {request.status for request in sandbox.requests} == {200}

    def test_those_who_wait_for_a_refusal_share_it(self, serve: Serve) -> None:
        together = threading.Event()

        def slow_refusal(exchange: Exchange) -> None:
            assert together.wait(30)
            refusal(400, "invalid_grant", "Bad credentials")(exchange)

        server = serve(slow_refusal)
        with xythub.Client(USER, "wrong", client_secret=CLIENT_SECRET, base_url=server.url) as client:
            tokens = client._session._tokens
            with ThreadPoolExecutor(8) as pool:
                calls = [pool.submit(client.get, "lookupSources") for _ in range(8)]
                # All of them stand in line before the first is answered.
                wait_until(lambda: sum(door.users for door in list(tokens._doors.values())) == 8)
                together.set()
                errors = [call.exception(30) for call in calls]
        assert [type(error) for error in errors] == [TokenError] * 8
        assert len({id(error) for error in errors}) == 8
        assert len(server.requests) == 1
        assert not tokens._doors

    def test_those_who_wait_share_a_token_that_lasts_no_time_at_all(self, serve: Serve) -> None:
        together = threading.Event()

        def slow_grant(exchange: Exchange) -> None:
            assert together.wait(30)
            grant(expires_in=0)(exchange)

        server = serve(slow_grant, otherwise=EMPTY)
        with xythub.Client(USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=server.url) as client:
            tokens = client._session._tokens
            with ThreadPoolExecutor(8) as pool:
                calls = [pool.submit(client.get, "nothing") for _ in range(8)]
                wait_until(lambda: sum(door.users for door in list(tokens._doors.values())) == 8)
                together.set()
                assert [call.result(30).row_count for call in calls] == [0] * 8
        assert len(sent(server, TOKEN_PATH)) == 1

    def test_a_service_that_gives_the_refused_token_again_is_asked_once(self, serve: Serve) -> None:
        # As servers do that keep one token for each user until it ends.
        under_way = threading.Barrier(8)
        turns = iter(range(16))

        def route(exchange: Exchange) -> None:
            if exchange.request.path == TOKEN_PATH:
                grant()(exchange)
            elif next(turns) < 8:
                under_way.wait(30)
                refusal(401, "invalid_token", "Not yet")(exchange)
            else:
                EMPTY(exchange)

        server = serve(otherwise=route)
        client = xythub.Client(USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=server.url)
        with client, ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(client.get, "nothing") for _ in range(8)]
            assert [call.result(30).row_count for call in calls] == [0] * 8
        assert len(sent(server, TOKEN_PATH)) == 2

    def test_the_next_in_line_asks_when_the_first_runs_out_of_time(self, serve: Serve) -> None:
        asked_for = threading.Event()

        def never(exchange: Exchange) -> None:
            asked_for.set()
            stall()(exchange)

        server = serve(never, grant(), otherwise=EMPTY)
        client = xythub.Client(USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=server.url)
        with client, ThreadPoolExecutor(2) as pool:
            hasty = pool.submit(client.with_options(deadline=0.3).get, "nothing")
            assert asked_for.wait(30)
            patient = pool.submit(client.get, "nothing")
            assert isinstance(hasty.exception(30), DeadlineExceeded)
            assert patient.result(30).row_count == 0
        assert len(sent(server, TOKEN_PATH)) == 2

    def test_waiting_for_another_calls_token_is_bounded_by_the_own_deadline(self, serve: Serve) -> None:
        asked_for = threading.Event()
        answered = threading.Event()

        def slow(exchange: Exchange) -> None:
            asked_for.set()
            assert answered.wait(30)
            grant()(exchange)

        server = serve(slow, otherwise=EMPTY)
        client = xythub.Client(USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=server.url)
        with client, ThreadPoolExecutor(1) as pool:
            first = pool.submit(client.get, "nothing")
            assert asked_for.wait(30)
            with pytest.raises(DeadlineExceeded, match="does not allow waiting for a token any longer"):
                client.with_options(deadline=0.1).get("nothing")
            answered.set()
            assert first.result(30).row_count == 0
        assert len(sent(server, TOKEN_PATH)) == 1

    def test_a_canceled_task_leaves_the_asking_to_the_next(self, serve: Serve) -> None:
        server = serve(stall(), grant(), otherwise=EMPTY)
        rows: list[int] = []

        async def both() -> None:
            client = xythub.AsyncClient(USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=server.url)
            async with client, anyio.create_task_group() as group:
                canceled = anyio.CancelScope()

                async def first() -> None:
                    with canceled:
                        await client.get("nothing")

                async def second() -> None:
                    rows.append((await client.get("nothing")).row_count)

                group.start_soon(first)
                await anyio.to_thread.run_sync(server.wait_for_requests, 1)
                group.start_soon(second)
                await anyio.wait_all_tasks_blocked()
                canceled.cancel()

        anyio.run(both)
        assert rows == [0]
        assert len(sent(server, TOKEN_PATH)) == 2

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_tasks_that_wait_share_a_refusal_and_mind_their_own_deadline(self, serve: Serve, backend: str) -> None:
        answered = threading.Event()

        def slow_refusal(exchange: Exchange) -> None:
            assert answered.wait(30)
            refusal(400, "invalid_grant", "Bad credentials")(exchange)

        server = serve(slow_refusal)
        ends: list[type[Exception]] = []

        async def call(client: xythub.AsyncClient) -> None:
            try:
                await client.get("nothing")
            except (TokenError, DeadlineExceeded) as error:
                ends.append(type(error))

        async def all_of_them() -> None:
            client = xythub.AsyncClient(USER, "wrong", client_secret=CLIENT_SECRET, base_url=server.url)
            async with client, anyio.create_task_group() as group:
                group.start_soon(call, client)
                await anyio.to_thread.run_sync(server.wait_for_requests, 1)
                await call(client.with_options(deadline=0.1))
                for _ in range(3):
                    group.start_soon(call, client)
                await anyio.wait_all_tasks_blocked()
                answered.set()

        anyio.run(all_of_them, backend=backend)
        assert ends == [DeadlineExceeded, *[TokenError] * 4]
        assert len(server.requests) == 1

    def test_a_client_under_two_loops_has_a_token_under_both(self, sandbox: Sandbox) -> None:
        client = xythub.AsyncClient(USER, PASSWORD, client_secret=CLIENT_SECRET, base_url=sandbox.base_url)

        async def once() -> int:
            return (await client.get("lookupSources")).row_count

        assert anyio.run(once) == anyio.run(once) == 2
        assert asked(sandbox, "xyt.token") == 1
        assert not client._session._tokens._doors
        anyio.run(client.aclose)

    def test_a_forked_child_starts_with_doors_and_locks_of_its_own(self) -> None:
        client = xythub.Client(USER, PASSWORD, client_secret=CLIENT_SECRET)
        tokens = client._session._tokens
        tokens._enter(None)
        with tokens._lock:
            tokens.renew()
        assert not tokens._doors
        tokens._leave(tokens._enter(None))
        assert not tokens._doors
        client.close()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread brings about."""
    pause = threading.Event()
    for _ in range(3000):
        if condition():
            return
        pause.wait(0.01)
    pytest.fail("it never came about")


def test_a_stopped_loop_leaves_nobody_in_the_way(serve: Serve) -> None:
    release = threading.Event()
    server = serve(held(release, grant()), grant(), EMPTY)
    client = xythub.AsyncClient(USER, password=PASSWORD, client_secret=CLIENT_SECRET, base_url=server.url, deadline=30)
    with stopping_loop() as loop:
        first = loop.create_task(client.get("nothing"))
        loop.run_until_complete(asyncio.to_thread(server.wait_for_requests, 1))
        loop.run_until_complete(client.get("nothing"))
        server.plan(EMPTY)
        release.set()
        loop.run_until_complete(first)
        loop.run_until_complete(client.aclose())
