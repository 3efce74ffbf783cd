from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.errors import ApiError
from tickhaul_sandbox.idempotency import parse_key

from tests.sandbox.api import BTCUSDT, HOUR, START, Api, Held, code, message, ok

if TYPE_CHECKING:
    import uuid

KEY = "0194a1b2-c3d4-75f6-a7b8-c9d0e1f2a3b4"
ORDER = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}


def test_the_same_request_with_the_same_key_acts_once(api: Api) -> None:
    api.subscribe()
    first = api.post("/exports", ORDER, Idempotency_Key=KEY)
    again = api.post("/exports", ORDER, Idempotency_Key=KEY)
    assert (first.status_code, first.content) == (again.status_code, again.content) == (202, first.content)
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    assert ok(api.get("/exports"))["total"] == 1
    assert ok(api.post("/exports", ORDER), 202)["id"] != first.json()["id"]


def test_without_a_key_every_request_acts(api: Api) -> None:
    api.subscribe()
    for _ in range(2):
        ok(api.post("/exports", ORDER), 202)
    assert ok(api.get("/exports"))["total"] == 2


def test_a_replay_shows_the_first_answer_even_after_things_have_changed(api: Api, clock: ManualClock) -> None:
    body = {"datastream_id": BTCUSDT}
    first = ok(api.post("/subscriptions", body, Idempotency_Key=KEY), 201)
    ok(api.delete(f"/subscriptions/{first['id']}"), 204)
    clock.advance(60)
    assert ok(api.post("/subscriptions", body, Idempotency_Key=KEY), 201) == first
    assert code(api.get(f"/subscriptions/{first['id']}")) == (404, "not_found")


@pytest.mark.parametrize("form", [KEY.replace("-", ""), f"{{{KEY}}}", f"urn:uuid:{KEY}", KEY.upper()])
def test_a_key_is_the_same_in_every_form(api: Api, form: str) -> None:
    api.subscribe()
    first = ok(api.post("/exports", ORDER, Idempotency_Key=KEY), 202)
    assert ok(api.post("/exports", ORDER, Idempotency_Key=form), 202) == first


@pytest.mark.parametrize("version", [1, 3, 4, 5, 7])
def test_uuids_of_every_version_are_taken(api: Api, version: int) -> None:
    key = f"0194a1b2-c3d4-{version}5f6-a7b8-c9d0e1f2a3b4"
    ok(api.post("/subscriptions", {"datastream_id": BTCUSDT}, Idempotency_Key=key), 201)


@pytest.mark.parametrize("key", ["", "not-a-uuid", KEY + "0", KEY[:-1], f"{{{KEY}", "{" + "0" * 200 + "}", "g" * 32])
def test_a_key_that_is_no_uuid_is_refused_and_nothing_happens(api: Api, key: str) -> None:
    api.subscribe()
    assert code(api.post("/exports", ORDER, Idempotency_Key=key)) == (400, "invalid_argument")
    assert ok(api.get("/exports"))["total"] == 0


@pytest.mark.parametrize("change", ["body", "path", "method"])
def test_a_key_used_for_something_else_is_a_conflict(api: Api, change: str) -> None:
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.post(f"{path}/pause", Idempotency_Key=KEY), 204)
    other = {
        "body": lambda: api.post(f"{path}/pause", {"a": 1}, Idempotency_Key=KEY),
        "path": lambda: api.post(f"{path}/resume", Idempotency_Key=KEY),
        "method": lambda: api.delete(path, Idempotency_Key=KEY),
    }[change]()
    assert code(other) == (409, "already_exists")
    assert ok(api.get(path))["status"] == "paused"


def test_keys_belong_to_the_account(api: Api, sandbox: Sandbox) -> None:
    first = ok(api.post("/subscriptions", {"datastream_id": BTCUSDT}, Idempotency_Key=KEY), 201)
    with Api(sandbox, "key_mine.2") as same, Api(sandbox, "key_other.1") as other:
        assert ok(same.post("/subscriptions", {"datastream_id": BTCUSDT}, Idempotency_Key=KEY), 201) == first
        assert ok(other.post("/subscriptions", {"datastream_id": BTCUSDT + 1}, Idempotency_Key=KEY), 201) != first


def test_a_key_is_forgotten_after_24_hours(api: Api, clock: ManualClock) -> None:
    api.subscribe()
    first = ok(api.post("/exports", ORDER, Idempotency_Key=KEY), 202)
    clock.advance(24 * 3600 - 1)
    assert ok(api.post("/exports", ORDER, Idempotency_Key=KEY), 202) == first
    clock.advance(1)
    assert ok(api.post("/exports", ORDER, Idempotency_Key=KEY), 202) != first


def test_a_delete_with_a_key_is_replayed(api: Api) -> None:
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.delete(path, Idempotency_Key=KEY), 204)
    api.subscribe()
    ok(api.delete(path, Idempotency_Key=KEY), 204)
    assert ok(api.get(path))["status"] == "active"
    ok(api.delete(path), 204)
    assert code(api.get(path)) == (404, "not_found")


