"""The language of export schemas, on recorded messages that can be read here."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings

from tests.facts.caller import EXPORT_SECONDS, KEYS, TIME, Caller, read_parquet
from tests.sandbox.api import START, code, ok
from tests.sandbox.recordings import write_recordings

if TYPE_CHECKING:
    from pathlib import Path

TRADES = ("binance", "FACTUSDT", "trades")
PACKED = ("bybit_linear", "FACTUSDT", "trades")
DEPTH = ("binance", "FACTUSDT", "depth")
BOOK = ("binance", "FACTUSDT", "depth20")
TICKER = ("kraken", "FACT-USD", "ticker")

SELL = '{"stream":"factusdt@trade","data":{"t":9007199254740993,"p":"0.1234567890123456789","q":"2.50","m":true}}'
BUY = '{"stream":"factusdt@trade","data":{"t":9007199254740994,"p":"31.5","q":"3","m":false}}'
BOTH = '{"topic":"publicTrade","data":[{"p":"1.5","v":"2","S":"Buy"},{"p":"1.25","v":"3","S":"Sell"}]}'
CHANGE = '{"stream":"factusdt@depth","data":{"b":[["10","1"],["9","2"]],"a":[["11","3"]]}}'
# Bids at 100, 99, 98, ... and asks at 201, 202, 203, ..., twenty-five of each.
WHOLE = {"data": {"bids": [[str(100 - n), "1"] for n in range(25)], "asks": [[str(201 + n), "1"] for n in range(25)]}}

LEVELS = {
    "field": "levels",
    "op": "tagged_concat",
    "arrays": [{"path": "data.b", "tag": "bid"}, {"path": "data.a", "tag": "ask"}],
    "tag_field": "side",
    "value_field": "level",
}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("recordings")
    messages: dict[tuple[str, str, str], list[object]] = {
        TRADES: [SELL, BUY],
        PACKED: [BOTH],
        DEPTH: [CHANGE],
        BOOK: [WHOLE],
        TICKER: [{}],
    }
    write_recordings(directory, messages)
    return directory


@pytest.fixture(scope="module")
def settings(recordings: Path) -> Settings:
    return Settings(api_keys=KEYS, backdate=0, export_seconds=EXPORT_SECONDS, captures=recordings)


def column(path: str, kind: str = "string", transform: str | None = None, exchange: str = "binance") -> dict[str, Any]:
    """Return a column named after the last part of its path."""
    extractor: dict[str, Any] = {"json": {"path": path, "type": kind}}
    if transform is not None:
        extractor["transform"] = transform
    return {"output_column": path.rpartition(".")[2], "data": {exchange: extractor}}


def exported(api: Caller, schema: Any, stream: tuple[str, str, str] = TRADES, **more: Any) -> str:
    """Export each message of a recording once and return the job's id."""
    datastream_id = api.stream_id(*stream)
    start, end = api.record(8, datastream_id)
    export_id = api.export(start, end, datastream_id, schema=schema, **more)
    api.advance(EXPORT_SECONDS)
    return export_id


def rows(api: Caller, schema: Any, stream: tuple[str, str, str] = TRADES) -> list[list[str]]:
    """Return the values of all rows, as CSV has them."""
    return [list(row.values()) for row in api.rows(exported(api, schema, stream))]


