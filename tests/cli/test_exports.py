"""Export jobs one step at a time."""

from __future__ import annotations

import gzip
import io
import json
import signal
import sys
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox import RecordedRequest, Sandbox

    from tests.cli.conftest import Ran

COLUMNS = [
    {"output_column": "at", "meta": {"value": "collection_timestamp_ns", "format": "ns"}},
    {"output_column": "price", "data": {"binance": {"json": {"path": "p", "type": "decimal(8)"}}}},
]


@pytest.fixture
def export(tickhaul: Callable[..., Ran]) -> Callable[..., str]:
    """Creates an export of what was recorded in the last half hour."""
    assert tickhaul("subscriptions", "ensure", "123").code == 0

    def create(*words: str) -> str:
        made = tickhaul("exports", "create", "123", "--from", "-30min", "--to", "now", "--json", *words).document
        identifier: str = made["id"]
        return identifier

    return create


def test_a_job_is_created_waited_for_and_brought_home(
    tickhaul: Callable[..., Ran], export: Callable[..., str], tmp_path: Path
) -> None:
    job = export()
    waited = tickhaul("exports", "wait", job, "--timeout", 60, "--json").document
    assert waited["status"] == "succeeded"
    assert isinstance(waited["start_time"], int)
    assert waited["end_time"] - waited["start_time"] == 30 * 60 * 10**9

    files = tickhaul("exports", "download", job, "--out", tmp_path / "data", "--json", "--hash").document
    for file in files:
        with gzip.open(file["path"], "rt") as lines:
            assert lines.readline() == "collection_timestamp_ns,message\n"
        assert len(file["sha256"]) == 64
    again = tickhaul("download", job, "--out", tmp_path / "data", "--connections", 2, "--hash")
    assert [line.split()[-3:-1] for line in again.lines[1:]] == [["was", "there"]] * len(files)
    fresh = tickhaul("download", job, "-o", tmp_path / "data", "--restart")
    assert [line.split()[-1] for line in fresh.lines[1:]] == ["fetched"] * len(files)


def test_jobs_are_listed_shown_and_deleted(tickhaul: Callable[..., Ran], export: Callable[..., str]) -> None:
    job = export("--format", "parquet")
    assert job in tickhaul("exports", "list", "--limit", 3).out
    assert tickhaul("exports", "--json").document[0]["id"] == job
    shown = tickhaul("exports", "get", job)
    assert "parquet" in shown.out
    assert tickhaul("exports", "wait", job).code == 0
    assert tickhaul("exports", "delete", job).out == f"{job} deleted\n"
    assert tickhaul("exports", "get", job).code == 1


def test_urls_are_shown_only_to_who_asks_for_them(
    tickhaul: Callable[..., Ran], export: Callable[..., str], tmp_path: Path
) -> None:
    job = export()
    assert tickhaul("exports", "wait", job).code == 0
    others = [
        tickhaul("exports", "get", job, "--json"),
        tickhaul("-vv", "download", job, "--out", tmp_path, "--json"),
    ]
    assert not any("X-Amz-Signature" in ran.out + ran.err for ran in others)
    document = tickhaul("exports", "urls", job, "--json").document
    assert document["count"] == len(document["artifacts"]) > 0
    assert "X-Amz-Signature" in document["artifacts"][0]["url"]
    table = tickhaul("exports", "urls", job)
    assert table.lines[0].split() == ["FILE", "BYTES", "URL"]
    assert "X-Amz-Signature" in table.lines[1]


@pytest.mark.parametrize("export_seconds", [3600.0])
def test_a_job_under_way_is_canceled(tickhaul: Callable[..., Ran], job: str) -> None:
    assert tickhaul("exports", "cancel", job).out == f"{job} canceled\n"
    ran = tickhaul("exports", "wait", job, "--json")
    assert ran.code == 1
    assert ran.error["kind"] == "ExportCanceled"
    assert ran.error["job"]["status"] == "canceled"
    assert ran.error["export_id"] == job
    assert "left" not in ran.error


@pytest.mark.parametrize("export_seconds", [3600.0])
def test_a_wait_that_takes_too_long_says_how_to_go_on(tickhaul: Callable[..., Ran], job: str) -> None:
    ran = tickhaul("exports", "wait", job, "--timeout", "1")
    assert (ran.code, ran.out) == (4, "")
    first, second = ran.err.splitlines()
    assert first.startswith(f"tickhaul: export {job} was still ")
    assert f"`tickhaul exports wait {job}`" in second
    assert f"`tickhaul exports cancel {job}`" in second


@pytest.mark.parametrize("export_seconds", [3600.0])
def test_a_wait_may_cancel_what_takes_too_long(tickhaul: Callable[..., Ran], job: str) -> None:
    ran = tickhaul("exports", "wait", job, "--timeout", "1", "--cancel-on-timeout", "--json")
    assert ran.code == 4
    assert "left" not in ran.error
    assert tickhaul("exports", "get", job, "--json").document["status"] == "canceled"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
