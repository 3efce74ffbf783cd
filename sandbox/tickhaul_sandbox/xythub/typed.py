"""The operations of contract 1.1.2 on market data: a request's dictionary becomes an answer's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from tickhaul_sandbox.xythub.equities import BY_SYMBOL, ENTITY_CLASS, EQUITIES, FIRST_DAY, HOLIDAYS, LAST_DAY
from tickhaul_sandbox.xythub.errors import bad_request
from tickhaul_sandbox.xythub.moments import (
    DAY_NS,
    LAST_NS,
    day_message,
    days_between,
    read_day,
    read_time,
    time_message,
    within_day,
)
from tickhaul_sandbox.xythub.ticks import CLOSE, CONDITIONS, MILLISECOND, OPEN, SECOND, Tick, make_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from tickhaul_sandbox.xythub.equities import Equity
    from tickhaul_sandbox.xythub.protobuf import Message
    from tickhaul_sandbox.xythub.settings import HubSettings

_MOST_SYMBOLS = 10
# Where no source has a limit: each symbol may take a megabyte or two.
_MOST_IN_A_LIST = 100
_MOST_ROWS = 200_000
_MINUTE = 60 * SECOND
#: Bin sizes (section 5.3.2).
_STEPS = (
    *(count * MILLISECOND for count in (100, 200, 500)),
    *(count * SECOND for count in (1, 2, 5, 10, 15, 20, 30)),
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 20, 30)),
    *(count * 60 * _MINUTE for count in (1, 2, 3, 4, 6)),
)
TRADES, QUOTES, BOTH = 0, 1, 2
#: Section 5.3.2. Nothing here is ever corrected or cancelled, so the flags about that change nothing.
FLAGS = {
    "USE_MARKET_TS": 0,
    "APPLY_TRADE_CORRECTIONS": 1,
    "INCLUDE_TRADE_CONDITION_INFO": 5,
    "INCLUDE_NON_REGULAR": 6,
    "INCLUDE_CONTINUOUS_SESSION_ONLY": 7,
    "EXCLUDE_CANCELLED_TRADES": 10,
}
MARKET_TS = FLAGS["USE_MARKET_TS"]
_CONDITION_INFO, _NON_REGULAR, _CONTINUOUS_ONLY = 5, 6, 7
_ORDER_TYPE_LIMIT = 1


@dataclass(frozen=True)
class Market:
    """The made-up market.

    Attributes:
        seed: Where its randomness starts.
        settings: How dense it is.
        hurry: Asked with each day of ticks; raises an error when a response has taken too long to make.
    """

    seed: int
    settings: HubSettings
    hurry: Callable[[], None] = lambda: None

    def ticks(self, equity: Equity, day: date) -> tuple[Tick, ...]:
        """Return the ticks of a day.

        Raises:
            HubError: If the request has taken too long already.
        """
        self.hurry()
        return make_ticks(self.seed, equity, day, self.settings.ticks_a_day)


def known(symbols: Sequence[str]) -> tuple[list[Equity], str | None]:
    """Return the instruments of symbols, and a warning that names those that are none."""
    unknown = [symbol for symbol in symbols if symbol not in BY_SYMBOL]
    warning = f"Unknown symbols: {', '.join(unknown)}" if unknown else None
    return [BY_SYMBOL[symbol] for symbol in symbols if symbol in BY_SYMBOL], warning


def bin_size(span: int, limit: int) -> int:
    """Return the step in nanoseconds that cuts a span into about so many bins: the smallest that is enough."""
    wanted = span / max(limit, 1)
    return next((step for step in _STEPS if step >= wanted), _STEPS[-1])


def days_availability(market: Market, request: Message) -> Message:
    """First and last day with data, weekdays and holidays."""
    del market
    equities, warning = known(_symbols(request, _MOST_SYMBOLS))
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    holidays = [
        {"year": year, "month": month, "day": day}
        for year in years
        for month, day in HOLIDAYS
        if FIRST_DAY.isoformat() <= f"{year}-{month:02}-{day:02}" <= LAST_DAY.isoformat()
    ]
    return _warned(
        warning,
        symbols=[
            {
                "symbol": equity.symbol,
                "first_day": day_message(FIRST_DAY),
                "last_day": day_message(LAST_DAY),
                "trading_days": [1, 2, 3, 4, 5],
                "holidays": holidays,
            }
            for equity in equities
        ],
    )


def tick_data(market: Market, request: Message) -> Message:
    """Ticks, or bins of trades where a symbol has more than the limit."""
    equities, warning = known(_symbols(request, _MOST_SYMBOLS))
    day, first, last = _span(request)
    kind, flags, limit = request.get("type", TRADES), request.get("flags", []), request.get("limit", 0)
    by_market = MARKET_TS in flags
    chunks, level, dropped_trades, dropped_quotes = [], 0, 0, 0
    for equity in equities:
        ticks = [
            tick
            for tick in market.ticks(equity, day)
            if first <= tick.at(market=by_market) <= last and wanted(tick, kind, flags)
        ]
        if limit and len(ticks) > limit and kind != QUOTES:
            level = bin_size(last - first, limit)
            rows = _bins(ticks, first, last, level, market=by_market)
            dropped_trades += len(ticks) - len(rows)
            dropped_quotes += len(ticks) if kind == BOTH else 0
        else:
            rows = [_row(tick, kind, market=by_market) for tick in ticks]
        if rows:
            chunks.append({"symbol": equity.symbol, "series": rows})
    conditions = {
        code: {"trade_description": words, "trade_category": category}
        for code, (words, category, _) in CONDITIONS.items()
    }
    return _warned(
        warning or _none_of(day, chunks),
        date=day_message(day),
        binning_level=level // MILLISECOND,
        truncated_trade_rows=dropped_trades,
        truncated_quote_rows=dropped_quotes,
        chunks=chunks,
        trade_conditions=conditions if _CONDITION_INFO in flags else {},
    )


def ohlcv(market: Market, request: Message) -> Message:
    """Bars: of a day each, or as many as the limit allows."""
    equities, warning = known(_symbols(request, _MOST_SYMBOLS))
    first_day, last_day = (read_day(request.get(name), name) for name in ("first_day", "last_day"))
    first, last = _times(request)
    limit = request.get("limit", 0)
    step = bin_size((last - first) * max(0, (last_day - first_day).days + 1), limit) if limit else 0
    # No other day has data, and all that there are take a while to look at.
    days = days_between(max(first_day, FIRST_DAY), min(last_day, LAST_DAY))
    chunks, made = [], 0
    for equity in equities:
        rows = []
        for day in days:
            ticks = [tick for tick in market.ticks(equity, day) if first <= tick.capture_ns <= last]
            for end, group in _grouped(ticks, first, last, step or DAY_NS, market=False):
                rows.append({"time": time_message(end), "date": day_message(day), **bar(group)})
            if made + len(rows) > _MOST_ROWS:
                raise bad_request(f"More than {_MOST_ROWS} rows: ask for fewer days or symbols, or a smaller limit")
        made += len(rows)
        if rows:
            chunks.append({"symbol": equity.symbol, "series": rows})
    warning = warning or (None if chunks else "No data for the requested days")
    return _warned(warning, binning_level=step // MILLISECOND, chunks=chunks)


def other_venues(market: Market, request: Message) -> Message:
    """The same ISIN elsewhere, in a currency."""
    del market
    symbol = _needed(request, "symbol")
    currency = _needed(request, "currency")
    read_day(request.get("day"), "day")
    classes = request.get("entity_classes") or [ENTITY_CLASS]
    home = BY_SYMBOL.get(symbol)
    others = [
        equity
        for equity in EQUITIES
        if home and equity.isin == home.isin and equity.symbol != symbol and equity.currency == currency
    ]
    return _warned(
        None if home else f"Unknown symbols: {symbol}",
        symbols=[_described(equity) for equity in others if ENTITY_CLASS in classes],
    )


def orders(market: Market, request: Message) -> Message:
    """An order behind every trade: entered a second before, executed with it."""
    equities, warning = known(_symbols(request))
    day, first, last = _span(request)
    chunks = []
    for equity in equities:
        events = []
        for number, tick in enumerate(market.ticks(equity, day)):
            entered = tick.capture_ns - SECOND
            common = {
                "order_date": day_message(day),
                "order_time": time_message(entered),
                "order_id": f"{equity.local_code}-{number:06}",
                "order_price": tick.price,
                "order_size": tick.size,
                "order_side": "B" if number % 2 else "S",
                "order_type": _ORDER_TYPE_LIMIT,
            }
            events.append((entered, {"action": "ADD", **common}))
            events.append((tick.capture_ns, {"action": "EXECUTE", "trade_id": f"T{number:06}", **common}))
        events.sort(key=lambda event: event[0])
        rows = [
            {"time": time_message(when), "seq": seq, **event}
            for seq, (when, event) in enumerate(events)
            if first <= when <= last
        ]
        if rows:
            chunks.append({"symbol": equity.symbol, "series": rows})
    return _warned(warning or _none_of(day, chunks), date=day_message(day), chunks=chunks)


def auctions(market: Market, request: Message) -> Message:
    """The opening and the closing auction."""
    equities, warning = known(_symbols(request))
    day = read_day(request.get("day"), "day")
    chunks = []
    for equity in equities:
        ticks = market.ticks(equity, day)
        rows = (
            [
                {
                    "time": time_message(tick.capture_ns),
                    "seq": seq,
                    "imbalance_buy_volume": tick.bid_size,
                    "imbalance_sell_volume": tick.ask_size,
                    "imbalance_volume_time": time_message(tick.market_ns),
                    "cross_type": kind,
                    "uncrossing_date": day_message(day),
                    "uncrossing_time": time_message(tick.market_ns),
                    "uncrossing_condition": tick.condition,
                    "uncrossing_price": tick.price,
                    "uncrossing_volume": tick.size,
                    "uncrossing_type": kind,
                    "auction_date": day_message(day),
                    "auction_time": time_message(tick.market_ns),
                    "auction_status": 1,
                    "auction": tick.price,
                    "auction_volume": tick.size,
                    "auction_type": kind,
                }
                for seq, (kind, tick) in enumerate(zip(("OPENING", "CLOSING"), (ticks[0], ticks[-1]), strict=True))
            ]
            if ticks
            else []
        )
        if rows:
            chunks.append({"symbol": equity.symbol, "series": rows})
    return _warned(warning or _none_of(day, chunks), date=day_message(day), chunks=chunks)


def instrument_status(market: Market, request: Message) -> Message:
    """Opening auction, continuous trading, closed."""
    equities, warning = known(_symbols(request))
    day = read_day(request.get("day"), "day")
    states = (
        (OPEN - 10 * _MINUTE, "OA", "Opening auction", False),
        (OPEN, "CT", "Continuous trading", True),
        (CLOSE, "CL", "Closed", False),
    )
    series = [
        {
            "time": time_message(when),
            "seq": seq,
            "instrument_status": code,
            "instrument_status_description": words,
            "continuous_session": continuous,
        }
        for seq, (when, code, words, continuous) in enumerate(states)
    ]
    trading = [equity for equity in equities if market.ticks(equity, day)]
    chunks = [{"symbol": equity.symbol, "series": series} for equity in trading]
    return _warned(warning or _none_of(day, chunks), date=day_message(day), chunks=chunks)


def tick_rules(market: Market, request: Message) -> Message:
    """The tick sizes by price band."""
    del market
    equities, warning = known(_symbols(request))
    read_day(request.get("day"), "day")
    chunks = []
    for equity in equities:
        bands = [(0.0, equity.tick), (equity.price * 2, equity.tick * 2), (equity.price * 5, equity.tick * 5)]
        rows = [
            {"tick_rule_symbol": f"{equity.venue.code}-{equity.currency}", "lower_bound": bound, "tick_size": size}
            for bound, size in bands
        ]
        chunks.append({"symbol": equity.symbol, "series": rows})
    return _warned(warning, chunks=chunks)


def _symbols(request: Message, most: int = _MOST_IN_A_LIST) -> list[str]:
    symbols: list[str] = request.get("symbols", [])
    if not symbols:
        raise bad_request("Missing required parameter: symbols")
    if len(symbols) > most:
        raise bad_request(f"Too many symbols: {len(symbols)}, at most {most}")
    return symbols


def _needed(request: Message, name: str) -> str:
    text: str = request.get(name, "")
    if not text:
        raise bad_request(f"Missing required parameter: {name}")
    return text


def _span(request: Message) -> tuple[date, int, int]:
    return (read_day(request.get("day"), "day"), *_times(request))


def _times(request: Message) -> tuple[int, int]:
    first, last = read_time(request.get("from_time"), 0), read_time(request.get("to_time"), LAST_NS)
    return within_day(first), within_day(last)


def wanted(tick: Tick, kind: int, flags: Sequence[int]) -> bool:
    """Return whether a tick belongs into an answer: of trades, those that the flags allow."""
    if kind == QUOTES:
        return True
    regular = tick.condition != "OB"
    continuous = CONDITIONS[tick.condition][2]
    return (regular or _NON_REGULAR in flags) and (continuous or _CONTINUOUS_ONLY not in flags)


def _row(tick: Tick, kind: int, *, market: bool) -> Message:
    trade: Message = {"trade": tick.price, "trade_size": tick.size, "trade_condition": tick.condition}
    quote: Message = {"bid": tick.bid, "bid_size": tick.bid_size, "ask": tick.ask, "ask_size": tick.ask_size}
    parts = {TRADES: trade, QUOTES: quote, BOTH: {**trade, **quote}}[kind]
    return {"time": time_message(tick.at(market=market)), **parts}


def _bins(ticks: Sequence[Tick], first: int, last: int, step: int, *, market: bool) -> list[Message]:
    """One row for each trade condition in each bin: the last price, the sum of sizes, at the bin's end."""
    rows = []
    for end, group in _grouped(ticks, first, last, step, market=market):
        for condition in sorted({tick.condition for tick in group}):
            of_it = [tick for tick in group if tick.condition == condition]
            rows.append(
                {
                    "time": time_message(end),
                    "trade": of_it[-1].price,
                    "trade_size": sum(tick.size for tick in of_it),
                    "trade_condition": condition,
                }
            )
    return rows


