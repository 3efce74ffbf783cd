from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import Sandbox
from tickhaul_sandbox.catalog import Catalog
from tickhaul_sandbox.market.shapes import SHAPES
from tickhaul_sandbox.market.streams import category_of
from tickhaul_sandbox.market.venues import VENUES

from tests.sandbox.api import BTCUSDT, Api, code, message, ok

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Sandbox() as sandbox, Api(sandbox) as caller:
        yield caller


def test_exchanges_are_a_plain_array_of_code_and_name(api: Api) -> None:
    exchanges = ok(api.get("/exchanges"))
    assert {"code": "binance", "display_name": "Binance"} in exchanges
    assert {"code": "coinbase", "display_name": "Coinbase"} in exchanges
    assert all(set(exchange) == {"code", "display_name"} for exchange in exchanges)
    assert len(exchanges) >= 5


def test_the_catalog_is_large_enough_for_paging_to_be_real(api: Api) -> None:
    totals = [
        ok(api.get(f"/exchanges/{item['code']}/instruments", limit=1))["total"] for item in ok(api.get("/exchanges"))
    ]
    assert sum(totals) >= 1500
    assert max(totals) > 1000


def test_an_instrument_has_symbol_base_quote_and_type(api: Api) -> None:
    page = ok(api.get("/exchanges/binance/instruments", search="BTCUSDT"))
    assert {"symbol": "BTCUSDT", "base": "BTC", "quote": "USDT", "instrument_type": "spot"} in page["items"]


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"base": "ETH"}, lambda item: item["base"] == "ETH"),
        ({"quote": "BTC"}, lambda item: item["quote"] == "BTC"),
        ({"instrument_type": "spot", "base": "SOL"}, lambda item: item["base"] == "SOL"),
        ({"search": "btcbusd"}, lambda item: item["symbol"] == "BTCBUSD"),
        ({"search": "nothing like it"}, lambda item: False),
        ({"base": "eth"}, lambda item: False),
    ],
)
def test_filters_of_instruments_narrow_the_list(api: Api, filters: dict[str, str], wanted: object) -> None:
    assert callable(wanted)
    every: list[dict[str, str]] = []
    token = None
    while True:
        page = ok(api.get("/exchanges/binance/instruments", limit=1000, **({"page_token": token} if token else {})))
        every += page["items"]
        token = page["next_page_token"]
        if token is None:
            break
    found = ok(api.get("/exchanges/binance/instruments", limit=1000, **filters))
    assert found["items"] == [item for item in every if wanted(item)]
    assert found["total"] == len(found["items"])


def test_an_option_exchange_lists_options_and_perpetuals(api: Api) -> None:
    types = {item["instrument_type"] for item in ok(api.get("/exchanges/deribit/instruments", limit=1000))["items"]}
    assert types == {"option", "perpetual", "futures"}


@pytest.mark.parametrize("stream_type", ["trades", "trade"])
def test_the_examples_datastream_is_found_by_its_name_and_its_old_name(api: Api, stream_type: str) -> None:
    page = ok(api.get("/datastreams", exchange="binance", instrument="BTCUSDT", stream_type=stream_type))
    assert page["items"] == [
        {
            "datastream_id": BTCUSDT,
            "exchange": "binance",
            "instrument": "BTCUSDT",
            "stream_type": "trades",
            "wire_format": "json",
        }
    ]


def test_datastreams_of_an_instrument_can_be_filtered(api: Api) -> None:
    path = "/exchanges/binance/instruments/BTCUSDT/datastreams"
    every = ok(api.get(path))
    assert {item["stream_type"] for item in every["items"]} >= {"trades", "depth", "kline_1m"}
    assert [item["datastream_id"] for item in ok(api.get(path, stream_type="trade"))["items"]] == [BTCUSDT]
    assert ok(api.get(path, wire_format="sbe"))["items"] == []
    assert ok(api.get(path, wire_format="json"))["total"] == every["total"]


def test_filters_of_datastreams_combine(api: Api) -> None:
    page = ok(api.get("/datastreams", exchange="kraken", stream_type="book_1000", limit=1000))
    assert page["items"]
    assert all((item["exchange"], item["stream_type"]) == ("kraken", "book_1000") for item in page["items"])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/exchanges/nowhere/instruments", "Exchange nowhere not found"),
        ("/exchanges/nowhere/instruments/BTCUSDT/datastreams", "Exchange nowhere not found"),
        ("/exchanges/binance/instruments/NOTHING/datastreams", "Instrument NOTHING not found"),
        ("/exchanges/binance/instruments/BTC%2FUSDT/datastreams", "Instrument BTC/USDT not found"),
        ("/availability?datastream_id=99999999", "Datastream 99999999 not found"),
    ],
)
def test_unknown_places_of_the_catalog_are_not_found(api: Api, path: str, text: str) -> None:
    response = api.http.get(f"/v1{path}")
    assert code(response) == (404, "not_found")
    assert message(response) == text


def test_a_filter_for_an_unknown_exchange_finds_nothing(api: Api) -> None:
    assert ok(api.get("/datastreams", exchange="nowhere")) == {
        "items": [],
        "total": 0,
        "limit": 100,
        "next_page_token": None,
    }


@pytest.mark.parametrize("value", ["0", "-1", "abc", "1.5", "", "9" * 30, "²"])
def test_availability_wants_a_positive_datastream_id(api: Api, value: str) -> None:
    response = api.get("/availability", datastream_id=value)
    assert code(response) == (400, "invalid_argument")
    assert message(response) == "Invalid datastream_id: must be a positive integer"


def test_availability_requires_its_parameter(api: Api) -> None:
    assert code(api.get("/availability")) == (400, "invalid_argument")


def test_ids_are_the_same_in_every_run_and_unmoved_by_captures() -> None:
    plain, recorded = Catalog(), Catalog([("newcomer", "AB-CD", "trade"), ("binance", "NEWUSDT", "depth")])
    known = {stream.datastream_id: stream for stream in plain.datastreams}
    assert len(known) == len(plain.datastreams)
    added = [stream for stream in recorded.datastreams if stream.datastream_id not in known]
    assert {(stream.exchange, stream.instrument, stream.stream_type) for stream in added} == {
        ("newcomer", "AB-CD", "trades"),
        ("binance", "NEWUSDT", "depth"),
    }
    assert all(known[stream.datastream_id] == stream for stream in recorded.datastreams if stream not in added)
    assert recorded.instruments("newcomer")


def test_every_stream_of_the_catalog_has_a_category_and_can_be_made_up() -> None:
    for venue in VENUES:
        assert set(venue.streams) <= set(SHAPES[venue.code])
        assert all(category_of(stream) for stream in venue.streams)
