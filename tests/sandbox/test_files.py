"""What is in the files."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.artifacts.csvfile import Dialect
from tickhaul_sandbox.artifacts.plan import Piece, clip, partition
from tickhaul_sandbox.catalog import catalog_of

from tests.sandbox.api import BTCUSDT, HOUR, PER_MINUTE, START, Api, ok

if TYPE_CHECKING:
    from pathlib import Path

    from tickhaul_sandbox.artifacts.tables import Value

WINDOW = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}


def test_a_raw_file_has_the_collection_time_and_the_message(api: Api, clock: ManualClock) -> None:
    api.subscribe()
    export_id = api.export(START - HOUR, START)
    clock.advance(1)
    rows = api.rows(export_id)
    assert len(rows) == 60 * PER_MINUTE
    assert list(rows[0]) == ["collection_timestamp_ns", "message"]
    for row in rows:
        message = json.loads(row["message"])
        assert message["stream"] == "btcusdt@trade"
        assert message["data"]["T"] <= int(row["collection_timestamp_ns"]) // 1_000_000


def test_the_second_column_has_the_name_the_settings_say(clock: ManualClock) -> None:
    with (
        Sandbox(Settings(raw_column="data", export_seconds=0, messages_per_minute=PER_MINUTE), clock=clock) as sandbox,
        Api(sandbox) as api,
    ):
        api.subscribe()
        assert "data" in api.rows(api.export(START - HOUR, START))[0]


def test_the_same_export_has_the_same_bytes_in_every_sandbox_of_a_seed() -> None:
    contents = []
    for seed in (1, 1, 2):
        settings = Settings(seed=seed, export_seconds=0, messages_per_minute=PER_MINUTE)
        with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
            api.subscribe()
            exports = [api.export(START - HOUR, START, format=kind) for kind in ("csv", "parquet")]
            contents.append([api.files(export_id) for export_id in exports])
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


def test_a_gzip_file_holds_no_name_and_no_time(api: Api, clock: ManualClock) -> None:
    api.subscribe()
    export_id = api.export(START - HOUR, START)
    clock.advance(1)
    for content in api.files(export_id).values():
        assert content[:4] == b"\x1f\x8b\x08\x00"
        assert content[4:8] == bytes(4)


def test_files_dropped_for_room_are_made_again_with_the_same_bytes(clock: ManualClock) -> None:
    with (
        Sandbox(Settings(cache_bytes=1, export_seconds=0, messages_per_minute=PER_MINUTE), clock=clock) as sandbox,
        Api(sandbox) as api,
    ):
        api.subscribe()
        export_id = api.export(START - HOUR, START)
        first = api.files(export_id)
        assert len(first) == 2
        assert sandbox.service.artifacts.size <= max(map(len, first.values()))
        assert api.files(export_id) == first


def test_lines_end_as_the_settings_say(clock: ManualClock) -> None:
    with (
        Sandbox(
            Settings(csv_line_end="\r\n", export_seconds=0, messages_per_minute=PER_MINUTE), clock=clock
        ) as sandbox,
        Api(sandbox) as api,
    ):
        api.subscribe()
        export_id = api.export(START - HOUR, START)
        text = gzip.decompress(next(iter(api.files(export_id).values())))
        assert text.count(b"\r\n") == text.count(b"\n")
        assert len(api.rows(export_id)) == 60 * PER_MINUTE


@pytest.mark.parametrize("compression", ["zstd", "snappy", "gzip", "uncompressed"])
def test_a_parquet_file_has_the_rows_of_the_csv_file_and_types(
    api: Api, clock: ManualClock, tmp_path: Path, compression: str
) -> None:
    api.subscribe()
    options = {"compression": compression, "row_group_size": 100}
    plain = api.export(START - HOUR, START, schema="normalized")
    typed = api.export(START - HOUR, START, schema="normalized", format="parquet", format_options=options)
    clock.advance(1)
    for name, content in api.files(typed).items():
        assert name.endswith(".parquet")
        (tmp_path / name).write_bytes(content)
    with duckdb.connect() as database:
        table = database.read_parquet(str(tmp_path / "*.parquet"))
        kinds = dict(zip(table.columns, map(str, table.types), strict=True))
        rows = table.fetchall()
    assert kinds == {
        "collection_timestamp_ns": "BIGINT",
        "exchange_timestamp_ns": "BIGINT",
        "trade_id": "VARCHAR",
        "side": "VARCHAR",
        "price": "DECIMAL(38,18)",
        "size": "DECIMAL(38,18)",
    }
    assert [[Dialect().render(value) for value in row] for row in rows] == [
        list(row.values()) for row in api.rows(plain)
    ]


def test_a_raw_parquet_file_keeps_the_messages(api: Api, clock: ManualClock, tmp_path: Path) -> None:
    api.subscribe()
    plain, typed = api.export(START - HOUR, START), ok(api.post("/exports", {**WINDOW, "format": "parquet"}), 202)["id"]
    clock.advance(1)
    for name, content in api.files(typed).items():
        (tmp_path / name).write_bytes(content)
    with duckdb.connect() as database:
        rows = database.read_parquet(str(tmp_path / "*.parquet")).fetchall()
    assert [(str(ns), text) for ns, text in rows] == [tuple(row.values()) for row in api.rows(plain)]


def test_a_collection_time_in_iso8601_is_a_timestamp_in_parquet(api: Api, clock: ManualClock, tmp_path: Path) -> None:
    meta = {"value": "collection_timestamp_ns", "format": "iso8601"}
    schema = {
        "columns": [{"output_column": "at", "meta": meta}, {"output_column": "ns", "meta": {**meta, "format": "ns"}}]
    }
    api.subscribe()
    export_id = api.export(START - HOUR, START, schema=schema, format="parquet")
    clock.advance(1)
    for name, content in api.files(export_id).items():
        (tmp_path / name).write_bytes(content)
    with duckdb.connect() as database:
        table = database.read_parquet(str(tmp_path / "*.parquet"))
        assert str(table.types[0]) == "TIMESTAMP_NS"
        rows = table.project('epoch_ns("at"), ns').fetchall()
    assert rows
    assert all(abs(at - ns) < 1000 for at, ns in rows)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, ""),
        ("", '""'),
        ("plain", "plain"),
        ('a "b", c', '"a ""b"", c"'),
        ("two\nlines", '"two\nlines"'),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (0.5, "0.5"),
        (Decimal("1.500"), "1.5"),
        (Decimal(100), "100"),
        (Decimal("0E-18"), "0"),
        (Decimal("-0.00"), "0"),
        (Decimal("1E-18"), "0.000000000000000001"),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_values_are_written_as_csv_fields(value: Value, field: str) -> None:
    assert Dialect().render(value) == field


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999))), st.integers(0, 999), st.integers(0, 999))
def test_clipping_keeps_what_lies_in_range_and_span(spans: list[tuple[int, int]], start: int, end: int) -> None:
    pieces = clip(spans, start, end)
    assert all(piece.start_ns < piece.end_ns for piece in pieces)
    wanted = sum(max(0, min(end, last) - max(start, first)) for first, last in spans)
    assert sum(piece.end_ns - piece.start_ns for piece in pieces) == wanted


@given(st.lists(st.integers(0, 50 * HOUR), min_size=2, max_size=8, unique=True), st.booleans())
def test_cutting_into_files_loses_nothing(edges: list[int], daily: bool) -> None:
    edges.sort()
    pieces = [Piece(start, start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    stream = catalog_of(frozenset()).datastreams[0]
    parts = partition(stream, pieces, "csv", daily_stamp="%Y%m%d" if daily else None)
    assert [part.filename for part in parts] == sorted({part.filename for part in parts})
    cut = [piece for part in parts for piece in part.pieces]
    joined: list[Piece] = []
    for piece in cut:
        goes_on = joined and (joined[-1].end_ns, joined[-1].anchor_ns) == (piece.start_ns, piece.anchor_ns)
        start = joined.pop().start_ns if goes_on else piece.start_ns
        joined.append(Piece(piece.anchor_ns, start, piece.end_ns))
    assert joined == pieces
