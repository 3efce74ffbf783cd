from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.facts.caller import EXPORT_SECONDS, PRICE, QUEUED_SECONDS, TIME, Caller, read_parquet
from tests.sandbox.api import BTCUSDT, SECOND, code, ok

STATES = ("queued", "running", "succeeded", "failed", "canceled")


def order(start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"datastream_id": BTCUSDT, "start_time": start, "end_time": end, **more}


def job_in(api: Caller, state: str) -> str:
    """Return the path of a job brought into a state."""
    start, end = api.record()
    if state == "failed":
        api.sandbox.faults.add("failed-export:times=1:reason=the disk was full")
    path = f"/exports/{api.export(start, end)}"
    if state == "canceled":
        ok(api.post(f"{path}/cancel"), 204)
    else:
        api.advance({"queued": 0, "running": QUEUED_SECONDS}.get(state, EXPORT_SECONDS))
    assert ok(api.get(path))["status"] == state
    return path


def times(api: Caller, export_id: str) -> list[int]:
    """Return the collection times of all rows of a job, after letting it end."""
    api.advance(EXPORT_SECONDS)
    return [int(row["collection_timestamp_ns"]) for row in api.rows(export_id)]


def test_a_new_export_is_queued(api: Caller) -> None:
    """docs: exports/create-export"""
    body = ok(api.post("/exports", order(*api.record())), 202)
    assert body["status"] == ok(api.get(f"/exports/{body['id']}"))["status"] == "queued"


def test_a_job_tells_its_datastream_and_range_and_format_and_creation(api: Caller) -> None:
    """docs: exports/create-export; docs: exports/get-export"""
    body = ok(api.post("/exports", order(*api.record())), 202)
    required = {"id", "datastream_id", "start_time", "end_time", "format", "format_options", "status", "created_at"}
    assert required <= set(body) <= required | {"reason", "started_at", "finished_at"}
    assert body["datastream_id"] == BTCUSDT


def test_a_job_is_listed_as_it_is_shown_by_itself(api: Caller) -> None:
    """client 0.2.0: resources/exports.py"""
    path = job_in(api, "succeeded")
    assert ok(api.get("/exports"))["items"] == [ok(api.get(path))]


@pytest.mark.parametrize("missing", ["datastream_id", "start_time", "end_time"])
def test_an_export_needs_a_datastream_and_a_start_and_an_end(api: Caller, missing: str) -> None:
    """docs: exports/create-export"""
    body = {name: value for name, value in order(*api.record()).items() if name != missing}
    assert code(api.post("/exports", body)) == (400, "invalid_argument")


