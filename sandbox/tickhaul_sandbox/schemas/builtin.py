"""The built-in schemas: `normalized` for every category but ticker, `book_5` and `book_20`.

Source: docs guides/export-schemas for their names and categories. Their columns are not stated anywhere; these are the
sandbox's own, written in the schema language itself so that `GET /v1/export-schemas/{id}` shows how they work.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from tickhaul_sandbox.schemas.content import Content, read_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tickhaul_sandbox.jsontypes import Json, JsonObject

_EXCHANGES = (
    "binance",
    "binance_futures",
    "coinbase",
    "bybit_linear",
    "bybit_spot",
    "bybit_inverse",
    "okx",
    "kraken",
    "bitmex",
    "deribit",
)
_BINANCE = ("binance", "binance_futures")
_BYBIT = ("bybit_linear", "bybit_spot", "bybit_inverse")

T = TypeVar("T")

_PRICE = "decimal(18)"
_FROM_MS = "{v} * 1000000"
# Bybit once wrote microseconds where it now writes milliseconds.
_FROM_MS_OR_US = "CASE WHEN {v} > 100000000000000 THEN {v} * 1000 ELSE {v} * 1000000 END"
_LOWER = "lower({v})"
_BID_OR_ASK = "CASE lower({v}) WHEN 'buy' THEN 'bid' WHEN 'sell' THEN 'ask' ELSE {v} END"

# A path; or a path and a transform; or these and a type other than the column's.
_Extraction = str | tuple[str, str] | tuple[str, str, str]
_Columns = dict[str, tuple[str, dict[str, _Extraction]]]


def _each(exchanges: Iterable[str], extraction: T) -> dict[str, T]:
    return dict.fromkeys(exchanges, extraction)


def _from_iso(path: str) -> _Extraction:
    return path, "epoch_ns(CAST({v} AS TIMESTAMP_NS))", "string"


def _from_seconds(path: str) -> _Extraction:
    return path, "CAST({v} * 1000000000 AS BIGINT)", "decimal(9)"


_TRADE: _Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {
            **_each(_BINANCE, ("data.T", _FROM_MS)),
            "coinbase": _from_iso("time"),
            **_each(_BYBIT, ("T|trade_time_ms", _FROM_MS)),
            "okx": ("ts", _FROM_MS),
            "kraken": _from_seconds("2"),
            "bitmex": _from_iso("timestamp"),
            "deribit": ("timestamp", _FROM_MS),
        },
    ),
    "trade_id": (
        "string",
        {
            "binance": "data.t",
            "binance_futures": "data.a",
            "coinbase": "trade_id",
            **_each(_BYBIT, "i|trade_id"),
            "okx": "tradeId",
            "bitmex": "trdMatchID",
            "deribit": "trade_id",
        },
    ),
    # The side of the aggressor: binance tells whether the buyer was the maker, coinbase tells the maker's side.
    "side": (
        "string",
        {
            **_each(_BINANCE, ("data.m", "CASE WHEN {v} THEN 'sell' ELSE 'buy' END")),
            "coinbase": ("side", "CASE {v} WHEN 'sell' THEN 'buy' WHEN 'buy' THEN 'sell' END"),
            **_each(_BYBIT, ("S|side", _LOWER)),
            "okx": "side",
            "kraken": ("3", "CASE {v} WHEN 'b' THEN 'buy' WHEN 's' THEN 'sell' END"),
            "bitmex": ("side", _LOWER),
            "deribit": "direction",
        },
    ),
    "price": (
        _PRICE,
        {
            **_each(_BINANCE, "data.p"),
            "coinbase": "price",
            **_each(_BYBIT, "p|price"),
            "okx": "px",
            "kraken": "0",
            "bitmex": "price",
            "deribit": "price",
        },
    ),
    "size": (
        _PRICE,
        {
            **_each(_BINANCE, "data.q"),
            "coinbase": "size",
            **_each(_BYBIT, "v|size"),
            "okx": "sz",
            "kraken": "1",
            "bitmex": "size",
            "deribit": "amount",
        },
    ),
}
_TRADE_UNFOLD = {**_each(_BYBIT, "data"), "okx": "data", "kraken": "1", "bitmex": "data", "deribit": "params.data"}

# One row per price level; a size of 0 says that the level is gone.
_BOOK_UPDATE: _Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {
            **_each(_BINANCE, ("data.T|data.E", _FROM_MS)),
            "coinbase": _from_iso("time"),
            **_each(_BYBIT, ("cts|timestamp_e6|ts", _FROM_MS_OR_US)),
            "okx": ("data.0.ts", _FROM_MS),
            "kraken": _from_seconds("level.2"),
            "bitmex": _from_iso("timestamp"),
            "deribit": ("params.data.timestamp", _FROM_MS),
        },
    ),
    "is_snapshot": (
        "string",
        {
            **_each(_BINANCE, ("stream", "FALSE")),
            "coinbase": ("type", "{v} = 'snapshot'"),
            **_each(_BYBIT, ("type", "{v} = 'snapshot'")),
            "okx": ("action", "{v} = 'snapshot'"),
            "kraken": ("side", "{v} LIKE '%_snapshot'"),
            "bitmex": ("action", "{v} = 'partial'"),
            "deribit": ("params.data.type", "{v} = 'snapshot'"),
        },
    ),
    "side": (
        "string",
        {
            **_each(_BINANCE, "side"),
            "coinbase": ("change.0|side", _BID_OR_ASK),
            **_each(_BYBIT, ("level.side|side", _BID_OR_ASK)),
            "okx": "side",
            "kraken": ("side", "CASE WHEN {v} LIKE 'ask%' THEN 'ask' ELSE 'bid' END"),
            "bitmex": ("side", _BID_OR_ASK),
            "deribit": "side",
        },
    ),
    "price": (
        _PRICE,
        {
            **_each((*_BINANCE, "okx", "kraken"), "level.0"),
            "coinbase": "change.1|level.0",
            **_each(_BYBIT, "level.price|level.0"),
            "bitmex": "price",
            "deribit": "level.1",
        },
    ),
    "size": (
        _PRICE,
        {
            **_each((*_BINANCE, "okx", "kraken"), "level.1"),
            "coinbase": "change.2|level.1",
            **_each(_BYBIT, ("level.size|level.1", "coalesce({v}, 0)")),
            "bitmex": ("size", "coalesce({v}, 0)"),
            "deribit": "level.2",
        },
    ),
    # Bybit and BitMEX number their levels; BitMEX tells the price of one only when it appears.
    "level_id": ("string", {**_each(_BYBIT, "level.id"), "bitmex": "id"}),
}
_BOOK_UPDATE_ARRAYS: dict[str, list[tuple[str, str]]] = {
    **{code: [("data.b", "bid"), ("data.a", "ask")] for code in _BINANCE},
    "coinbase": [("bids", "bid"), ("asks", "ask")],
    **{
        code: [
            ("data.b", "bid"),
            ("data.a", "ask"),
            ("data.order_book|data", "snapshot"),
            ("data.delete", "delete"),
            ("data.update", "update"),
            ("data.insert", "insert"),
        ]
        for code in _BYBIT
    },
    "okx": [("data.0.bids", "bid"), ("data.0.asks", "ask")],
    "kraken": [
        ("1.bs", "bid_snapshot"),
        ("1.as", "ask_snapshot"),
        ("1.b|2.b", "bid"),
        ("1.a", "ask"),
    ],
    "deribit": [("params.data.bids", "bid"), ("params.data.asks", "ask")],
}
_BOOK_UPDATE_UNFOLD = {
    **_each((*_BINANCE, *_BYBIT, "okx", "kraken", "deribit"), "levels"),
    "coinbase": "levels|changes_tagged",
    "bitmex": "data",
}

# The paths of whole books: bids, asks, exchange time with its transform.
_BOOKS: dict[str, tuple[str, str, _Extraction | None]] = {
    "binance": ("data.bids", "data.asks", None),
    "okx": ("data.0.bids", "data.0.asks", ("data.0.ts", _FROM_MS)),
    "bitmex": ("data.0.bids", "data.0.asks", _from_iso("data.0.timestamp")),
}

_QUOTE: _Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {
            **_each(_BINANCE, ("data.T", _FROM_MS)),
            "okx": ("data.0.ts", _FROM_MS),
            "kraken": _from_seconds("1.2"),
            "bitmex": _from_iso("timestamp"),
            "deribit": ("params.data.timestamp", _FROM_MS),
        },
    ),
    "bid_price": (
        _PRICE,
        {
            **_each(_BINANCE, "data.b"),
            "okx": "data.0.bids.0.0",
            "kraken": "1.0",
            "bitmex": "bidPrice",
            "deribit": "params.data.best_bid_price",
        },
    ),
    "bid_size": (
        _PRICE,
        {
            **_each(_BINANCE, "data.B"),
            "okx": "data.0.bids.0.1",
            "kraken": "1.3",
            "bitmex": "bidSize",
            "deribit": "params.data.best_bid_amount",
        },
    ),
    "ask_price": (
        _PRICE,
        {
            **_each(_BINANCE, "data.a"),
            "okx": "data.0.asks.0.0",
            "kraken": "1.1",
            "bitmex": "askPrice",
            "deribit": "params.data.best_ask_price",
        },
    ),
    "ask_size": (
        _PRICE,
        {
            **_each(_BINANCE, "data.A"),
            "okx": "data.0.asks.0.1",
            "kraken": "1.4",
            "bitmex": "askSize",
            "deribit": "params.data.best_ask_amount",
        },
    ),
}


def _kline(binance: str, bybit: str) -> dict[str, _Extraction]:
    return {**_each(_BINANCE, f"data.k.{binance}"), **_each(_BYBIT, bybit)}


_KLINE: _Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {**_each(_BINANCE, ("data.E", _FROM_MS)), **_each(_BYBIT, ("timestamp", _FROM_MS))},
    ),
    "open_timestamp_ns": (
        "i64",
        {**_each(_BINANCE, ("data.k.t", _FROM_MS)), **_each(_BYBIT, ("start", _FROM_MS))},
    ),
    "interval": (
        "string",
        {**_each(_BINANCE, "data.k.i"), **_each(_BYBIT, ("interval", "{v} || 'm'"))},
    ),
    "open": (_PRICE, _kline("o", "open")),
    "high": (_PRICE, _kline("h", "high")),
    "low": (_PRICE, _kline("l", "low")),
    "close": (_PRICE, _kline("c", "close")),
    "volume": (_PRICE, _kline("v", "volume")),
    "quote_volume": (_PRICE, _kline("q", "turnover")),
    "is_closed": ("bool", _kline("x", "confirm")),
}

_LIQUIDATION: _Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {"binance_futures": ("data.o.T", _FROM_MS), **_each(_BYBIT, ("T", _FROM_MS))},
    ),
    "side": (
        "string",
        {"binance_futures": ("data.o.S", _LOWER), **_each(_BYBIT, ("S", _LOWER)), "bitmex": ("side", _LOWER)},
    ),
    "price": (_PRICE, {"binance_futures": "data.o.p", **_each(_BYBIT, "p"), "bitmex": "price"}),
    "size": (_PRICE, {"binance_futures": "data.o.q", **_each(_BYBIT, "v"), "bitmex": "leavesQty"}),
}


def _book_times() -> dict[str, _Extraction]:
    return {code: time for code, (_, _, time) in _BOOKS.items() if time is not None}


def _book_levels(depth: int) -> _Columns:
    columns: _Columns = {"exchange_timestamp_ns": ("i64", _book_times())}
    for level in range(depth):
        for side, index in (("bid", 0), ("ask", 1)):
            for name, position in (("price", 0), ("size", 1)):
                columns[f"{side}_{name}_{level + 1}"] = (
                    _PRICE,
                    {code: f"{places[index]}.{level}.{position}" for code, places in _BOOKS.items()},
                )
    return columns


def _orderbook() -> _Columns:
    return {
        "exchange_timestamp_ns": ("i64", _book_times()),
        "side": ("string", _each(_BOOKS, "side")),
        "price": (_PRICE, _each(_BOOKS, "level.0")),
        "size": (_PRICE, _each(_BOOKS, "level.1")),
    }


def _columns(columns: _Columns) -> list[Json]:
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


def _complete(extraction: _Extraction, kind: str) -> tuple[str, str | None, str]:
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
    derive: JsonObject = {code: [_tagged("levels", arrays)] for code, arrays in _BOOK_UPDATE_ARRAYS.items()}
    # Coinbase's snapshots have levels of two values and its updates of three, so they are told apart by name.
    derive["coinbase"] = [
        _tagged("levels", _BOOK_UPDATE_ARRAYS["coinbase"]),
        _tagged("changes_tagged", [("changes", "change")], "change"),
    ]
    return {"columns": _columns(_BOOK_UPDATE), "unfold": _unfold(_BOOK_UPDATE_UNFOLD), "derive": derive}


def _books() -> JsonObject:
    derive: JsonObject = {
        code: [_tagged("levels", [(bids, "bid"), (asks, "ask")])] for code, (bids, asks, _) in _BOOKS.items()
    }
    return {"columns": _columns(_orderbook()), "unfold": _unfold(_each(_BOOKS, "levels")), "derive": derive}


@cache
def contents() -> Mapping[tuple[str, str], Content]:
    """Return the content of each built-in schema by name and category."""
    normalized: dict[str, JsonObject] = {
        "trade": {"columns": _columns(_TRADE), "unfold": _unfold(_TRADE_UNFOLD)},
        "orderbook": _books(),
        "book_update": _book_update(),
        "quote": {"columns": _columns(_QUOTE), "unfold": _unfold({"bitmex": "data"})},
        "kline": {"columns": _columns(_KLINE), "unfold": _unfold(_each(_BYBIT, "data"))},
        "liquidation": {
            "columns": _columns(_LIQUIDATION),
            "unfold": _unfold(_each((*_BYBIT, "bitmex"), "data")),
        },
    }
    described = {("normalized", category): body for category, body in normalized.items()}
    described["book_5", "orderbook"] = {"columns": _columns(_book_levels(5))}
    described["book_20", "orderbook"] = {"columns": _columns(_book_levels(20))}
    return {
        key: read_content(body, max_columns=len(_list(body["columns"])), built_in=True)
        for key, body in described.items()
    }


def identity(name: str, category: str) -> str:
    """Return the id of a built-in schema; the same in every sandbox."""
    return "sch_" + hashlib.blake2b(f"{name}/{category}".encode(), digest_size=16).hexdigest()


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
