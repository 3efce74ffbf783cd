from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import Sandbox, Settings

from tests.sandbox.api import BTCUSDT, HOUR, SECOND, START, Api, code, message, ok

if TYPE_CHECKING:
    from tickhaul_sandbox import ManualClock

NOBODY = "exp_" + "0" * 32
ORDER = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}


def test_creating_one_answers_202_with_a_queued_job(api: Api) -> None:
    api.subscribe()
    body = ok(api.post("/exports", ORDER), 202)
    assert re.fullmatch(r"exp_[a-f0-9]{32}", body.pop("id"))
    assert body == {
        "datastream_id": BTCUSDT,
        "start_time": START - HOUR,
        "end_time": START,
        "format": "csv",
        "format_options": {},
        "status": "queued",
        "created_at": "2024-01-15T10:30:00Z",
        "started_at": None,
        "finished_at": None,
    }


def test_a_job_goes_from_queued_over_running_to_succeeded(clock: ManualClock) -> None:
    with Sandbox(Settings(export_seconds=10), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        path = f"/exports/{api.export(START - HOUR, START)}"
        seen = []
        for step in (0, 1.999, 0.001, 7.999, 0.001, 1000):
            clock.advance(step)
            body = ok(api.get(path))
            seen.append((body["status"], body["started_at"], body["finished_at"]))
            assert "reason" not in body
        begun, ended = "2024-01-15T10:30:02Z", "2024-01-15T10:30:10Z"
        assert seen == [
            ("queued", None, None),
            ("queued", None, None),
            ("running", begun, None),
            ("running", begun, None),
            ("succeeded", begun, ended),
            ("succeeded", begun, ended),
        ]
        assert ok(api.get("/exports"))["items"] == [body]


@pytest.mark.parametrize("wait", [0.0, 5.0])
def test_a_job_that_has_not_ended_can_be_canceled_and_stays_so(clock: ManualClock, wait: float) -> None:
    with Sandbox(Settings(export_seconds=10), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        path = f"/exports/{api.export(START - HOUR, START)}"
        clock.advance(wait)
        ok(api.post(f"{path}/cancel"), 204)
        ok(api.post(f"{path}/cancel"), 204)
        clock.advance(100)
        body = ok(api.get(path))
        assert (body["status"], body["started_at"] is None) == ("canceled", wait == 0)
        assert code(api.get(f"{path}/download")) == (400, "invalid_argument")


def test_a_job_that_has_ended_cannot_be_canceled(api: Api, clock: ManualClock) -> None:
    api.subscribe()
    path = f"/exports/{api.export(START - HOUR, START)}"
    clock.advance(1)
    assert code(api.post(f"{path}/cancel")) == (400, "invalid_argument")
    assert ok(api.get(path))["status"] == "succeeded"


def test_a_failed_job_says_why_and_has_no_files(api: Api, sandbox: Sandbox, clock: ManualClock) -> None:
    sandbox.faults.add("failed-export:times=1:reason=disk full")
    api.subscribe()
    path = f"/exports/{api.export(START - HOUR, START)}"
    assert ok(api.get(path))["status"] == "queued"
    clock.advance(1)
    body = ok(api.get(path))
    assert (body["status"], body["reason"]) == ("failed", "disk full")
    assert body["finished_at"]
    assert code(api.get(f"{path}/download")) == (400, "invalid_argument")
    assert code(api.post(f"{path}/cancel")) == (400, "invalid_argument")
    other = api.export(START - HOUR, START)
    clock.advance(1)
    assert ok(api.get(f"/exports/{other}"))["status"] == "succeeded"


def test_deleting_a_job_hides_it_takes_its_files_away_and_is_idempotent(api: Api, clock: ManualClock) -> None:
    api.subscribe()
    path = f"/exports/{api.export(START - HOUR, START)}"
    clock.advance(1)
    [url, *_] = [item["url"] for item in ok(api.get(f"{path}/download"))["artifacts"]]
    ok(api.delete(path), 204)
    ok(api.delete(path), 204)
    for response in (api.get(path), api.get(f"{path}/download"), api.post(f"{path}/cancel")):
        assert code(response) == (404, "not_found")
    assert ok(api.get("/exports"))["total"] == 0
    assert api.http.get(url, headers={"X-Api-Key": ""}).status_code == 403


def test_a_deleted_job_stays_readable_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(deleted_exports="soft"), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        path = f"/exports/{api.export(START - HOUR, START)}"
        ok(api.delete(path), 204)
        assert ok(api.get(path))["status"] == "deleted"
        assert code(api.post(f"{path}/cancel")) == (400, "invalid_argument")


def test_a_running_job_cannot_be_deleted_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(delete_running_export=False), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        path = f"/exports/{api.export(START - HOUR, START)}"
        assert code(api.delete(path)) == (409, "already_exists")
        clock.advance(1)
        ok(api.delete(path), 204)


def test_downloading_before_the_end_is_refused(api: Api) -> None:
    api.subscribe()
    path = f"/exports/{api.export(START - HOUR, START)}"
    assert code(api.get(f"{path}/download")) == (400, "invalid_argument")


def test_a_download_lists_files_by_hour_with_their_sizes(api: Api, clock: ManualClock) -> None:
    api.subscribe()
    export_id = api.export(START - HOUR, START)
    clock.advance(1)
    body = ok(api.get(f"/exports/{export_id}/download"))
    assert set(body) == {"artifacts", "count", "total_bytes"}
    assert [item["filename"] for item in body["artifacts"]] == [
        "binance_BTCUSDT_trades_part_2024011509.csv.gz",
        "binance_BTCUSDT_trades_part_2024011510.csv.gz",
    ]
    assert body["count"] == 2
    assert body["total_bytes"] == sum(item["bytes"] for item in body["artifacts"])
    assert all(re.fullmatch(r"art_[a-f0-9]{32}", item["id"]) for item in body["artifacts"])
    contents = api.files(export_id)
    assert [len(content) for content in contents.values()] == [item["bytes"] for item in body["artifacts"]]


def test_data_is_clipped_to_the_spans(api: Api, clock: ManualClock) -> None:
    path = f"/subscriptions/{api.subscribe()}"
    ok(api.post(f"{path}/pause"), 204)
    clock.advance(600)
    ok(api.post(f"{path}/resume"), 204)
    clock.advance(600)
    now = START + 1200 * SECOND
    export_id = api.export(START - 5 * HOUR, now)
    clock.advance(1)
    times = [int(row["collection_timestamp_ns"]) for row in api.rows(export_id)]
    assert times == sorted(times)
    assert START - HOUR <= times[0] <= START - HOUR + 60 * SECOND
    assert times[-1] < now
    assert not [instant for instant in times if START <= instant < START + 600 * SECOND]
    assert [instant for instant in times if instant >= START + 600 * SECOND]


def test_bounds_are_half_open_so_that_neighbours_do_not_overlap(api: Api, clock: ManualClock) -> None:
    api.subscribe()
    middle = START - HOUR // 2
    halves = [api.export(START - HOUR, middle), api.export(middle, START)]
    whole = api.export(START - HOUR, START)
    clock.advance(1)
    assert [row for half in halves for row in api.rows(half)] == api.rows(whole)


def test_an_export_survives_the_deletion_of_its_subscription(api: Api, clock: ManualClock) -> None:
    subscription_id = api.subscribe()
    export_id = api.export(START - HOUR, START)
    ok(api.delete(f"/subscriptions/{subscription_id}"), 204)
    clock.advance(1)
    assert api.rows(export_id)
    response = api.post("/exports", ORDER)
    assert code(response) == (403, "permission_denied")
    assert message(response) == "Subscription has been deleted"
    api.subscribe()
    ok(api.post("/exports", ORDER), 202)


def test_a_paused_subscription_can_be_exported(api: Api) -> None:
    ok(api.post(f"/subscriptions/{api.subscribe()}/pause"), 204)
    ok(api.post("/exports", ORDER), 202)


@pytest.mark.parametrize(("status", "name"), [(403, "permission_denied"), (404, "not_found")])
def test_an_export_needs_a_subscription(clock: ManualClock, status: Any, name: str) -> None:
    with Sandbox(Settings(unsubscribed_export=status), clock=clock) as sandbox, Api(sandbox) as api:
        assert code(api.post("/exports", ORDER)) == (status, name)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START - HOUR, START),
        (str(START - HOUR), str(START)),
        ("2024-01-15T09:30:00Z", "2024-01-15T10:30:00Z"),
        ("2024-01-15T09:30:00.000000000Z", "2024-01-15T11:30:00.0+01:00"),
    ],
)
def test_times_are_taken_in_every_documented_form_and_given_as_integers(api: Api, start: Any, end: Any) -> None:
    api.subscribe()
    body = ok(api.post("/exports", {**ORDER, "start_time": start, "end_time": end}), 202)
    assert (body["start_time"], body["end_time"]) == (START - HOUR, START)