def test_an_export_needs_a_subscription(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record(datastream_id=BTCUSDT + 1)
    assert api.post("/exports", order(start, end)).status_code in {403, 404}
    assert ok(api.get("/exports"))["total"] == 0


def test_a_paused_subscription_can_be_exported(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record()
    [item] = ok(api.get("/subscriptions"))["items"]
    ok(api.post(f"/subscriptions/{item['id']}/pause"), 204)
    api.advance(3600)
    assert times(api, api.export(start, end))


def test_data_from_before_and_after_the_recording_is_not_exported(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record()
    [item] = ok(api.get("/subscriptions"))["items"]
    ok(api.post(f"/subscriptions/{item['id']}/pause"), 204)
    api.advance(600)
    seen = times(api, api.export(start - 3600 * SECOND, end + 600 * SECOND))
    assert seen
    assert start <= min(seen) <= max(seen) < end


def test_data_from_while_it_was_paused_is_not_exported(api: Caller) -> None:
    """docs: exports/create-export"""
    start, paused = api.record(120)
    [item] = ok(api.get("/subscriptions"))["items"]
    ok(api.post(f"/subscriptions/{item['id']}/pause"), 204)
    resumed = api.advance(600)
    ok(api.post(f"/subscriptions/{item['id']}/resume"), 204)
    end = api.advance(120)
    seen = times(api, api.export(start, end))
    assert [instant for instant in seen if paused <= instant < resumed] == []
    assert [instant for instant in seen if instant < paused]
    assert [instant for instant in seen if instant >= resumed]


def test_only_the_requested_part_of_a_recording_is_exported(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record(600)
    first, last = start + 200 * SECOND, end - 200 * SECOND
    whole, part = api.export(start, end), api.export(first, last)
    inside, seen = [instant for instant in times(api, whole) if first < instant < last], times(api, part)
    assert inside
    assert first <= min(seen) <= max(seen) <= last
    assert [instant for instant in seen if first < instant < last] == inside


@pytest.mark.parametrize("chosen", [{}, {"schema": "raw"}])
def test_an_export_is_raw_unless_a_schema_is_chosen(api: Caller, chosen: dict[str, Any]) -> None:
    """docs: exports/create-export; docs: guides/export-schemas"""
    rows = api.rows(api.exported(**chosen))
    assert len(rows[0]) == 2
    assert json.loads(next(value for name, value in rows[0].items() if name != "collection_timestamp_ns"))["data"]


def test_a_raw_export_has_the_collection_time_and_one_more_column(api: Caller) -> None:
    """docs: guides/export-schemas"""
    first, second = api.rows(api.exported())[0].items()
    assert first[0] == "collection_timestamp_ns"
    assert first[1].isdecimal()
    assert isinstance(json.loads(second[1]), dict)


def test_raw_is_taken_for_every_category(api: Caller) -> None:
    """docs: guides/export-schemas"""
    ticker = api.stream_id("kraken", "XBT-USD", "ticker")
    assert api.rows(api.exported(ticker, schema="raw"))


def test_a_schema_can_be_chosen_by_the_name_of_a_built_in_one(api: Caller) -> None:
    """docs: exports/create-export"""
    row = api.rows(api.exported(schema="normalized"))[0]
    assert len(row) > 2


def test_a_schema_can_be_chosen_by_its_id(api: Caller) -> None:
    """docs: exports/create-export"""
    schema = api.schema(columns=[PRICE])
    assert set(api.rows(api.exported(schema=schema["id"]))[0]) == {"price"}


def test_an_own_schema_can_be_chosen_by_its_name(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    api.schema("my trades", columns=[PRICE])
    assert set(api.rows(api.exported(schema="my trades"))[0]) == {"price"}


def test_a_schema_can_be_sent_with_the_export(api: Caller) -> None:
    """docs: exports/create-export"""
    assert list(api.rows(api.exported(schema={"columns": [PRICE, TIME]}))[0]) == ["price", "t"]
    assert all(item["is_built_in"] for item in ok(api.get("/export-schemas")))


def test_a_schema_must_be_for_the_category_of_the_datastream(api: Caller) -> None:
    """docs: exports/create-export"""
    api.schema("quotes", "quote")
    start, end = api.record()
    assert 400 <= api.post("/exports", order(start, end, schema="quotes")).status_code < 500
    assert 400 <= api.post("/exports", order(start, end, schema="book_5")).status_code < 500
    assert ok(api.get("/exports"))["total"] == 0


def test_a_version_published_later_does_not_touch_an_export(api: Caller) -> None:
    """docs: guides/export-schemas"""
    schema = api.schema(columns=[PRICE])
    start, end = api.record()
    job = api.export(start, end, schema=schema["id"])
    ok(api.put(f"/export-schemas/{schema['id']}", {"columns": [TIME]}))
    api.advance(EXPORT_SECONDS)
    assert set(api.rows(job)[0]) == {"price"}
    later = api.export(start, end, schema=schema["id"])
    api.advance(EXPORT_SECONDS)
    assert set(api.rows(later)[0]) == {"t"}


def test_deleting_a_schema_does_not_touch_an_export(api: Caller) -> None:
    """docs: export-schemas/delete-export-schema"""
    schema = api.schema(columns=[PRICE])
    job = api.export(*api.record(), schema=schema["id"])
    ok(api.delete(f"/export-schemas/{schema['id']}"), 204)
    api.advance(EXPORT_SECONDS)
    assert set(api.rows(job)[0]) == {"price"}


def test_the_format_is_csv_unless_another_is_chosen(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record()
    assert ok(api.post("/exports", order(start, end)), 202)["format"] == "csv"
    assert ok(api.post("/exports", order(start, end, format="parquet")), 202)["format"] == "parquet"


@pytest.mark.parametrize("name", ["json", "CSV", "csv.gz", "", None, 1])
def test_the_format_is_csv_or_parquet_and_nothing_else(api: Caller, name: object) -> None:
    """docs: exports/create-export"""
    assert code(api.post("/exports", order(*api.record(), format=name))) == (400, "invalid_argument")


def test_csv_has_no_format_options(api: Caller) -> None:
    """docs: exports/get-export"""
    path = job_in(api, "queued")
    assert ok(api.get(path))["format_options"] == {}


def test_a_parquet_job_shows_its_options_with_all_defaults(api: Caller) -> None:
    """docs: exports/get-export"""
    start, end = api.record()
    default = ok(api.post("/exports", order(start, end, format="parquet")), 202)["format_options"]
    assert default
    # Sending what is shown changes nothing, and one option alone leaves the others as they were.
    for options in (default, {}, *({name: value} for name, value in default.items())):
        again = ok(api.post("/exports", order(start, end, format="parquet", format_options=options)), 202)
        assert again["format_options"] == default


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "parquet", "format_options": {"colour": "blue"}},
        {"format": "csv", "format_options": {"colour": "blue"}},
        {"format": "parquet", "format_options": ["zstd"]},
        {"format": "parquet", "format_options": "zstd"},
    ],
)
def test_format_options_of_the_wrong_shape_or_with_an_unknown_key_are_400(api: Caller, wrong: dict[str, Any]) -> None:
    """docs: exports/create-export"""
    assert code(api.post("/exports", order(*api.record(), **wrong))) == (400, "invalid_argument")


def test_format_options_must_match_the_format(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record()
    options = ok(api.post("/exports", order(start, end, format="parquet")), 202)["format_options"]
    wrong = order(start, end, format="csv", format_options=options)
    assert code(api.post("/exports", wrong)) == (400, "invalid_argument")


def test_a_csv_file_is_gzipped_with_a_header_row(api: Caller) -> None:
    """docs: guides/export-schemas"""
    [(name, content)] = api.files(api.exported(schema={"columns": [TIME, PRICE]})).items()
    lines = gzip.decompress(content).decode().splitlines()
    assert name.endswith(".csv.gz")
    assert lines[0] == "t,price"
    assert len(lines) > 2
    assert all(line.count(",") == 1 and line[0].isdecimal() for line in lines[1:])


def test_a_parquet_file_keeps_the_types(api: Caller) -> None:
    """docs: guides/export-schemas"""
    instant = {"output_column": "at", "meta": {"value": "collection_timestamp_ns", "format": "iso8601"}}
    [(name, content)] = api.files(api.exported(schema={"columns": [TIME, PRICE, instant]}, format="parquet")).items()
    assert name.endswith(".parquet")
    assert read_parquet(content)[0] == {"t": "BIGINT", "price": "DECIMAL(38,18)", "at": "TIMESTAMP_NS"}


def test_a_job_that_is_taken_up_is_running_and_tells_since_when(api: Caller) -> None:
    """docs: exports/get-export"""
    path = job_in(api, "queued")
    assert ok(api.get(path)).get("started_at") is None
    api.advance(QUEUED_SECONDS)
    body = ok(api.get(path))
    assert body["status"] == "running"
    assert body["created_at"] < body["started_at"] <= ok(api.http.get("/_sandbox/clock"))["now"]
    assert body.get("finished_at") is None


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_job_that_has_ended_tells_when_it_finished(api: Caller, state: str) -> None:
    """docs: exports/get-export"""
    body = ok(api.get(job_in(api, state)))
    assert body["started_at"] < body["finished_at"] <= ok(api.http.get("/_sandbox/clock"))["now"]


@pytest.mark.parametrize("state", STATES)
def test_a_reason_is_told_only_when_a_job_has_failed(api: Caller, state: str) -> None:
    """docs: exports/get-export"""
    body = ok(api.get(job_in(api, state)))
    assert [body[name] for name in body if name == "reason"] == (["the disk was full"] if state == "failed" else [])


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_queued_or_running_job_can_be_canceled(api: Caller, state: str) -> None:
    """docs: exports/cancel-export"""
    path = job_in(api, state)
    assert api.post(f"{path}/cancel").is_success
    assert ok(api.get(path))["status"] == "canceled"


def test_a_canceled_job_stays_canceled(api: Caller) -> None:
    """docs: exports/cancel-export"""
    path = job_in(api, "canceled")
    api.advance(10 * EXPORT_SECONDS)
    assert ok(api.get(path))["status"] == "canceled"


def test_canceling_a_canceled_job_succeeds(api: Caller) -> None:
    """client 0.1.0: resources/exports.py"""
    path = job_in(api, "canceled")
    assert api.post(f"{path}/cancel").is_success


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_canceling_a_job_that_has_ended_is_an_error(api: Caller, state: str) -> None:
    """client 0.1.0: resources/exports.py"""
    path = job_in(api, state)
    assert 400 <= api.post(f"{path}/cancel").status_code < 500
    assert ok(api.get(path))["status"] == state


def test_deleting_a_deleted_job_succeeds(api: Caller) -> None:
    """client 0.2.0: resources/exports.py"""
    path = job_in(api, "succeeded")
    assert [api.delete(path).is_success for _ in range(2)] == [True, True]


@pytest.mark.parametrize("state", ["queued", "running", "failed", "canceled"])
def test_only_a_succeeded_job_can_be_downloaded(api: Caller, state: str) -> None:
    """client 0.2.0: models/export.py"""
    path = job_in(api, state)
    assert 400 <= api.get(f"{path}/download").status_code < 500
    api.advance(EXPORT_SECONDS)
    later = api.get(f"{path}/download").status_code
    assert later == 200 if state in {"queued", "running"} else 400 <= later < 500
