from __future__ import annotations

import http.client
import json
import random
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import AsyncMock
from urllib.parse import urlsplit

import httpx
import pytest
from tickhaul_sandbox import FaultError, Faults, ManualClock, Sandbox, Settings
from tickhaul_sandbox.faults import KINDS, parse

from tests.sandbox.api import BTCUSDT, HOUR, START, Api, Held, code, fetch, ok

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    options = Settings(export_seconds=0, messages_per_minute=6, minute_limit=10_000)
    with Sandbox(options, clock=ManualClock(START)) as running:
        yield running


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    yield shared
    shared.faults.clear()


def raw_answer(sandbox: Sandbox, path: str = "/v1/exchanges") -> tuple[bytes, bool]:
    """Return the bytes of an answer, and whether the connection was reset rather than ended."""
    parts = urlsplit(sandbox.base_url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nX-Api-Key: {sandbox.api_key}\r\nConnection: close\r\n\r\n".encode()
        )
        received = b""
        while True:
            try:
                chunk = connection.recv(65536)
            except ConnectionResetError:
                return received, True
            if not chunk:
                return received, False
            received += chunk


def test_a_reset_happens_before_anything_else(sandbox: Sandbox) -> None:
    sandbox.faults.add("reset:subscriptions.create:times=1")
    with Api(sandbox) as api:
        with pytest.raises(httpx.TransportError):
            api.post("/subscriptions", {"datastream_id": 321})
        assert 321 not in [item["datastream_id"] for item in ok(api.get("/subscriptions"))["items"]]
    sandbox.faults.add("reset:exchanges.list:times=1")
    assert raw_answer(sandbox) == (b"", True)
    assert raw_answer(sandbox)[0].startswith(b"HTTP/1.1 200")


def test_an_answer_is_lost_after_the_effect(sandbox: Sandbox) -> None:
    sandbox.faults.add("lost-answer:subscriptions.create:times=1")
    with Api(sandbox) as api:
        with pytest.raises(httpx.TransportError):
            api.post("/subscriptions", {"datastream_id": 322})
        assert 322 in [item["datastream_id"] for item in ok(api.get("/subscriptions"))["items"]]
    recorded = sandbox.requests.of("subscriptions.create")[-1]
    assert (recorded.status, recorded.faults) == (None, ("lost-answer:subscriptions.create:times=1",))
    assert json.loads(recorded.body) == {"datastream_id": 322}


