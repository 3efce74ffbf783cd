"""Binance, spot and futures: the combined-stream envelope `{"stream": ..., "data": {...}}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.market.moments import Moment


def _envelope(moment: Moment, channel: str, data: JsonObject) -> JsonObject:
    return {"stream": f"{moment.symbol.lower()}@{channel}", "data": data}


def _pairs(levels: list[tuple[str, str]]) -> Json:
    return [[price, size] for price, size in levels]


def trade(moment: Moment) -> Json:
    """Return a `trade` event."""
    return _envelope(
        moment,
        "trade",
        {
            "e": "trade",
            "E": moment.milliseconds + 1,
            "s": moment.symbol,
            "t": moment.sequence,
            "p": moment.price,
            "q": moment.size,
            "T": moment.milliseconds,
            "m": not moment.buy,
            "M": True,
        },
    )


def agg_trade(moment: Moment) -> Json:
    """Return an `aggTrade` event."""
    return _envelope(
        moment,
        "aggTrade",
        {
            "e": "aggTrade",
            "E": moment.milliseconds + 4,
            "a": moment.sequence,
            "s": moment.symbol,
            "p": moment.price,
            "q": moment.size,
            "f": moment.sequence * 2,
            "l": moment.sequence * 2 + 1,
            "T": moment.milliseconds,
            "m": not moment.buy,
        },
    )


def depth(moment: Moment) -> Json:
    """Return a `depthUpdate` event of the spot market."""
    return _envelope(
        moment,
        "depth@100ms",
        {
            "e": "depthUpdate",
            "E": moment.milliseconds,
            "s": moment.symbol,
            "U": moment.sequence * 4,
            "u": moment.sequence * 4 + 3,
            "b": _pairs(moment.changes(-1)),
            "a": _pairs(moment.changes(1)),
        },
    )


def futures_depth(moment: Moment) -> Json:
    """Return a `depthUpdate` event of the futures market."""
    return _envelope(
        moment,
        "depth@100ms",
        {
            "e": "depthUpdate",
            "E": moment.milliseconds + 3,
            "T": moment.milliseconds,
            "s": moment.symbol,
            "U": moment.sequence * 4,
            "u": moment.sequence * 4 + 3,
            "pu": moment.sequence * 4 - 1,
            "b": _pairs(moment.changes(-1)),
            "a": _pairs(moment.changes(1)),
        },
    )


def depth20(moment: Moment) -> Json:
    """Return a partial book of twenty levels a side."""
    return _envelope(
        moment,
        "depth20@100ms",
        {
            "lastUpdateId": moment.sequence,
            "bids": _pairs(moment.levels(-1, 20)),
            "asks": _pairs(moment.levels(1, 20)),
        },
    )


def book_ticker(moment: Moment) -> Json:
    """Return a `bookTicker` event of the spot market."""
    (bid, bid_size), (ask, ask_size) = moment.levels(-1, 1)[0], moment.levels(1, 1)[0]
    return _envelope(
        moment,
        "bookTicker",
        {"u": moment.sequence, "s": moment.symbol, "b": bid, "B": bid_size, "a": ask, "A": ask_size},
    )


def futures_book_ticker(moment: Moment) -> Json:
    """Return a `bookTicker` event of the futures market."""
    (bid, bid_size), (ask, ask_size) = moment.levels(-1, 1)[0], moment.levels(1, 1)[0]
    return _envelope(
        moment,
        "bookTicker",
        {
            "e": "bookTicker",
            "u": moment.sequence,
            "s": moment.symbol,
            "b": bid,
            "B": bid_size,
            "a": ask,
            "A": ask_size,
            "T": moment.milliseconds,
            "E": moment.milliseconds + 4,
        },
    )


def kline(moment: Moment) -> Json:
    """Return a `kline` event of one minute."""
    opened = moment.milliseconds // 60_000 * 60_000
    low, high = sorted((moment.price_at(-3), moment.price_at(3)), key=float)
    return _envelope(
        moment,
        "kline_1m",
        {
            "e": "kline",
            "E": moment.milliseconds,
            "s": moment.symbol,
            "k": {
                "t": opened,
                "T": opened + 59_999,
                "s": moment.symbol,
                "i": "1m",
                "f": moment.sequence,
                "L": moment.sequence + 41,
                "o": moment.price_at(-1),
                "c": moment.price_at(1),
                "h": high,
                "l": low,
                "v": moment.any_size(),
                "n": 42,
                "x": False,
                "q": moment.any_size(),
                "V": moment.any_size(),
                "Q": moment.any_size(),
                "B": "0",
            },
        },
    )


def force_order(moment: Moment) -> Json:
    """Return a `forceOrder` event: a liquidation."""
    return _envelope(
        moment,
        "forceOrder",
        {
            "e": "forceOrder",
            "E": moment.milliseconds + 2,
            "o": {
                "s": moment.symbol,
                "S": "BUY" if moment.buy else "SELL",
                "o": "LIMIT",
                "f": "IOC",
                "q": moment.size,
                "p": moment.price,
                "ap": moment.price,
                "X": "FILLED",
                "l": moment.size,
                "z": moment.size,
                "T": moment.milliseconds,
            },
        },
    )


SPOT = {"trades": trade, "depth": depth, "book_ticker": book_ticker, "kline_1m": kline, "depth20": depth20}
FUTURES = {
    "agg_trade": agg_trade,
    "depth": futures_depth,
    "book_ticker": futures_book_ticker,
    "kline_1m": kline,
    "liquidations": force_order,
}