def test_nanoseconds_are_strings_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(ns_as_strings=True), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        body = ok(api.post("/exports", ORDER), 202)
        assert (body["start_time"], body["end_time"]) == (str(START - HOUR), str(START))
        [span] = ok(api.get("/availability", datastream_id=BTCUSDT))["ranges"]
        assert (span["from"], span["to"], span["rows_estimate"]) == (str(START - HOUR), str(START), 3600)


@pytest.mark.parametrize(
    "change",
    [
        {"datastream_id": None},
        {"datastream_id": 0},
        {"start_time": None},
        {"end_time": "soon"},
        {"end_time": True},
        {"start_time": 1.5},
        {"start_time": START},
        {"start_time": START + 1},
        {"end_time": START + 3600 * SECOND},
        {"start_time": -1},
        {"end_time": 1 << 63},
        {"start_time": "2024-01-15T09:30:00"},
        {"start_time": "2024-13-15T09:30:00Z"},
        {"start_time": 0, "end_time": START},
        {"format": "json"},
        {"format": 5},
        {"format_options": []},
        {"format_options": {"compression": "zstd"}},
        {"format": "parquet", "format_options": {"colour": "blue"}},
        {"format": "parquet", "format_options": {"compression": "lzw"}},
        {"format": "parquet", "format_options": {"row_group_size": 0}},
        {"schema": 5},
        {"schema": ["raw"]},
        {"schema": {}},
        {"schema": "book_5"},
    ],
)
def test_bad_arguments_are_refused(api: Api, change: dict[str, Any]) -> None:
    api.subscribe()
    assert code(api.post("/exports", {**ORDER, **change})) == (400, "invalid_argument")
    assert ok(api.get("/exports"))["total"] == 0


