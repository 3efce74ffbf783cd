"""BitMEX: tables, `{"table": ..., "action": ..., "data": [...]}`, with numbers as JSON numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.market.moments import Moment


def _table(name: str, action: str, rows: list[JsonObject]) -> Json:
    return {"table": name, "action": action, "data": [*rows]}


def _contracts(moment: Moment) -> int:
    return 100 * moment.dice.randint(1, 400)


def trade(moment: Moment) -> Json:
    """Return an `insert` into the table `trade`."""
    size, price = _contracts(moment), Decimal(moment.price)
    return _table(
        "trade",
        "insert",
        [
            {
                "timestamp": moment.iso(3),
                "symbol": moment.symbol,
                "side": "Buy" if moment.buy else "Sell",
                "size": size,
                "price": price,
                "tickDirection": "PlusTick" if moment.buy else "MinusTick",
                "trdMatchID": moment.uuid(),
                "grossValue": round(size * 1e8 / float(price)),
                "homeNotional": round(size / float(price), 8),
                "foreignNotional": size,
            }
        ],
    )


def orderbook_l2(moment: Moment) -> Json:
    """Return a `partial` of the table `orderBookL2` first; inserts, updates and deletes after it."""

    def row(sign: int, step: int, *, sized: bool) -> JsonObject:
        price = moment.level_at(sign * step)
        identity = 8_799_000_000 - round(float(price) / moment.scene.tick)
        body: JsonObject = {"symbol": moment.symbol, "id": identity, "side": "Sell" if sign > 0 else "Buy"}
        if sized:
            body["size"] = _contracts(moment)
        return {**body, "price": Decimal(price), "timestamp": moment.iso(3)}

    if moment.first:
        sides = [(sign, step) for sign in (1, -1) for step in range(1, 26)]
        return _table("orderBookL2", "partial", [row(sign, step, sized=True) for sign, step in sides])
    action = moment.dice.choice(("insert", "update", "update", "delete"))
    sign, step = moment.dice.choice((1, -1)), moment.dice.randint(1, 25)
    return _table("orderBookL2", action, [row(sign, step, sized=action != "delete")])


def orderbook10(moment: Moment) -> Json:
    """Return an `update` of the table `orderBook10`: the best ten levels a side."""

    def side(sign: int) -> list[Json]:
        return [[Decimal(price), _contracts(moment)] for price, _ in moment.levels(sign, 10)]

    return _table(
        "orderBook10",
        "update",
        [{"symbol": moment.symbol, "bids": side(-1), "asks": side(1), "timestamp": moment.iso(3)}],
    )


def quote(moment: Moment) -> Json:
    """Return an `insert` into the table `quote`."""
    return _table(
        "quote",
        "insert",
        [
            {
                "timestamp": moment.iso(3),
                "symbol": moment.symbol,
                "bidSize": _contracts(moment),
                "bidPrice": Decimal(moment.price_at(-1)),
                "askPrice": Decimal(moment.price_at(1)),
                "askSize": _contracts(moment),
            }
        ],
    )


def liquidation(moment: Moment) -> Json:
    """Return an `insert` into the table `liquidation`."""
    return _table(
        "liquidation",
        "insert",
        [
            {
                "orderID": moment.uuid(),
                "symbol": moment.symbol,
                "side": "Buy" if moment.buy else "Sell",
                "price": Decimal(moment.price),
                "leavesQty": _contracts(moment),
            }
        ],
    )


SHAPES = {
    "trades": trade,
    "orderbookl2": orderbook_l2,
    "quote": quote,
    "orderbook10": orderbook10,
    "liquidations": liquidation,
}
