"""The built-in schemas: `normalized` for every category but ticker, `book_5` and `book_20`.

Source: docs guides/export-schemas for their names and categories. Their columns are not stated anywhere; these are the
sandbox's own, written in the schema language itself so that `GET /v1/export-schemas/{id}` shows how they work.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

from tickhaul_sandbox.schemas.content import Content, Rules, read_content
from tickhaul_sandbox.schemas.extractions import (
    BOOK_UPDATE,
    BOOK_UPDATE_ARRAYS,
    BOOK_UPDATE_UNFOLD,
    BOOKS,
    BYBIT,
    KLINE,
    LIQUIDATION,
    PRICE,
    QUOTE,
    TRADE,
    TRADE_UNFOLD,
    Columns,
    Extraction,
    each,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.schemas.types import DataType


def _book_times() -> dict[str, Extraction]:
    return {code: time for code, (_, _, time) in BOOKS.items() if time is not None}


def _book_levels(depth: int) -> Columns:
    columns: Columns = {"exchange_timestamp_ns": ("i64", _book_times())}
    for level in range(depth):
        for side, index in (("bid", 0), ("ask", 1)):
            for name, position in (("price", 0), ("size", 1)):
                columns[f"{side}_{name}_{level + 1}"] = (
                    PRICE,
                    {code: f"{places[index]}.{level}.{position}" for code, places in BOOKS.items()},
                )
    return columns


def _orderbook() -> Columns:
    return {
        "exchange_timestamp_ns": ("i64", _book_times()),
        "side": ("string", each(BOOKS, "side")),
        "price": (PRICE, each(BOOKS, "level.0")),
        "size": (PRICE, each(BOOKS, "level.1")),
    }


def _columns(columns: Columns) -> list[Json]:
    first: JsonObject = {"output_column": "collection_timestamp_ns", "meta": {"value": "collection_timestamp_ns"}}
    listed: list[Json] = [first]
    for name, (kind, extractions) in columns.items():
        data: JsonObject = {}
        for exchange, extraction in extractions.items():
            path, transform, own_kind = _complete(extraction, kind)
            extractor: JsonObject = {"json": {"path": path, "type": own_kind}}
            data[exchange] = extractor if transform is None else {**extractor, "transform": transform}
        listed.append({"output_column": name, "data": data})
    return listed


def _complete(extraction: Extraction, kind: str) -> tuple[str, str | None, str]:
    if isinstance(extraction, str):
        return extraction, None, kind
    path, transform, *own_kind = extraction
    return path, transform, own_kind[0] if own_kind else kind


def _unfold(paths: Mapping[str, str]) -> Json:
    return {exchange: {"path": path} for exchange, path in paths.items()}


def _tagged(field: str, arrays: Iterable[tuple[str, str]], value_field: str = "level") -> Json:
    return {
        "field": field,
        "op": "tagged_concat",
        "arrays": [{"path": path, "tag": tag} for path, tag in arrays],
        "tag_field": "side",
        "value_field": value_field,
    }


def _book_update() -> JsonObject:
    derive: JsonObject = {code: [_tagged("levels", arrays)] for code, arrays in BOOK_UPDATE_ARRAYS.items()}
    # Coinbase's snapshots have levels of two values and its updates of three, so they are told apart by name.
    derive["coinbase"] = [
        _tagged("levels", BOOK_UPDATE_ARRAYS["coinbase"]),
        _tagged("changes_tagged", [("changes", "change")], "change"),
    ]
    return {"columns": _columns(BOOK_UPDATE), "unfold": _unfold(BOOK_UPDATE_UNFOLD), "derive": derive}


def _books() -> JsonObject:
    derive: JsonObject = {
        code: [_tagged("levels", [(bids, "bid"), (asks, "ask")])] for code, (bids, asks, _) in BOOKS.items()
    }
    return {"columns": _columns(_orderbook()), "unfold": _unfold(each(BOOKS, "levels")), "derive": derive}


@cache
def contents() -> Mapping[tuple[str, str], Content]:
    """Return the content of each built-in schema by name and category."""
    normalized: dict[str, JsonObject] = {
        "trade": {"columns": _columns(TRADE), "unfold": _unfold(TRADE_UNFOLD)},
        "orderbook": _books(),
        "book_update": _book_update(),
        "quote": {"columns": _columns(QUOTE), "unfold": _unfold({"bitmex": "data"})},
        "kline": {"columns": _columns(KLINE), "unfold": _unfold(each(BYBIT, "data"))},
        "liquidation": {
            "columns": _columns(LIQUIDATION),
            "unfold": _unfold(each((*BYBIT, "bitmex"), "data")),
        },
    }
    described = {("normalized", category): body for category, body in normalized.items()}
    described["book_5", "orderbook"] = {"columns": _columns(_book_levels(5))}
    described["book_20", "orderbook"] = {"columns": _columns(_book_levels(20))}
    return {
        key: read_content(body, Rules(max_columns=len(_list(body["columns"])), alternatives=True))
        for key, body in described.items()
    }


@cache
def transforms() -> frozenset[tuple[str, DataType]]:
    """Return every transform of a built-in schema with the type it is for: what may be run without a second look."""
    return frozenset(
        (extractor.transform, extractor.data_type)
        for content in contents().values()
        for column in content.columns
        for extractor in column.data.values()
        if extractor.transform is not None
    )


def identity(name: str, category: str) -> str:
    """Return the id of a built-in schema; the same in every sandbox."""
    return "sch_" + hashlib.blake2b(f"{name}/{category}".encode(), digest_size=16).hexdigest()


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
