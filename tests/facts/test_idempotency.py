from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from tickhaul_sandbox import Settings

from tests.facts.caller import PRICE, TIME, Caller
from tests.sandbox.api import BTCUSDT, Held, code, ok

KEY = "0194a1b2-c3d4-75f6-a7b8-c9d0e1f2a3b4"
BODY = {"datastream_id": BTCUSDT}


def order(api: Caller) -> dict[str, int]:
    """Return the body of an export of a minute that was recorded."""
    start, end = api.record()
    return {"datastream_id": BTCUSDT, "start_time": start, "end_time": end}


def remaining(api: Caller) -> int:
    """Return what is left of the minute's requests, after this one."""
    return int(api.get("/exchanges").headers["x-ratelimit-remaining-minute"])


def test_the_same_key_and_request_give_the_original_response(api: Caller) -> None:
    """docs: guides/idempotency"""
    body = order(api)
    first, again = (api.post("/exports", body, Idempotency_Key=KEY) for _ in range(2))
    assert ok(first, 202)["id"].startswith("exp_")
    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_the_same_key_and_request_have_no_second_effect(api: Caller) -> None:
    """docs: guides/idempotency"""
    body = order(api)
    for _ in range(3):
        api.post("/exports", body, Idempotency_Key=KEY)
    assert ok(api.get("/exports"))["total"] == 1


def test_without_a_key_the_same_request_acts_again(api: Caller) -> None:
    """docs: guides/idempotency"""
    body = order(api)
    ids = {ok(api.post("/exports", body), 202)["id"] for _ in range(2)}
    assert {item["id"] for item in ok(api.get("/exports"))["items"]} == ids
    assert len(ids) == 2


def test_a_replay_shows_what_was_answered_and_not_what_is_now(api: Caller) -> None:
    """docs: guides/idempotency"""
    first = ok(api.post("/subscriptions", BODY, Idempotency_Key=KEY), 201)
    ok(api.post(f"/subscriptions/{first['id']}/pause"), 204)
    assert ok(api.post("/subscriptions", BODY, Idempotency_Key=KEY), 201)["status"] == "active"
    assert ok(api.get(f"/subscriptions/{first['id']}"))["status"] == "paused"


def test_any_post_takes_a_key(api: Caller) -> None:
    """docs: guides/idempotency"""
    path = f"/export-schemas/{api.schema()['id']}"
    ok(api.post(f"{path}/draft", {"columns": [PRICE]}, Idempotency_Key=KEY), 201)
    ok(api.post(f"{path}/draft", {"columns": [TIME]}), 201)
    ok(api.post(f"{path}/draft", {"columns": [PRICE]}, Idempotency_Key=KEY), 201)
    assert ok(api.get(f"{path}/draft"))["columns"] == [TIME]
    published = [ok(api.post(f"{path}/publish", Idempotency_Key=str(uuid.UUID(int=1)))) for _ in range(2)]
    assert published[0] == published[1]
    assert ok(api.get(path))["version"] == 2


def test_any_delete_takes_a_key(api: Caller) -> None:
    """docs: guides/idempotency"""
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.delete(path, Idempotency_Key=KEY), 204)
    api.subscribe()
    ok(api.delete(path, Idempotency_Key=KEY), 204)
    assert ok(api.get(path))["status"] == "active"


def test_a_put_takes_no_key(api: Caller) -> None:
    """docs: guides/idempotency; client 0.2.0: resources/export_schemas.py"""
    path = f"/export-schemas/{api.schema()['id']}"
    versions = [ok(api.put(path, {"columns": [TIME]}, Idempotency_Key=KEY))["version"] for _ in range(2)]
    assert versions == [2, 3]


@pytest.mark.parametrize("changed", ["method", "path", "body"])
def test_a_key_used_for_another_method_or_path_or_body_is_a_conflict(api: Caller, changed: str) -> None:
    """docs: guides/idempotency"""
    path, other = (f"/export-schemas/{api.schema(name)['id']}" for name in ("mine", "other"))
    ok(api.post(f"{path}/draft", b"", Idempotency_Key=KEY), 201)
    before = ok(api.get("/export-schemas"))
    # One of the three is another each time, and the other two are what they were.
    method, place, body = {
        "method": ("DELETE", f"{path}/draft", b""),
        "path": ("POST", f"{other}/draft", b""),
        "body": ("POST", f"{path}/draft", json.dumps({"columns": [TIME]}).encode()),
    }[changed]
    response = api.http.request(method, f"/v1{place}", content=body, headers={"Idempotency-Key": KEY})
    assert code(response) == (409, "already_exists")
    assert ok(api.get("/export-schemas")) == before


