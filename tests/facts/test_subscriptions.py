from __future__ import annotations

import re
from typing import Any

import pytest

from tests.facts.caller import EXPORT_SECONDS, Caller
from tests.sandbox.api import BTCUSDT, SECOND, code, message, ok

BODY = {"datastream_id": BTCUSDT}


def spans(api: Caller, subscription_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(api.get(f"/subscriptions/{subscription_id}/spans"))
    return found


def order(start: int, end: int) -> dict[str, int]:
    return {"datastream_id": BTCUSDT, "start_time": start, "end_time": end}


def test_a_new_subscription_is_active(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    made = ok(api.post("/subscriptions", BODY), 201)
    assert made["status"] == ok(api.get(f"/subscriptions/{made['id']}"))["status"] == "active"


def test_creating_answers_with_the_datastream_and_without_a_datastream_id(api: Caller) -> None:
    """docs: subscriptions/create-subscription"""
    made = ok(api.post("/subscriptions", BODY), 201)
    assert set(made) == {"id", "status", "datastream", "created_at", "spans"}
    assert made["datastream"]["datastream_id"] == BTCUSDT


def test_the_spans_of_the_answer_to_creating_are_always_empty(api: Caller) -> None:
    """docs: subscriptions/create-subscription"""
    made = ok(api.post("/subscriptions", BODY), 201)
    assert made["spans"] == []
    ok(api.delete(f"/subscriptions/{made['id']}"), 204)
    assert ok(api.post("/subscriptions", BODY), 201)["spans"] == []


def test_creating_opens_a_span_at_that_instant(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    api.advance(5)
    made = ok(api.post("/subscriptions", BODY), 201)
    [span] = spans(api, made["id"])
    assert (span["started_at"], span["ended_at"]) == (made["created_at"], None)


def test_collecting_begins_at_once(api: Caller) -> None:
    """docs: subscriptions/create-subscription"""
    start, end = api.record(60)
    job = api.export(start, end)
    api.advance(EXPORT_SECONDS)
    times = [int(row["collection_timestamp_ns"]) for row in api.rows(job)]
    assert times
    assert start <= min(times) < start + 30 * SECOND


def test_a_subscription_has_its_datastream_id_and_status_and_creation(api: Caller) -> None:
    """docs: subscriptions/list-subscriptions; client 0.2.0: models/subscription.py"""
    made = ok(api.post("/subscriptions", BODY), 201)
    body = ok(api.get(f"/subscriptions/{made['id']}"))
    wanted = {"id": made["id"], "datastream_id": BTCUSDT, "status": "active", "created_at": made["created_at"]}
    assert {name: body[name] for name in wanted} == wanted


def test_a_listed_subscription_shows_its_datastream(api: Caller) -> None:
    """docs: subscriptions/list-subscriptions"""
    made = ok(api.post("/subscriptions", BODY), 201)
    [item] = ok(api.get("/subscriptions"))["items"]
    assert item["datastream"] == made["datastream"]
    assert item["datastream_id"] == BTCUSDT


def test_a_span_has_an_id_and_a_start_and_an_end_that_is_null_while_it_is_open(api: Caller) -> None:
    """docs: subscriptions/get-subscription-spans"""
    subscription_id = api.subscribe()
    [span] = spans(api, subscription_id)
    assert set(span) == {"id", "started_at", "ended_at"}
    assert re.fullmatch(r"spn_[a-f0-9]{32}", span["id"])
    assert span["ended_at"] is None


def test_pausing_makes_it_paused_and_closes_the_open_span_at_that_instant(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    path = f"/subscriptions/{api.subscribe()}"
    [opened] = ok(api.get(f"{path}/spans"))
    api.advance(90)
    ok(api.post(f"{path}/pause"), 204)
    [closed] = ok(api.get(f"{path}/spans"))
    seen = ok(api.http.get("/_sandbox/clock"))["now"]
    assert ok(api.get(path))["status"] == "paused"
    assert closed == {**opened, "ended_at": seen}


def test_resuming_makes_it_active_and_opens_a_new_span_at_that_instant(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    path = f"/subscriptions/{api.subscribe()}"
    api.advance(60)
    ok(api.post(f"{path}/pause"), 204)
    [before] = ok(api.get(f"{path}/spans"))
    api.advance(60)
    ok(api.post(f"{path}/resume"), 204)
    old, new = ok(api.get(f"{path}/spans"))
    assert ok(api.get(path))["status"] == "active"
    assert old == before
    assert new["id"] != old["id"]
    assert (new["started_at"], new["ended_at"]) == (ok(api.http.get("/_sandbox/clock"))["now"], None)


def test_pausing_what_is_paused_answers_204_and_changes_nothing(api: Caller) -> None:
    """docs: subscriptions/pause-subscription"""
    subscription_id = api.subscribe()
    ok(api.post(f"/subscriptions/{subscription_id}/pause"), 204)
    before = spans(api, subscription_id)
    api.advance(60)
    ok(api.post(f"/subscriptions/{subscription_id}/pause"), 204)
    assert spans(api, subscription_id) == before


def test_resuming_what_is_active_answers_204_and_changes_nothing(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    subscription_id = api.subscribe()
    before = spans(api, subscription_id)
    api.advance(60)
    ok(api.post(f"/subscriptions/{subscription_id}/resume"), 204)
    assert spans(api, subscription_id) == before


def test_pause_and_resume_answer_204_without_a_body(api: Caller) -> None:
    """docs: subscriptions/pause-subscription"""
    path = f"/subscriptions/{api.subscribe()}"
    for end in ("/pause", "/resume"):
        response = api.post(f"{path}{end}")
        assert (response.status_code, response.content) == (204, b"")


def test_a_paused_subscription_has_closed_spans_only(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    path = f"/subscriptions/{api.subscribe()}"
    for verb in ("pause", "resume", "pause"):
        api.advance(60)
        ok(api.post(f"{path}/{verb}"), 204)
    spans = ok(api.get(f"{path}/spans"))
    assert [span["ended_at"] is not None for span in spans] == [True, True]


def test_spans_come_oldest_first(api: Caller) -> None:
    """docs: subscriptions/get-subscription-spans"""
    path = f"/subscriptions/{api.subscribe()}"
    for _ in range(3):
        api.advance(60)
        ok(api.post(f"{path}/pause"), 204)
        api.advance(60)
        ok(api.post(f"{path}/resume"), 204)
    found = ok(api.get(f"{path}/spans"))
    starts = [span["started_at"] for span in found]
    assert len(starts) == 4
    assert starts == sorted(starts)
    assert [span["ended_at"] is None for span in found] == [False, False, False, True]


@pytest.mark.parametrize("paused", [False, True])
def test_an_active_or_paused_subscription_can_be_deleted(api: Caller, *, paused: bool) -> None:
    """docs: guides/subscription-lifecycle"""
    path = f"/subscriptions/{api.subscribe()}"
    if paused:
        ok(api.post(f"{path}/pause"), 204)
    ok(api.delete(path), 204)
    assert code(api.get(path)) == (404, "not_found")


def test_deleting_what_is_deleted_succeeds_and_changes_nothing(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    path = f"/subscriptions/{api.subscribe()}"
    assert [api.delete(path).status_code for _ in range(3)] == [204, 204, 204]
    assert ok(api.get("/subscriptions"))["total"] == 0


def test_deleted_subscriptions_are_not_listed(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    gone, kept = api.subscribe(), api.subscribe(BTCUSDT + 1)
    ok(api.delete(f"/subscriptions/{gone}"), 204)
    page = ok(api.get("/subscriptions"))
    assert ([item["id"] for item in page["items"]], page["total"]) == ([kept], 1)


def test_a_deleted_subscription_cannot_be_resumed(api: Caller) -> None:
    """client 0.2.0: resources/subscriptions.py"""
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.delete(path), 204)
    assert 400 <= api.post(f"{path}/resume").status_code < 500
    assert ok(api.get("/subscriptions"))["total"] == 0


def test_subscribing_again_after_deleting_gives_the_same_id(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    subscription_id, another = api.subscribe(), api.subscribe(BTCUSDT + 1)
    for name in (subscription_id, another):
        ok(api.delete(f"/subscriptions/{name}"), 204)
    assert (api.subscribe(), api.subscribe(BTCUSDT + 1)) == (subscription_id, another)


def test_subscribing_again_after_deleting_makes_it_active(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.post(f"{path}/pause"), 204)
    ok(api.delete(path), 204)
    assert ok(api.post("/subscriptions", BODY), 201)["status"] == "active"
    assert ok(api.get(path))["status"] == "active"


def test_subscribing_again_after_deleting_resets_its_creation(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    first = ok(api.post("/subscriptions", BODY), 201)
    ok(api.delete(f"/subscriptions/{first['id']}"), 204)
    api.advance(60)
    again = ok(api.post("/subscriptions", BODY), 201)
    assert again["created_at"] > first["created_at"]
    assert again["created_at"] == ok(api.http.get("/_sandbox/clock"))["now"]


def test_deleting_removes_all_spans_and_subscribing_again_does_not_bring_them_back(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    subscription_id = api.subscribe()
    api.advance(60)
    ok(api.post(f"/subscriptions/{subscription_id}/pause"), 204)
    ok(api.post(f"/subscriptions/{subscription_id}/resume"), 204)
    old = {span["id"] for span in spans(api, subscription_id)}
    ok(api.delete(f"/subscriptions/{subscription_id}"), 204)
    api.advance(60)
    again = ok(api.post("/subscriptions", BODY), 201)
    [fresh] = spans(api, subscription_id)
    assert fresh["id"] not in old
    assert (fresh["started_at"], fresh["ended_at"]) == (again["created_at"], None)


def test_what_was_recorded_before_deleting_cannot_be_exported_after_subscribing_again(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    start, middle = api.record(60)
    [item] = ok(api.get("/subscriptions"))["items"]
    ok(api.delete(f"/subscriptions/{item['id']}"), 204)
    end = api.record(60)[1]
    job = api.export(start, end)
    api.advance(EXPORT_SECONDS)
    times = [int(row["collection_timestamp_ns"]) for row in api.rows(job)]
    assert times
    assert min(times) >= middle


def test_an_export_after_deleting_is_403_permission_denied(api: Caller) -> None:
    """docs: guides/error-handling"""
    start, end = api.record()
    for item in ok(api.get("/subscriptions"))["items"]:
        ok(api.delete(f"/subscriptions/{item['id']}"), 204)
    response = api.post("/exports", order(start, end))
    assert code(response) == (403, "permission_denied")
    assert message(response) == "Subscription has been deleted"


def test_exports_are_taken_again_after_subscribing_again(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    subscription_id = api.subscribe()
    ok(api.delete(f"/subscriptions/{subscription_id}"), 204)
    start, end = api.record()
    ok(api.post("/exports", order(start, end)), 202)


def test_the_files_of_earlier_exports_can_be_downloaded_after_deleting(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    job = api.exported()
    before = api.files(job)
    for item in ok(api.get("/subscriptions"))["items"]:
        ok(api.delete(f"/subscriptions/{item['id']}"), 204)
    assert before
    assert api.files(job) == before
