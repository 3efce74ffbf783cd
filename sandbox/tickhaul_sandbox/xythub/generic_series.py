"""Generic requests for what the typed operations answer too: orders, auctions, status, tick rules.

API reference, xyt hub, sections 8.2 and 8.3 for the columns; the names are proposed (section 9.3).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tickhaul_sandbox.xythub import typed
from tickhaul_sandbox.xythub.columns import table
from tickhaul_sandbox.xythub.moments import LAST_NS, day_message, read_day, read_time, time_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tickhaul_sandbox.xythub.parameters import Parameters
    from tickhaul_sandbox.xythub.protobuf import Message
    from tickhaul_sandbox.xythub.typed import Market

_ORDERS = (
    "symbol:s order_date:d time:t action:s order_id:s order_side:s order_price:f order_size:i order_time:t trade_id:s "
    "order_type:i seq:i"
)
_AUCTIONS = (
    "symbol:s date:d time:t seq:i imbalance_buy_volume:i imbalance_sell_volume:i imbalance_volume_time:t cross_type:s "
    "uncrossing_date:d uncrossing_time:t uncrossing_condition:s uncrossing_price:f uncrossing_volume:i "
    "uncrossing_type:s auction_date:d auction_time:t auction_status:i auction:f auction_volume:i auction_type:s"
)
_STATUS = "symbol:s date:d time:t seq:i instrument_status:s instrument_status_description:s continuous_session:b"
_RULES = "symbol:s tick_rule_symbol:s lower_bound:f tick_size:f"


def _answer(
    operation: Callable[[Market, Message], Message], columns: str, market: Market, parameters: Parameters
) -> Message:
    """The rows of a typed operation as a table."""
    day = parameters.day("day")
    answered = operation(
        market,
        {
            "symbols": parameters.texts("symbols"),
            "day": day_message(day),
            "from_time": time_message(parameters.time("from_time", 0)),
            "to_time": time_message(parameters.time("to_time", LAST_NS)),
        },
    )
    kinds = dict(column.split(":") for column in columns.split())
    rows = [
        {"symbol": chunk["symbol"], "date": day, **{name: _cell(kinds[name], cell) for name, cell in row.items()}}
        for chunk in answered["chunks"]
        for row in chunk["series"]
    ]
    return table(columns, rows, answered["header"]["warning_message"])


# What a cell is depends on its column.
def _cell(kind: str, cell: Any) -> object:
    if kind == "d":
        return read_day(cell, "day")
    return read_time(cell, 0) if kind == "t" else cell


ENDPOINTS: Mapping[str, Callable[[Market, Parameters], Message]] = {
    "orderData": partial(_answer, typed.orders, _ORDERS),
    "auctionData": partial(_answer, typed.auctions, _AUCTIONS),
    "instrumentStatus": partial(_answer, typed.instrument_status, _STATUS),
    "tickRules": partial(_answer, typed.tick_rules, _RULES),
}
