from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import Sandbox, Settings
from tickhaul_sandbox.routes import OPERATIONS

from tests.sandbox.api import BTCUSDT, HOUR, START, Api, code, message, ok

if TYPE_CHECKING:
    from tickhaul_sandbox import ManualClock
    from tickhaul_sandbox.routes import Operation

EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def path_of(operation: Operation) -> str:
    return operation.path.replace("{exchange}", "binance").replace("{instrument}", "BTCUSDT").replace("{id}", "x")


def test_there_are_29_operations_with_different_names_and_places() -> None:
    assert len(OPERATIONS) == 29
    assert len({operation.name for operation in OPERATIONS}) == 29
    assert len({(operation.method, operation.path) for operation in OPERATIONS}) == 29


@pytest.fixture(scope="module")
def strict() -> object:
    with Sandbox(Settings(api_keys=("mine:key_mine.1",), minute_limit=10_000, hour_limit=10_000)) as running:
        yield running


@EVERY
@pytest.mark.parametrize("key", ["", "wrong", "key_mine.10", "mine:key_mine.1"])
def test_every_operation_wants_a_key_it_knows(strict: Sandbox, operation: Operation, key: str) -> None:
    with Api(strict, key) as api:
        response = api.http.request(operation.method, path_of(operation))
    assert code(response) == (401, "unauthenticated")
    assert message(response) == "Invalid or missing API key"
    assert re.fullmatch(r"req_[a-f0-9]{16}", response.headers["x-request-id"])
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", ["X-Api-Key", "x-api-key", "X-API-KEY"])
def test_the_name_of_the_key_header_is_taken_in_any_case(api: Api, name: str) -> None:
    with Api(api.sandbox, "") as bare:
        assert bare.http.get("/v1/exchanges", headers={name: "key_mine.1"}).status_code == 200


@EVERY
def test_every_operation_answers_with_its_own_request_id_and_limits(strict: Sandbox, operation: Operation) -> None:
    with Api(strict, "key_mine.1") as api:
        answers = [api.http.request(operation.method, path_of(operation)) for _ in range(2)]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2
    for answer in answers:
        assert answer.status_code < 500
        assert int(answer.headers["x-ratelimit-remaining-minute"]) < 10_000
        assert int(answer.headers["x-ratelimit-remaining-hour"]) < 10_000


def test_an_error_has_only_code_and_message(api: Api) -> None:
    body = api.get("/exports/exp_x").json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}


def test_an_unknown_route_or_method_is_an_error_with_the_envelope(api: Api) -> None:
    assert code(api.get("/nothing")) == (404, "not_found")
    assert code(api.get("/exchanges/")) == (404, "not_found")
    assert code(api.http.get("/")) == (404, "not_found")
    refused = api.http.patch("/v1/subscriptions/x")
    assert code(refused) == (405, "invalid_argument")
    assert refused.headers["allow"] == "DELETE, GET"
    assert api.http.head("/v1/exchanges").status_code == 405


def test_a_body_too_large_is_refused(clock: ManualClock) -> None:
    with Sandbox(Settings(body_limit=100), clock=clock) as sandbox, Api(sandbox) as api:
        assert code(api.post("/subscriptions", b"x" * 101)) == (400, "invalid_argument")


def test_content_types_and_bodies_nobody_needs_are_taken(api: Api) -> None:
    plain = {"Content-Type": "application/json", "Accept": "application/json"}
    assert api.http.get("/v1/exchanges", headers=plain).status_code == 200
    path = f"/v1/subscriptions/{api.subscribe()}"
    assert api.http.post(f"{path}/pause", headers=plain).status_code == 204
    assert api.http.post(f"{path}/resume", headers=plain, content=b"{}").status_code == 204
    assert api.http.request("DELETE", path, headers=plain).status_code == 204


def test_keys_of_one_account_share_everything(api: Api, sandbox: Sandbox) -> None:
    subscription_id = api.subscribe()
    with Api(sandbox, "key_mine.2") as same:
        assert ok(same.get(f"/subscriptions/{subscription_id}"))["id"] == subscription_id
        assert code(same.post("/subscriptions", {"datastream_id": BTCUSDT})) == (409, "already_exists")


def test_another_accounts_resources_are_not_found(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    columns = [{"output_column": "t", "meta": {"value": "collection_timestamp_ns"}}]
    subscription_id, export_id = api.subscribe(), api.export(START - HOUR, START)
    schema_id = ok(api.post("/export-schemas", {"name": "mine", "stream_category": "trade", "columns": columns}), 201)[
        "id"
    ]
    clock.advance(1)
    with Api(sandbox, "key_other.1") as other:
        for path in (
            f"/subscriptions/{subscription_id}",
            f"/subscriptions/{subscription_id}/spans",
            f"/exports/{export_id}",
            f"/exports/{export_id}/download",
            f"/export-schemas/{schema_id}",
        ):
            ok(api.get(path))
            assert code(other.get(path)) == (404, "not_found")
        assert code(other.post(f"/subscriptions/{subscription_id}/pause")) == (404, "not_found")
        assert code(other.delete(f"/subscriptions/{subscription_id}")) == (404, "not_found")
        assert code(other.delete(f"/exports/{export_id}")) == (404, "not_found")
        assert code(other.delete(f"/export-schemas/{schema_id}")) == (404, "not_found")
        assert ok(other.get("/subscriptions"))["total"] == ok(other.get("/exports"))["total"] == 0
        other.subscribe()
        order = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START, "schema": "mine"}
        assert code(other.post("/exports", order)) == (404, "not_found")
    assert ok(api.get("/subscriptions"))["total"] == 1


