from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings

from tests.facts.caller import TIME, Caller
from tests.sandbox.api import BTCUSDT, START, code, message, ok

if TYPE_CHECKING:
    import httpx

WIDE = [{**TIME, "output_column": f"c{number}"} for number in range(142)]


def refusals(api: Caller) -> list[httpx.Response]:
    """Return one refusal of each of several kinds."""
    with Caller(api.sandbox, "") as nobody:
        return [
            api.get("/availability"),
            api.post("/exports", b"{"),
            nobody.get("/exchanges"),
            api.get("/exports/exp_x"),
            api.post("/subscriptions", {"datastream_id": BTCUSDT}, Idempotency_Key="x"),
        ]


def test_an_error_is_an_object_with_a_code_and_a_message(api: Caller) -> None:
    """docs: guides/error-handling"""
    for response in refusals(api):
        body = response.json()
        assert list(body) == ["error"]
        assert isinstance(body["error"]["code"], str)
        assert isinstance(body["error"]["message"], str)
        assert body["error"]["message"]


def test_the_details_of_an_error_are_left_out_when_there_are_none(api: Caller) -> None:
    """docs: guides/error-handling"""
    for response in refusals(api):
        assert "details" not in response.json()["error"]


def test_the_details_of_an_error_are_an_object(api: Caller) -> None:
    """docs: guides/error-handling"""
    response = api.post("/export-schemas", {"name": "wide", "stream_category": "trade", "columns": WIDE})
    assert response.json()["error"]["details"] == {"max_columns": 100, "provided": 142}


def test_no_error_body_holds_a_request_id(api: Caller) -> None:
    """client 0.2.0: models/common.py"""
    for response in refusals(api):
        assert response.headers["x-request-id"] not in response.text
        assert not re.search("trace_id|request_id", response.text)


def test_a_missing_parameter_is_400_invalid_argument(api: Caller) -> None:
    """docs: guides/error-handling"""
    assert code(api.get("/availability")) == (400, "invalid_argument")
    assert code(api.post("/subscriptions", {})) == (400, "invalid_argument")
    assert code(api.post("/exports", {"datastream_id": BTCUSDT, "start_time": START})) == (400, "invalid_argument")


@pytest.mark.parametrize("value", ["123", 1.5, True, None, [123], {"id": 123}])
def test_an_ill_typed_parameter_is_400_invalid_argument(api: Caller, value: object) -> None:
    """docs: guides/error-handling"""
    assert code(api.post("/subscriptions", {"datastream_id": value})) == (400, "invalid_argument")
    assert ok(api.get("/subscriptions"))["total"] == 0


@pytest.mark.parametrize("body", [b"{", b'{"datastream_id":', b"", b"\xff\xfe", b"{'datastream_id': 123}"])
def test_a_malformed_body_is_400_invalid_argument(api: Caller, body: bytes) -> None:
    """docs: guides/error-handling"""
    assert code(api.post("/subscriptions", body)) == (400, "invalid_argument")


@pytest.mark.parametrize(
    "path", ["/subscriptions/sub_{}", "/subscriptions/sub_{}/spans", "/exports/exp_{}", "/export-schemas/sch_{}"]
)
def test_an_unknown_resource_is_404_not_found(api: Caller, path: str) -> None:
    """docs: guides/error-handling"""
    assert code(api.get(path.format("0" * 32))) == (404, "not_found")


@pytest.mark.parametrize("kind", ["subscription", "export", "schema"])
def test_a_deleted_resource_is_404_not_found(api: Caller, kind: str) -> None:
    """docs: guides/error-handling"""
    path = {
        "subscription": lambda: f"/subscriptions/{api.subscribe()}",
        "export": lambda: f"/exports/{api.exported()}",
        "schema": lambda: f"/export-schemas/{api.schema()['id']}",
    }[kind]()
    ok(api.get(path))
    ok(api.delete(path), 204)
    assert code(api.get(path)) == (404, "not_found")


def test_the_message_of_a_404_names_the_resource_and_its_id(api: Caller) -> None:
    """docs: guides/error-handling"""
    name = "sub_550e8400e29b41d4a716446655440000"
    assert message(api.get(f"/subscriptions/{name}")) == f"Subscription {name} not found"


def test_a_request_that_outlives_its_deadline_is_408_request_timeout() -> None:
    """docs: guides/error-handling"""
    settings = Settings(request_deadline=0.05, faults=("latency:subscriptions.list:seconds=60",))
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Caller(sandbox) as api:
        assert code(api.get("/subscriptions")) == (408, "request_timeout")
        assert api.get("/exports").status_code == 200
    assert Settings().request_deadline == 10


def test_a_resource_that_exists_is_409_already_exists(api: Caller) -> None:
    """docs: guides/error-handling"""
    api.schema("mine")
    body = {"name": "mine", "stream_category": "trade", "columns": [TIME]}
    assert code(api.post("/export-schemas", body)) == (409, "already_exists")


def test_an_idempotency_conflict_is_409_already_exists(api: Caller) -> None:
    """docs: guides/error-handling"""
    key = "0194a1b2-c3d4-75f6-a7b8-c9d0e1f2a3b4"
    ok(api.post("/subscriptions", {"datastream_id": BTCUSDT}, Idempotency_Key=key), 201)
    response = api.post("/subscriptions", {"datastream_id": BTCUSDT + 1}, Idempotency_Key=key)
    assert code(response) == (409, "already_exists")


def test_a_fault_of_the_server_is_500_internal(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs: guides/error-handling"""

    def broken() -> None:
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(api.sandbox.account(api.account).schemas, "all", broken)
    response = api.get("/export-schemas")
    assert code(response) == (500, "internal")
    assert "secret" not in response.text