@pytest.mark.parametrize(("option", "share"), [("", None), (":bytes=7", 7), (":bytes=0", 0), (":bytes=999999", -1)])
def test_a_body_is_cut_short_of_its_length(sandbox: Sandbox, option: str, share: int | None) -> None:
    whole = raw_answer(sandbox)[0].partition(b"\r\n\r\n")[2]
    sandbox.faults.add(f"truncated-body:exchanges.list:times=1{option}")
    head, _, body = raw_answer(sandbox)[0].partition(b"\r\n\r\n")
    assert f"content-length: {len(whole)}".encode() in head
    assert body == whole[: len(whole) // 2 if share is None else share]


@pytest.mark.parametrize(("kind", "status"), [("html-503", 503), ("html-520", 520)])
def test_a_proxy_answers_with_html_and_without_the_services_headers(sandbox: Sandbox, kind: str, status: int) -> None:
    sandbox.faults.add(f"{kind}:/v1/exch*:times=1")
    with Api(sandbox) as api:
        response = api.get("/exchanges")
        assert response.status_code == status
        assert response.headers["content-type"].startswith("text/html")
        assert "x-request-id" not in response.headers
        assert response.text.startswith("<!DOCTYPE html>")
        ok(api.get("/exchanges"))


def test_a_proxy_may_say_when_to_come_back(sandbox: Sandbox) -> None:
    sandbox.faults.add("html-503:times=1:retry-after=7")
    with Api(sandbox) as api:
        assert api.get("/exchanges").headers["retry-after"] == "7"


def test_a_storm_of_429_ends_after_its_times(sandbox: Sandbox) -> None:
    sandbox.faults.add("rate-limit:exports.*:times=3:retry-after=2")
    with Api(sandbox) as api:
        for _ in range(3):
            response = api.get("/exports")
            assert code(response) == (429, "rate_limited")
            assert response.headers["retry-after"] == "2"
            ok(api.get("/exchanges"))
        ok(api.get("/exports"))


def test_a_429_may_give_a_date_or_nothing(sandbox: Sandbox) -> None:
    sandbox.faults.add("rate-limit:exports.list:times=1:retry-after=100:form=date")
    sandbox.faults.add("rate-limit:exports.get:times=1:form=none")
    with Api(sandbox) as api:
        before = time.time()
        date = parsedate_to_datetime(api.get("/exports").headers["retry-after"])
        assert before + 99 <= date.timestamp() <= time.time() + 100
        assert "retry-after" not in api.get("/exports/x").headers


def test_an_error_is_whatever_is_asked_for(sandbox: Sandbox) -> None:
    sandbox.faults.add("error:billing.*:times=1:status=503:code=unavailable:message=Down")
    with Api(sandbox) as api:
        response = api.get("/billing/summary")
        assert code(response) == (503, "unavailable")
        assert response.json()["error"]["message"] == "Down"


@pytest.mark.parametrize("path", ["/exchanges", "/billing/summary", "/exports"])
def test_malformed_json_has_an_honest_length(sandbox: Sandbox, path: str) -> None:
    sandbox.faults.add("malformed-json:times=1")
    with Api(sandbox) as api:
        response = api.get(path)
        assert response.status_code == 200
        assert int(response.headers["content-length"]) == len(response.content)
        with pytest.raises(json.JSONDecodeError):
            response.json()


@pytest.mark.parametrize(
    ("spec", "path", "missing"),
    [
        ("missing-field:field=total", "/exports", lambda body: "total" not in body and "items" in body),
        ("missing-field", "/exports", lambda body: "items" not in body and "total" in body),
        ("missing-field:field=usage.export_gb_total", "/billing/summary", lambda body: len(body["usage"]) == 2),
        ("missing-field:field=code", "/exchanges", lambda body: all("code" not in item for item in body)),
        ("missing-field:field=items.symbol", "/exchanges/okx/instruments", lambda body: "symbol" not in body["items"][0]),
        ("missing-field:field=nothing.at.all", "/billing/summary", lambda body: len(body) == 5),
    ],
)  # fmt: skip
def test_a_field_is_missing(sandbox: Sandbox, spec: str, path: str, missing: Any) -> None:
    sandbox.faults.add(spec)
    with Api(sandbox) as api:
        assert missing(ok(api.get(path)))


def test_an_enum_has_a_value_nobody_knows(sandbox: Sandbox) -> None:
    with Api(sandbox) as api:
        path = f"/subscriptions/{api.subscribe(323)}"
        sandbox.faults.add("unknown-enum:subscriptions.*")
        sandbox.faults.add("unknown-enum:billing.get_summary:field=access_status:value=BLESSED")
        assert ok(api.get(path))["status"] == "hibernating"
        assert {item["status"] for item in ok(api.get("/subscriptions"))["items"]} == {"hibernating"}
        assert ok(api.get("/billing/summary"))["access_status"] == "BLESSED"
        sandbox.faults.clear()
        assert ok(api.get(path))["status"] == "active"


def test_a_page_points_to_itself(sandbox: Sandbox) -> None:
    with Api(sandbox) as api:
        token = ok(api.get("/datastreams", limit=1))["next_page_token"]
        sandbox.faults.add("repeated-page:datastreams.list")
        assert ok(api.get("/datastreams", limit=1, page_token=token))["next_page_token"] == token


def test_the_urls_of_a_download_have_expired(sandbox: Sandbox) -> None:
    with Api(sandbox) as api:
        api.subscribe(324)
        export_id = api.export(START - HOUR, START, 324)
        sandbox.faults.add("expired-url:times=1")
        urls = [ok(api.get(f"/exports/{export_id}/download"))["artifacts"][0]["url"] for _ in range(2)]
        assert [fetch(url).status_code for url in urls] == [403, 200]


def test_downloads_are_hit_only_when_named(sandbox: Sandbox) -> None:
    with Api(sandbox) as api:
        api.subscribe(325)
        export_id = api.export(START - HOUR, START, 325)
        item = ok(api.get(f"/exports/{export_id}/download"))["artifacts"][0]
        sandbox.faults.add("html-503")
        assert fetch(item["url"]).status_code == 200
        sandbox.faults.clear()
        sandbox.faults.add("html-503:storage.get:times=1")
        assert fetch(item["url"]).status_code == 503
        sandbox.faults.add("reset:storage.get:times=1")
        with pytest.raises(httpx.TransportError):
            fetch(item["url"])
        sandbox.faults.add("truncated-body:storage.*:times=1:bytes=100")
        parts = urlsplit(item["url"])
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        connection.request("GET", f"{parts.path}?{parts.query}")
        with pytest.raises(http.client.IncompleteRead) as caught:
            connection.getresponse().read()
        connection.close()
        assert len(caught.value.partial) == 100
        assert len(fetch(item["url"]).content) == item["bytes"]


@pytest.mark.parametrize(
    ("spec", "status", "text"),
    [
        ("rate-limit:storage.get:retry-after=3", 503, "<Code>SlowDown</Code>"),
        ("expired-url:storage.get", 403, "<Message>Request has expired</Message>"),
        ("error:storage.get:status=500:code=InternalError", 500, "<Code>InternalError</Code>"),
        ("html-520:storage.get", 520, "<h1>520"),
    ],
)
def test_the_storage_refuses_as_it_is_told(sandbox: Sandbox, spec: str, status: int, text: str) -> None:
    sandbox.faults.add(spec)
    response = fetch(f"{sandbox.storage_url}/tickhaul-sandbox-exports/x")
    assert (response.status_code, text in response.text) == (status, True)
    assert response.headers.get("retry-after") == ("3" if "rate" in spec else None)
    assert sandbox.requests[-1].faults == (spec,)


def test_a_lost_download_is_a_reset(sandbox: Sandbox) -> None:
    sandbox.faults.add("lost-answer:storage.get:times=1")
    with pytest.raises(httpx.TransportError):
        fetch(f"{sandbox.storage_url}/x")
    assert fetch(f"{sandbox.storage_url}/x").status_code == 403


def test_a_late_request_waits_as_long_as_it_is_told() -> None:
    with Sandbox(Settings(), clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        held = Held(sandbox, "exchanges.list")
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(api.get, "/exchanges")
            held.wait()
            assert not answer.done()
            held.release()
            ok(answer.result())
        assert held.seconds == [1000]


def test_what_struck_is_told_in_order(sandbox: Sandbox) -> None:
    before = len(sandbox.faults.strikes)
    sandbox.faults.add("html-503:exchanges.list:after=1:times=1")
    with Api(sandbox) as api:
        assert [api.get("/exchanges").status_code for _ in range(3)] == [200, 503, 200]
    [strike] = sandbox.faults.strikes[before:]
    assert (strike.operation, strike.path) == ("exchanges.list", "/v1/exchanges")


def test_a_removed_fault_strikes_no_more(sandbox: Sandbox) -> None:
    fault = sandbox.faults.add("html-503")
    with Api(sandbox) as api:
        assert api.get("/exchanges").status_code == 503
        sandbox.faults.remove(fault)
        ok(api.get("/exchanges"))


def test_chance_is_the_same_for_the_same_seed() -> None:
    def pattern(seed: int) -> list[bool]:
        faults = Faults(("reset:p=0.5",), seed)
        return [bool(faults.draw("exchanges.list", "/v1/exchanges")) for _ in range(64)]

    assert pattern(1) == pattern(1) != pattern(2)
    assert 10 < sum(pattern(1)) < 54


def test_two_faults_of_different_kinds_strike_together_and_of_one_kind_in_turn() -> None:
    faults = Faults(("latency:seconds=1:times=1", "latency:seconds=2:times=1", "reset:times=1"))
    drawn = [faults.draw("exports.list", "/v1/exports") for _ in range(3)]
    assert [sorted(found) for found in drawn] == [["latency", "reset"], ["latency"], []]
    assert [drawn[0]["latency"].number("seconds"), drawn[1]["latency"].number("seconds")] == [1, 2]


HUGE = 10**400


@pytest.mark.parametrize("option", ["times", "after", "seconds", "bytes", "retry-after", "form"])
def test_the_greatest_numbers_a_fault_may_have_break_nothing(sandbox: Sandbox, option: str) -> None:
    kind = {"seconds": "latency", "bytes": "truncated-body", "retry-after": "rate-limit", "form": "rate-limit"}
    value = "date:retry-after=1000000000" if option == "form" else "1000000000"
    sandbox.service.pause = AsyncMock()  # type: ignore[method-assign]  # what latency waits in
    sandbox.faults.add(f"{kind.get(option, 'reset')}:exchanges.list:{option}={value}")
    answer, reset = raw_answer(sandbox)
    assert reset or answer.split()[1] in {b"200", b"429"}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("explode", "unknown fault 'explode'"),
        ("", "unknown fault ''"),
        ("reset::times=1", "empty target"),
        ("reset:exports.list:exports.get", "unknown option 'exports.get'"),
        ("reset:seconds=1", "unknown option 'seconds'"),
        ("reset:times=many", "times must be a number"),
        ("reset:times=-1", "times must be between 0 and 1000000000"),
        ("reset:p=2", "p must be between 0 and 1"),
        ("reset:p=nan", "p must be between 0"),
        ("latency:seconds=", "seconds must be a number"),
        ("latency:seconds=inf", "seconds must be between 0 and 1000000000"),
        (f"reset:times={HUGE}", "times must be between"),
        (f"reset:after={HUGE}", "after must be between"),
        (f"truncated-body:bytes={HUGE}", "bytes must be between"),
        (f"error:status={HUGE}", "status must be between"),
        (f"rate-limit:retry-after={HUGE}", "retry-after must be between"),
        ("rate-limit:retry-after=99999999999999:form=date", "retry-after must be between"),
        ("html-503:retry-after=\u221e", "retry-after must be plain ASCII"),
        ("html-503:retry-after= 1", "retry-after must be plain ASCII"),
        ("error:status=99", "status must be between 400 and 599"),
        ("error:status=200", "status must be between 400 and 599"),
        ("html-503:retry-after=1\r\nX: y", "must be printable"),
        ("rate-limit:form=soon", "form must be one of"),
        ("missing-field:storage.get", "does not happen to downloads"),
        ("failed-export:storage.*", "does not happen to downloads"),
    ],
)
def test_a_fault_that_cannot_be_understood_is_refused_with_the_reason(spec: str, text: str) -> None:
    with pytest.raises(FaultError, match=text):
        parse(spec, random.Random(0))
    with pytest.raises(ValueError, match=text):
        Sandbox(Settings(faults=(spec,)))


