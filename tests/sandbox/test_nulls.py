"""What may be left out of a request may not be null instead, except where the sources say that null clears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.api import BTCUSDT, HOUR, START, code, ok

if TYPE_CHECKING:
    from tests.sandbox.api import Api

META = {"value": "collection_timestamp_ns"}
READ = {"path": "p", "type": "f64"}


@pytest.mark.parametrize(
    "column",
    [
        {"meta": META, "data": None},
        {"meta": None, "data": {"binance": {"json": READ}}},
        {"meta": {**META, "format": None}},
        {"data": {"binance": {"json": READ, "transform": None}}},
    ],
)
def test_null_in_a_column_is_refused(api: Api, column: dict[str, Any]) -> None:
    body = {"name": "mine", "stream_category": "trade", "columns": [{"output_column": "c", **column}]}
    assert code(api.post("/export-schemas", body)) == (400, "invalid_argument")


@pytest.mark.parametrize("field", ["schema", "format", "format_options"])
def test_null_in_an_export_is_refused(api: Api, field: str) -> None:
    api.subscribe(BTCUSDT)
    body = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}
    assert code(api.post("/exports", {**body, field: None})) == (400, "invalid_argument")


@pytest.mark.parametrize("wrong", [[], {}, 1, True, "CSV"])
def test_a_format_of_any_other_kind_is_refused(api: Api, wrong: object) -> None:
    api.subscribe(BTCUSDT)
    body = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START, "format": wrong}
    assert code(api.post("/exports", body)) == (400, "invalid_argument")


def test_null_clears_unfold_and_derive(api: Api) -> None:
    columns = [{"output_column": "c", "meta": META}]
    body = {"name": "mine", "stream_category": "trade", "columns": columns, "unfold": {"binance": {"path": "d"}}}
    schema = ok(api.post("/export-schemas", body), 201)
    assert "unfold" in schema
    assert "unfold" not in ok(api.put(f"/export-schemas/{schema['id']}", {"columns": columns, "unfold": None}))
