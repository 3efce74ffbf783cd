from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.market.captures import CaptureSource, read_index, read_tape

from tests.sandbox.api import CAPTURES, HOUR, SECOND, START, Api, ok

if TYPE_CHECKING:
    from pathlib import Path

NEEDS_CAPTURES = pytest.mark.skipif(
    not (CAPTURES / "index.json").exists(), reason="the recorded messages are not beside this checkout"
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with one stream of three messages over twelve seconds."""
    directory = tmp_path_factory.mktemp("captures")
    lines = [(5_000, '{"n":1,"text":"a, \\"b\\""}'), (5_000 + 4 * SECOND, '{"n":2}'), (5_000 + 8 * SECOND, '{"n":3}')]
    with gzip.open(directory / "one.tsv.gz", "wt", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{ns}\t{payload}\n" for ns, payload in lines)
    entry = {"file": "one.tsv.gz", "exchange": "binance", "instrument": "BTCUSDT", "stream_type": "trade"}
    (directory / "index.json").write_text(json.dumps([entry]), encoding="utf-8")
    return directory


def source_of(directory: Path, *, messages: int = 10**6, size: int = 10**9) -> CaptureSource:
    return CaptureSource(directory / "one.tsv.gz", messages, size)


def test_a_recording_is_moved_to_the_beginning_of_its_span_and_repeated(recording: Path) -> None:
    rows = list(source_of(recording).messages(START, START, START + 25 * SECOND))
    assert [((row.collection_ns - START) // SECOND, json.loads(row.payload)["n"]) for row in rows] == [
        (0, 1),
        (4, 2),
        (8, 3),
        (12, 1),
        (16, 2),
        (20, 3),
        (24, 1),
    ]


@given(st.integers(0, 100 * SECOND), st.integers(0, 100 * SECOND), st.integers(0, 100 * SECOND))
def test_any_range_is_the_same_part_of_the_whole(recording: Path, anchor: int, start: int, length: int) -> None:
    source, start = source_of(recording), max(anchor, start)
    whole = list(source.messages(anchor, anchor, start + length))
    part = list(source.messages(anchor, start, start + length))
    assert part == [row for row in whole if row.collection_ns >= start]
    assert abs(source.estimate(anchor, start, start + length) - len(part)) <= 3


@pytest.mark.parametrize(("bounds", "most"), [({"messages": 60}, 60), ({"size": 36 * 20}, 60)])
def test_a_dense_recording_is_played_with_pauses(recording: Path, bounds: dict[str, int], most: int) -> None:
    source = source_of(recording, **bounds)
    rows = list(source.messages(START, START, START + HOUR))
    assert most * 0.8 <= len(rows) <= most + 3
    gaps = [(later.collection_ns - earlier.collection_ns) // SECOND for earlier, later in pairwise(rows)]
    assert sorted(set(gaps))[:1] == [4]


def test_the_captured_stream_is_the_one_of_the_catalog_and_its_messages_come_unchanged(recording: Path) -> None:
    clock = ManualClock(START)
    with Sandbox(Settings(captures=recording, export_seconds=0), clock=clock) as sandbox, Api(sandbox) as api:
        assert api.stream_id("binance", "BTCUSDT", "trade") == 123
        api.subscribe()
        rows = api.rows(api.export(START - HOUR, START - HOUR + 12 * SECOND))
        assert [row["message"] for row in rows] == ['{"n":1,"text":"a, \\"b\\""}', '{"n":2}', '{"n":3}']
        other = api.stream_id("binance", "ETHUSDT", "trades")
        api.subscribe(other)
        assert api.rows(api.export(START - HOUR, START, other))


def test_a_resumed_recording_begins_anew(recording: Path) -> None:
    clock = ManualClock(START)
    settings = Settings(captures=recording, export_seconds=0, backdate=0)
    with Sandbox(settings, clock=clock) as sandbox, Api(sandbox) as api:
        path = f"/subscriptions/{api.subscribe()}"
        clock.advance(6)
        ok(api.post(f"{path}/pause"), 204)
        clock.advance(100)
        ok(api.post(f"{path}/resume"), 204)
        clock.advance(6)
        rows = api.rows(api.export(START, clock.now_ns()))
        seen = [(int(row["collection_timestamp_ns"]) - START) // SECOND for row in rows]
        assert seen == [0, 4, 106, 110]


@pytest.mark.parametrize("content", ["", "x\tpayload\n", "5\n"])
def test_a_broken_recording_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "broken.tsv.gz"
    with gzip.open(file, "wt", encoding="utf-8") as target:
        target.write(content)
    with pytest.raises(ValueError, match=r"broken\.tsv\.gz"):
        read_tape(file)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_index_may_begin_with_a_byte_order_mark(recording: Path, tmp_path: Path, encoding: str) -> None:
    text = (recording / "index.json").read_text(encoding="utf-8")
    (tmp_path / "index.json").write_text(text, encoding=encoding)
    assert list(read_index(tmp_path)) == list(read_index(recording))


@pytest.mark.parametrize("content", [None, "[" * 100_000, "{", "[1]", '[{"file": "x"}]', "5"])
def test_a_directory_without_an_index_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "index.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="not the index of a captures directory"):
        Sandbox(Settings(captures=tmp_path))


@NEEDS_CAPTURES
def test_every_recorded_stream_is_in_the_catalog_and_served_as_recorded() -> None:
    index = read_index(CAPTURES)
    clock = ManualClock(START)
    options = Settings(captures=CAPTURES, export_seconds=0, minute_limit=10_000, backdate=30.0)
    with Sandbox(options, clock=clock) as sandbox, Api(sandbox) as api:
        for exchange, instrument, stream_type in list(index)[::12]:
            datastream_id = api.stream_id(exchange, instrument, stream_type)
            api.subscribe(datastream_id)
            rows = api.rows(api.export(START - 30 * SECOND, START, datastream_id))
            tape = read_tape(index[exchange, instrument, stream_type])
            assert rows[0]["collection_timestamp_ns"] == str(START - 30 * SECOND)
            served = [row["message"] for row in rows]
            assert served[: len(tape.payloads)] == list(tape.payloads[: len(served)])


@NEEDS_CAPTURES
def test_the_recorded_index_names_more_than_a_hundred_streams_of_nine_exchanges() -> None:
    index = read_index(CAPTURES)
    assert len(index) > 100
    assert len({exchange for exchange, _, _ in index}) == 9
