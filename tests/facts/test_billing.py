from __future__ import annotations

import threading
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import Settings

from tests.facts.caller import EXPORT_SECONDS, KEYS, Caller
from tests.sandbox.api import BTCUSDT, PER_MINUTE, SECOND, code, ok

if TYPE_CHECKING:
    import httpx
    from tickhaul_sandbox.artifacts.store import Artifact

STATES = ("ACTIVE", "TRIALING", "GRACE", "SUSPENDED", "NONE")


@pytest.fixture(scope="module")
def settings() -> Settings:
    """A plan of two streams and a trial of one; exports are included up to 1 GiB."""
    return Settings(
        api_keys=KEYS,
        backdate=0,
        export_seconds=EXPORT_SECONDS,
        messages_per_minute=PER_MINUTE,
        included_streams=2,
        trial_streams=1,
        included_export_gb=1,
    )


def summary(api: Caller) -> dict[str, Any]:
    found: dict[str, Any] = ok(api.get("/billing/summary"))
    return found


def exported_bytes(api: Caller, export_id: str) -> int:
    return int(ok(api.get(f"/exports/{export_id}/download"))["total_bytes"])


def subscribe_to(api: Caller, stream: int = BTCUSDT) -> httpx.Response:
    return api.post("/subscriptions", {"datastream_id": stream})


