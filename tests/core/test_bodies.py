"""Request bodies: exports and their schemas, as people write them."""

from __future__ import annotations

from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from tickhaul._core.exports import creation_body as export_body
from tickhaul._core.schemas import content_body, creation_body, export_schema
from ticksupply_api import models

NOW = 1_711_888_496_123_456_789
TIME = {"output_column": "time", "meta": {"value": "collection_timestamp_ns", "format": "us"}}
PRICE = {"output_column": "price", "data": {"binance": {"json": {"path": "p", "type": "decimal(18)"}}}}
UNFOLD = {"bybit_linear": {"path": "data"}}
DERIVE = {
    "binance": [
        {
            "field": "levels",
            "op": "tagged_concat",
            "arrays": [{"path": "b", "tag": "bid"}, {"path": "a", "tag": "ask"}],
            "tag_field": "side",
            "value_field": "level",
        }
    ]
}


def export(start: Any = "2024-01-15", end: Any = "2024-01-16", **changes: Any) -> models.CreateExportRequest:
    arguments: dict[str, Any] = {"schema": None, "format": None, "format_options": None, "now": NOW} | changes
    return export_body(123, start, end, **arguments)


def test_an_export_sends_exact_nanoseconds_as_text_and_only_what_was_said() -> None:
    body = export("2024-01-15T10:00:00.000000001Z", "2024-01-15T11:00Z")
    assert body.to_dict() == {
        "datastream_id": 123,
        "start_time": "1705312800000000001",
        "end_time": "1705316400000000000",
    }


def test_an_export_takes_all_there_is_to_say() -> None:
    body = export(timedelta(hours=1), "now", schema="normalized", format="parquet", format_options={"level": 3})
    assert body.to_dict() == {
        "datastream_id": 123,
        "start_time": str(NOW - 3_600_000_000_000),
        "end_time": str(NOW),
        "schema": "normalized",
        "format": "parquet",
        "format_options": {"level": 3},
    }
    assert body.format is models.ExportFormat.PARQUET


@pytest.mark.parametrize(
    ("start", "end"),
    [("2024-01-16", "2024-01-15"), ("2024-01-15", "2024-01-15"), (date(2024, 1, 15), "2024-01-15T00:00Z")],
)
def test_a_range_without_a_moment_in_it_is_refused(start: Any, end: Any) -> None:
    with pytest.raises(ValueError, match=r"start 2024-01-1\dT00:00:00Z is not before end 2024-01-15T00:00:00Z"):
        export(start, end)


@pytest.mark.parametrize("format_", ["csv", models.ExportFormat.CSV])
def test_a_format_is_text_or_the_member(format_: Any) -> None:
    assert export(format=format_).to_dict()["format"] == "csv"


@pytest.mark.parametrize("format_", ["xml", "CSV", "", 5])
def test_an_unknown_format_is_refused_with_those_there_are(format_: Any) -> None:
    with pytest.raises(ValueError, match=f"format={format_!r}: expected one of csv, parquet"):
        export(format=format_)


@pytest.mark.parametrize("options", [{"a": 1}, MappingProxyType({"a": 1}), models.FormatOptions.from_dict({"a": 1})])
def test_format_options_are_an_object_or_the_model(options: Any) -> None:
    assert export(format_options=options).to_dict()["format_options"] == {"a": 1}


@pytest.mark.parametrize("options", ["level=3", 3, ["level"], models.InlineSchema(columns=[])])
def test_format_options_of_another_type_are_refused(options: Any) -> None:
    with pytest.raises(TypeError, match=r"format_options=.*expected FormatOptions or its JSON object, not"):
        export(format_options=options)


def schema_model(kind: Any) -> Any:
    fields: dict[str, Any] = {
        "id": "sch_1",
        "name": "mine",
        "stream_category": "trade",
        "is_built_in": False,
        "version": 1,
        "has_draft": False,
        "created_at": "2024-01-15T10:00:00Z",
        "columns": [TIME],
    }
    return kind.from_dict(fields)


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        (None, None),
        ("raw", "raw"),
        ("sch_1", "sch_1"),
        (schema_model(models.Schema), "sch_1"),
        (schema_model(models.SchemaListItem), "sch_1"),
    ],
)
def test_a_schema_is_named(schema: Any, sent: str | None) -> None:
    assert export_schema(schema) == sent


