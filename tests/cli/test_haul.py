"""The main job in one command, and what it leaves where it is broken off."""

from __future__ import annotations

import gzip
import json
import re
import signal
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox import RecordedRequest, Sandbox

    from tests.cli.conftest import Ran

STREAM = ("binance", "BTCUSDT", "trades")
RANGE = ("--from", "-30min", "--to", "now")


def test_one_command_brings_the_files_home(tickhaul: Callable[..., Ran], tmp_path: Path) -> None:
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path / "data", "--json")
    assert (ran.code, ran.err) == (0, "")
    document = ran.document
    assert document["datastream"]["datastream_id"] == 123
    assert document["subscription"]["status"] == "active"
    assert document["export"]["status"] == "succeeded"
    assert isinstance(document["export"]["end_time"], int)
    assert document["files"]
    for file in document["files"]:
        with gzip.open(file["path"], "rt") as lines:
            assert lines.readline() == "collection_timestamp_ns,message\n"


def test_a_person_gets_a_table_of_files(tickhaul: Callable[..., Ran], tmp_path: Path) -> None:
    ran = tickhaul(
        *("haul", *STREAM, *RANGE, "--out", tmp_path, "--schema", "normalized", "--format", "parquet", "--hash"),
    )
    assert ran.code == 0
    assert ran.lines[0].split() == ["FILE", "SIZE", "HOW", "SHA-256"]
    assert all(".parquet" in line for line in ran.lines[1:])


def test_steps_and_progress_are_told_at_a_terminal_only(
    tickhaul: Callable[..., Ran], terminal: Callable[[str], None], tmp_path: Path
) -> None:
    terminal("stderr")
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path, "--json")
    assert len(ran.document["files"]) >= 1
    for step in ("datastream 123: binance BTCUSDT trades json", "subscription sub_", "export exp_", ": succeeded"):
        assert step in ran.err
    assert re.search(r"\d files?, .* in ", ran.err)


def test_recording_is_left_alone_when_asked(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]], tmp_path: Path
) -> None:
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path, "--no-subscribe", "--json")
    assert ran.code == 1
    assert ran.error["code"] == "permission_denied"
    assert "left" not in ran.error
    assert not received("subscriptions.*")