def test_an_unknown_schema_or_datastream_is_not_found(api: Api) -> None:
    api.subscribe()
    for change in ({"schema": "mine"}, {"schema": "sch_" + "0" * 32}, {"datastream_id": 99_999_999}):
        assert code(api.post("/exports", {**ORDER, **change})) == (404, "not_found")


@pytest.mark.parametrize("name", [NOBODY, "exp_x"])
def test_an_unknown_job_is_not_found_by_any_operation(api: Api, name: str) -> None:
    path = f"/exports/{name}"
    for response in (api.get(path), api.delete(path), api.post(f"{path}/cancel"), api.get(f"{path}/download")):
        assert code(response) == (404, "not_found")
        assert message(response) == f"Export {name} not found"


def test_a_range_without_data_makes_an_empty_export(api: Api, clock: ManualClock) -> None:
    api.subscribe()
    export_id = api.export(START - 9 * HOUR, START - 8 * HOUR)
    clock.advance(1)
    assert ok(api.get(f"/exports/{export_id}"))["status"] == "succeeded"
    assert ok(api.get(f"/exports/{export_id}/download")) == {"artifacts": [], "count": 0, "total_bytes": 0}


def test_a_range_without_data_is_refused_or_fails_if_the_settings_say_so(clock: ManualClock) -> None:
    order = {**ORDER, "start_time": START - 9 * HOUR, "end_time": START - 8 * HOUR}
    with Sandbox(Settings(no_overlap="reject"), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        assert code(api.post("/exports", order)) == (400, "invalid_argument")
    with Sandbox(Settings(no_overlap="fail", export_seconds=0), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        export_id = ok(api.post("/exports", order), 202)["id"]
        assert ok(api.get(f"/exports/{export_id}"))["status"] == "failed"


def test_a_job_shows_the_clipped_range_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(echo_range="clipped", future_end="clip"), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        body = ok(api.post("/exports", {**ORDER, "start_time": 0 + START - 5 * HOUR, "end_time": START + HOUR}), 202)
        assert (body["start_time"], body["end_time"]) == (START - HOUR, START)


def test_times_without_a_zone_are_utc_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(naive_times="utc"), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        body = ok(api.post("/exports", {**ORDER, "start_time": "2024-01-15T09:30:00"}), 202)
        assert body["start_time"] == START - HOUR


def test_a_long_range_comes_in_daily_files(clock: ManualClock) -> None:
    settings = Settings(backdate=9 * 86_400, daily_parts_after_hours=5, messages_per_minute=1, export_seconds=0)
    with Sandbox(settings, clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        names = list(api.files(api.export(START - 24 * HOUR, START)))
        assert names == [f"binance_BTCUSDT_trades_part_202401{day:02}.csv.gz" for day in (14, 15)]
        assert len(api.files(api.export(START - 5 * HOUR, START))) == 5 + 1


def test_parquet_jobs_show_their_options_with_all_defaults(api: Api) -> None:
    api.subscribe()
    body = ok(api.post("/exports", {**ORDER, "format": "parquet", "format_options": {"compression": "snappy"}}), 202)
    assert body["format"] == "parquet"
    assert body["format_options"] == {"compression": "snappy", "row_group_size": 122880}
