"""Coinbase: flat objects with a `type`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json
    from tickhaul_sandbox.market.moments import Moment


def trade(moment: Moment) -> Json:
    """Return a `match` message; its `side` is the maker's."""
    return {
        "type": "match",
        "trade_id": moment.sequence,
        "maker_order_id": moment.uuid(),
        "taker_order_id": moment.uuid(),
        "side": "sell" if moment.buy else "buy",
        "size": moment.size,
        "price": moment.price,
        "product_id": moment.symbol,
        "sequence": moment.sequence * 7,
        "time": moment.iso(6),
    }


def level2(moment: Moment) -> Json:
    """Return a `snapshot` first and `l2update` messages after it."""
    if moment.first:
        return {
            "type": "snapshot",
            "product_id": moment.symbol,
            "asks": [[price, size] for price, size in moment.snapshot(1, 50)],
            "bids": [[price, size] for price, size in moment.snapshot(-1, 50)],
        }
    sides = (("sell", 1), ("buy", -1))
    changes: list[Json] = [[side, price, size] for side, sign in sides for price, size in moment.changes(sign)]
    return {"type": "l2update", "product_id": moment.symbol, "changes": changes, "time": moment.iso(6)}


def ticker(moment: Moment) -> Json:
    """Return a `ticker` message."""
    return {
        "type": "ticker",
        "sequence": moment.sequence,
        "product_id": moment.symbol,
        "price": moment.price,
        "open_24h": moment.price_at(-40),
        "volume_24h": moment.any_size(),
        "low_24h": moment.price_at(-90),
        "high_24h": moment.price_at(90),
        "volume_30d": moment.any_size(),
        "best_bid": moment.price_at(-1),
        "best_ask": moment.price_at(1),
        "side": "buy" if moment.buy else "sell",
        "time": moment.iso(6),
        "trade_id": moment.sequence,
        "last_size": moment.size,
    }


SHAPES = {"trades": trade, "level2": level2, "ticker": ticker}
