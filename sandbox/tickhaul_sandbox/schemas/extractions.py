"""Where each exchange keeps what: the tables the built-in schemas are made of.

Paths may list alternatives where an exchange's format has changed; recordings are older than what is made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

BINANCE = ("binance", "binance_futures")
BYBIT = ("bybit_linear", "bybit_spot", "bybit_inverse")

T = TypeVar("T")

PRICE = "decimal(18)"
_FROM_MS = "{v} * 1000000"
# Bybit once wrote microseconds where it now writes milliseconds.
_FROM_MS_OR_US = "CASE WHEN {v} > 100000000000000 THEN {v} * 1000 ELSE {v} * 1000000 END"
_LOWER = "lower({v})"
_BID_OR_ASK = "CASE lower({v}) WHEN 'buy' THEN 'bid' WHEN 'sell' THEN 'ask' ELSE {v} END"

# A path; or a path and a transform; or these and a type other than the column's.
Extraction = str | tuple[str, str] | tuple[str, str, str]
Columns = dict[str, tuple[str, dict[str, Extraction]]]


def each(exchanges: Iterable[str], extraction: T) -> dict[str, T]:
    """Return the same for each of some exchanges."""
    return dict.fromkeys(exchanges, extraction)


def _from_iso(path: str) -> Extraction:
    return path, "epoch_ns(CAST({v} AS TIMESTAMP_NS))", "string"


def _from_seconds(path: str) -> Extraction:
    return path, "CAST({v} * 1000000000 AS BIGINT)", "decimal(9)"


TRADE: Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {
            **each(BINANCE, ("data.T", _FROM_MS)),
            "coinbase": _from_iso("time"),
            **each(BYBIT, ("T|trade_time_ms", _FROM_MS)),
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
            **each(BYBIT, "i|trade_id"),
            "okx": "tradeId",
            "bitmex": "trdMatchID",
            "deribit": "trade_id",
        },
    ),
    # The side of the aggressor: binance tells whether the buyer was the maker, coinbase tells the maker's side.
    "side": (
        "string",
        {
            **each(BINANCE, ("data.m", "CASE WHEN {v} THEN 'sell' ELSE 'buy' END")),
            "coinbase": ("side", "CASE {v} WHEN 'sell' THEN 'buy' WHEN 'buy' THEN 'sell' END"),
            **each(BYBIT, ("S|side", _LOWER)),
            "okx": "side",
            "kraken": ("3", "CASE {v} WHEN 'b' THEN 'buy' WHEN 's' THEN 'sell' END"),
            "bitmex": ("side", _LOWER),
            "deribit": "direction",
        },
    ),
    "price": (
        PRICE,
        {
            **each(BINANCE, "data.p"),
            "coinbase": "price",
            **each(BYBIT, "p|price"),
            "okx": "px",
            "kraken": "0",
            "bitmex": "price",
            "deribit": "price",
        },
    ),
    "size": (
        PRICE,
        {
            **each(BINANCE, "data.q"),
            "coinbase": "size",
            **each(BYBIT, "v|size"),
            "okx": "sz",
            "kraken": "1",
            "bitmex": "size",
            "deribit": "amount",
        },
    ),
}
TRADE_UNFOLD = {**each(BYBIT, "data"), "okx": "data", "kraken": "1", "bitmex": "data", "deribit": "params.data"}

# One row per price level; a size of 0 says that the level is gone.
BOOK_UPDATE: Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {
            **each(BINANCE, ("data.T|data.E", _FROM_MS)),
            "coinbase": _from_iso("time"),
            **each(BYBIT, ("cts|timestamp_e6|ts", _FROM_MS_OR_US)),
            "okx": ("data.0.ts", _FROM_MS),
            "kraken": _from_seconds("level.2"),
            "bitmex": _from_iso("timestamp"),
            "deribit": ("params.data.timestamp", _FROM_MS),
        },
    ),
    "is_snapshot": (
        "string",
        {
            **each(BINANCE, ("stream", "FALSE")),
            "coinbase": ("type", "{v} = 'snapshot'"),
            **each(BYBIT, ("type", "{v} = 'snapshot'")),
            "okx": ("action", "{v} = 'snapshot'"),
            "kraken": ("side", "{v} LIKE '%_snapshot'"),
            "bitmex": ("action", "{v} = 'partial'"),
            "deribit": ("params.data.type", "{v} = 'snapshot'"),
        },
    ),
    "side": (
        "string",
        {
            **each(BINANCE, "side"),
            "coinbase": ("change.0|side", _BID_OR_ASK),
            **each(BYBIT, ("level.side|side", _BID_OR_ASK)),
            "okx": "side",
            "kraken": ("side", "CASE WHEN {v} LIKE 'ask%' THEN 'ask' ELSE 'bid' END"),
            "bitmex": ("side", _BID_OR_ASK),
            "deribit": "side",
        },
    ),
    "price": (
        PRICE,
        {
            **each((*BINANCE, "okx", "kraken"), "level.0"),
            "coinbase": "change.1|level.0",
            **each(BYBIT, "level.price|level.0"),
            "bitmex": "price",
            "deribit": "level.1",
        },
    ),
    "size": (
        PRICE,
        {
            **each((*BINANCE, "okx", "kraken"), "level.1"),
            "coinbase": "change.2|level.1",
            **each(BYBIT, ("level.size|level.1", "coalesce({v}, 0)")),
            "bitmex": ("size", "coalesce({v}, 0)"),
            "deribit": "level.2",
        },
    ),
    # Bybit and BitMEX number their levels; BitMEX tells the price of one only when it appears.
    "level_id": ("string", {**each(BYBIT, "level.id"), "bitmex": "id"}),
}
BOOK_UPDATE_ARRAYS: dict[str, list[tuple[str, str]]] = {
    **{code: [("data.b", "bid"), ("data.a", "ask")] for code in BINANCE},
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
        for code in BYBIT
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
BOOK_UPDATE_UNFOLD = {
    **each((*BINANCE, *BYBIT, "okx", "kraken", "deribit"), "levels"),
    "coinbase": "levels|changes_tagged",
    "bitmex": "data",
}

# The paths of whole books: bids, asks, exchange time with its transform.
BOOKS: dict[str, tuple[str, str, Extraction | None]] = {
    "binance": ("data.bids", "data.asks", None),
    "okx": ("data.0.bids", "data.0.asks", ("data.0.ts", _FROM_MS)),
    "bitmex": ("data.0.bids", "data.0.asks", _from_iso("data.0.timestamp")),
}

QUOTE: Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {
            **each(BINANCE, ("data.T", _FROM_MS)),
            "okx": ("data.0.ts", _FROM_MS),
            "kraken": _from_seconds("1.2"),
            "bitmex": _from_iso("timestamp"),
            "deribit": ("params.data.timestamp", _FROM_MS),
        },
    ),
    "bid_price": (
        PRICE,
        {
            **each(BINANCE, "data.b"),
            "okx": "data.0.bids.0.0",
            "kraken": "1.0",
            "bitmex": "bidPrice",
            "deribit": "params.data.best_bid_price",
        },
    ),
    "bid_size": (
        PRICE,
        {
            **each(BINANCE, "data.B"),
            "okx": "data.0.bids.0.1",
            "kraken": "1.3",
            "bitmex": "bidSize",
            "deribit": "params.data.best_bid_amount",
        },
    ),
    "ask_price": (
        PRICE,
        {
            **each(BINANCE, "data.a"),
            "okx": "data.0.asks.0.0",
            "kraken": "1.1",
            "bitmex": "askPrice",
            "deribit": "params.data.best_ask_price",
        },
    ),
    "ask_size": (
        PRICE,
        {
            **each(BINANCE, "data.A"),
            "okx": "data.0.asks.0.1",
            "kraken": "1.4",
            "bitmex": "askSize",
            "deribit": "params.data.best_ask_amount",
        },
    ),
}


def _kline(binance: str, bybit: str) -> dict[str, Extraction]:
    return {**each(BINANCE, f"data.k.{binance}"), **each(BYBIT, bybit)}


KLINE: Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {**each(BINANCE, ("data.E", _FROM_MS)), **each(BYBIT, ("timestamp", _FROM_MS))},
    ),
    "open_timestamp_ns": (
        "i64",
        {**each(BINANCE, ("data.k.t", _FROM_MS)), **each(BYBIT, ("start", _FROM_MS))},
    ),
    "interval": (
        "string",
        {**each(BINANCE, "data.k.i"), **each(BYBIT, ("interval", "{v} || 'm'"))},
    ),
    "open": (PRICE, _kline("o", "open")),
    "high": (PRICE, _kline("h", "high")),
    "low": (PRICE, _kline("l", "low")),
    "close": (PRICE, _kline("c", "close")),
    "volume": (PRICE, _kline("v", "volume")),
    "quote_volume": (PRICE, _kline("q", "turnover")),
    "is_closed": ("bool", _kline("x", "confirm")),
}

LIQUIDATION: Columns = {
    "exchange_timestamp_ns": (
        "i64",
        {"binance_futures": ("data.o.T", _FROM_MS), **each(BYBIT, ("T", _FROM_MS))},
    ),
    "side": (
        "string",
        {"binance_futures": ("data.o.S", _LOWER), **each(BYBIT, ("S", _LOWER)), "bitmex": ("side", _LOWER)},
    ),
    "price": (PRICE, {"binance_futures": "data.o.p", **each(BYBIT, "p"), "bitmex": "price"}),
    "size": (PRICE, {"binance_futures": "data.o.q", **each(BYBIT, "v"), "bitmex": "leavesQty"}),
}