def typed(api: Caller, *columns: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the values of all rows, as Parquet has them."""
    [content] = api.files(exported(api, {"columns": columns}, format="parquet")).values()
    return read_parquet(content)[1]


def refused(api: Caller, **content: Any) -> bool:
    """Return whether content is a 400, created or sent along with an export."""
    body = {"columns": [TIME], **content}
    datastream_id = api.stream_id(*TRADES)
    start, end = api.record(8, datastream_id) if not ok(api.get("/subscriptions"))["total"] else (START, START + 1)
    order = {"datastream_id": datastream_id, "start_time": start, "end_time": end, "schema": body}
    answers = [
        api.post("/export-schemas", {"name": "wrong", "stream_category": "trade", **body}),
        api.post("/exports", order),
    ]
    return {code(answer) for answer in answers} == {(400, "invalid_argument")}


def test_columns_have_the_names_and_the_order_of_the_schema(api: Caller) -> None:
    """docs: guides/export-schemas"""
    schema = {"columns": [column("data.q"), TIME, column("data.p")]}
    assert list(api.rows(exported(api, schema))[0]) == ["q", "t", "p"]


def test_a_column_has_meta_or_data_and_not_both(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    assert refused(api, columns=[{**TIME, **column("data.p")}])
    assert refused(api, columns=[{"output_column": "x"}])


def test_the_collection_time_is_the_only_meta_value(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    assert refused(api, columns=[{"output_column": "x", "meta": {"value": "exchange_timestamp_ns"}}])
    assert refused(api, columns=[{"output_column": "x", "meta": {"format": "ns"}}])


@pytest.mark.parametrize(
    ("style", "wanted"),
    [
        ("ns", "1705312800000000000"),
        ("us", "1705312800000000"),
        ("ms", "1705312800000"),
        ("s", "1705312800"),
        ("iso8601", "2024-01-15T10:00:00Z"),
    ],
)
def test_the_collection_time_can_be_had_in_five_formats(recordings: Path, style: str, wanted: str) -> None:
    """docs: guides/export-schemas"""
    settings = Settings(backdate=0, export_seconds=0, captures=recordings)
    meta = {"output_column": "t", "meta": {"value": "collection_timestamp_ns", "format": style}}
    with Sandbox(settings, clock=ManualClock(1_705_312_800_000_000_000)) as sandbox, Caller(sandbox) as api:
        assert rows(api, {"columns": [meta]})[0] == [wanted]


def test_the_collection_time_is_in_nanoseconds_unless_another_format_is_chosen(api: Caller) -> None:
    """docs: guides/export-schemas"""
    bare = {"output_column": "x", "meta": {"value": "collection_timestamp_ns"}}
    found = rows(api, {"columns": [bare, TIME]})
    assert found
    assert all(chosen == nanoseconds for chosen, nanoseconds in found)


def test_a_format_of_the_collection_time_that_is_none_of_the_five_is_refused(api: Caller) -> None:
    """docs: guides/export-schemas"""
    for style in ("minutes", "NS", "iso", ""):
        assert refused(api, columns=[{"output_column": "x", "meta": {**TIME["meta"], "format": style}}])


def test_a_path_leads_into_a_message_by_dots(api: Caller) -> None:
    """docs: guides/export-schemas"""
    schema = {"columns": [column("stream"), column("data.p")]}
    assert rows(api, schema)[1] == ["factusdt@trade", "31.5"]


def test_an_extractor_needs_a_path_and_a_type(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    for json in ({"path": "data.p"}, {"type": "f64"}, {}, None):
        assert refused(api, columns=[{"output_column": "x", "data": {"binance": {"json": json}}}])


def test_values_come_out_as_decimal_or_f64_or_i64_or_string_or_bool(api: Caller) -> None:
    """docs: guides/export-schemas"""
    kinds = (("data.p", "decimal(4)"), ("data.q", "f64"), ("data.t", "i64"), ("stream", "string"), ("data.m", "bool"))
    found = typed(api, *(column(path, kind) for path, kind in kinds))[1]
    assert found == (Decimal("31.5000"), 3.0, 9_007_199_254_740_994, "factusdt@trade", False)
    assert [type(value) for value in found] == [Decimal, float, int, str, bool]


def test_a_type_that_is_none_of_the_five_is_refused(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    for kind in ("float", "int", "decimal", "decimal()", "decimal(-1)", "timestamp", "F64", ""):
        assert refused(api, columns=[column("data.p", kind)])


def test_a_decimal_keeps_its_places_exactly(api: Caller) -> None:
    """docs: guides/export-schemas"""
    [(value,), _] = typed(api, column("data.p", "decimal(18)"))
    assert str(value) == "0.123456789012345678"


def test_an_i64_keeps_every_digit(api: Caller) -> None:
    """docs: guides/export-schemas"""
    assert rows(api, {"columns": [column("data.t", "i64")]}) == [["9007199254740993"], ["9007199254740994"]]


def test_a_transform_makes_something_else_of_the_value(api: Caller) -> None:
    """docs: guides/export-schemas"""
    side = column("data.m", "bool", "CASE WHEN {v} THEN 'sell' ELSE 'buy' END")
    assert rows(api, {"columns": [side]}) == [["sell"], ["buy"]]


def test_v_in_braces_stands_for_the_extracted_value_wherever_it_is_written(api: Caller) -> None:
    """docs: guides/export-schemas"""
    doubled = column("data.q", "decimal(2)", "{v} + {v} * 10")
    assert [Decimal(value) for [value] in rows(api, {"columns": [doubled]})] == [Decimal("27.5"), Decimal(33)]


def test_each_exchange_has_its_own_extractor_in_a_column(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    price = {
        "output_column": "price",
        "data": {**column("data.p")["data"], "bybit_linear": {"json": {"path": "p", "type": "string"}}},
    }
    schema = {"columns": [price], "unfold": {"bybit_linear": {"path": "data"}}}
    assert rows(api, schema, TRADES)[1] == ["31.5"]
    assert rows(api, schema, PACKED) == [["1.5"], ["1.25"]]


def test_unfold_makes_a_row_of_each_element_of_an_array(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    columns = [column(name, exchange="bybit_linear") for name in ("p", "v", "S")]
    schema = {"columns": columns, "unfold": {"bybit_linear": {"path": "data"}}}
    assert rows(api, schema, PACKED) == [["1.5", "2", "Buy"], ["1.25", "3", "Sell"]]


def test_unfold_is_for_the_exchange_it_names(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    schema = {"columns": [column("topic", exchange="bybit_linear")], "unfold": {"binance": {"path": "data"}}}
    assert rows(api, schema, PACKED) == [["publicTrade"]]


def test_unfold_may_name_exchanges_without_an_extractor(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    unfold = {"bybit_linear": {"path": "data"}, "kraken": {"path": "data"}}
    schema = api.schema(columns=[column("data.p")], unfold=unfold)
    assert schema["unfold"] == unfold
    assert rows(api, schema["id"])[1] == ["31.5"]


def test_derive_joins_arrays_into_one_and_tags_each_element(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    schema = {
        "columns": [column("data.levels.side"), column("data.levels.level.0", "i64")],
        "unfold": {"binance": {"path": "data.levels"}},
        "derive": {"binance": [LEVELS]},
    }
    assert rows(api, schema, DEPTH) == [["bid", "10"], ["bid", "9"], ["ask", "11"]]


def test_derive_names_the_tag_and_the_value_as_it_is_told(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    renamed = {**LEVELS, "field": "both", "tag_field": "what", "value_field": "pair"}
    schema = {
        "columns": [column("data.both.what"), column("data.both.pair.1", "i64")],
        "unfold": {"binance": {"path": "data.both"}},
        "derive": {"binance": [renamed]},
    }
    assert rows(api, schema, DEPTH) == [["bid", "1"], ["bid", "2"], ["ask", "3"]]


def test_tagged_concat_is_the_only_operation_of_derive(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    for operation in ("concat", "zip", "", None):
        assert refused(api, derive={"binance": [{**LEVELS, "op": operation}]})


@pytest.mark.parametrize("missing", list(LEVELS))
def test_all_five_fields_of_a_derived_array_are_required(api: Caller, missing: str) -> None:
    """docs: export-schemas/create-export-schema"""
    assert refused(api, derive={"binance": [{name: value for name, value in LEVELS.items() if name != missing}]})


def test_normalized_is_what_fits_the_category_of_the_datastream(api: Caller) -> None:
    """docs: guides/export-schemas"""
    trade, change = api.rows(exported(api, "normalized", TRADES)), api.rows(exported(api, "normalized", DEPTH))
    assert set(trade[0]) != set(change[0])
    assert "0.123456789012345678" in trade[0].values()
    assert {"10", "1"} <= set(change[0].values())


def test_normalized_makes_one_tagged_array_of_the_bids_and_asks_of_a_book_update(api: Caller) -> None:
    """client 0.2.0: models/schema.py"""
    found = rows(api, "normalized", DEPTH)
    wanted = [{"bid", "10", "1"}, {"bid", "9", "2"}, {"ask", "11", "3"}]
    assert len(found) == 3
    assert all(values <= set(row) for values, row in zip(wanted, found, strict=True))
    schema = next(
        item
        for item in ok(api.get("/export-schemas"))
        if (item["name"], item["stream_category"]) == ("normalized", "book_update")
    )
    [derived] = ok(api.get(f"/export-schemas/{schema['id']}"))["derive"]["binance"]
    assert derived["op"] == "tagged_concat"


def test_normalized_is_refused_for_a_ticker(api: Caller) -> None:
    """docs: guides/export-schemas"""
    datastream_id = api.stream_id(*TICKER)
    start, end = api.record(8, datastream_id)
    order = {"datastream_id": datastream_id, "start_time": start, "end_time": end, "schema": "normalized"}
    assert 400 <= api.post("/exports", order).status_code < 500


@pytest.mark.parametrize("depth", [5, 20])
def test_book_5_and_book_20_have_that_many_levels_of_each_side(api: Caller, depth: int) -> None:
    """docs: guides/export-schemas"""
    [row] = rows(api, f"book_{depth}", BOOK)
    prices = {int(value) for value in row if value.isdecimal() and 1 < int(value) < 1000}
    assert prices == {100 - n for n in range(depth)} | {201 + n for n in range(depth)}


def test_a_built_in_schema_can_be_read_in_the_language_itself(api: Caller) -> None:
    """docs: export-schemas/get-export-schema"""
    for item in ok(api.get("/export-schemas")):
        body = ok(api.get(f"/export-schemas/{item['id']}"))
        assert {name: body[name] for name in item} == item
        assert all(("meta" in column) != ("data" in column) for column in body["columns"])
