from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import Sandbox, Settings

from tests.sandbox.api import BTCUSDT, HOUR, PER_MINUTE, START, Api, code, message, ok

if TYPE_CHECKING:
    from tickhaul_sandbox import ManualClock

NOBODY = "sub_" + "0" * 32


def test_creating_one_answers_201_with_its_datastream_and_no_spans(api: Api) -> None:
    body = ok(api.post("/subscriptions", {"datastream_id": BTCUSDT}), 201)
    assert re.fullmatch(r"sub_[a-f0-9]{32}", body.pop("id"))
    assert body == {
        "status": "active",
        "created_at": "2024-01-15T10:30:00Z",
        "spans": [],
        "datastream": {
            "datastream_id": BTCUSDT,
            "exchange": "binance",
            "instrument": "BTCUSDT",
            "stream_type": "trades",
            "wire_format": "json",
        },
    }


def test_reading_one_tells_its_datastream_id_too(api: Api) -> None:
    subscription_id = api.subscribe()
    body = ok(api.get(f"/subscriptions/{subscription_id}"))
    assert body == ok(api.get("/subscriptions"))["items"][0]
    assert set(body) == {"id", "datastream_id", "status", "created_at", "datastream"}
    assert body["datastream_id"] == BTCUSDT


def test_its_first_span_begins_before_it_by_the_backdate(api: Api) -> None:
    [span] = ok(api.get(f"/subscriptions/{api.subscribe()}/spans"))
    assert re.fullmatch(r"spn_[a-f0-9]{32}", span.pop("id"))
    assert span == {"started_at": "2024-01-15T09:30:00Z", "ended_at": None}


def test_without_a_backdate_its_first_span_begins_with_it(clock: ManualClock) -> None:
    with Sandbox(Settings(backdate=0), clock=clock) as sandbox, Api(sandbox) as api:
        [span] = ok(api.get(f"/subscriptions/{api.subscribe()}/spans"))
        assert span["started_at"] == "2024-01-15T10:30:00Z"


def test_pausing_closes_the_span_and_resuming_opens_another(api: Api, clock: ManualClock) -> None:
    path = f"/subscriptions/{api.subscribe()}"
    clock.advance(60)
    ok(api.post(f"{path}/pause"), 204)
    assert ok(api.get(path))["status"] == "paused"
    clock.advance(0.5)
    ok(api.post(f"{path}/resume"), 204)
    assert ok(api.get(path))["status"] == "active"
    spans = [(span["started_at"], span["ended_at"]) for span in ok(api.get(f"{path}/spans"))]
    assert spans == [("2024-01-15T09:30:00Z", "2024-01-15T10:31:00Z"), ("2024-01-15T10:31:00.500Z", None)]


def test_pausing_twice_and_resuming_twice_change_nothing(api: Api, clock: ManualClock) -> None:
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.post(f"{path}/resume"), 204)
    assert len(ok(api.get(f"{path}/spans"))) == 1
    ok(api.post(f"{path}/pause"), 204)
    before = ok(api.get(f"{path}/spans"))
    clock.advance(5)
    ok(api.post(f"{path}/pause"), 204)
    assert ok(api.get(f"{path}/spans")) == before


def test_deleting_one_erases_it_and_is_idempotent(api: Api) -> None:
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.delete(path), 204)
    ok(api.delete(path), 204)
    assert ok(api.get("/subscriptions"))["total"] == 0
    for response in (api.get(path), api.get(f"{path}/spans"), api.post(f"{path}/pause"), api.post(f"{path}/resume")):
        assert code(response) == (404, "not_found")


def test_subscribing_again_brings_the_id_back_without_the_old_spans(api: Api, clock: ManualClock) -> None:
    subscription_id = api.subscribe()
    old = ok(api.get(f"/subscriptions/{subscription_id}/spans"))
    ok(api.delete(f"/subscriptions/{subscription_id}"), 204)
    clock.advance(7200)
    body = ok(api.post("/subscriptions", {"datastream_id": BTCUSDT}), 201)
    assert body["id"] == subscription_id
    assert body["created_at"] == "2024-01-15T12:30:00Z"
    [span] = ok(api.get(f"/subscriptions/{subscription_id}/spans"))
    assert span["id"] != old[0]["id"]
    assert span["started_at"] == "2024-01-15T11:30:00Z"