def _grouped(ticks: Sequence[Tick], first: int, last: int, step: int, *, market: bool) -> list[tuple[int, list[Tick]]]:
    """The ticks by bin, with each bin's end; the last bin is cut at the end of the range."""
    groups = groupby(ticks, key=lambda tick: (tick.at(market=market) - first) // step)
    return [(min(first + (number + 1) * step, last), list(group)) for number, group in groups]


def bar(ticks: Sequence[Tick]) -> Message:
    """Return the prices and the volume of at least one tick."""
    prices = [tick.price for tick in ticks]
    return {
        "open": prices[0],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "volume": sum(tick.size for tick in ticks),
        "trade_count": len(ticks),
    }


def _described(equity: Equity) -> Message:
    return {
        "symbol": equity.symbol,
        "name": equity.name,
        "exchange": equity.venue.code,
        "currency": equity.currency,
        "local_code": equity.local_code,
        "isin": equity.isin,
        "market_segment": equity.segment,
        "entity_class": ENTITY_CLASS,
    }


def _none_of(day: date, chunks: Sequence[Message]) -> str | None:
    """What an answer without rows warns of."""
    return None if chunks else f"No data for {day.isoformat()}"


def _warned(warning: str | None, **fields: object) -> Message:
    """An answer; a warning is for what is no error, such as an unknown symbol."""
    return {"header": {"warning_message": warning}, **fields}
