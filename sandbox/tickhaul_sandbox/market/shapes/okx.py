"""OKX: `{"arg": {...}, "data": [...]}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.market.moments import Moment


def _message(moment: Moment, channel: str, data: JsonObject, **extra: Json) -> Json:
    return {"arg": {"channel": channel, "instId": moment.symbol}, **extra, "data": [data]}


def _levels(levels: list[tuple[str, str]]) -> Json:
    return [[price, size, "0", "0" if size == "0" else "1"] for price, size in levels]


def trade(moment: Moment) -> Json:
    """Return a message of the `trades` channel."""
    return _message(
        moment,
        "trades",
        {
            "instId": moment.symbol,
            "tradeId": str(moment.sequence),
            "px": moment.price,
            "sz": moment.size,
            "side": "buy" if moment.buy else "sell",
            "ts": str(moment.milliseconds),
        },
    )


def book(moment: Moment) -> Json:
    """Return a message of the `books` channel: a snapshot first, updates after it."""
    asks = moment.snapshot(1, 50) if moment.first else moment.changes(1)
    bids = moment.snapshot(-1, 50) if moment.first else moment.changes(-1)
    return _message(
        moment,
        "books",
        {
            "asks": _levels(asks),
            "bids": _levels(bids),
            "ts": str(moment.milliseconds),
            "checksum": moment.dice.randint(-(2**31), 2**31 - 1),
        },
        action="snapshot" if moment.first else "update",
    )


def books5(moment: Moment) -> Json:
    """Return a message of the `books5` channel: the best five levels a side."""
    return _message(
        moment,
        "books5",
        {
            "asks": _levels(moment.levels(1, 5)),
            "bids": _levels(moment.levels(-1, 5)),
            "instId": moment.symbol,
            "ts": str(moment.milliseconds),
            "seqId": moment.sequence,
        },
    )


def bbo(moment: Moment) -> Json:
    """Return a message of the `bbo-tbt` channel: the best bid and ask."""
    return _message(
        moment,
        "bbo-tbt",
        {
            "asks": _levels(moment.levels(1, 1)),
            "bids": _levels(moment.levels(-1, 1)),
            "ts": str(moment.milliseconds),
            "seqId": moment.sequence,
        },
    )


def ticker(moment: Moment) -> Json:
    """Return a message of the `tickers` channel."""
    (bid, bid_size), (ask, ask_size) = moment.levels(-1, 1)[0], moment.levels(1, 1)[0]
    kind = {"spot": "SPOT", "perpetual": "SWAP"}.get(moment.scene.instrument.instrument_type or "", "FUTURES")
    return _message(
        moment,
        "tickers",
        {
            "instType": kind,
            "instId": moment.symbol,
            "last": moment.price,
            "lastSz": moment.size,
            "askPx": ask,
            "askSz": ask_size,
            "bidPx": bid,
            "bidSz": bid_size,
            "open24h": moment.price_at(-40),
            "high24h": moment.price_at(90),
            "low24h": moment.price_at(-90),
            "volCcy24h": moment.any_size(),
            "vol24h": moment.any_size(),
            "ts": str(moment.milliseconds),
        },
    )


SHAPES = {"trades": trade, "book_update": book, "ticker": ticker, "books5": books5, "bbo": bbo}
