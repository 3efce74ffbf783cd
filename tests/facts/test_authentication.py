from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox.routes import OPERATIONS

from tests.facts.caller import TIME, Caller
from tests.sandbox.api import BTCUSDT, code, message, ok

if TYPE_CHECKING:
    from tickhaul_sandbox.routes import Operation


def test_a_key_in_the_x_api_key_header_opens_the_api(api: Caller) -> None:
    """docs: getting-started/authentication"""
    key = api.http.headers.pop("X-Api-Key")
    assert api.get("/exchanges").status_code == 401
    assert api.http.get("/v1/exchanges", headers={"X-Api-Key": key}).status_code == 200


@pytest.mark.parametrize("place", ["Authorization", "basic", "X-Auth-Token", "query", "cookie"])
def test_there_is_no_other_way_to_authenticate(api: Caller, place: str) -> None:
    """docs: getting-started/authentication"""
    key = api.http.headers.pop("X-Api-Key")
    ways: dict[str, dict[str, Any]] = {
        "Authorization": {"headers": {"Authorization": f"Bearer {key}"}},
        "basic": {"auth": (key, "")},
        "X-Auth-Token": {"headers": {"X-Auth-Token": key}},
        "query": {"params": {"api_key": key, "X-Api-Key": key}},
        "cookie": {"headers": {"Cookie": f"X-Api-Key={key}"}},
    }
    assert code(api.http.get("/v1/exchanges", **ways[place])) == (401, "unauthenticated")


def test_a_request_without_a_key_is_answered_401_unauthenticated(api: Caller) -> None:
    """docs: getting-started/authentication"""
    with Caller(api.sandbox, "") as nobody:
        assert code(nobody.get("/exchanges")) == (401, "unauthenticated")


@pytest.mark.parametrize("change", [str.upper, lambda key: key[:-1], lambda key: f"{key}x", lambda key: "key_x.wrong"])
def test_a_wrong_key_is_answered_401_unauthenticated(api: Caller, change: Any) -> None:
    """docs: getting-started/authentication"""
    with Caller(api.sandbox, change(api.http.headers["X-Api-Key"])) as wrong:
        assert code(wrong.get("/exchanges")) == (401, "unauthenticated")


def test_the_message_of_a_401_is_invalid_or_missing_api_key(api: Caller) -> None:
    """docs: guides/error-handling"""
    for key in ("", "wrong"):
        with Caller(api.sandbox, key) as nobody:
            assert message(nobody.get("/exchanges")) == "Invalid or missing API key"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_wants_a_key(api: Caller, operation: Operation) -> None:
    """docs: getting-started/authentication"""
    path = operation.path.replace("{exchange}", "binance").replace("{instrument}", "BTCUSDT")
    with Caller(api.sandbox, "") as nobody:
        response = nobody.http.request(operation.method, path.replace("{id}", "sub_" + "0" * 32))
    assert code(response) == (401, "unauthenticated")


def test_all_keys_of_an_account_see_the_same_subscriptions(api: Caller, same: Caller) -> None:
    """docs: getting-started/authentication"""
    subscription_id = api.subscribe()
    assert ok(same.get("/subscriptions")) == ok(api.get("/subscriptions"))
    assert ok(same.get(f"/subscriptions/{subscription_id}"))["id"] == subscription_id


def test_all_keys_of_an_account_see_the_same_exports(api: Caller, same: Caller) -> None:
    """docs: getting-started/authentication"""
    export_id = api.exported()
    assert ok(same.get("/exports")) == ok(api.get("/exports"))
    files = api.files(export_id)
    assert files
    assert same.files(export_id) == files


def test_all_keys_of_an_account_have_the_same_rights(api: Caller, same: Caller) -> None:
    """docs: getting-started/authentication"""
    path = f"/subscriptions/{api.subscribe()}"
    ok(same.post(f"{path}/pause"), 204)
    assert ok(api.get(path))["status"] == "paused"
    ok(same.delete(path), 204)
    assert code(api.get(path)) == (404, "not_found")


@pytest.mark.parametrize("kind", ["subscription", "export", "schema"])
def test_a_resource_of_another_account_is_not_found(api: Caller, other: Caller, kind: str) -> None:
    """docs: guides/error-handling"""
    made = {
        "subscription": lambda: f"/subscriptions/{api.subscribe()}",
        "export": lambda: f"/exports/{api.exported()}",
        "schema": lambda: f"/export-schemas/{api.schema()['id']}",
    }[kind]()
    further = {
        "subscription": [("GET", "/spans"), ("POST", "/pause"), ("POST", "/resume")],
        "export": [("GET", "/download"), ("POST", "/cancel")],
        "schema": [("POST", "/draft"), ("POST", "/publish")],
    }[kind]
    before = ok(api.get(made))
    for method, end in [("GET", ""), ("DELETE", ""), *further]:
        assert code(other.http.request(method, f"/v1{made}{end}")) == (404, "not_found")
    assert ok(api.get(made)) == before


def test_what_is_another_accounts_cannot_be_told_from_what_never_was(api: Caller, other: Caller) -> None:
    """docs: guides/error-handling"""
    foreign, unknown = api.subscribe(), "sub_550e8400e29b41d4a716446655440000"
    answers = [other.get(f"/subscriptions/{name}").json() for name in (foreign, unknown)]
    assert answers[0] == {
        "error": {**answers[1]["error"], "message": answers[1]["error"]["message"].replace(unknown, foreign)}
    }


def test_lists_show_only_what_is_the_accounts_own(api: Caller, other: Caller) -> None:
    """docs: subscriptions/list-subscriptions; client 0.2.0: resources/exports.py; docs: export-schemas/list-export-schemas"""
    api.exported()
    api.schema()
    assert ok(other.get("/subscriptions"))["total"] == 0
    assert ok(other.get("/exports"))["total"] == 0
    assert all(item["is_built_in"] for item in ok(other.get("/export-schemas")))
    columns = {"name": "mine", "stream_category": "trade", "columns": [TIME]}
    ok(other.post("/export-schemas", columns), 201)


@pytest.mark.parametrize("key", ["key_abc123.s3cr3t", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"])
def test_keys_of_either_published_shape_are_taken(key: str) -> None:
    """client 0.1.0: README; client 0.2.0: _base.py"""
    from tickhaul_sandbox import Sandbox, Settings

    with Sandbox(Settings(api_keys=(key,))) as sandbox, Caller(sandbox, key) as caller:
        assert ok(caller.post("/subscriptions", {"datastream_id": BTCUSDT}), 201)["status"] == "active"
