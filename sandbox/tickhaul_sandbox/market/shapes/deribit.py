"""Deribit: JSON-RPC notifications, the payload under `params.data`, with numbers as JSON numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.market.moments import Moment


def _notification(channel: str, data: Json) -> Json:
    return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}


def trade(moment: Moment) -> Json:
    """Return a `trades` notification with one trade."""
    return _notification(
        f"trades.{moment.symbol}.raw",
        [
            {
                "trade_seq": moment.sequence,
                "trade_id": f"ETH-{moment.sequence}" if moment.symbol.startswith("ETH") else str(moment.sequence),
                "timestamp": moment.milliseconds,
                "tick_direction": 0 if moment.buy else 2,
                "price": Decimal(moment.price),
                "mark_price": Decimal(moment.price_at(0)),
                "instrument_name": moment.symbol,
                "index_price": Decimal(moment.price_at(2)),
                "direction": "buy" if moment.buy else "sell",
                "amount": Decimal(moment.size),
            }
        ],
    )


def book(moment: Moment) -> Json:
    """Return a `book` notification: a snapshot first, changes after it."""

    def levels(sign: int) -> list[Json]:
        if moment.first:
            return [["new", Decimal(price), Decimal(size)] for price, size in moment.snapshot(sign, 20)]
        return [
            ["delete" if size == "0" else "change", Decimal(price), Decimal(size)]
            for price, size in moment.changes(sign)
        ]

    data: JsonObject = {
        "type": "snapshot" if moment.first else "change",
        "timestamp": moment.milliseconds,
        "instrument_name": moment.symbol,
        "change_id": moment.sequence,
        "bids": levels(-1),
        "asks": levels(1),
    }
    if not moment.first:
        data["prev_change_id"] = moment.sequence - 1
    return _notification(f"book.{moment.symbol}.raw", data)


def ticker(moment: Moment) -> Json:
    """Return a `ticker` notification."""
    (bid, bid_size), (ask, ask_size) = moment.levels(-1, 1)[0], moment.levels(1, 1)[0]
    return _notification(
        f"ticker.{moment.symbol}.raw",
        {
            "timestamp": moment.milliseconds,
            "state": "open",
            "mark_price": Decimal(moment.price_at(0)),
            "last_price": Decimal(moment.price),
            "instrument_name": moment.symbol,
            "index_price": Decimal(moment.price_at(2)),
            "best_bid_price": Decimal(bid),
            "best_bid_amount": Decimal(bid_size),
            "best_ask_price": Decimal(ask),
            "best_ask_amount": Decimal(ask_size),
        },
    )


def quote(moment: Moment) -> Json:
    """Return a `quote` notification: the best bid and ask."""
    (bid, bid_size), (ask, ask_size) = moment.levels(-1, 1)[0], moment.levels(1, 1)[0]
    return _notification(
        f"quote.{moment.symbol}",
        {
            "timestamp": moment.milliseconds,
            "instrument_name": moment.symbol,
            "best_bid_price": Decimal(bid),
            "best_bid_amount": Decimal(bid_size),
            "best_ask_price": Decimal(ask),
            "best_ask_amount": Decimal(ask_size),
        },
    )


SHAPES = {"trades": trade, "book": book, "ticker": ticker, "quote": quote}