def test_a_range_without_recordings_brings_nothing_and_says_so(
    tickhaul: Callable[..., Ran], terminal: Callable[[str], None], tmp_path: Path
) -> None:
    terminal("stderr")
    ran = tickhaul("haul", *STREAM, "--from", "2024-01", "--to", "2024-02", "--out", tmp_path)
    assert ran.code == 0
    assert "nothing was recorded in this range" in ran.err
    assert len(ran.lines) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "now", "--to", "-1h"), "is not before"),
        (("--from", "noon", "--to", "now"), "'noon' is not understood"),
        ((*RANGE, "--idempotency-key", "mine"), "is not a UUID"),
        ((*RANGE, "--schema", ""), "schema=''"),
        ((*RANGE, "--timeout", "0"), "--timeout"),
        ((*RANGE, "--connections", "0"), "--connections"),
    ],
)
def test_an_order_that_cannot_be_is_wrong_usage_before_anything_is_sent(
    tickhaul: Callable[..., Ran],
    received: Callable[..., list[RecordedRequest]],
    tmp_path: Path,
    words: tuple[str, ...],
    said: str,
) -> None:
    ran = tickhaul("haul", *STREAM, *words, "--out", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not received()


def test_a_failed_export_is_reported_with_its_reason_and_leaves_nothing_to_do(
    tickhaul: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.add("failed-export:reason=no disk")
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "no disk" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("export_seconds", [3600.0])
def test_an_export_that_takes_too_long_is_left_with_the_way_on(tickhaul: Callable[..., Ran], tmp_path: Path) -> None:
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path / "my data", "--timeout", "1", "--json")
    assert (ran.code, ran.out) == (4, "")
    job = ran.error["export_id"]
    assert f"`tickhaul exports wait {job}`" in ran.error["left"]
    assert f"`tickhaul download {job} --out '{tmp_path / 'my data'}'`" in ran.error["left"]


def test_a_refused_export_leaves_what_was_there_before_it(
    tickhaul: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.add("error:exports.create:status=402:code=payment_required:message=Upgrade")
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path)
    assert ran.code == 1
    first, second = ran.err.splitlines()
    assert "Upgrade" in first
    assert second.startswith("Datastream 123 is subscribed (sub_")


def test_an_export_whose_answers_are_lost_can_be_ordered_again_without_a_second(
    tickhaul: Callable[..., Ran],
    sandbox: Sandbox,
    received: Callable[..., list[RecordedRequest]],
    tmp_path: Path,
) -> None:
    fault = sandbox.faults.add("lost-answer:exports.create")
    ran = tickhaul("--deadline", "0.5", "haul", *STREAM, *RANGE, "--out", tmp_path, "--json")
    assert ran.code in (1, 4)
    sandbox.faults.remove(fault)
    words = ran.error["left"].split("Repeated with ")[1].split(" within")[0].split()
    again = tickhaul("haul", *STREAM, *words, "--out", tmp_path, "--json")
    assert again.code == 0
    bodies = {request.body for request in received("exports.create")}
    keys = {request.headers["idempotency-key"] for request in received("exports.create")}
    assert len(bodies) == len(keys) == 1
    assert len(tickhaul("exports", "list", "--json").document) == 1


def test_a_key_of_ones_own_travels_with_the_export(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]], tmp_path: Path
) -> None:
    key = str(uuid4())
    assert tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path, "--idempotency-key", key).code == 0
    assert [request.headers["idempotency-key"] for request in received("exports.create")] == [key]


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ("datastreams.Datastreams.find", None),
        ("subscriptions.Subscriptions.ensure", "Datastream 123 may be subscribed by now"),
        ("exports.Exports.create", "The export may have been created"),
        ("exports.Exports.wait", "goes on at the service"),
        ("exports.Exports.download", "What was fetched is kept"),
    ],
)
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_whatever_step_is_interrupted_says_what_is_left(
    tickhaul: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    step: str,
    left: str | None,
    number: signal.Signals,
    code: int,
    word: str,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(number)

    monkeypatch.setattr(f"tickhaul._sync.resources.{step}", interrupted)
    before = signal.getsignal(signal.SIGTERM)
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path)
    assert (ran.code, ran.out) == (code, "")
    lines = ran.err.splitlines()
    assert lines[0] == f"tickhaul: {word}"
    assert (left in lines[1]) if left else len(lines) == 1
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_way_on_names_the_settings_of_the_run(
    offline: Callable[..., Ran], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = tmp_path / "key file"
    key.write_text(f"{sandbox.api_key}\n", encoding="utf-8")
    monkeypatch.setattr("tickhaul._sync.resources.exports.Exports.wait", lambda *_, **__: signal.raise_signal(2))
    settings = ("--base-url", sandbox.base_url, "--api-key-file", str(key), "--allow-plain-http")
    ran = offline(*settings, "haul", *STREAM, *RANGE, "--out", tmp_path, "--json")
    assert ran.code == 130
    assert ran.error["kind"] == "Interrupted"
    start = f"`tickhaul --base-url {sandbox.base_url} --api-key-file '{key}' --allow-plain-http exports wait exp_"
    assert start in ran.error["left"]


def test_the_way_on_brings_the_files_as_they_were_ordered(
    tickhaul: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tickhaul._sync.resources.exports.Exports.download", lambda *_, **__: signal.raise_signal(2))
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path, "--hash", "--connections", "3")
    assert f"--out {tmp_path} --connections 3 --hash` goes on from there" in ran.err


def test_downloads_that_find_expired_urls_fetch_new_ones(
    tickhaul: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.add("expired-url:times=1")
    ran = tickhaul("haul", *STREAM, *RANGE, "--out", tmp_path, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["files"]
