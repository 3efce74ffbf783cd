"""What schemas make of messages."""

from __future__ import annotations

import json
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul_sandbox.artifacts.tables import LayoutError
from tickhaul_sandbox.market.sources import Message
from tickhaul_sandbox.schemas.content import Rules, read_content
from tickhaul_sandbox.schemas.layout import SchemaLayout
from tickhaul_sandbox.schemas.paths import MISSING, Place, parse
from tickhaul_sandbox.schemas.transforms import Evaluator, TransformError
from tickhaul_sandbox.schemas.types import DataType, parse_type

from tests.sandbox.api import CAGE

NS = 1_705_312_800_000_000_000


def rows_of(
    schema: dict[str, Any], *payloads: str | dict[str, Any] | list[Any], exchange: str = "venue", ns: int = NS
) -> list[list[Any]]:
    layout = SchemaLayout(read_content(schema, Rules(max_columns=100)), exchange, CAGE)
    texts = [payload if isinstance(payload, str) else json.dumps(payload) for payload in payloads]
    return [list(row) for row in layout.rows(Message(ns, text) for text in texts)]


def column(path: str, kind: str, transform: str | None = None, exchange: str = "venue") -> dict[str, Any]:
    extractor: dict[str, Any] = {"json": {"path": path, "type": kind}}
    if transform is not None:
        extractor["transform"] = transform
    return {"output_column": f"{path} {kind} {transform}", "data": {exchange: extractor}}


@pytest.mark.parametrize(
    ("style", "wanted"),
    [
        ("ns", NS),
        ("us", 1_705_312_800_000_000),
        ("ms", 1_705_312_800_000),
        ("s", 1_705_312_800),
        ("iso8601", "2024-01-15T10:00:00Z"),
    ],
)
def test_the_collection_time_is_written_in_every_documented_format(style: str, wanted: object) -> None:
    meta = {"output_column": "t", "meta": {"value": "collection_timestamp_ns", "format": style}}
    assert rows_of({"columns": [meta]}, {}) == [[wanted]]


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("decimal(2)", "1.239", Decimal("1.23")),
        ("decimal(2)", "-1.239", Decimal("-1.23")),
        ("decimal(18)", "0.00000636", Decimal("0.00000636")),
        ("decimal(0)", 7, Decimal(7)),
        ("decimal(18)", "1" * 21, None),
        ("decimal(18)", "a lot", None),
        ("decimal(18)", "NaN", None),
        ("decimal(18)", True, None),
        ("f64", "1.5", 1.5),
        ("f64", 2, 2.0),
        ("f64", "1e400", None),
        ("i64", "12", 12),
        ("i64", 12.0, 12),
        ("i64", 12.5, None),
        ("i64", 2**63, None),
        ("i64", -(2**63), -(2**63)),
        ("string", "x", "x"),
        ("string", 1.5, "1.5"),
        ("string", False, "false"),
        ("string", "caf\u00e9 \ud83d", "caf\u00e9 ?"),
        ("string", {"a": [1, None]}, '{"a":[1,null]}'),
        ("bool", True, True),
        ("bool", "False", False),
        ("bool", 1, True),
        ("bool", 2, None),
        ("bool", "yes", None),
        ("f64", None, None),
        ("string", None, None),
        ("i64", [1], None),
    ],
)
def test_values_become_values_of_their_type_or_null(kind: str, value: object, wanted: object) -> None:
    assert rows_of({"columns": [column("v", kind)]}, {"v": value}) == [[wanted]]


def test_numbers_keep_digits_that_a_float_would_lose() -> None:
    message = '{"p":0.1234567890123456789,"i":9007199254740993}'
    kinds = [column("p", "decimal(18)"), column("p", "string"), column("i", "i64")]
    [row] = rows_of({"columns": kinds}, message)
    assert row == [Decimal("0.123456789012345678"), "0.1234567890123456789", 9_007_199_254_740_993]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("a", "1"), ("b.c", "2"), ("d.0.1", "4"), ("d.5.0", None), ("b", '{"c":2}'), ("a.x", None), ("z", None)],
)
def test_paths_lead_through_names_and_positions(path: str, wanted: str | None) -> None:
    message = {"a": 1, "b": {"c": 2}, "d": [[3, 4]]}
    assert rows_of({"columns": [column(path, "string")]}, message) == [[wanted]]


def test_a_message_may_be_an_array() -> None:
    assert rows_of({"columns": [column("2", "string")]}, [1, {}, "book"]) == [["book"]]


def test_an_exchange_without_an_extractor_has_null() -> None:
    assert rows_of({"columns": [column("a", "string", exchange="other")]}, {"a": 1}) == [[None]]