@pytest.mark.parametrize("wrap", [dict, MappingProxyType, models.InlineSchema.from_dict])
def test_a_schema_is_its_content(wrap: Any) -> None:
    content = {"columns": [TIME, PRICE], "unfold": UNFOLD, "derive": DERIVE}
    schema = export_schema(wrap(content))
    assert isinstance(schema, models.InlineSchema)
    assert schema.to_dict() == content
    assert export(schema=schema).to_dict()["schema"] == content


def test_a_schema_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="schema='': expected a name such as 'raw' or 'normalized', an id, or columns"):
        export_schema("")


@pytest.mark.parametrize("schema", [5, [TIME], b"raw", True])
def test_a_schema_of_another_type_is_refused(schema: Any) -> None:
    with pytest.raises(TypeError, match="expected a name, an id, a schema or its content, not"):
        export_schema(schema)


@pytest.mark.parametrize("content", [{}, {"columns": 5}, {"columns": [{}]}, {"columns": [TIME], "unfold": 5}])
def test_content_of_another_shape_is_shown(content: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="does not have the documented shape") as caught:
        export_schema(content)
    assert str(caught.value).startswith(f"schema={content!r}")


@pytest.mark.parametrize("wrap", [lambda part, _: part, lambda part, kind: kind.from_dict(part)])
@pytest.mark.parametrize("category", ["trade", models.StreamCategory.TRADE])
def test_a_new_schema_takes_models_and_json_objects_alike(wrap: Any, category: Any) -> None:
    body = creation_body(
        "mine",
        category,
        [wrap(TIME, models.Column), wrap(PRICE, models.Column)],
        wrap(UNFOLD, models.Unfold),
        wrap(DERIVE, models.Derive),
    )
    content = {"columns": [TIME, PRICE], "unfold": UNFOLD, "derive": DERIVE}
    assert body.to_dict() == {"name": "mine", "stream_category": "trade"} | content
    assert content_body(body.columns, body.unfold, body.derive).to_dict() == content


def test_what_is_left_out_of_a_schema_is_not_sent() -> None:
    columns: Any = iter([TIME])
    assert content_body(columns, None, None).to_dict() == {"columns": [TIME]}


@pytest.mark.parametrize("category", ["trades", "", "TRADE"])
def test_an_unknown_category_is_refused_with_those_there_are(category: str) -> None:
    expected = "expected one of book_update, kline, liquidation, orderbook, quote, ticker, trade"
    with pytest.raises(ValueError, match=f"stream_category={category!r}: {expected}"):
        creation_body("mine", category, [TIME], None, None)


def test_a_new_schema_needs_a_name() -> None:
    with pytest.raises(ValueError, match="name='': a schema needs a name"):
        creation_body("", "trade", [TIME], None, None)


@pytest.mark.parametrize("columns", [[], (), iter(())])
def test_a_schema_needs_a_column(columns: Any) -> None:
    with pytest.raises(ValueError, match=r"columns=\[\]: a schema needs at least one column"):
        content_body(columns, None, None)


@pytest.mark.parametrize("columns", [None, 5, "time", TIME])
def test_columns_are_a_list(columns: Any) -> None:
    with pytest.raises(TypeError, match=r"columns=.*expected a list of columns, not"):
        content_body(columns, None, None)


@pytest.mark.parametrize("column", [None, 5, "time", [TIME], models.JsonExtraction("p", "f64")])
def test_a_column_of_another_type_is_named_by_its_place(column: Any) -> None:
    with pytest.raises(TypeError, match=r"columns\[1\]=.*expected Column or its JSON object, not"):
        content_body([TIME, column], None, None)


@pytest.mark.parametrize("column", [{}, {"output_column": 5}, {"output_column": "a", "meta": {}}])
def test_a_column_of_another_shape_is_named_by_its_place(column: Any) -> None:
    with pytest.raises(ValueError, match=r"columns\[1\]=.*does not have the documented shape"):
        content_body([TIME, column], None, None)


@pytest.mark.parametrize("name", ["unfold", "derive"])
@pytest.mark.parametrize(("value", "error"), [(5, TypeError), ([], TypeError), ({"binance": 5}, ValueError)])
def test_other_parts_of_another_type_or_shape_are_named(name: str, value: Any, error: type[Exception]) -> None:
    parts: dict[str, Any] = {"unfold": None, "derive": None, name: value}
    with pytest.raises(error, match=f"{name}="):
        content_body([TIME], **parts)