def test_a_put_pays_no_heed_to_a_key(api: Api) -> None:
    columns = [{"output_column": "t", "meta": {"value": "collection_timestamp_ns"}}]
    schema = ok(api.post("/export-schemas", {"name": "s", "stream_category": "trade", "columns": columns}), 201)
    versions = [
        ok(api.put(f"/export-schemas/{schema['id']}", {"columns": columns}, Idempotency_Key=KEY))["version"]
        for _ in range(2)
    ]
    assert versions == [2, 3]
    ok(api.put(f"/export-schemas/{schema['id']}", {"columns": columns}, Idempotency_Key="no uuid"))


def test_refusals_are_replayed_unless_the_settings_say_otherwise(clock: ManualClock) -> None:
    for stores, status in ((True, 403), (False, 202)):
        settings = Settings(idempotency_stores_errors=stores)
        with Sandbox(settings, clock=clock) as sandbox, Api(sandbox) as api:
            assert api.post("/exports", ORDER, Idempotency_Key=KEY).status_code == 403
            api.subscribe()
            assert api.post("/exports", ORDER, Idempotency_Key=KEY).status_code == status


def test_a_429_is_not_replayed(clock: ManualClock) -> None:
    with Sandbox(Settings(minute_limit=1), clock=clock) as sandbox, Api(sandbox) as api:
        api.get("/exchanges")
        assert api.post("/subscriptions", {"datastream_id": BTCUSDT}, Idempotency_Key=KEY).status_code == 429
        clock.advance(60)
        assert api.post("/subscriptions", {"datastream_id": BTCUSDT}, Idempotency_Key=KEY).status_code == 201


def test_a_duplicate_waits_for_the_first_and_gets_its_answer(api: Api, sandbox: Sandbox) -> None:
    held = Held(sandbox, "exports.create")
    api.subscribe()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(api.post, "/exports", ORDER, Idempotency_Key=KEY)]
        held.wait()
        answers += [pool.submit(api.post, "/exports", ORDER, Idempotency_Key=KEY) for _ in range(7)]
        held.release()
        contents = {answer.result().content for answer in answers}
    assert {answer.result().status_code for answer in answers} == {202}
    assert len(contents) == 1
    assert ok(api.get("/exports"))["total"] == 1


def test_a_duplicate_of_a_slow_request_is_a_conflict_after_a_while(clock: ManualClock) -> None:
    with Sandbox(Settings(idempotency_wait=0.05), clock=clock) as sandbox, Api(sandbox) as api:
        held = Held(sandbox, "subscriptions.create")
        body = {"datastream_id": BTCUSDT}
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(api.post, "/subscriptions", body, Idempotency_Key=KEY)
            held.wait()
            with Api(sandbox) as another:
                late = another.post("/subscriptions", body, Idempotency_Key=KEY)
            held.release()
            assert ok(first.result(), 201)["status"] == "active"
        assert code(late) == (409, "already_exists")
        assert message(late) == "A request with this Idempotency-Key is still in progress"
        assert ok(api.post("/subscriptions", body, Idempotency_Key=KEY), 201) == first.result().json()


def test_a_request_that_outlives_the_deadline_is_a_408_and_may_be_sent_again(clock: ManualClock) -> None:
    with Sandbox(Settings(request_deadline=0.05), clock=clock) as sandbox, Api(sandbox) as api:
        sandbox.faults.add("latency:subscriptions.create:seconds=5:times=1")
        body = {"datastream_id": BTCUSDT}
        assert code(api.post("/subscriptions", body, Idempotency_Key=KEY)) == (408, "request_timeout")
        assert ok(api.post("/subscriptions", body, Idempotency_Key=KEY), 201)["status"] == "active"


def test_after_a_lost_answer_the_same_key_gives_the_answer(api: Api, sandbox: Sandbox) -> None:
    sandbox.faults.add("lost-answer:subscriptions.create:times=1")
    body = {"datastream_id": BTCUSDT}
    with pytest.raises(Exception, match=r"reset|disconnected|aborted"):
        api.post("/subscriptions", body, Idempotency_Key=KEY)
    assert ok(api.post("/subscriptions", body, Idempotency_Key=KEY), 201)["status"] == "active"
    assert code(api.post("/subscriptions", body)) == (409, "already_exists")


@given(st.uuids())
def test_every_uuid_is_read_in_each_of_its_forms(value: uuid.UUID) -> None:
    assert {parse_key(form) for form in (str(value), value.hex, f"{{{value}}}", value.urn)} == {value}


@given(st.text())
@example("1_345678901234567890123456789012")
@example("+2345678901234567890123456789012")
@example("0x345678901234567890123456789012")
@example("\u0661" * 32)
@example("0194a1b2c3d4-75f6-a7b8-c9d0-e1f2a3b4")
@example(f"urn:uuid:{{{KEY}}}")
@example(f"{{{KEY}")
def test_no_other_text_is_taken_for_a_uuid(text: str) -> None:
    with pytest.raises(ApiError, match="Idempotency-Key"):
        parse_key(text)
