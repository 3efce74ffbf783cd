"""Generic requests for ticks: as they are, in bins, or the last ones at an instant (API reference, xyt hub, section 8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickhaul_sandbox.xythub.columns import table
from tickhaul_sandbox.xythub.errors import bad_request
from tickhaul_sandbox.xythub.moments import LAST_NS, within_day
from tickhaul_sandbox.xythub.ticks import CONDITIONS, SECOND
from tickhaul_sandbox.xythub.typed import BOTH, FLAGS, MARKET_TS, QUOTES, TRADES, bar, known, wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from tickhaul_sandbox.xythub.parameters import Parameters
    from tickhaul_sandbox.xythub.protobuf import Message
    from tickhaul_sandbox.xythub.ticks import Tick
    from tickhaul_sandbox.xythub.typed import Market

_TYPES = {"TRADES": TRADES, "QUOTES": QUOTES, "TRADES_AND_QUOTES": BOTH}
_TRADE_COLUMNS = "trade:f trade_size:i trade_condition:s"
_BAR_COLUMNS = "open:f high:f low:f close:f trade_count:i volume:i trade_condition:s"
_QUOTE_COLUMNS = "bid:f bid_size:i ask:f ask_size:i"
_USUAL_BIN = 60
_MOST_SYMBOLS = 100
_SHORTEST_BIN, _LONGEST_BIN = 1, 86_400


class _Asked:
    """What the three operations have in common.

    Raises:
        HubError: 400 if a parameter is missing or none.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.kind = parameters.choice("data_type", _TYPES)
        self.day: date = parameters.day("day")
        self.flags = parameters.choices("flags", FLAGS)
        self.by_market = MARKET_TS in self.flags

    def columns(self, trades: str = _TRADE_COLUMNS) -> str:
        """The columns of trades, of quotes, or both."""
        parts = {TRADES: trades, QUOTES: _QUOTE_COLUMNS, BOTH: f"{trades} {_QUOTE_COLUMNS}"}[self.kind]
        return f"symbol:s date:d time:t {parts}"

    def ticks(self, market: Market, symbol: str, first: int, last: int) -> tuple[list[Tick], str | None]:
        """The ticks of a symbol in a part of the day, and a warning where there are none."""
        equities, warning = known([symbol])
        found = [
            tick
            for equity in equities
            for tick in market.ticks(equity, self.day)
            if first <= self.at(tick) <= last and wanted(tick, self.kind, self.flags)
        ]
        return found, warning or (None if found else f"No data for {self.day.isoformat()}")

    def at(self, tick: Tick) -> int:
        """A tick's time by the clock that was asked for."""
        return tick.at(market=self.by_market)

    def conditions(self) -> Message | None:
        """The table of trade conditions, if it was asked for; where it is carried is proposed (section 9.3)."""
        if FLAGS["INCLUDE_TRADE_CONDITION_INFO"] not in self.flags:
            return None
        return _object(
            {
                code: _object(
                    {"trade_description": {"string_value": words}, "trade_category": {"string_value": category}}
                )
                for code, (words, category, _) in CONDITIONS.items()
            }
        )


def _object(fields: Message) -> Message:
    return {"object": {"fields": fields}}


def _tick_data(market: Market, parameters: Parameters) -> Message:
    """One symbol, one day; no binning in 2.x."""
    asked, symbol = _Asked(parameters), parameters.text("symbol")
    first, last = parameters.time("from_time", 0), parameters.time("to_time", LAST_NS)
    ticks, warning = asked.ticks(market, symbol, first, last)
    rows = [
        {"symbol": symbol, "date": asked.day, "time": asked.at(tick), **_trade(tick), **_quote(tick)} for tick in ticks
    ]
    return table(asked.columns(), rows, warning, trade_conditions=asked.conditions())


def _tick_aggregated(market: Market, parameters: Parameters) -> Message:
    """One row for each bin of the range, named by its end; a bin without ticks has a row too."""
    asked, symbol = _Asked(parameters), parameters.text("symbol")
    first, last = (within_day(parameters.time(name, end)) for name, end in (("from_time", 0), ("to_time", LAST_NS)))
    seconds = parameters.number("bin_size", _USUAL_BIN)
    if not _SHORTEST_BIN <= seconds <= _LONGEST_BIN:
        raise bad_request("Invalid bin_size")
    ticks, warning = asked.ticks(market, symbol, first, last)
    step = seconds * SECOND
    # A tick at the very end of the range belongs to the last bin, for none begins there.
    starts = range(first, max(last, first + 1), step)
    groups: list[list[Tick]] = [[] for _ in starts]
    for tick in ticks:
        groups[min((asked.at(tick) - first) // step, len(groups) - 1)].append(tick)
    rows = [
        {"symbol": symbol, "date": asked.day, "time": min(start + step, last), **_summary(group)}
        for start, group in zip(starts, groups, strict=True)
        if ticks
    ]
    return table(asked.columns(_BAR_COLUMNS), rows, warning, trade_conditions=asked.conditions())


def _tick_snapshot(market: Market, parameters: Parameters) -> Message:
    """Of each symbol the last tick at an instant."""
    asked = _Asked(parameters)
    symbols, instant = parameters.texts("symbols"), parameters.time("time", -1)
    if len(symbols) > _MOST_SYMBOLS:
        raise bad_request(f"Too many symbols: {len(symbols)}, at most {_MOST_SYMBOLS}")
    if not symbols or instant < 0:
        raise bad_request(f"Missing required parameter: {'time' if symbols else 'symbols'}")
    rows: list[dict[str, Any]] = []
    for symbol in symbols:
        ticks, _ = asked.ticks(market, symbol, 0, instant)
        if ticks:
            last = ticks[-1]
            rows.append({"symbol": symbol, "date": asked.day, "time": asked.at(last), **_trade(last), **_quote(last)})
    _, warning = known(symbols)
    warning = warning or (None if rows else f"No data for {asked.day.isoformat()}")
    return table(asked.columns(), rows, warning, trade_conditions=asked.conditions())


def _trade(tick: Tick) -> dict[str, Any]:
    return {"trade": tick.price, "trade_size": tick.size, "trade_condition": tick.condition}


def _quote(tick: Tick) -> dict[str, Any]:
    return {"bid": tick.bid, "bid_size": tick.bid_size, "ask": tick.ask, "ask_size": tick.ask_size}


def _summary(ticks: Sequence[Tick]) -> dict[str, Any]:
    return {**bar(ticks), "trade_condition": ticks[-1].condition, **_quote(ticks[-1])} if ticks else {}


ENDPOINTS: Mapping[str, Callable[[Market, Parameters], Message]] = {
    "tickData": _tick_data,
    "tickAggregated": _tick_aggregated,
    "tickSnapshot": _tick_snapshot,
}
