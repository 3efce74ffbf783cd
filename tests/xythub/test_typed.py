"""The typed operations of contract 1.1.2: what is sent, and the tables that come back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tickhaul import InvalidArgumentError, ResponseDecodeError, xythub
from tickhaul.xythub.framing import read_delimited_from
from xythub_proto.v1_1_2 import api_data_pb2 as data
from xythub_proto.v1_1_2 import api_lookup_pb2 as lookup
from xythub_proto.v1_1_2 import types_pb2 as types

from tests.xythub.vectors import NO_DAYS, VECTORS
from tests.xythub.wire import asked, framed, grant, sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul_sandbox import Sandbox

    from tests.support.server import Serve
    from tests.xythub.faces import Connect

    Call = Callable[[xythub.Client], xythub.Table]

DAY = "2016-05-05"

# what is called, the rows it has, its first columns, and the warning
CALLS: dict[str, tuple[Call, int, list[str]]] = {
    "availability": (lambda hub: hub.market.days_availability(["ZAL.XE", "ADS.XE"]), 2, ["symbol", "first_day"]),
    "trades": (lambda hub: hub.market.tick_data("ZAL.XE", DAY, to_time="09:30"), 109, ["symbol", "time", "trade"]),
    "bars": (lambda hub: hub.market.ohlcv("ZAL.XE", "2016-05-02", "2016-05-08"), 5, ["symbol", "time", "open"]),
    "venues": (lambda hub: hub.market.other_venues("ZAL.XE", DAY, "EUR"), 3, ["symbol", "name", "exchange"]),
    "orders": (lambda hub: hub.market.orders("ZAL.XE", DAY, from_time="12:00", to_time="13:00"), 474, ["symbol"]),
    "auctions": (lambda hub: hub.market.auctions("ZAL.XE", DAY), 2, ["symbol", "time", "seq"]),
    "status": (lambda hub: hub.market.instrument_status("ZAL.XE", DAY), 3, ["symbol", "time", "seq"]),
    "rules": (lambda hub: hub.market.tick_rules("ZAL.XE", DAY), 3, ["symbol", "tick_rule_symbol"]),
    "exchanges": (lambda hub: hub.overview.exchanges(), 7, ["exchange", "name", "abbreviation", "mic"]),
    "days": (lambda hub: hub.overview.days(exchanges="XETRA", tables="trade"), 10, ["exchange", "table", "day"]),
    "symbols": (lambda hub: hub.overview.symbols("XETRA", tables=["trade"]), 3, ["exchange", "table", "symbol"]),
    "tables": (lambda hub: hub.overview.tables(symbols="NOKIA.HE"), 2, ["exchange", "table", "rows_count"]),
    "products": (lambda hub: hub.overview.products(), 7, ["exchange", "name"]),
    "datasets": (lambda hub: hub.overview.datasets(), 7, ["id", "exchange"]),
    "entities": (lambda hub: hub.overview.entities(), 7, ["entity_class", "exchange"]),
}


@pytest.mark.parametrize("name", CALLS)
def test_each_operation_gives_a_table_that_everything_can_hold(hub: xythub.Client, name: str) -> None:
    call, rows, columns = CALLS[name]
    table = call(hub)
    assert table.row_count == rows
    assert table.column_names[: len(columns)] == columns
    assert table.warning is None
    assert table.request_id is not None
    assert table.reference_id is not None
    arrow = table.to_arrow()
    arrow.validate(full=True)
    assert arrow.num_rows == table.to_pandas().shape[0] == table.to_polars().height == rows
    assert table.to_csv().count("\n") == rows + 1


def test_trades_have_their_columns_quotes_theirs_and_both_all(hub: xythub.Client) -> None:
    trades, quotes = ["trade", "trade_size", "trade_condition"], ["bid", "bid_size", "ask", "ask_size"]
    for kind, columns in (("trades", trades), (1, quotes), ("TRADES_AND_QUOTES", trades + quotes)):
        table = hub.market.tick_data("ZAL.XE", DAY, data_type=kind, to_time="09:05")
        assert table.column_names == ["symbol", "time", *columns]
        arrays = table.to_numpy()
        assert all((arrays[name] > 0).all() for name in columns if name != "trade_condition")


def test_ticks_beyond_the_limit_come_in_bins(hub: xythub.Client) -> None:
    table = hub.market.tick_data("ZAL.XE", DAY, from_time="10:00", to_time="11:00", limit=12)
    assert table.meta["binning_level"] == 5 * 60 * 1000
    assert set(table.to_pandas()["time"].dt.total_seconds() % 300) == {0}
    dropped = table.meta["truncated_trade_rows"]
    assert isinstance(dropped, int)
    everything = hub.market.tick_data("ZAL.XE", DAY, from_time="10:00", to_time="11:00")
    assert dropped == everything.row_count - table.row_count
    assert table.to_numpy()["trade_size"].sum() == everything.to_numpy()["trade_size"].sum()


def test_flags_say_which_time_and_which_trades(hub: xythub.Client) -> None:
    def ticks(*flags: str) -> dict[str, Any]:
        return hub.market.tick_data("ZAL.XE", DAY, to_time="09:10", flags=flags).to_numpy()

    captured, market = ticks(), ticks("USE_MARKET_TS")
    assert set(captured["time"] - market["time"]) == {np.timedelta64(3, "ms")}
    assert len(ticks("INCLUDE_NON_REGULAR")["time"]) > len(captured["time"])
    conditions = hub.market.tick_data("ZAL.XE", DAY, to_time="09:10", flags="INCLUDE_TRADE_CONDITION_INFO").meta
    assert "trade_conditions" in conditions
    assert set(conditions["trade_conditions"]) >= set(captured["trade_condition"])  # type: ignore[call-overload]  # a dict


def test_an_unknown_symbol_is_a_warning(hub: xythub.Client) -> None:
    table = hub.market.tick_data("NOPE.XE", DAY)
    assert (table.row_count, table.warning) == (0, "Unknown symbols: NOPE.XE")


@pytest.mark.parametrize("operation", ["tick_data", "orders", "auctions", "instrument_status"])
def test_a_day_without_data_is_a_warning(hub: xythub.Client, operation: str) -> None:
    table = getattr(hub.market, operation)("ZAL.XE", "2016-05-07")
    assert (table.row_count, table.warning) == (0, "No data for 2016-05-07")


def test_days_without_data_are_a_warning(hub: xythub.Client) -> None:
    table = hub.market.ohlcv("ZAL.XE", "2016-05-07", "2016-05-08")
    assert (table.row_count, table.warning) == (0, "No data for the requested days")


def test_the_request_of_the_reference_is_what_is_sent(connect: Connect, serve: Serve) -> None:
    server = serve(grant(), framed(data.TickDataResponse()))
    table = connect(server.url).market.tick_data(
        "ZAL.XE",
        dt.date(2016, 5, 5),
        data_type="TRADES_AND_QUOTES",
        from_time=dt.time(9),
        to_time=dt.timedelta(hours=9, minutes=2),
        limit=1000,
        flags=["include_non_regular", "INCLUDE_TRADE_CONDITION_INFO"],
    )
    assert table.row_count == 0
    request = read_delimited_from(data.TickDataRequest, server.requests[1].body)
    request.ClearField("header")
    assert request.SerializeToString(deterministic=True).hex() == VECTORS["tick data request of 1.1.2"][1]


def test_rows_become_columns_with_nulls_where_no_moment_was_sent(connect: Connect, serve: Serve) -> None:
    order = data.OrderDataResponse.Series(
        time=types.Time(milliseconds=1, nanoseconds=2),
        action="ADD",
        seq=-(2**63),
        order_date=types.Date(year=2016, month=5, day=5),
        order_price=float("nan"),
        order_size=7,
    )
    chunk = data.OrderDataResponse.Chunk(symbol="ZAL.XE", series=[order, data.OrderDataResponse.Series()])
    response = data.OrderDataResponse(date=types.Date(year=2016, month=5, day=5), chunks=[chunk])
    response.header.total_rows = 2
    response.header.warning_message = "made up"
    server = serve(grant(), framed(response))
    table = connect(server.url).market.orders(["ZAL.XE"], "2016.05.05")
    assert table.warning == "made up"
    assert dict(table.meta) == {"date": np.datetime64("2016-05-05"), "total_rows": 2}
    assert table.to_csv().splitlines() == [
        "symbol,time,action,seq,order_date,order_time,order_id,order_price,order_size,order_side,trade_id,order_type",
        "ZAL.XE,00:00:00.001000002,ADD,,2016-05-05,,,,7,,,0",
        "ZAL.XE,,,0,,,,0.0,0,,,0",
    ]


def test_enumerations_and_lists_are_readable(connect: Connect, serve: Serve) -> None:
    available = data.DaysAvailabilityResponse.Symbol(
        symbol="ZAL.XE",
        trading_days=["MONDAY", "FRIDAY"],
        holidays=[types.Date(year=2016, month=12, day=26), types.Date()],
    )
    view = lookup.OverviewProductsResponse.View(exchange="X", product_type="MARKET_BY_ORDER")
    unknown = lookup.OverviewProductsResponse.View.FromString(b"\x28\x63")
    dataset = lookup.OverviewDatasetsResponse.Dataset(
        id="1",
        products=[
            lookup.OverviewDatasetsResponse.Product(product="P", first_day=types.Date(year=2016, month=1, day=2))
        ],
    )
    server = serve(
        grant(),
        framed(data.DaysAvailabilityResponse(symbols=[available])),
        framed(lookup.OverviewProductsResponse(views=[view, unknown])),
        framed(lookup.OverviewDatasetsResponse(datasets=[dataset])),
    )
    client = connect(server.url)
    table = client.market.days_availability("ZAL.XE", data_category="level_2")
    assert table.to_arrow()["trading_days"].to_pylist() == [["MONDAY", "FRIDAY"]]
    assert table.to_arrow()["holidays"].to_pylist() == ['["2016-12-26", null]']
    assert client.overview.products().to_numpy()["product_type"].tolist() == ["MARKET_BY_ORDER", "99"]
    assert client.overview.datasets().to_arrow()["products"].to_pylist() == [
        '[{"product": "P", "first_day": "2016-01-02"}]'
    ]


WRONG: dict[str, tuple[Callable[[xythub.Client], object], str]] = {
    "no symbols": (lambda hub: hub.market.auctions([], DAY), "symbols: expected one at least"),
    "an empty symbol": (lambda hub: hub.market.auctions([""], DAY), "not empty"),
    "symbols that are none": (lambda hub: hub.market.auctions([7], DAY), "expected texts"),  # type: ignore[list-item]  # what is asked about
    "too many symbols": (lambda hub: hub.market.ohlcv(["a"] * 11, DAY, DAY), "11 of them, and the service takes 10"),
    "no day": (lambda hub: hub.market.auctions("a", "yesterday"), "day='yesterday'"),
    "no time": (lambda hub: hub.market.orders("a", DAY, from_time="25:00"), "from_time='25:00'"),
    "an unknown type": (lambda hub: hub.market.tick_data("a", DAY, data_type="BARS"), "TRADES, QUOTES"),
    "an unknown number": (lambda hub: hub.market.tick_data("a", DAY, flags=[3]), "flags=3"),
    "no limit": (lambda hub: hub.market.tick_data("a", DAY, limit=0), "limit=0: expected 1 or more"),
    "a huge limit": (lambda hub: hub.market.tick_data("a", DAY, limit=2**31), "expected at most 2147483647"),
    "no exchange": (lambda hub: hub.overview.symbols([]), "exchanges: expected one at least"),
    "no pattern": (lambda hub: hub.products.search(""), "pattern: expected texts that are not empty"),
    "no page": (lambda hub: hub.products.search("a", page_token="next"), "page_token='next'"),
    "a page beyond all": (lambda hub: hub.products.search("a", page_token="2147483648"), "page_token='2147483648'"),
    "a truth for a flag": (lambda hub: hub.market.tick_data("a", DAY, flags=True), "flags=True"),
    "no item type": (lambda hub: hub.products.search("a", item_types="nothing"), "item_types='nothing'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    hub: xythub.Client, sandbox: Sandbox, name: str
) -> None:
    call, words = WRONG[name]
    with pytest.raises((ValueError, TypeError)) as caught:
        call(hub)
    assert words in str(caught.value)
    assert not len(sandbox.requests)


def test_a_row_with_a_date_in_no_calendar_is_a_decode_error_that_names_the_column(
    connect: Connect, serve: Serve
) -> None:
    response = data.OverviewDaysResponse()
    response.tables.add().day.CopyFrom(types.Date(year=2019, month=13, day=1))
    server = serve(grant(), framed(response))
    with pytest.raises(ResponseDecodeError, match=r"overview\.days: .*column 'day': expected days") as caught:
        connect(server.url).overview.days()
    assert isinstance(caught.value.__cause__, xythub.TableError)
    assert caught.value.__cause__.column == "day"


class TestSearch:
    def test_it_is_walked_page_by_page(self, hub: xythub.Client, sandbox: Sandbox) -> None:
        found = list(hub.products.search("a", page_size=10))
        assert len({product.symbol for product in found}) == 24
        assert asked(sandbox, "xyt.product") == 3
        assert found[0] == xythub.Product(
            symbol="ZAL.XE",
            name="Zalando SE",
            exchange="XETRA",
            currency="EUR",
            local_code="ZAL",
            isin="DE000ZAL1111",
            market_segment="Regulated",
            entity_class="Equities",
            product_type="QUOTES",
            item_type="INDIVIDUAL_ITEM",
            region="EMEA",
            source="ACTIV",
            first_day=dt.date(2015, 1, 2),
            last_day=dt.date(2024, 12, 30),
            liquidity_index=0,
        )

    def test_pages_tell_the_total_and_where_to_go_on(self, hub: xythub.Client) -> None:
        first, *_ = hub.products.search("zalando", page_size=3).pages()
        assert (len(first), first.total, first.next_page_token) == (3, 4, "3")
        (last,) = hub.products.search("zalando", page_token=first.next_page_token).pages()
        assert [product.symbol for product in last] == ["ZALd.TU"]
        assert last.next_page_token is None

    def test_no_more_is_asked_for_than_wanted(self, hub: xythub.Client, sandbox: Sandbox) -> None:
        assert len(list(hub.products.search("a", max_items=5))) == 5
        (request,) = sandbox.requests.of("xyt.product")
        assert read_delimited_from(lookup.ProductSearchRequest, request.body).limit == 5

    def test_filters_are_sent(self, hub: xythub.Client, sandbox: Sandbox) -> None:
        search = hub.products.search(
            "a",
            exchanges=["XETRA"],
            product_types="QUOTES",
            item_types=["INDIVIDUAL_ITEM"],
            entity_classes="Equities",
            regions="EMEA",
            sources="ACTIV",
            first_day="2016-01-01",
            last_day="2016-12-31",
            explicit_query=True,
        )
        assert {product.exchange for product in search} == {"XETRA"}
        (recorded,) = sandbox.requests.of("xyt.product")
        request = read_delimited_from(lookup.ProductSearchRequest, recorded.body)
        assert list(request.source_filters) == ["ACTIV"]
        assert request.explicit_query
        assert request.first_day.year == 2016

    @pytest.mark.parametrize(
        "narrowed",
        [
            {"exchanges": "NOWHERE"},
            {"product_types": "TRADES"},
            {"item_types": "OPTION_CHAIN"},
            {"entity_classes": "Bonds"},
            {"regions": "APAC"},
            {"sources": "LC"},
            {"first_day": "2030-01-01"},
            {"last_day": "2010-01-01"},
        ],
    )
    def test_what_no_instrument_fits_finds_nothing(self, hub: xythub.Client, narrowed: dict[str, Any]) -> None:
        assert list(hub.products.search("ZAL", **narrowed)) == []

    def test_a_page_that_is_too_large_is_the_services_error(self, hub: xythub.Client) -> None:
        with pytest.raises(InvalidArgumentError, match="Page too large"):
            list(hub.products.search("a", page_size=10_000))

    @pytest.mark.parametrize(("year", "month", "day"), NO_DAYS)
    def test_a_date_in_no_calendar_is_a_decode_error(
        self, connect: Connect, serve: Serve, year: int, month: int, day: int
    ) -> None:
        found = lookup.ProductSearchResponse(total_hits=1)
        found.products.add().last_day.CopyFrom(types.Date(year=year, month=month, day=day))
        server = serve(grant(), framed(found))
        with pytest.raises(ResponseDecodeError, match="expected days of the calendar"):
            list(connect(server.url).products.search("a"))

    def test_a_service_that_gives_nothing_more_ends_the_walk(self, connect: Connect, serve: Serve) -> None:
        empty = lookup.ProductSearchResponse(total_hits=10)
        server = serve(grant(), framed(empty))
        assert list(connect(server.url).products.search("a")) == []
        assert len(sent(server, "/product")) == 1


class TestCsv:
    def test_the_body_comes_as_it_is(self, hub: xythub.Client) -> None:
        lines = hub.csv.timeseries("trade", "ZAL.XE", DAY, to_time="09:01", columns=["time", "trade"]).splitlines()
        assert lines[:2] == [b"time,trade", b"09:00:03.340,23.99"]
        lines = hub.csv.snapshots("quote", "ZAL.XE", DAY, snapshot_interval=60_000, to_time="10:00").splitlines()
        assert lines[0] == b"time,bid,bid_size,ask,ask_size"
        assert 50 < len(lines) <= 61

    def test_an_unknown_table_is_the_services_error(self, hub: xythub.Client) -> None:
        with pytest.raises(InvalidArgumentError, match="Unknown table: 'bars'"):
            hub.csv.timeseries("bars", "ZAL.XE", DAY)