def test_a_key_belongs_to_the_account_and_not_to_the_api_key(api: Caller, same: Caller) -> None:
    """docs: guides/idempotency"""
    first = api.post("/subscriptions", BODY, Idempotency_Key=KEY)
    assert same.post("/subscriptions", BODY, Idempotency_Key=KEY).content == first.content


def test_another_account_may_use_the_same_key(api: Caller, other: Caller) -> None:
    """docs: guides/idempotency"""
    first = ok(api.post("/subscriptions", BODY, Idempotency_Key=KEY), 201)
    assert ok(other.post("/subscriptions", BODY, Idempotency_Key=KEY), 201)["id"] != first["id"]
    assert ok(other.get("/subscriptions"))["total"] == 1


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6, 7, 8])
def test_a_uuid_of_any_version_is_a_key(api: Caller, version: int) -> None:
    """docs: guides/idempotency"""
    key = f"0194a1b2-c3d4-{version}5f6-a7b8-c9d0e1f2a3b4"
    ok(api.post("/subscriptions", BODY, Idempotency_Key=key), 201)


@pytest.mark.parametrize("form", ["{}", "{{{}}}", "urn:uuid:{}", "simple"])
def test_a_key_may_be_hyphenated_or_simple_or_braced_or_a_urn(api: Caller, form: str) -> None:
    """docs: guides/idempotency"""
    key = uuid.UUID(KEY).hex if form == "simple" else form.format(KEY)
    first, again = (api.post("/subscriptions", BODY, Idempotency_Key=key) for _ in range(2))
    assert ok(again, 201) == ok(first, 201)


@pytest.mark.parametrize("key", ["retry-1", "", KEY[:-1], f"{KEY}0", f"{{{KEY}", KEY.replace("a", "g")])
def test_a_key_that_is_no_uuid_is_a_400(api: Caller, key: str) -> None:
    """docs: guides/idempotency"""
    assert api.post("/subscriptions", BODY, Idempotency_Key=key).status_code == 400
    assert ok(api.get("/subscriptions"))["total"] == 0


def test_a_key_longer_than_128_characters_is_a_400(api: Caller) -> None:
    """docs: guides/idempotency"""
    assert api.post("/subscriptions", BODY, Idempotency_Key="{" + "0" * 127 + "}").status_code == 400
    assert api.post("/subscriptions", BODY, Idempotency_Key="0" * 129).status_code == 400


def test_a_key_is_remembered_for_24_hours(api: Caller) -> None:
    """docs: guides/idempotency"""
    first = ok(api.post("/subscriptions", BODY, Idempotency_Key=KEY), 201)
    api.advance(24 * 3600 - 1)
    assert ok(api.post("/subscriptions", BODY, Idempotency_Key=KEY), 201) == first


def test_a_key_is_forgotten_after_24_hours(api: Caller) -> None:
    """docs: guides/idempotency"""
    path = f"/subscriptions/{ok(api.post('/subscriptions', BODY, Idempotency_Key=KEY), 201)['id']}"
    ok(api.delete(path), 204)
    api.advance(24 * 3600 + 1)
    ok(api.post("/subscriptions", BODY, Idempotency_Key=KEY), 201)
    assert ok(api.get(path))["status"] == "active"


def test_a_duplicate_waits_for_the_first_request_and_gets_its_response(api: Caller, same: Caller) -> None:
    """docs: guides/idempotency"""
    held = Held(api.sandbox, "subscriptions.create")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(api.post, "/subscriptions", BODY, Idempotency_Key=KEY)
        held.wait()
        with Caller(api.sandbox, api.http.headers["X-Api-Key"]) as bystander:
            before = remaining(bystander)
            duplicate = pool.submit(same.post, "/subscriptions", BODY, Idempotency_Key=KEY)
            # Each request takes a token: one more than were asked for here says that the duplicate has come in.
            assert any(before - remaining(bystander) > asked for asked in range(1, 150))
        held.release()
        assert ok(duplicate.result(), 201) == ok(first.result(), 201)
    assert ok(api.get("/subscriptions"))["total"] == 1
    assert Settings().idempotency_wait == 3