def test_a_time_to_wait_that_cannot_be_is_wrong_usage(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]], seconds: str
) -> None:
    ran = tickhaul("exports", "wait", "exp_1", "--timeout", seconds)
    assert ran.code == 2
    assert "--timeout" in ran.err
    assert not received()


def test_a_failed_job_fails_the_command_with_its_reason(
    tickhaul: Callable[..., Ran], sandbox: Sandbox, export: Callable[..., str]
) -> None:
    sandbox.faults.add("failed-export:reason=disk full")
    job = export()
    ran = tickhaul("exports", "wait", job)
    assert (ran.code, ran.out) == (1, "")
    assert "disk full" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_columns_come_from_a_name_or_a_file(
    tickhaul: Callable[..., Ran],
    received: Callable[..., list[RecordedRequest]],
    export: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export("--schema", "normalized")
    file = tmp_path / "columns.json"
    file.write_text(json.dumps({"columns": COLUMNS}), encoding="utf-8")
    export("--schema-file", str(file))
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(COLUMNS)))
    export("--schema-file", "-")
    sent = [json.loads(request.body)["schema"] for request in received("exports.create")]
    assert sent == ["normalized", {"columns": COLUMNS}, {"columns": COLUMNS}]


def test_options_of_a_format_are_json_or_text(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]], export: Callable[..., str]
) -> None:
    tickhaul(
        *("exports", "create", "123", "--from", "-1h", "--to", "now", "--format", "parquet"),
        *("--format-option", "level=3", "--format-option", "compression=zstd"),
    )
    sent = json.loads(received("exports.create")[-1].body)
    assert sent["format_options"] == {"level": 3, "compression": "zstd"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "now", "--to", "-1h"), "is not before"),
        (("--from", "yesterday", "--to", "now"), "'yesterday' is not understood"),
        (("--from", "2024-01", "--to", "2024-02", "--format-option", "level"), "expected NAME=VALUE"),
        (("--from", "2024-01", "--to", "2024-02", "--schema", "raw", "--schema-file", "x"), "twice"),
        (("--from", "2024-01", "--to", "2024-02", "--schema-file", "nowhere.json"), "nowhere.json cannot be read"),
        (("--from", "2024-01", "--to", "2024-02", "--format", "xml"), "xml"),
        (("--from", "2024-01"), "--to"),
        (("--from", "2024-01", "--to", "2024-02", "--idempotency-key", "7"), "is not a UUID"),
    ],
)
def test_an_order_that_cannot_be_is_wrong_usage(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]], words: tuple[str, ...], said: str
) -> None:
    ran = tickhaul("exports", "create", "123", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not received()


def test_a_month_and_an_offset_are_times(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]]
) -> None:
    assert tickhaul("subscriptions", "ensure", "123").code == 0
    assert tickhaul("exports", "create", "123", "--from", "2024-01", "--to", "2024-02-01T00:00:00.000000001Z").code == 0
    sent = json.loads(received("exports.create")[-1].body)
    assert (sent["start_time"], sent["end_time"]) == ("1704067200000000000", "1706745600000000001")
    assert tickhaul("exports", "create", "123", "--from", "-1month", "--to", "now").code == 0


def test_a_key_of_ones_own_creates_one_export(tickhaul: Callable[..., Ran], export: Callable[..., str]) -> None:
    words = ("exports", "create", "123", "--from", "2024-01", "--to", "2024-02", "--idempotency-key", str(uuid4()))
    first, second = (tickhaul(*words, "--json").document for _ in range(2))
    assert first["id"] == second["id"]


def test_an_interrupted_creation_can_be_repeated(
    tickhaul: Callable[..., Ran], export: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tickhaul._sync.resources.exports.Exports.create", lambda *_, **__: signal.raise_signal(signal.SIGINT)
    )
    ran = tickhaul("exports", "create", "123", "--from", "2024-01", "--to", "2024-02")
    assert ran.code == 130
    assert "--from 2024-01-01T00:00:00Z --to 2024-02-01T00:00:00Z --idempotency-key " in ran.err


def test_a_folder_that_cannot_be_made_fails_and_says_what_is_kept(
    tickhaul: Callable[..., Ran], export: Callable[..., str], tmp_path: Path
) -> None:
    job = export()
    assert tickhaul("exports", "wait", job).code == 0
    (tmp_path / "taken").write_text("", encoding="utf-8")
    ran = tickhaul("download", job, "--out", tmp_path / "taken" / "below")
    assert (ran.code, ran.out) == (1, "")
    assert "is a file, not a folder" in ran.err