@pytest.mark.parametrize("pause", [False, True])
def test_subscribing_twice_is_a_conflict(api: Api, *, pause: bool) -> None:
    subscription_id = api.subscribe()
    if pause:
        ok(api.post(f"/subscriptions/{subscription_id}/pause"), 204)
    assert code(api.post("/subscriptions", {"datastream_id": BTCUSDT})) == (409, "already_exists")


def test_subscribing_twice_returns_the_first_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(duplicate_subscription="return"), clock=clock) as sandbox, Api(sandbox) as api:
        assert api.subscribe() == api.subscribe()
        assert ok(api.get("/subscriptions"))["total"] == 1


def test_a_deleted_one_stays_readable_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(deleted_subscriptions="soft"), clock=clock) as sandbox, Api(sandbox) as api:
        path = f"/subscriptions/{api.subscribe()}"
        ok(api.delete(path), 204)
        assert ok(api.get(path))["status"] == "deleted"
        assert ok(api.get(f"{path}/spans")) == []
        assert code(api.post(f"{path}/resume")) == (404, "not_found")
        assert ok(api.get("/subscriptions"))["total"] == 0


@pytest.mark.parametrize("value", [0, -5, "123", 1.5, True, None, [1], 1 << 63])
def test_creating_one_wants_a_positive_integer(api: Api, value: object) -> None:
    response = api.post("/subscriptions", {"datastream_id": value})
    assert code(response) == (400, "invalid_argument")
    assert message(response) == "Invalid datastream_id: must be a positive integer"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_a_malformed_body_is_refused(api: Api, body: bytes) -> None:
    assert code(api.post("/subscriptions", body)) == (400, "invalid_argument")


def test_an_unknown_datastream_is_not_found(api: Api) -> None:
    response = api.post("/subscriptions", {"datastream_id": 99_999_999})
    assert code(response) == (404, "not_found")


@pytest.mark.parametrize("name", [NOBODY, "sub_x", "exp_" + "0" * 32, "%00", "a%2Fb"])
def test_an_unknown_subscription_is_not_found_by_any_operation(api: Api, name: str) -> None:
    path = f"/subscriptions/{name}"
    answers = [api.get(path), api.delete(path), api.post(f"{path}/pause"), api.post(f"{path}/resume")]
    for response in [*answers, api.get(f"{path}/spans")]:
        assert code(response) == (404, "not_found")
    assert message(api.get(f"/subscriptions/{NOBODY}")) == f"Subscription {NOBODY} not found"


def test_unknown_fields_are_ignored_or_refused_as_the_settings_say(api: Api, clock: ManualClock) -> None:
    body = {"datastream_id": BTCUSDT, "colour": "blue"}
    ok(api.post("/subscriptions", body), 201)
    with Sandbox(Settings(unknown_fields="reject"), clock=clock) as sandbox, Api(sandbox) as strict:
        assert code(strict.post("/subscriptions", body)) == (400, "invalid_argument")


def test_availability_shows_what_was_recorded(api: Api, clock: ManualClock) -> None:
    assert ok(api.get("/availability", datastream_id=BTCUSDT))["ranges"] == []
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.post(f"{path}/pause"), 204)
    clock.advance(60)
    ok(api.post(f"{path}/resume"), 204)
    clock.advance(30)
    body = ok(api.get("/availability", datastream_id=BTCUSDT))
    assert body["datastream"]["datastream_id"] == BTCUSDT
    assert body["updated_at"] == "2024-01-15T10:31:30Z"
    assert body["ranges"] == [
        {"from": START - HOUR, "to": START, "rows_estimate": 60 * PER_MINUTE},
        {"from": START + HOUR // 60, "to": START + HOUR // 40, "rows_estimate": PER_MINUTE // 2},
    ]
