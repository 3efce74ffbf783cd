from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.api import BTCUSDT, code, ok

if TYPE_CHECKING:
    from tests.facts.caller import Caller

INSTRUMENTS = "/exchanges/binance/instruments"
STREAMS = f"{INSTRUMENTS}/BTCUSDT/datastreams"


def every(api: Caller, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return the items of all pages."""
    items: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = ok(api.get(path, limit=1000, **query, **token))
        items += page["items"]
        if page["next_page_token"] is None:
            return items
        token = {"page_token": page["next_page_token"]}


def test_an_exchange_is_a_code_and_a_display_name(api: Caller) -> None:
    """docs: examples/curl; client 0.2.0: models/catalog.py"""
    exchanges = ok(api.get("/exchanges"))
    assert all(set(item) == {"code", "display_name"} for item in exchanges)
    assert {"code": "binance", "display_name": "Binance"} in exchanges
    assert {"code": "coinbase", "display_name": "Coinbase"} in exchanges


@pytest.mark.parametrize("code_", ["binance", "coinbase", "bybit_linear", "bybit_spot"])
def test_the_exchanges_of_the_examples_are_there_with_instruments(api: Caller, code_: str) -> None:
    """docs: examples/curl; docs: export-schemas/create-export-schema"""
    assert code_ in {item["code"] for item in ok(api.get("/exchanges"))}
    assert ok(api.get(f"/exchanges/{code_}/instruments"))["total"] > 0


def test_an_instrument_is_a_symbol_with_base_and_quote_and_type(api: Caller) -> None:
    """docs: examples/curl; client 0.2.0: models/catalog.py"""
    wanted = {"symbol": "BTCUSDT", "base": "BTC", "quote": "USDT", "instrument_type": "spot"}
    assert wanted in ok(api.get(INSTRUMENTS, search="BTCUSDT"))["items"]
    assert all(set(item) == set(wanted) for item in every(api, INSTRUMENTS))


def test_instruments_are_spot_or_perpetual_or_futures_or_option(api: Caller) -> None:
    """client 0.2.0: models/catalog.py"""
    kinds = {
        item["instrument_type"]
        for exchange in ok(api.get("/exchanges"))
        for item in every(api, f"/exchanges/{exchange['code']}/instruments")
    }
    assert kinds == {"spot", "perpetual", "futures", "option"}


def test_search_finds_a_part_of_the_symbol_anywhere_in_it(api: Caller) -> None:
    """client 0.2.0: resources/exchanges.py"""
    symbols = [item["symbol"] for item in every(api, INSTRUMENTS)]
    for part in ("BTCUS", "TCUSD", "CUSDT"):
        found = [item["symbol"] for item in every(api, INSTRUMENTS, search=part)]
        assert "BTCUSDT" in found
        assert found == [symbol for symbol in symbols if part in symbol]


@pytest.mark.parametrize(("name", "value"), [("base", "ETH"), ("quote", "BTC"), ("instrument_type", "futures")])
def test_instruments_can_be_chosen_by_base_or_quote_or_type(api: Caller, name: str, value: str) -> None:
    """client 0.2.0: resources/exchanges.py"""
    path = "/exchanges/okx/instruments" if name == "instrument_type" else INSTRUMENTS
    items = every(api, path)
    found = every(api, path, **{name: value})
    assert found == [item for item in items if item[name] == value]
    assert 0 < len(found) < len(items)


def test_a_datastream_is_an_id_with_exchange_instrument_stream_type_and_wire_format(api: Caller) -> None:
    """docs: examples/curl; client 0.2.0: models/catalog.py"""
    [item] = ok(api.get("/datastreams", exchange="binance", instrument="BTCUSDT", stream_type="trades"))["items"]
    assert item == {
        "datastream_id": item["datastream_id"],
        "exchange": "binance",
        "instrument": "BTCUSDT",
        "stream_type": "trades",
        "wire_format": "json",
    }


def test_the_datastreams_of_an_instrument_are_its_own(api: Caller) -> None:
    """client 0.2.0: resources/exchanges.py"""
    items = every(api, STREAMS)
    assert len(items) > 1
    assert {(item["exchange"], item["instrument"]) for item in items} == {("binance", "BTCUSDT")}


@pytest.mark.parametrize(("name", "value"), [("stream_type", "depth"), ("wire_format", "json"), ("wire_format", "sbe")])
def test_the_datastreams_of_an_instrument_can_be_chosen_by_type_and_wire_format(
    api: Caller, name: str, value: str
) -> None:
    """client 0.2.0: resources/exchanges.py"""
    assert every(api, STREAMS, **{name: value}) == [item for item in every(api, STREAMS) if item[name] == value]


def test_the_list_of_datastreams_goes_across_exchanges(api: Caller) -> None:
    """client 0.2.0: resources/datastreams.py"""
    found = {item["exchange"] for item in every(api, "/datastreams")}
    assert found == {item["code"] for item in ok(api.get("/exchanges"))}


@pytest.mark.parametrize(
    ("name", "value"),
    [("exchange", "deribit"), ("instrument", "BTCUSDT"), ("stream_type", "kline_1m"), ("wire_format", "sbe")],
)
def test_datastreams_can_be_chosen_by_each_of_their_names(api: Caller, name: str, value: str) -> None:
    """client 0.2.0: resources/datastreams.py"""
    found = every(api, "/datastreams", **{name: value})
    assert found == [item for item in every(api, "/datastreams") if item[name] == value]


def test_a_subscription_is_to_the_datastream_the_catalog_lists(api: Caller) -> None:
    """docs: subscriptions/create-subscription"""
    item = ok(api.get(STREAMS, stream_type="depth"))["items"][0]
    made = ok(api.post("/subscriptions", {"datastream_id": item["datastream_id"]}), 201)
    assert made["datastream"] == item


def test_availability_is_the_datastream_with_its_ranges_and_when_they_were_seen(api: Caller) -> None:
    """client 0.2.0: models/catalog.py"""
    api.record()
    body = ok(api.get("/availability", datastream_id=BTCUSDT))
    assert set(body) == {"datastream", "ranges", "updated_at"}
    assert body["datastream"] in ok(api.get(STREAMS))["items"]
    assert [set(item) for item in body["ranges"]] == [{"from", "to", "rows_estimate"}]


def test_availability_is_for_one_datastream_which_must_be_named(api: Caller) -> None:
    """client 0.2.0: resources/datastreams.py"""
    assert code(api.get("/availability")) == (400, "invalid_argument")
    assert code(api.get("/availability", datastream_id="BTCUSDT")) == (400, "invalid_argument")


def test_availability_holds_what_was_collected_and_not_the_gaps(api: Caller) -> None:
    """client 0.2.0: resources/datastreams.py"""
    path = f"/subscriptions/{api.subscribe()}"
    api.advance(60)
    ok(api.post(f"{path}/pause"), 204)
    api.advance(100)
    ok(api.post(f"{path}/resume"), 204)
    api.advance(30)
    first, second = ok(api.get("/availability", datastream_id=BTCUSDT))["ranges"]
    lengths = (first["to"] - first["from"], second["from"] - first["to"], second["to"] - second["from"])
    assert [length // 10**9 for length in lengths] == [60, 100, 30]
