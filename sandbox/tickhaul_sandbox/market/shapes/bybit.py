"""Bybit, all its markets: the fifth version of its public websocket, elements packed in `data`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json
    from tickhaul_sandbox.market.moments import Moment


def trade(moment: Moment) -> Json:
    """Return a `publicTrade` message with one or two trades."""
    trades: list[Json] = [
        {
            "T": moment.milliseconds,
            "s": moment.symbol,
            "S": "Buy" if moment.buy else "Sell",
            "v": moment.any_size(),
            "p": moment.price,
            "L": "PlusTick" if moment.buy else "MinusTick",
            "i": moment.uuid(),
            "BT": False,
        }
        for _ in range(moment.dice.randint(1, 2))
    ]
    return {"topic": f"publicTrade.{moment.symbol}", "type": "snapshot", "ts": moment.milliseconds + 2, "data": trades}


def orderbook(moment: Moment) -> Json:
    """Return an `orderbook.50` message: a snapshot first, deltas after it."""
    sides = {
        side: moment.snapshot(sign, 50) if moment.first else moment.changes(sign)
        for side, sign in (("b", -1), ("a", 1))
    }
    return {
        "topic": f"orderbook.50.{moment.symbol}",
        "type": "snapshot" if moment.first else "delta",
        "ts": moment.milliseconds + 2,
        "data": {
            "s": moment.symbol,
            "b": [[*level] for level in sides["b"]],
            "a": [[*level] for level in sides["a"]],
            "u": moment.sequence,
            "seq": moment.sequence * 3,
        },
        "cts": moment.milliseconds,
    }


def kline(moment: Moment) -> Json:
    """Return a `kline.1` message."""
    opened = moment.milliseconds // 60_000 * 60_000
    low, high = sorted((moment.price_at(-3), moment.price_at(3)), key=float)
    return {
        "topic": f"kline.1.{moment.symbol}",
        "type": "snapshot",
        "ts": moment.milliseconds,
        "data": [
            {
                "start": opened,
                "end": opened + 59_999,
                "interval": "1",
                "open": moment.price_at(-1),
                "close": moment.price_at(1),
                "high": high,
                "low": low,
                "volume": moment.any_size(),
                "turnover": moment.any_size(),
                "confirm": False,
                "timestamp": moment.milliseconds,
            }
        ],
    }


def liquidation(moment: Moment) -> Json:
    """Return an `allLiquidation` message."""
    return {
        "topic": f"allLiquidation.{moment.symbol}",
        "type": "snapshot",
        "ts": moment.milliseconds + 1,
        "data": [
            {
                "T": moment.milliseconds,
                "s": moment.symbol,
                "S": "Buy" if moment.buy else "Sell",
                "v": moment.size,
                "p": moment.price,
            }
        ],
    }


SHAPES = {"trades": trade, "orderbook_50": orderbook, "kline_1m": kline, "liquidations": liquidation}