def test_unfolding_makes_a_row_of_each_element_with_paths_from_it() -> None:
    schema = {
        "columns": [column("p", "decimal(2)"), column("S", "string"), column("ts", "i64")],
        "unfold": {"venue": {"path": "data"}, "elsewhere": {"path": "nothing"}},
    }
    message = {"ts": 5, "data": [{"p": "1.5", "S": "Buy"}, {"p": "2", "S": "Sell", "ts": 6}]}
    assert rows_of(schema, message) == [[Decimal("1.50"), "Buy", 5], [Decimal(2), "Sell", 6]]


@pytest.mark.parametrize("message", [{}, {"data": []}, {"data": {"p": 1}}, {"data": None}, []])
def test_unfolding_what_is_no_array_makes_no_row(message: Any) -> None:
    assert rows_of({"columns": [column("p", "f64")], "unfold": {"venue": {"path": "data"}}}, message) == []


def test_paths_may_name_the_unfolded_array_too() -> None:
    schema = {"columns": [column("data.p", "f64")], "unfold": {"venue": {"path": "data"}}}
    assert rows_of(schema, {"data": [{"p": 1}]}) == [[1.0]]


@pytest.mark.parametrize("unfold", ["levels", "data.levels"])
@pytest.mark.parametrize("prefix", ["", "levels.", "data.levels."])
def test_derived_arrays_hold_tag_and_element_and_can_be_unfolded(unfold: str, prefix: str) -> None:
    schema = {
        "columns": [column(f"{prefix}side", "string"), column(f"{prefix}level.0", "f64"), column("id", "i64")],
        "unfold": {"venue": {"path": unfold}},
        "derive": {
            "venue": [
                {
                    "field": "levels",
                    "op": "tagged_concat",
                    "arrays": [
                        {"path": "data.b", "tag": "bid"},
                        {"path": "data.a", "tag": "ask"},
                        {"path": "data.c", "tag": "none"},
                    ],
                    "tag_field": "side",
                    "value_field": "level",
                }
            ]
        },
    }
    message = {"id": 9, "data": {"a": [[3, 1]], "b": [[2, 1], [1, 1]], "c": "no array"}}
    assert rows_of(schema, message) == [["bid", 2.0, 9], ["bid", 1.0, 9], ["ask", 3.0, 9]]


def test_a_derived_array_can_be_read_without_unfolding_and_derived_from() -> None:
    def concatenation(field: str, *arrays: tuple[str, str]) -> dict[str, Any]:
        return {
            "field": field,
            "op": "tagged_concat",
            "arrays": [{"path": path, "tag": tag} for path, tag in arrays],
            "tag_field": "t",
            "value_field": "v",
        }

    schema = {
        "columns": [column("data.one.1.v", "i64"), column("two.0.v.t", "string")],
        "derive": {"venue": [concatenation("one", ("x", "a"), ("y", "b")), concatenation("two", ("one", "outer"))]},
    }
    assert rows_of(schema, {"x": [1], "y": [2]}) == [[2, "a"]]


@pytest.mark.parametrize(
    ("kind", "transform", "values", "wanted"),
    [
        ("bool", "CASE WHEN {v} THEN 'sell' ELSE 'buy' END", [True, False, None], ["sell", "buy", "buy"]),
        ("i64", "{v} * 1000000", [1, None], [1_000_000, None]),
        ("decimal(4)", "{v} * 2", ["1.5"], [Decimal(3)]),
        ("string", "lower({v})", ["BUY"], ["buy"]),
        ("string", "CAST({v} AS TIMESTAMP)", ["2024-01-15 10:00:00"], ["2024-01-15 10:00:00"]),
        ("string", "epoch_ns(CAST({v} AS TIMESTAMP_NS))", ["2024-01-15T10:00:00.123456Z"], [NS + 123_456_000]),
        ("f64", "{v} > 1 AND {v} BETWEEN 0 AND 9", [2, 0.5], [True, False]),
        ("f64", "round({v}, 1) -- nearly", [0.26], [0.3]),
        ("string", "{v} || '{v}'", ["a"], ["av"]),
        ("i64", "if({v} IN (1, 2), 'low', NULL)", [1, 5], ["low", None]),
        ("string", "replace(replace({v}, '-', ''), '/', '_')", ["BTC-USD/X"], ["BTCUSD_X"]),
        ("string", "replace({v}, 'XBT', 'BITCOIN')", ["XBT/USD"], ["BITCOIN/USD"]),
        ("string", "hex(hex({v}))", ["a"], ["3631"]),
        ("f64", "{v}", ["1e308", "0.1", None], [1e308, 0.1, None]),
        ("f64", "{v} / 0", [1], [float("inf")]),
        ("decimal(38)", "{v}", ["0." + "1" * 38], [Decimal("0." + "1" * 38)]),
        ("i64", "CAST({v} AS HUGEINT) * 1000", [2**62], [2**62 * 1000]),
        ("string", "{v} || chr(128640)", ["\u00e9\n"], ["\u00e9\n\U0001f680"]),
        ("string", "regexp_replace({v}, '[^0-9]', '', 'g')", ["a1b2"], ["12"]),
        ("string", "split_part({v}, '-', 2)", ["BTC-USD"], ["USD"]),
        ("string", "TRY_CAST({v} AS BIGINT) % 7", ["15", "x"], [1, None]),
        ("i64", "strftime(make_timestamp_ns({v}), '%Y-%m-%d')", [NS], ["2024-01-15"]),
    ],
)
def test_transforms_compute_from_the_extracted_value(
    kind: str, transform: str, values: list[Any], wanted: list[Any]
) -> None:
    messages = [{"v": value} for value in values]
    assert rows_of({"columns": [column("v", kind, transform)]}, *messages) == [[value] for value in wanted]


