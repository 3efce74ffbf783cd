from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import Settings

from tests.facts.caller import EXPORT_SECONDS, KEYS, Caller
from tests.sandbox.api import BTCUSDT, SECOND, ok
from tests.sandbox.recordings import write_recordings

if TYPE_CHECKING:
    from pathlib import Path

RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A sandbox in which binance BTCUSDT trades have a message every four seconds from the start of a recording."""
    directory: Path = tmp_path_factory.mktemp("recordings")
    write_recordings(directory, {("binance", "BTCUSDT", "trades"): [{"n": 0}, {"n": 1}, {"n": 2}]})
    return Settings(api_keys=KEYS, backdate=0, export_seconds=EXPORT_SECONDS, captures=directory)


def iso(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def ranged(api: Caller, start: object, end: object) -> tuple[Any, Any]:
    """Return the range of a job as it is answered."""
    body = ok(api.post("/exports", {"datastream_id": BTCUSDT, "start_time": start, "end_time": end}), 202)
    return body["start_time"], body["end_time"]


def test_a_time_may_be_an_integer_of_nanoseconds(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record()
    assert ranged(api, start + 123_456_789, end - 1) == (start + 123_456_789, end - 1)


def test_a_time_may_be_a_string_of_nanoseconds(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record()
    assert ranged(api, str(start + 123_456_789), str(end - 1)) == (start + 123_456_789, end - 1)


def test_a_time_may_be_an_iso_8601_text(api: Caller) -> None:
    """docs: exports/create-export"""
    api.record()
    wanted = (1_705_312_800_000_000_000, 1_705_313_700_000_000_000)
    assert ranged(api, "2024-01-15T10:00:00Z", "2024-01-15T10:15:00Z") == wanted


@pytest.mark.parametrize(
    ("digits", "nanoseconds"),
    [("1", 100_000_000), ("123", 123_000_000), ("000001", 1000), ("123456789", 123_456_789), ("000000001", 1)],
)
def test_an_iso_8601_text_may_have_up_to_nine_fractional_digits(api: Caller, digits: str, nanoseconds: int) -> None:
    """docs: exports/create-export"""
    api.record()
    start, _ = ranged(api, f"2024-01-15T10:00:00.{digits}Z", "2024-01-15T10:15:00Z")
    assert start == 1_705_312_800_000_000_000 + nanoseconds


def test_the_range_of_a_job_comes_as_integers_whatever_was_sent(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record()
    for first, last in ((start, end), (str(start), str(end)), (iso(start), iso(end))):
        assert [type(value) for value in ranged(api, first, last)] == [int, int]


def test_all_forms_of_an_instant_export_the_same(api: Caller) -> None:
    """docs: exports/create-export"""
    start, _ = api.record()
    jobs = []
    # One nanosecond after the first of fifteen messages, and at the last.
    for form in (int, str, iso):
        body = {"start_time": form(start + 1), "end_time": form(start + 56 * SECOND + 1), "datastream_id": BTCUSDT}
        jobs.append(ok(api.post("/exports", body), 202)["id"])
    api.advance(EXPORT_SECONDS)
    rows = [api.rows(job) for job in jobs]
    assert len(rows[0]) == 14
    assert rows[0] == rows[1] == rows[2]


def test_instants_of_resources_are_rfc_3339_in_utc(api: Caller) -> None:
    """docs: subscriptions/create-subscription; docs: exports/get-export; docs: billing/get-billing-summary"""
    subscription = f"/subscriptions/{api.subscribe()}"
    ok(api.post(f"{subscription}/pause"), 204)
    ok(api.post(f"{subscription}/resume"), 204)
    api.advance(0.25)
    job = f"/exports/{api.export(api.now() - 1, api.now())}"
    api.advance(EXPORT_SECONDS)
    export, [closed, _] = ok(api.get(job)), ok(api.get(f"{subscription}/spans"))
    shown = [
        ok(api.get(subscription))["created_at"],
        closed["started_at"],
        closed["ended_at"],
        *(export[name] for name in ("created_at", "started_at", "finished_at")),
        ok(api.get("/availability", datastream_id=BTCUSDT))["updated_at"],
        api.schema()["created_at"],
        ok(api.get("/billing/summary"))["current_period_end"],
    ]
    assert [instant for instant in shown if not RFC_3339.fullmatch(instant)] == []


def test_an_availability_range_is_in_nanoseconds(api: Caller) -> None:
    """client 0.2.0: models/catalog.py"""
    start, end = api.record(90)
    [found] = ok(api.get("/availability", datastream_id=BTCUSDT))["ranges"]
    assert (found["from"], found["to"]) == (start, end)


def test_an_availability_range_includes_its_from_and_excludes_its_to(api: Caller) -> None:
    """rust 0.2.0-rc.1: src/resources/availability.rs"""
    subscription = f"/subscriptions/{api.subscribe()}"
    # The recording has a message at 0, 4, 8 and 12 seconds; at 12 it is paused.
    end = api.advance(12)
    ok(api.post(f"{subscription}/pause"), 204)
    [found] = ok(api.get("/availability", datastream_id=BTCUSDT))["ranges"]
    api.advance(60)
    job = api.export(end - 60 * SECOND, end + 60 * SECOND)
    api.advance(EXPORT_SECONDS)
    times = [int(row["collection_timestamp_ns"]) for row in api.rows(job)]
    assert times == [found["from"], found["from"] + 4 * SECOND, found["from"] + 8 * SECOND]
    assert found["to"] == found["from"] + 12 * SECOND


def test_counts_and_sizes_are_integers(api: Caller) -> None:
    """docs: guides/pagination; client 0.2.0: models/catalog.py; client 0.2.0: models/export.py"""
    download = ok(api.get(f"/exports/{api.exported()}/download"))
    [found] = ok(api.get("/availability", datastream_id=BTCUSDT))["ranges"]
    values = [found["rows_estimate"], download["total_bytes"], download["count"], download["artifacts"][0]["bytes"]]
    assert [type(value) for value in values] == [int] * 4
    assert all(value > 0 for value in values)
