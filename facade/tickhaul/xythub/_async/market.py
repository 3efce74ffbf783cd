"""Market data of contract 1.1.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xythub_proto.v1_1_2 import api_data_pb2 as messages

from tickhaul.xythub import requests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tickhaul.xythub._async.session import AsyncHubCaller
    from tickhaul.xythub.moments import DayLike, TimeOfDay
    from tickhaul.xythub.tables.table import Table


class AsyncMarket:
    """Ticks, bars, orders, auctions, and what is to know about instruments.

    Each method gives a `Table` with a row for each row of the answer, the symbol in the column ``symbol``. An unknown
    symbol, or one without data, is no error: the table's ``warning`` says so. Days and times of day may be given as
    Python's or numpy's, or as text such as ``2016-05-05`` and ``09:00:00.000``. Facts: reference, xyt-hub section 5.3.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: AsyncHubCaller) -> None:
        self._caller = caller

    async def days_availability(self, symbols: str | Iterable[str], *, data_category: str | int = "LEVEL_1") -> Table:
        """First and last day with data, trading weekdays and holidays of symbols.

        Args:
            symbols: at most 10.
            data_category: ``LEVEL_1`` (trades and quotes), ``LEVEL_2`` (by price) or ``LEVEL_3`` (by order).

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = messages.DaysAvailabilityRequest(
            header=requests.header(),
            symbols=requests.symbols(symbols, most=requests.MOST_SYMBOLS),
            data_category=requests.member(
                "data_category", data_category, messages.DaysAvailabilityRequest.DataCategory
            ),
        )
        return await self._caller.rows("market.days_availability", request, messages.DaysAvailabilityResponse)

    async def tick_data(
        self,
        symbols: str | Iterable[str],
        day: DayLike,
        *,
        data_type: str | int = "TRADES",
        from_time: TimeOfDay | None = None,
        to_time: TimeOfDay | None = None,
        limit: int | None = None,
        flags: str | int | Iterable[str | int] | None = None,
    ) -> Table:
        """Ticks of one day, or trades in bins where a symbol has more than ``limit`` rows.

        The table's ``meta`` has ``binning_level``, how many rows were dropped for the bins, and ``trade_conditions``.

        Args:
            symbols: at most 10.
            day: the day.
            data_type: ``TRADES``, ``QUOTES`` or ``TRADES_AND_QUOTES``.
            from_time: only from then.
            to_time: only until then.
            limit: rows for each symbol before they are binned; ``None`` for the service's own.
            flags: such as ``USE_MARKET_TS`` (exchange time, not capture time), ``APPLY_TRADE_CORRECTIONS``,
                ``INCLUDE_TRADE_CONDITION_INFO``, ``INCLUDE_NON_REGULAR``, ``INCLUDE_CONTINUOUS_SESSION_ONLY``,
                ``EXCLUDE_CANCELLED_TRADES``.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = messages.TickDataRequest(
            header=requests.header(),
            type=requests.member("data_type", data_type, messages.TickDataRequest.Type),
            symbols=requests.symbols(symbols, most=requests.MOST_SYMBOLS),
            day=requests.day("day", day),
            from_time=requests.optional_time("from_time", from_time),
            to_time=requests.optional_time("to_time", to_time),
            limit=requests.optional_count("limit", limit),
            flags=requests.members("flags", flags, messages.TickDataRequest.Flag),
        )
        table = await self._caller.rows("market.tick_data", request, messages.TickDataResponse)
        return table.without(requests.EMPTY_TICK_COLUMNS.get(request.type, frozenset()))

    async def ohlcv(
        self,
        symbols: str | Iterable[str],
        first_day: DayLike,
        last_day: DayLike,
        *,
        from_time: TimeOfDay | None = None,
        to_time: TimeOfDay | None = None,
        limit: int | None = None,
    ) -> Table:
        """Open, high, low, close and volume in bins.

        Args:
            symbols: at most 10.
            first_day: the first day.
            last_day: the last day.
            from_time: only from then.
            to_time: only until then.
            limit: rows at most; ``None`` for the service's own.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = messages.OhlcvRequest(
            header=requests.header(),
            symbols=requests.symbols(symbols, most=requests.MOST_SYMBOLS),
            first_day=requests.day("first_day", first_day),
            last_day=requests.day("last_day", last_day),
            from_time=requests.optional_time("from_time", from_time),
            to_time=requests.optional_time("to_time", to_time),
            limit=requests.optional_count("limit", limit),
        )
        return await self._caller.rows("market.ohlcv", request, messages.OhlcvResponse)

    async def other_venues(
        self, symbol: str, day: DayLike, currency: str, *, entity_classes: str | Iterable[str] | None = None
    ) -> Table:
        """The same instrument on other venues: those with its ISIN.

        Args:
            symbol: the instrument.
            day: when.
            currency: only those that trade in it.
            entity_classes: only of these kinds; ``None`` for equities.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = messages.LookupOtherVenuesRequest(
            header=requests.header(),
            symbol=requests.text("symbol", symbol),
            day=requests.day("day", day),
            currency=requests.text("currency", currency),
            entity_classes=requests.texts("entity_classes", entity_classes),
        )
        return await self._caller.rows("market.other_venues", request, messages.LookupOtherVenuesResponse)

    async def orders(
        self,
        symbols: str | Iterable[str],
        day: DayLike,
        *,
        from_time: TimeOfDay | None = None,
        to_time: TimeOfDay | None = None,
    ) -> Table:
        """The stream of orders of one day.

        Args:
            symbols: the instruments.
            day: the day.
            from_time: only from then.
            to_time: only until then.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = messages.OrderDataRequest(
            header=requests.header(),
            symbols=requests.symbols(symbols),
            day=requests.day("day", day),
            from_time=requests.optional_time("from_time", from_time),
            to_time=requests.optional_time("to_time", to_time),
        )
        return await self._caller.rows("market.orders", request, messages.OrderDataResponse)

    async def auctions(self, symbols: str | Iterable[str], day: DayLike) -> Table:
        """The auctions of one day.

        Args:
            symbols: the instruments.
            day: the day.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = messages.AuctionDataRequest(
            header=requests.header(), symbols=requests.symbols(symbols), day=requests.day("day", day)
        )
        return await self._caller.rows("market.auctions", request, messages.AuctionDataResponse)

    async def instrument_status(self, symbols: str | Iterable[str], day: DayLike) -> Table:
        """Changes of status on one day: halts, auctions, continuous trading.

        Args:
            symbols: the instruments.
            day: the day.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = messages.InstrumentStatusRequest(
            header=requests.header(), symbols=requests.symbols(symbols), day=requests.day("day", day)
        )
        return await self._caller.rows("market.instrument_status", request, messages.InstrumentStatusResponse)

    async def tick_rules(self, symbols: str | Iterable[str], day: DayLike) -> Table:
        """The tick sizes by price band on one day.

        Args:
            symbols: the instruments.
            day: the day.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = messages.TickRulesRequest(
            header=requests.header(), symbols=requests.symbols(symbols), day=requests.day("day", day)
        )
        return await self._caller.rows("market.tick_rules", request, messages.TickRulesResponse)
