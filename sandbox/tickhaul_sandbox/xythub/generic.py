"""Generic requests: `/get/{endpoint}` with named parameters, answered with a table.

The endpoints of the Liquidity Cockpit are documented; the names of the core operations are proposed (API reference, xyt
hub, sections 8 and 9.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickhaul_sandbox.xythub import generic_series, generic_ticks
from tickhaul_sandbox.xythub.columns import table
from tickhaul_sandbox.xythub.equities import (
    BY_SYMBOL,
    ENTITY_CLASS,
    EQUITIES,
    FEED,
    FIRST_DAY,
    LAST_DAY,
    REGION,
    VENUES,
    has_data,
    is_trading_day,
)
from tickhaul_sandbox.xythub.errors import HubError, bad_request, not_found
from tickhaul_sandbox.xythub.moments import days_between
from tickhaul_sandbox.xythub.typed import known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from tickhaul_sandbox.xythub.columns import Row
    from tickhaul_sandbox.xythub.equities import Equity
    from tickhaul_sandbox.xythub.parameters import Parameters
    from tickhaul_sandbox.xythub.protobuf import Message
    from tickhaul_sandbox.xythub.typed import Market

_MILLION = 1e6
#: What a unit of a currency is worth, always.
_EUROS = {"EUR": 1.0, "GBX": 0.0118}


def answer(market: Market, endpoint: str, parameters: Parameters) -> Message:
    """Return the answer to a generic request.

    Raises:
        HubError: If there is no such endpoint, a parameter is missing, or the source is not the user's.
    """
    operation = _ENDPOINTS.get(endpoint)
    if operation is None:
        raise not_found(f"Unknown endpoint: {endpoint}")
    if endpoint != "lookupSources":
        source = parameters.text("source")
        if source not in market.settings.sources:
            raise HubError(403, "access_denied", f"No access to source {source}")
    return operation(market, parameters)


def _sources(market: Market, parameters: Parameters) -> Message:
    del parameters
    return table("source:s", [{"source": source} for source in market.settings.sources])


def _exchanges(market: Market, parameters: Parameters) -> Message:
    del market
    wanted = parameters.texts("exchange_filters")
    rows = [
        {
            "source": parameters.text("source"),
            "region": REGION,
            "exchange": venue.code,
            "name": venue.name,
            "abbreviation": venue.abbreviation,
            "first_day": FIRST_DAY,
            "last_day": LAST_DAY,
            "feeds": [FEED],
        }
        for venue in VENUES
        if (not wanted or venue.code in wanted) and _has_data(parameters)
    ]
    columns = "source:s region:s exchange:s name:s abbreviation:s first_day:d last_day:d feeds:l"
    return table(columns, rows)


def _symbols(market: Market, parameters: Parameters) -> Message:
    """Pages by cursor: the symbol of the last row, absent at the end."""
    limit = parameters.number("page_limit", market.settings.page_limit)
    if not 0 < limit <= market.settings.largest_page:
        raise bad_request(f"Page too large: at most {market.settings.largest_page}")
    pattern = (parameters.optional_text("pattern") or "").lower()
    hits = [
        equity
        for equity in EQUITIES
        if _is_wanted(equity, parameters)
        and any(pattern in text.lower() for text in (equity.symbol, equity.name, equity.isin))
    ]
    cursor = parameters.optional_text("cursor")
    names = [equity.symbol for equity in hits]
    if cursor is not None and cursor not in names:
        raise bad_request("Invalid cursor")
    start = names.index(cursor) + 1 if cursor is not None else 0
    page = hits[start : start + limit]
    more = start + limit < len(hits)
    columns = (
        "source:s region:s exchange:s symbol:s name:s isin:s local_code:s currency:s market_segment:s "
        "entity_class:s first_day:d last_day:d"
    )
    return table(
        columns,
        [{**_described(equity), "source": parameters.text("source")} for equity in page],
        total_hits={"integer_value": len(hits)},
        cursor={"string_value": page[-1].symbol} if more else None,
    )


def _is_wanted(equity: Equity, parameters: Parameters) -> bool:
    has = {"exchange_filters": equity.venue.code, "region_filters": REGION, "entity_class_filters": ENTITY_CLASS}
    filters = {name: parameters.texts(name) for name in has}
    return all(not wanted or has[name] in wanted for name, wanted in filters.items()) and _has_data(parameters)


def _has_data(parameters: Parameters) -> bool:
    return has_data(parameters.optional_day("first_day", FIRST_DAY), parameters.optional_day("last_day", LAST_DAY))


def _end_of_day(market: Market, parameters: Parameters) -> Message:
    equities, warning = known(parameters.texts("symbols"))
    rows = []
    for equity in equities:
        for day in days_between(parameters.day("first_day"), parameters.day("last_day")):
            ticks = market.ticks(equity, day)
            if ticks:
                prices = [tick.price for tick in ticks]
                rows.append(
                    {
                        "symbol": equity.symbol,
                        "date": day,
                        "open": prices[0],
                        "high": max(prices),
                        "low": min(prices),
                        "close": prices[-1],
                        "trade_count": len(ticks),
                        "volume": sum(tick.size for tick in ticks),
                    }
                )
    warning = warning or (None if rows else "No data for the requested days")
    return table("symbol:s date:d open:f high:f low:f close:f trade_count:i volume:i", rows, warning)


def _isin_list(market: Market, parameters: Parameters) -> Message:
    del market
    for name in ("date_from", "date_to"):
        parameters.day(name)
    return table("isin:s", [{"isin": isin} for isin in sorted({equity.isin for equity in EQUITIES})])


def _market_share(market: Market, parameters: Parameters) -> Message:
    """A row for each day and listing of the ISINs; what cannot be made up plausibly is null."""
    isins = parameters.texts("isins")
    if not isins:
        raise bad_request("Missing required parameter: isins")
    first, last = parameters.day("date_from"), parameters.day("date_to")
    rows = [
        _share(market, equity, day)
        for day in days_between(first, last)
        if is_trading_day(day)
        for equity in EQUITIES
        if equity.isin in isins
    ]
    unknown = sorted(set(isins) - {equity.isin for equity in EQUITIES})
    columns = (
        "date:d isin:s stock:s symbol:s local_code:s group:s exchange:s market_category:s trade_category:s currency:s "
        "trade_count:i trade_size:i traded_value_in_eur:f traded_value_in_local_ccy:f "
        "addressable_traded_value_in_eur:f value_traded_above_lisin_eur:f turnover_outside_regular_hours:f "
        "turnover_of_trades_above_listhreshold_regular_hours:f threshold:f capped:i"
    )
    return table(columns, rows, f"Unknown ISINs: {', '.join(unknown)}" if unknown else None)


def _share(market: Market, equity: Equity, day: date) -> Row:
    ticks = market.ticks(equity, day)
    value = sum(tick.price * tick.size for tick in ticks)
    return {
        "date": day,
        "isin": equity.isin,
        "stock": equity.name,
        "symbol": equity.symbol,
        "local_code": equity.local_code,
        "group": equity.venue.name,
        "exchange": equity.venue.code,
        "market_category": "On Exchange",
        "trade_category": "Lit/Order Book",
        "currency": equity.currency,
        "trade_count": len(ticks),
        "trade_size": sum(tick.size for tick in ticks),
        "traded_value_in_eur": value * _EUROS[equity.currency],
        "traded_value_in_local_ccy": value,
        "addressable_traded_value_in_eur": value * _EUROS[equity.currency],
        "value_traded_above_lisin_eur": 0.0,
        "turnover_outside_regular_hours": 0.0,
        "turnover_of_trades_above_listhreshold_regular_hours": float("nan"),
        "threshold": _MILLION,
        "capped": -(2**63),
    }


def _described(equity: Equity) -> dict[str, Any]:
    return {
        "region": REGION,
        "exchange": equity.venue.code,
        "symbol": equity.symbol,
        "name": equity.name,
        "isin": equity.isin,
        "local_code": equity.local_code,
        "currency": equity.currency,
        "market_segment": equity.segment,
        "entity_class": ENTITY_CLASS,
        "first_day": FIRST_DAY,
        "last_day": LAST_DAY,
    }


def _reference(market: Market, parameters: Parameters) -> Message:
    del market
    parameters.day("day")
    equities, warning = known(parameters.texts("symbols"))
    rows = [
        {
            **_described(equity),
            "country_code": equity.isin[:2],
            "entity_type": ENTITY_CLASS,
            "lot_size": 1,
            "market_sector": "Equity",
            "security_primary_exchange": next(
                other.venue.code for other in BY_SYMBOL.values() if other.isin == equity.isin
            ),
            "sedol_code": "",
        }
        for equity in equities
    ]
    columns = (
        "symbol:s local_code:s isin:s name:s country_code:s currency:s entity_type:s lot_size:i market_sector:s "
        "market_segment:s security_primary_exchange:s sedol_code:s"
    )
    return table(columns, rows, warning)


_ENDPOINTS: Mapping[str, Callable[[Market, Parameters], Message]] = {
    "lookupSources": _sources,
    "lookupExchanges": _exchanges,
    "lookupSymbols": _symbols,
    **generic_ticks.ENDPOINTS,
    **generic_series.ENDPOINTS,
    "endOfDayData": _end_of_day,
    "referenceData": _reference,
    "lcGetIsinList": _isin_list,
    "lcGetMarketShare": _market_share,
}