def test_the_summary_has_the_access_status_and_the_usage(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    body = summary(api)
    assert {"access_status", "usage"} <= set(body)
    assert set(body) <= {"access_status", "grace_until", "plan_code", "current_period_end", "usage"}
    assert set(body["usage"]) == {"extra_stream_minutes_total", "export_gb_total", "export_gb_extra"}


@pytest.mark.parametrize("state", STATES)
def test_the_access_status_is_one_of_five_words_in_upper_case(api: Caller, state: str) -> None:
    """docs: billing/get-billing-summary"""
    api.bill(state)
    assert summary(api)["access_status"] == state


@pytest.mark.parametrize("state", STATES)
def test_grace_until_is_told_only_in_grace(api: Caller, state: str) -> None:
    """docs: billing/get-billing-summary"""
    api.bill(state)
    until = summary(api).get("grace_until")
    assert (until is not None) == (state == "GRACE")
    if until is not None:
        assert datetime.fromisoformat(until).timestamp() * SECOND > api.now()


def test_there_is_no_plan_code_without_a_plan(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    assert isinstance(summary(api)["plan_code"], str)
    api.bill("NONE")
    assert summary(api).get("plan_code") is None


def test_there_is_no_end_of_the_period_without_a_plan(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    assert datetime.fromisoformat(summary(api)["current_period_end"]).timestamp() * SECOND > api.now()
    api.bill("NONE")
    assert summary(api).get("current_period_end") is None


def test_exported_gib_are_a_decimal_text(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    before = summary(api)["usage"]["export_gb_total"]
    api.exported(format="parquet")
    after = summary(api)["usage"]["export_gb_total"]
    assert isinstance(before, str)
    assert isinstance(after, str)
    assert Decimal(before) == 0 < Decimal(after)


def test_a_gib_is_1024_mib(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    size = exported_bytes(api, api.exported(format="parquet"))
    total = Decimal(summary(api)["usage"]["export_gb_total"])
    assert abs(total * 2**30 - size) < 1


@pytest.mark.parametrize("end", ["failed", "canceled", "deleted", "canceled and deleted"])
def test_only_successful_exports_are_counted(api: Caller, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """docs: billing/get-billing-summary"""
    files = api.sandbox.service.artifacts
    make, released = files.make, threading.Event()

    def held(*arguments: Any) -> Artifact:
        made = make(*arguments)
        assert released.wait(60)
        return made

    # Its files are made when the job comes to its end, and still it has delivered nothing.
    monkeypatch.setattr(files, "make", held)
    start, stop = api.record()
    if end == "failed":
        api.sandbox.faults.add("failed-export:times=1")
    path = f"/exports/{api.export(start, stop)}"
    if "canceled" in end:
        ok(api.post(f"{path}/cancel"), 204)
    if "deleted" in end:
        ok(api.delete(path), 204)
    released.set()
    successful = api.export(start, stop)
    api.advance(EXPORT_SECONDS)
    size = exported_bytes(api, successful)
    assert abs(Decimal(summary(api)["usage"]["export_gb_total"]) * 2**30 - size) < 1


@pytest.mark.parametrize("deleted", [False, True])
def test_only_the_exports_of_this_period_are_counted(api: Caller, *, deleted: bool) -> None:
    """docs: billing/get-billing-summary"""
    # In a fresh period, so that its end is far.
    ends = datetime.fromisoformat(summary(api)["current_period_end"]).timestamp()
    api.advance(ends - api.now() / SECOND + 1)
    job = api.exported()
    if deleted:
        ok(api.delete(f"/exports/{job}"), 204)
    counted = summary(api)
    assert Decimal(counted["usage"]["export_gb_total"]) > 0
    left = datetime.fromisoformat(counted["current_period_end"]).timestamp() - api.now() / SECOND
    api.advance(left - 1)
    assert summary(api) == counted
    api.advance(2)
    assert summary(api)["usage"]["export_gb_total"] == "0"


def test_no_extra_gib_are_counted_within_the_allowance(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    api.exported()
    extra = summary(api)["usage"]["export_gb_extra"]
    assert (type(extra), extra) == (int, 0)


def test_extra_gib_are_rounded_up_to_whole_ones() -> None:
    """docs: billing/get-billing-summary"""
    from tickhaul_sandbox import ManualClock, Sandbox

    from tests.sandbox.api import START

    settings = Settings(backdate=0, export_seconds=0, messages_per_minute=PER_MINUTE, included_export_gb=0)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Caller(sandbox) as api:
        assert summary(api)["usage"]["export_gb_extra"] == 0
        api.exported()
        assert 0 < Decimal(summary(api)["usage"]["export_gb_total"]) < 1
        assert summary(api)["usage"]["export_gb_extra"] == 1


def test_no_extra_minutes_are_counted_within_the_allowance(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    for number in range(2):
        api.subscribe(BTCUSDT + number)
    api.advance(3600)
    extra = summary(api)["usage"]["extra_stream_minutes_total"]
    assert (type(extra), extra) == (int, 0)


def test_each_minute_of_each_stream_past_the_allowance_is_counted(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    ids = [api.subscribe(BTCUSDT + number) for number in range(4)]
    api.advance(600)
    assert summary(api)["usage"]["extra_stream_minutes_total"] == 20
    ok(api.post(f"/subscriptions/{ids[0]}/pause"), 204)
    api.advance(600)
    assert summary(api)["usage"]["extra_stream_minutes_total"] == 30


def test_extra_minutes_stay_counted_when_a_subscription_is_deleted(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    ids = [api.subscribe(BTCUSDT + number) for number in range(4)]
    api.advance(600)
    for subscription_id in ids:
        ok(api.delete(f"/subscriptions/{subscription_id}"), 204)
    assert summary(api)["usage"]["extra_stream_minutes_total"] == 20
    api.advance(600)
    for number in range(3):
        api.subscribe(BTCUSDT + number)
    api.advance(600)
    assert summary(api)["usage"]["extra_stream_minutes_total"] == 30
    api.advance(30 * 86_400)
    ok(api.post(f"/subscriptions/{ids[0]}/pause"), 204)
    began = api.now() // (30 * 86_400 * SECOND) * 30 * 86_400 * SECOND
    assert summary(api)["usage"]["extra_stream_minutes_total"] == (api.now() - began) // (60 * SECOND)


@pytest.mark.parametrize("state", ["GRACE", "SUSPENDED"])
def test_subscribing_can_be_402_payment_required(api: Caller, state: str) -> None:
    """docs: guides/subscription-lifecycle; docs: guides/error-handling"""
    api.bill(state)
    assert code(subscribe_to(api)) == (402, "payment_required")
    assert ok(api.get("/subscriptions"))["total"] == 0
    api.bill("ACTIVE")
    assert subscribe_to(api).status_code == 201


@pytest.mark.parametrize("state", ["GRACE", "SUSPENDED"])
def test_resuming_can_be_402_payment_required(api: Caller, state: str) -> None:
    """docs: guides/subscription-lifecycle; docs: guides/error-handling"""
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.post(f"{path}/pause"), 204)
    api.bill(state)
    assert code(api.post(f"{path}/resume")) == (402, "payment_required")
    assert ok(api.get(path))["status"] == "paused"


def test_subscribing_again_after_deleting_can_be_402_payment_required(api: Caller) -> None:
    """docs: guides/subscription-lifecycle"""
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.delete(path), 204)
    api.bill("SUSPENDED")
    assert code(subscribe_to(api)) == (402, "payment_required")
    assert code(api.get(path)) == (404, "not_found")


@pytest.mark.parametrize("state", STATES)
def test_pausing_and_deleting_are_free_in_every_state(api: Caller, state: str) -> None:
    """docs: guides/subscription-lifecycle"""
    path = f"/subscriptions/{api.subscribe()}"
    api.bill(state)
    ok(api.post(f"{path}/pause"), 204)
    assert ok(api.get(path))["status"] == "paused"
    ok(api.delete(path), 204)


def test_an_active_account_has_full_access(api: Caller) -> None:
    """docs: billing/get-billing-summary"""
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.post(f"{path}/pause"), 204)
    ok(api.post(f"{path}/resume"), 204)
    # More than the plan includes is billed, not refused.
    assert [subscribe_to(api, BTCUSDT + number).status_code for number in range(1, 4)] == [201] * 3


def test_a_trial_has_full_access_up_to_its_caps_and_402_beyond(api: Caller) -> None:
    """docs: billing/get-billing-summary; docs: guides/error-handling"""
    api.bill("TRIALING")
    path = f"/subscriptions/{ok(subscribe_to(api), 201)['id']}"
    assert code(subscribe_to(api, BTCUSDT + 1)) == (402, "payment_required")
    ok(api.post(f"{path}/pause"), 204)
    ok(subscribe_to(api, BTCUSDT + 1), 201)
    assert code(api.post(f"{path}/resume")) == (402, "payment_required")
