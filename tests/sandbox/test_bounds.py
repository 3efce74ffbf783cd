"""What a client can make the sandbox hold has a bound."""

from __future__ import annotations

import socket
import tracemalloc
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tickhaul_sandbox import FaultError, Faults, ManualClock, RecordedRequest, Recorder, Sandbox, Settings
from tickhaul_sandbox.idempotency import Replay
from tickhaul_sandbox.wire import Answer
from tickhaul_sandbox.xythub.app import Hub
from tickhaul_sandbox.xythub.errors import HubError
from tickhaul_sandbox.xythub.settings import HubSettings
from tickhaul_sandbox.xythub.tokens import Tokens

from tests.sandbox.api import START, Api, code, message, ok

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from tickhaul_sandbox.jsontypes import Json


def request_of(size: int, name: str = "x") -> RecordedRequest:
    return RecordedRequest("api", name, "POST", "", "", {}, b"x" * size, None, 200)


def test_the_last_requests_are_kept_as_far_as_there_is_room() -> None:
    recorder = Recorder(5, 100_000)
    for number in range(10):
        recorder.add(request_of(10_000, str(number)))
    assert [item.operation for item in recorder] == ["5", "6", "7", "8", "9"]
    recorder.add(request_of(85_000, "large"))
    assert [item.operation for item in recorder] == ["9", "large"]
    # The last one is there however large it is: a test has just sent it.
    recorder.add(request_of(1_000_000, "huge"))
    assert [item.operation for item in recorder] == ["huge"]
    recorder.clear()
    for number in range(10):
        recorder.add(request_of(10_000, str(number)))
    assert len(recorder) == 5
    none = Recorder(0, 100_000)
    none.add(request_of(1))
    assert len(none) == 0


@pytest.mark.parametrize(("headers", "longest"), [(1, 100), (100, 3), (100, 300)])
def test_the_size_of_a_request_is_that_of_all_it_holds(headers: int, longest: int) -> None:
    def made() -> RecordedRequest:
        held = {f"{number:0{longest}}": f"{number:x>{longest}}" for number in range(headers)}
        return RecordedRequest("api", "x", "GET", "/path", "query", held, bytes(400), None, 200, ("fault",))

    tracemalloc.start()
    try:
        kept = [made() for _ in range(100)]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.5 < sum(item.size for item in kept) / taken < 2.5


def test_requests_with_large_bodies_do_not_pile_up(api: Api) -> None:
    body = b'{"x": "' + b"x" * 1_000_000 + b'"}'
    for _ in range(50):
        api.post("/subscriptions", body)
    assert sum(item.size for item in api.sandbox.requests) <= 32 << 20
    assert len(api.sandbox.requests) == 33


@pytest.fixture
def api() -> Iterator[Api]:
    with Sandbox(Settings(), clock=ManualClock(START)) as sandbox, Api(sandbox) as caller:
        yield caller


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/_sandbox/faults"), ("PUT", "/_sandbox/accounts/x/billing"), ("POST", "/v1/exports")]
)
def test_a_body_that_is_too_large_is_refused_before_it_is_there(api: Api, method: str, path: str) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 65536

    place = urlsplit(api.sandbox.base_url)
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=30) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: {place.netloc}\r\nX-Api-Key: {api.sandbox.api_key}\r\n"
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        sent = 0
        for chunk in endless():
            connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            sent += len(chunk)
            if sent > 1 << 20:
                break
        assert connection.makefile("rb").readline().split()[1] == b"400"


def test_a_control_request_that_is_too_large_says_so(api: Api) -> None:
    response = api.http.post("/_sandbox/faults", content=b" " * ((1 << 20) + 1))
    assert code(response) == (400, "invalid_argument")
    assert message(response) == "Request body is too large"


@pytest.mark.parametrize("head", ["GET /?x=", "GET / HTTP/1.1\r\nX-Long: "])
def test_a_head_that_is_too_large_is_refused(api: Api, head: str) -> None:
    place = urlsplit(api.sandbox.base_url)
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=30) as connection:
        # It hangs up as soon as it has seen enough, perhaps before it has read everything.
        with suppress(ConnectionError):
            connection.sendall(head.encode() + b"x" * 4_000_000)
        with suppress(ConnectionError):
            assert connection.makefile("rb").readline().split()[1] == b"400"


def test_faults_are_so_many_and_so_long(api: Api) -> None:
    faults = Faults()
    with pytest.raises(FaultError, match="a fault has at most 1000 characters, not 2013"):
        faults.add("error:message=" + "x" * 1999)
    for _ in range(1000):
        faults.add("reset:p=0")
    with pytest.raises(FaultError, match="1000 faults are in force"):
        faults.add("reset:p=0")
    faults.clear()
    faults.add("reset:/*:times=1")
    faults.draw("unknown", "/" + "x" * 60_000)
    assert len(faults.strikes[0].path) == 1000
    response = api.http.post("/_sandbox/faults", json={"spec": "reset:" + "x" * 5000})
    assert code(response) == (400, "invalid_argument")