@pytest.mark.parametrize("target", ["exports.creat", "nosuch.*", "storage.put", "GET"])
def test_a_fault_that_could_never_strike_is_refused(sandbox: Sandbox, target: str) -> None:
    with pytest.raises(FaultError, match=rf"no operation is called '{re.escape(target)}'"):
        sandbox.faults.add(f"error:{target}")
    with pytest.raises(FaultError, match="no operation is called"):
        Sandbox(Settings(faults=(f"error:{target}",)))
    assert sandbox.faults.specs == []
    if target == "exports.creat":
        with pytest.raises(FaultError, match=r"did you mean exports\.create"):
            sandbox.faults.add(f"error:{target}")


@pytest.mark.parametrize("target", ["exports.get", "exp?rts.*", "*", "unknown", "/anything/*", "xyt.get.whatever"])
def test_a_fault_that_may_strike_is_taken(sandbox: Sandbox, target: str) -> None:
    assert sandbox.faults.add(f"latency:{target}").target == target


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_can_be_asked_for_bare(kind: str) -> None:
    assert parse(kind, random.Random(0)).target == KINDS[kind].target
    assert KINDS[kind].summary


@pytest.mark.parametrize(
    ("target", "operation", "path", "hit"),
    [
        ("*", "exports.get", "/v1/exports/x", True),
        ("*", "storage.get", "/b/x", False),
        ("storage.*", "storage.get", "/b/x", True),
        ("/b/*", "storage.get", "/b/x", True),
        ("exports.*", "exports.get", "/v1/exports/x", True),
        ("exports.*", "export_schemas.get", "/v1/export-schemas/x", False),
        ("/v1/exports", "exports.list", "/v1/exports", True),
        ("/v1/exports", "exports.get", "/v1/exports/x", False),
    ],
)
def test_targets_are_patterns_of_operations_or_paths(target: str, operation: str, path: str, *, hit: bool) -> None:
    assert parse(f"reset:{target}", random.Random(0)).matches(operation, path) == hit


def test_the_last_requests_are_remembered_without_secrets(sandbox: Sandbox) -> None:
    sandbox.requests.clear()
    with Api(sandbox) as api:
        api.post("/exports", {"datastream_id": BTCUSDT}, Idempotency_Key="x")
        api.get("/exports", limit=5)
    assert len(sandbox.requests) == 2
    first, second = sandbox.requests
    assert (first.origin, first.operation, first.method, first.path) == ("api", "exports.create", "POST", "/v1/exports")
    assert (first.status, first.account, json.loads(first.body)) == (400, "default", {"datastream_id": BTCUSDT})
    assert first.headers["idempotency-key"] == "x"
    assert first.headers["x-api-key"] == "[secret]"
    assert (second.query, sandbox.requests[-1], sandbox.requests[:1]) == ("limit=5", second, [first])
    assert sandbox.api_key not in repr(list(sandbox.requests))
