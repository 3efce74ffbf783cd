"""How each exchange writes its messages, one module per family of exchanges.

Each module holds `SHAPES`: stream type to a function that turns one moment of a made-up market into a message of the
exchange's own public websocket format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul_sandbox.market.shapes import binance, bitmex, bybit, coinbase, deribit, kraken, okx

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tickhaul_sandbox.jsontypes import Json
    from tickhaul_sandbox.market.moments import Moment

    Shape = Callable[[Moment], Json]

SHAPES: Mapping[str, Mapping[str, Shape]] = {
    "binance": binance.SPOT,
    "binance_futures": binance.FUTURES,
    "bitmex": bitmex.SHAPES,
    "bybit_inverse": bybit.SHAPES,
    "bybit_linear": bybit.SHAPES,
    "bybit_spot": bybit.SHAPES,
    "coinbase": coinbase.SHAPES,
    "deribit": deribit.SHAPES,
    "kraken": kraken.SHAPES,
    "okx": okx.SHAPES,
}