def schema(name: str) -> dict[str, Any]:
    column = {"output_column": "at", "meta": {"value": "collection_timestamp_ns"}}
    return {"name": name, "stream_category": "trade", "columns": [column]}


def test_answers_of_idempotency_keys_are_kept_as_far_as_there_is_room(tmp_path: Path) -> None:
    settings = Settings(idempotency_bytes=2000, state=tmp_path / "state")
    keys = [str(uuid.UUID(int=number)) for number in range(20)]

    def create(api: Api, number: int) -> httpx.Response:
        return api.post("/export-schemas", schema(f"s{number}"), Idempotency_Key=keys[number])

    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        made = [ok(create(api, number), 201) for number in range(20)]
        replays = sandbox.account().replays
        assert 1000 < replays._size <= 2000
        kept = len(replays._known)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        assert len(sandbox.account().replays._known) == kept
        # The last ones are remembered, the first one is not.
        assert ok(create(api, 19), 201) == made[19]
        assert create(api, 0).status_code == 409


def test_an_answer_is_kept_in_the_form_that_takes_least() -> None:
    body: Json = [{"a": number} for number in range(1000)]
    tracemalloc.start()
    try:
        replay = Replay(uuid.UUID(int=0), b"", 0, Answer(200, body))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 2 * len(replay.body)
    assert replay.answer == Answer(200, body)


def grant(tokens: Tokens) -> str:
    import base64

    basic = base64.b64encode(b"xyt:sandbox-client-secret").decode()
    form = b"grant_type=password&username=sandbox&password=sandbox-password"
    return str(tokens.grant(f"Basic {basic}", form)["access_token"])


def test_tokens_are_forgotten_when_they_are_no_longer_good_or_too_many() -> None:
    clock = ManualClock(START)
    tokens = Tokens(HubSettings(token_seconds=100), clock, 0)
    first = grant(tokens)
    [*_, last] = [grant(tokens) for _ in range(9_999)]
    assert tokens.user(f"Bearer {first}") == "sandbox"
    grant(tokens)
    assert len(tokens._tokens) == 10_000
    with pytest.raises(HubError):
        tokens.user(f"Bearer {first}")
    assert tokens.user(f"Bearer {last}") == "sandbox"
    clock.advance(200)
    grant(tokens)
    assert len(tokens._tokens) == 1


HUB_BOMBS: dict[str, tuple[str, dict[str, Any], str]] = {
    "bars of a tenth of a second in ten years": (
        "/ohlcv",
        {
            "symbols": ["ZAL.XE"],
            "first_day": {"year": 2015, "month": 1, "day": 1},
            "last_day": {"year": 2024, "month": 12, "day": 31},
            "limit": 2**31 - 1,
        },
        "More than 200000 rows",
    ),
    "orders of one symbol again and again": (
        "/orders",
        {"symbols": ["ZAL.XE"] * 10_000, "day": {"year": 2016, "month": 5, "day": 5}},
        "Too many symbols: 10000, at most 100",
    ),
}


@pytest.mark.parametrize("name", HUB_BOMBS)
def test_a_request_to_xyt_hub_for_too_much_is_refused(name: str) -> None:
    from tickhaul_sandbox.xythub.contracts import OLD

    path, asked, wanted = HUB_BOMBS[name]
    hub = Hub(HubSettings(), ManualClock(START))
    kind = {"/ohlcv": "OhlcvRequest", "/orders": "OrderDataRequest"}[path]
    with pytest.raises(HubError, match=wanted):
        hub._operate(path, OLD.encode(kind, asked))


def test_bins_of_xyt_hub_lie_within_a_day() -> None:
    from tickhaul_sandbox.xythub.contracts import NEW

    parameters = {
        "source": {"string_value": "ACTIV"},
        "symbol": {"string_value": "ZAL.XE"},
        "day": {"string_value": "2016-05-05"},
        "data_type": {"string_value": "TRADES"},
        "bin_size": {"integer_value": 1},
        "from_time": {"nanoseconds_value": -(2**62)},
        "to_time": {"nanoseconds_value": 2**62},
    }
    hub = Hub(HubSettings(), ManualClock(START))
    made = hub._operate("/get/tickAggregated", NEW.encode("DataRequest", {"parameters": parameters}))
    assert isinstance(made, bytes)
    assert len(made) < 10_000_000


def test_a_request_to_xyt_hub_that_takes_too_long_ends() -> None:
    from dataclasses import replace
    from datetime import date

    from tickhaul_sandbox.xythub.equities import EQUITIES

    hub = Hub(HubSettings(request_seconds=5), ManualClock(START))
    market = replace(hub._market, hurry=hub._hurry(began=-1000.0))
    with pytest.raises(HubError, match="took more than 5 s to make: ask for less") as caught:
        market.ticks(EQUITIES[0], date(2016, 5, 5))
    assert caught.value.status == 503
