"""Stream types: their aliases and the category each belongs to.

The seven categories are documented (docs export-schemas/create-export-schema); how a stream type maps to one is not,
so this table is the sandbox's own reading. A book stream that starts with a snapshot and goes on with changes is
`book_update`; one whose every message is a whole (top-N) book is `orderbook`.
"""

from __future__ import annotations

from typing import Final

CATEGORIES: Final = ("trade", "orderbook", "book_update", "quote", "kline", "ticker", "liquidation")

_CATEGORY_OF: Final = {
    "trades": "trade",
    "agg_trade": "trade",
    "depth": "book_update",
    "level2": "book_update",
    "orderbookl2": "book_update",
    "orderbook_25": "book_update",
    "orderbook_50": "book_update",
    "book": "book_update",
    "book_1000": "book_update",
    "book_update": "book_update",
    "depth20": "orderbook",
    "books5": "orderbook",
    "orderbook10": "orderbook",
    "book_ticker": "quote",
    "quote": "quote",
    "bbo": "quote",
    "spread": "quote",
    "kline_1m": "kline",
    "ticker": "ticker",
    "liquidations": "liquidation",
}

# The service once named the stream of trades `trade`; the old name goes on working as a filter.
_ALIASES: Final = {"trade": "trades"}


def canonical(stream_type: str) -> str:
    """Return the name a stream type has in the catalog."""
    return _ALIASES.get(stream_type, stream_type)


def category_of(stream_type: str) -> str | None:
    """Return the category of a stream type, `None` for one this sandbox has not heard of."""
    return _CATEGORY_OF.get(stream_type)
