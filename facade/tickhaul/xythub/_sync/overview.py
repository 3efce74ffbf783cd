# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""What there is: exchanges, days, symbols and tables of contract 1.1.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from xythub_proto.v1_1_2 import api_data_pb2 as data
from xythub_proto.v1_1_2 import api_lookup_pb2 as lookup

from tickhaul.xythub import requests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tickhaul.xythub._sync.session import HubCaller
    from tickhaul.xythub.moments import DayLike
    from tickhaul.xythub.tables.table import Table

R = TypeVar(
    "R",
    data.OverviewExchangesRequest,
    data.OverviewDaysRequest,
    data.OverviewSymbolsRequest,
    data.OverviewTablesRequest,
)


class Overview:
    """What the service has data of.

    Each method gives a `Table`. Filters take one text or several, and none means all. Facts: reference, xyt-hub sections
    5.3.9 to 5.3.12 and 5.4.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: HubCaller) -> None:
        self._caller = caller

    def exchanges(
        self,
        *,
        exchanges: str | Iterable[str] | None = None,
        tables: str | Iterable[str] | None = None,
        symbols: str | Iterable[str] | None = None,
        first_day: DayLike | None = None,
        last_day: DayLike | None = None,
    ) -> Table:
        """The exchanges, with how much there is of each.

        Args:
            exchanges: only these.
            tables: counting only these tables.
            symbols: counting only these symbols.
            first_day: counting only from this day.
            last_day: counting only up to this day.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = _request(data.OverviewExchangesRequest, exchanges, tables, symbols, first_day, last_day)
        return self._caller.rows("overview.exchanges", request, data.OverviewExchangesResponse)

    def days(
        self,
        *,
        exchanges: str | Iterable[str] | None = None,
        tables: str | Iterable[str] | None = None,
        symbols: str | Iterable[str] | None = None,
        first_day: DayLike | None = None,
        last_day: DayLike | None = None,
    ) -> Table:
        """How much there is of each table on each day.

        Args:
            exchanges: only of these.
            tables: only these tables.
            symbols: counting only these symbols.
            first_day: only from this day.
            last_day: only up to this day.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = _request(data.OverviewDaysRequest, exchanges, tables, symbols, first_day, last_day)
        return self._caller.rows("overview.days", request, data.OverviewDaysResponse)

    def symbols(
        self,
        exchanges: str | Iterable[str],
        *,
        tables: str | Iterable[str] | None = None,
        symbols: str | Iterable[str] | None = None,
        first_day: DayLike | None = None,
        last_day: DayLike | None = None,
    ) -> Table:
        """The symbols of exchanges, with how much there is of each.

        Args:
            exchanges: one at least.
            tables: only in these tables.
            symbols: only these.
            first_day: counting only from this day.
            last_day: counting only up to this day.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        wanted = requests.texts("exchanges", exchanges, required=True)
        request = _request(data.OverviewSymbolsRequest, wanted, tables, symbols, first_day, last_day)
        return self._caller.rows("overview.symbols", request, data.OverviewSymbolsResponse)

    def tables(
        self,
        *,
        exchanges: str | Iterable[str] | None = None,
        tables: str | Iterable[str] | None = None,
        symbols: str | Iterable[str] | None = None,
        first_day: DayLike | None = None,
        last_day: DayLike | None = None,
    ) -> Table:
        """The tables, with their columns.

        Args:
            exchanges: only of these.
            tables: only these.
            symbols: counting only these symbols.
            first_day: counting only from this day.
            last_day: counting only up to this day.

        Raises:
            ValueError: an argument is out of range.
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = _request(data.OverviewTablesRequest, exchanges, tables, symbols, first_day, last_day)
        return self._caller.rows("overview.tables", request, data.OverviewTablesResponse)

    def products(self) -> Table:
        """The views of the lookup service: what data of which exchange from which source.

        Raises:
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = lookup.OverviewProductsRequest(header=requests.header())
        return self._caller.rows("overview.products", request, lookup.OverviewProductsResponse)

    def datasets(self) -> Table:
        """The datasets of the lookup service.

        Raises:
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = lookup.OverviewDatasetsRequest(header=requests.header())
        return self._caller.rows("overview.datasets", request, lookup.OverviewDatasetsResponse)

    def entities(self) -> Table:
        """The kinds of instruments of each exchange.

        Raises:
            TickhaulError: see `tickhaul.errors` and `tickhaul.xythub.errors`.
        """
        request = lookup.OverviewEntitiesRequest(header=requests.header())
        return self._caller.rows("overview.entities", request, lookup.OverviewEntitiesResponse)


def _request(
    kind: type[R],
    exchanges: str | Iterable[str] | None,
    tables: str | Iterable[str] | None,
    symbols: str | Iterable[str] | None,
    first_day: DayLike | None,
    last_day: DayLike | None,
) -> R:
    return kind(
        header=requests.header(),
        exchange_filters=requests.texts("exchanges", exchanges),
        table_filters=requests.texts("tables", tables),
        symbol_filters=requests.texts("symbols", symbols),
        first_day=requests.optional_day("first_day", first_day),
        last_day=requests.optional_day("last_day", last_day),
    )