@pytest.mark.parametrize(
    ("state", "blocked"),
    [
        ("ACTIVE", set()),
        ("TRIALING", set()),
        ("GRACE", {"create", "resume"}),
        ("SUSPENDED", {"create", "resume", "export"}),
        ("NONE", {"create", "resume", "export"}),
    ],
)
def test_the_billing_state_gates_recording_and_exporting(
    api: Api, sandbox: Sandbox, state: str, blocked: set[str]
) -> None:
    path = f"/subscriptions/{api.subscribe()}"
    sandbox.account("mine").access_status = state
    order = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}
    assert api.post(f"{path}/pause").status_code == 204
    attempts = {
        "create": api.post("/subscriptions", {"datastream_id": BTCUSDT + 1}),
        "resume": api.post(f"{path}/resume"),
        "export": api.post("/exports", order),
    }
    refused = {name for name, response in attempts.items() if response.status_code == 402}
    assert refused == blocked
    assert all(code(attempts[name]) == (402, "payment_required") for name in refused)
    assert ok(api.get("/billing/summary"))["access_status"] == state
    ok(api.get("/subscriptions"))
    ok(api.delete(path), 204)


def test_the_billing_summary_counts_successful_exports(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    before = ok(api.get("/billing/summary"))
    assert before == {
        "access_status": "ACTIVE",
        "grace_until": None,
        "plan_code": "pro",
        "current_period_end": "2024-01-18T00:00:00Z",
        "usage": {"extra_stream_minutes_total": 0, "export_gb_total": "0", "export_gb_extra": 0},
    }
    api.subscribe()
    export_id = api.export(START - HOUR, START)
    assert ok(api.get("/billing/summary")) == before
    clock.advance(1)
    size = ok(api.get(f"/exports/{export_id}/download"))["total_bytes"]
    total = ok(api.get("/billing/summary"))["usage"]["export_gb_total"]
    assert total == f"{size / 2**30:.9f}".rstrip("0")
    ok(api.delete(f"/exports/{export_id}"), 204)
    assert ok(api.get("/billing/summary"))["usage"]["export_gb_total"] == total
    sandbox.account("mine").access_status = "GRACE"
    assert ok(api.get("/billing/summary"))["grace_until"] == "2024-01-18T00:00:00Z"
    clock.advance(86_400)
    assert ok(api.get("/billing/summary"))["grace_until"] == "2024-01-18T00:00:00Z"
    sandbox.account("mine").access_status = "NONE"
    assert ok(api.get("/billing/summary"))["plan_code"] is None


def test_usage_past_the_plan_is_counted(clock: ManualClock) -> None:
    settings = Settings(included_streams=1, included_export_gb=0, export_seconds=0, messages_per_minute=6)
    with Sandbox(settings, clock=clock) as sandbox, Api(sandbox) as api:
        for datastream_id in (123, 124, 125):
            api.subscribe(datastream_id)
        clock.advance(600)
        api.export(START - HOUR, START)
        assert ok(api.get("/exports"))["items"][0]["status"] == "succeeded"
        usage = ok(api.get("/billing/summary"))["usage"]
        assert (usage["extra_stream_minutes_total"], usage["export_gb_extra"]) == (20, 1)


def test_a_trial_may_record_only_so_many_streams_at_once(clock: ManualClock) -> None:
    with Sandbox(Settings(access_status="TRIALING", trial_streams=1), clock=clock) as sandbox, Api(sandbox) as api:
        path = f"/subscriptions/{api.subscribe(123)}"
        refused = api.post("/subscriptions", {"datastream_id": 124})
        assert code(refused) == (402, "payment_required")
        assert refused.json()["error"]["details"] == {"max_streams": 1}
        ok(api.post(f"{path}/pause"), 204)
        api.subscribe(124)
        assert code(api.post(f"{path}/resume")) == (402, "payment_required")


def test_accounts_start_in_the_state_the_settings_say(clock: ManualClock) -> None:
    settings = Settings(api_keys=("a:1", "b:2"), access_status="TRIALING", account_states={"b": "SUSPENDED"})
    with Sandbox(settings, clock=clock) as sandbox, Api(sandbox, "1") as first, Api(sandbox, "2") as second:
        assert ok(first.get("/billing/summary"))["plan_code"] == "trial"
        assert ok(second.get("/billing/summary"))["access_status"] == "SUSPENDED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_keys": ()},
        {"api_keys": ("",)},
        {"api_keys": (":key",)},
        {"api_keys": ("name:",)},
        {"api_keys": ("same", "other:same")},
        {"api_keys": ("caf\u00e9",)},
        {"minute_limit": 0},
        {"port": 65_536},
        {"backdate": -1.0},
        {"export_seconds": float("nan")},
        {"access_status": "RICH"},
        {"gzip_level": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Settings(**wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_settings_do_not_show_their_keys() -> None:
    assert "key_secret" not in repr(Settings(api_keys=("key_secret.1",)))
