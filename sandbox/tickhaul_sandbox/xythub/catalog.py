"""The operations of contract 1.1.2 on what there is: overviews, the product search, and tables as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tickhaul_sandbox.xythub.equities import (
    BY_SYMBOL,
    ENTITY_CLASS,
    EQUITIES,
    FEED,
    FIRST_DAY,
    LAST_DAY,
    REGION,
    VENUES,
    Equity,
    has_data,
    is_trading_day,
)
from tickhaul_sandbox.xythub.errors import bad_request
from tickhaul_sandbox.xythub.moments import LAST_NS, day_message, days_between, read_day, read_time, time_message
from tickhaul_sandbox.xythub.ticks import CLOSE, MILLISECOND, OPEN, SECOND

if TYPE_CHECKING:
    from datetime import date

    from tickhaul_sandbox.xythub.protobuf import Message
    from tickhaul_sandbox.xythub.ticks import Tick
    from tickhaul_sandbox.xythub.typed import Market

_TABLES = {
    "trade": ("time", "trade", "trade_size", "trade_condition"),
    "quote": ("time", "bid", "bid_size", "ask", "ask_size"),
}
_SPAN = {"min_time": time_message(OPEN), "max_time": time_message(CLOSE)}
_QUOTES_PRODUCT = 1
_DAYS = {"first_day": day_message(FIRST_DAY), "last_day": day_message(LAST_DAY)}


def overview_exchanges(market: Market, request: Message) -> Message:
    """The venues."""
    days = _days(request)
    rows = []
    for venue in VENUES:
        equities = [equity for equity in _equities(request) if equity.venue is venue]
        if equities:
            rows.append(
                {
                    "exchange": venue.code,
                    "name": venue.name,
                    "abbreviation": venue.abbreviation,
                    "mic": venue.mic,
                    "rows_count": len(equities) * len(days) * market.settings.ticks_a_day * len(_tables(request)),
                    "days_count": len(days),
                    **_DAYS,
                    "feeds": [FEED],
                    "tables": list(_TABLES),
                }
            )
    return {"exchanges": rows}


def overview_days(market: Market, request: Message) -> Message:
    """Each table on each of the last days."""
    rows = []
    for venue in VENUES:
        count = sum(equity.venue is venue for equity in _equities(request))
        if count:
            rows += [
                {
                    "exchange": venue.code,
                    "table": table,
                    "day": day_message(day),
                    "rows_count": count * market.settings.ticks_a_day,
                    "symbols_count": count,
                    **_SPAN,
                }
                for day in _days(request)[-10:]
                for table in _tables(request)
            ]
    return {"tables": rows}


def overview_symbols(market: Market, request: Message) -> Message:
    """Each symbol in each table."""
    if not request.get("exchange_filters"):
        raise bad_request("Missing required parameter: exchange_filters")
    days = len(_days(request))
    return {
        "symbols": [
            {
                "exchange": equity.venue.code,
                "table": table,
                "symbol": equity.symbol,
                "rows_count": days * market.settings.ticks_a_day,
                "days_count": days,
                **_DAYS,
                **_SPAN,
            }
            for equity in _equities(request)
            for table in _tables(request)
        ]
    }


def overview_tables(market: Market, request: Message) -> Message:
    """Each table of each venue."""
    days = len(_days(request))
    rows = []
    for venue in VENUES:
        count = sum(equity.venue is venue for equity in _equities(request))
        if count:
            rows += [
                {
                    "exchange": venue.code,
                    "table": table,
                    "rows_count": count * days * market.settings.ticks_a_day,
                    "days_count": days,
                    **_DAYS,
                    **_SPAN,
                    "columns": list(_TABLES[table]),
                }
                for table in _tables(request)
            ]
    return {"tables": rows}


def search(market: Market, request: Message) -> Message:
    """The product search, page by page."""
    pattern: str = request.get("pattern", "").lower()
    if not pattern:
        raise bad_request("Missing required parameter: pattern")
    limit = request.get("limit", 0) or market.settings.page_limit
    start = request.get("start", 0)
    if not 0 < limit <= market.settings.largest_page or start < 0:
        raise bad_request(f"Page too large: at most {market.settings.largest_page}")
    hits = [equity for equity in EQUITIES if _is_hit(market, equity, pattern, request)]
    return {
        "products": [
            _product(market, equity, start + index) for index, equity in enumerate(hits[start : start + limit])
        ],
        "total_hits": len(hits),
    }


def overview_products(market: Market, request: Message) -> Message:
    """What data of which venue."""
    del request
    rows = len(_days({})) * market.settings.ticks_a_day * len(_TABLES)
    return {
        "views": [
            {
                "exchange": venue.code,
                "name": venue.name,
                "abbreviation": venue.abbreviation,
                "mic": venue.mic,
                "product_type": _QUOTES_PRODUCT,
                "rows_count": rows * sum(equity.venue is venue for equity in EQUITIES),
                **_DAYS,
                "feed": FEED,
                "region": REGION,
                "source": market.settings.sources[0],
            }
            for venue in VENUES
        ]
    }


def overview_datasets(market: Market, request: Message) -> Message:
    """One dataset for each venue."""
    del request
    return {
        "datasets": [
            {
                "id": f"{venue.mic}-1",
                "exchange": venue.code,
                "name": venue.name,
                "title": f"{venue.name}, made up",
                "description": "Trades and quotes that never happened",
                "location": "sandbox",
                "symbols": [equity.symbol for equity in EQUITIES if equity.venue is venue],
                "abbreviations": [venue.abbreviation],
                "mics": [venue.mic],
                "region": REGION,
                "source": market.settings.sources[0],
                "formats": ["csv", "protobuf"],
                "entity_types": [ENTITY_CLASS],
                "granularity": "tick",
                "products": [{"product": "QUOTES", "first_day": day_message(FIRST_DAY)}],
            }
            for venue in VENUES
        ]
    }


def overview_entities(market: Market, request: Message) -> Message:
    """The kinds of instruments of each venue."""
    del request
    source = market.settings.sources[0]
    return {
        "entities": [
            {"entity_class": ENTITY_CLASS, "exchange": venue.code, **_DAYS, "region": REGION, "source": source}
            for venue in VENUES
        ]
    }


def timeseries(market: Market, request: Message) -> bytes:
    """All rows of a table as CSV; the dialect is not stated, so: RFC 4180 with names in the first line."""
    return _csv(market, request, 0)


def snapshots(market: Market, request: Message) -> bytes:
    """The last row of a table before each of regular times."""
    return _csv(market, request, request.get("snapshot_interval", 0) * MILLISECOND or SECOND)


def _csv(market: Market, request: Message, interval: int) -> bytes:
    table = request.get("table", "")
    if table not in _TABLES:
        raise bad_request(f"Unknown table: {table!r}")
    equity = BY_SYMBOL.get(request.get("symbol", ""))
    if equity is None:
        raise bad_request(f"Unknown symbol: {request.get('symbol', '')!r}")
    columns = request.get("columns") or list(_TABLES[table])
    if unknown := [column for column in columns if column not in _TABLES[table]]:
        raise bad_request(f"Unknown columns: {', '.join(unknown)}")
    first, last = read_time(request.get("from_time"), 0), read_time(request.get("to_time"), LAST_NS)
    ticks = [
        tick for tick in market.ticks(equity, read_day(request.get("day"), "day")) if first <= tick.capture_ns <= last
    ]
    if interval:
        ticks = list({tick.capture_ns // interval: tick for tick in ticks}.values())
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(tick, column) for column in columns] for tick in ticks)
    return text.getvalue().encode()


def _cell(tick: Tick, column: str) -> object:
    if column == "time":
        seconds, rest = divmod(tick.capture_ns, SECOND)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest // MILLISECOND:03}"
    names = {"trade": "price", "trade_size": "size", "trade_condition": "condition"}
    return getattr(tick, names.get(column, column))


def _equities(request: Message) -> list[Equity]:
    exchanges, symbols = request.get("exchange_filters"), request.get("symbol_filters")
    return [
        equity
        for equity in EQUITIES
        if (not exchanges or equity.venue.code in exchanges) and (not symbols or equity.symbol in symbols)
    ]


def _tables(request: Message) -> list[str]:
    wanted = request.get("table_filters")
    return [table for table in _TABLES if not wanted or table in wanted]


def _range(request: Message) -> tuple[date, date]:
    first = read_day(request["first_day"], "first_day") if "first_day" in request else FIRST_DAY
    last = read_day(request["last_day"], "last_day") if "last_day" in request else LAST_DAY
    return first, last


def _days(request: Message) -> list[date]:
    first, last = _range(request)
    return [day for day in days_between(max(first, FIRST_DAY), min(last, LAST_DAY)) if is_trading_day(day)]


def _is_hit(market: Market, equity: Equity, pattern: str, request: Message) -> bool:
    filters = {
        "exchange_filters": equity.venue.code,
        "entity_class_filters": ENTITY_CLASS,
        "region_filters": REGION,
        "product_type_filters": _QUOTES_PRODUCT,
        "item_type_filters": 0,
        "source_filters": market.settings.sources[0],
    }
    texts = (equity.symbol, equity.name, equity.isin, equity.local_code)
    return (
        any(pattern in text.lower() for text in texts)
        and all(not request.get(name) or value in request[name] for name, value in filters.items())
        and has_data(*_range(request))
    )


def _product(market: Market, equity: Equity, rank: int) -> Message:
    return {
        "symbol": equity.symbol,
        "name": equity.name,
        "exchange": equity.venue.code,
        "currency": equity.currency,
        "local_code": equity.local_code,
        "isin": equity.isin,
        "market_segment": equity.segment,
        "entity_class": ENTITY_CLASS,
        "product_type": _QUOTES_PRODUCT,
        "item_type": 0,
        "region": REGION,
        "source": market.settings.sources[0],
        **_DAYS,
        "liquidity_index": rank,
    }
