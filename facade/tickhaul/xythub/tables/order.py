"""The order of a table's columns, which the wire does not carry: its columns are a map.

Columns that the vendor documents for its core operations come in the order in which it lists them (reference: xyt-hub
section 8), as far as one order serves them all; others come after them by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_DOCUMENTED = """
    source region chain_symbol exchange symbol name abbreviation mic isin local_code currency country_code
    market_sector market_segment entity_class entity_type first_day last_day feeds
    date day time seq
    trade trade_size trade_condition open high low close trade_count volume bid bid_size ask ask_size
    action order_id order_side order_price order_size order_date order_time trade_id order_type
    imbalance_buy_volume imbalance_sell_volume imbalance_volume_time cross_type
    uncrossing_date uncrossing_time uncrossing_condition uncrossing_price uncrossing_volume uncrossing_type
    auction_date auction_time auction_status auction auction_volume auction_type
    settlement_date settlement_time settlement settlement_status settlement_size capture_date capture_time
    instrument_status instrument_status_description continuous_session
    tick_rule_symbol lower_bound tick_size
"""
_RANKS = {name: rank for rank, name in enumerate(_DOCUMENTED.split())}


def arrange(names: Iterable[str]) -> list[str]:
    """The names of columns in the order a table has them."""
    return sorted(names, key=lambda name: (_RANKS.get(name, len(_RANKS)), name))