@pytest.mark.parametrize(
    "transform",
    [
        "",
        "upper(",
        "1, 2",
        "1 AS x",
        "1) AS r FROM batch WHERE (1 = 1",
        "1); DROP TABLE batch; SELECT (1",
        "1; SELECT 2",
        "(SELECT 1)",
        "EXISTS (SELECT 1)",
        "{v} IN (SELECT 1)",
        "x",
        "batch.v",
        "*",
        "$1",
        "?",
        "sum({v})",
        "row_number() OVER ()",
        "random()",
        "now()",
        "current_timestamp",
        "current_setting('threads')",
        "getenv('HOME')",
        "read_text('/etc/passwd')",
        "(FROM read_text('/etc/passwd'))",
        "query('SELECT 1')",
        "nextval('s')",
        "repeat('x', 1000000000)",
        "range(1000000000)",
        "list_transform([1], lambda x: x)",
        "no_such_function({v})",
        "main.upper('x')",
        "current_localtimestamp()",
        "age(CAST('2024-01-15' AS TIMESTAMP))",
        "CAST({v} AS TIMESTAMPTZ)",
        "bin({v})",
        "format('{:1000000000}', 1)",
        "printf('%1000000000d', 1)",
        "lpad({v}, 1000000000, 'x')",
        "bitstring('1', 1000000000)",
        "levenshtein('a', 'b')",
        "CAST({v} AS BIT)",
        "CAST([CAST({v} AS VARCHAR)] AS VARCHAR)",
        "CAST({v} AS VARCHAR[])",
        "CAST(NULL AS INTEGER[100000])",
        "list_aggregate(string_split('a,b', ','), 'string_agg', 'x')",
        "equi_width_bins(0, 1000000000, 1000000000, TRUE)",
        "NOT " * 900 + "TRUE",
        "abs(" * 900 + "{v}" + ")" * 900,
    ],
)
def test_a_transform_that_is_more_than_an_expression_is_refused(transform: str) -> None:
    with closing(Evaluator()) as evaluator, pytest.raises(TransformError):
        evaluator.check(transform, "BIGINT")


def test_a_transform_that_fails_on_a_value_fails_the_export() -> None:
    with pytest.raises(LayoutError, match="Transform of column"):
        rows_of({"columns": [column("v", "string", "CAST({v} AS INTEGER)")]}, {"v": "not a number"})


@settings(max_examples=20)
@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=50))
def test_a_transform_sees_each_row_once_and_in_order(values: list[int | None]) -> None:
    with CAGE.session() as session:
        assert session.run("{v}", DataType("i64"), values) == values


def test_batches_of_rows_come_out_whole_and_in_order() -> None:
    schema = {"columns": [column("i", "i64", "{v} + 1"), column("i", "i64")]}
    rows = rows_of(schema, *[{"i": index} for index in range(20_000)])
    assert rows == [[index + 1, index] for index in range(20_000)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("decimal(18)", DataType("decimal", 18)),
        ("decimal(0)", DataType("decimal", 0)),
        ("f64", DataType("f64")),
        ("decimal(39)", None),
        ("decimal", None),
        ("Decimal(2)", None),
        ("int", None),
    ],
)
def test_types_are_read_by_name(text: str, wanted: DataType | None) -> None:
    assert parse_type(text) == wanted


def test_alternatives_of_a_path_are_tried_in_turn() -> None:
    place = Place({"new": {"b": 1}}, {})
    assert place.find(parse("old.a|new.b")) == 1
    assert place.find(parse("old|older")) is MISSING
