"""Exchanges, instruments, datastreams, availability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul_sandbox import RecordedRequest

    from tests.cli.conftest import Ran


@pytest.mark.parametrize("words", [("exchanges", "list"), ("exchanges",)])
def test_exchanges_are_a_table_for_people(tickhaul: Callable[..., Ran], words: tuple[str, ...]) -> None:
    ran = tickhaul(*words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0].split() == ["EXCHANGE", "NAME"]
    assert "binance          Binance" in ran.lines


@pytest.mark.parametrize("words", [("exchanges", "list", "--json"), ("exchanges", "--json")])
def test_exchanges_are_one_document_for_programs(tickhaul: Callable[..., Ran], words: tuple[str, ...]) -> None:
    ran = tickhaul(*words)
    assert {"code": "binance", "display_name": "Binance"} in ran.document


def test_instruments_are_filtered_and_cut_off(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]]
) -> None:
    ran = tickhaul(
        "instruments", "list", "binance", "--search", "BTC", "--quote", "USDT", "--type", "spot", "--limit", 1, "--json"
    )
    assert [found["symbol"] for found in ran.document] == ["BTCUSDT"]
    assert "limit=1" in received("exchanges.list_instruments")[-1].query


def test_all_instruments_come_in_large_pages_and_appear_as_they_arrive(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]]
) -> None:
    ran = tickhaul("instruments", "binance")
    assert ran.code == 0
    symbols = [line.split()[0] for line in ran.lines[1:]]
    assert len(symbols) == len(set(symbols)) > 1000
    assert ran.out.count("INSTRUMENT") == 1
    requests = received("exchanges.list_instruments")
    assert len(requests) == -(-len(symbols) // 1000)


def test_a_base_asset_is_a_filter(tickhaul: Callable[..., Ran]) -> None:
    ran = tickhaul("instruments", "coinbase", "--base", "BTC", "--json")
    assert {found["base"] for found in ran.document} == {"BTC"}


@pytest.mark.parametrize(
    ("words", "operation"),
    [
        (("binance", "BTCUSDT"), "exchanges.list_datastreams"),
        (("binance", "--instrument", "BTCUSDT"), "exchanges.list_datastreams"),
        (("--instrument", "BTCUSDT", "--stream-type", "trades"), "datastreams.list"),
        (("binance", "--limit", "3", "--wire-format", "json"), "datastreams.list"),
    ],
)
def test_datastreams_are_listed_by_whatever_is_known(
    tickhaul: Callable[..., Ran],
    received: Callable[..., list[RecordedRequest]],
    words: tuple[str, ...],
    operation: str,
) -> None:
    ran = tickhaul("datastreams", "list", *words)
    assert ran.code == 0
    assert ran.lines[0].split() == ["ID", "EXCHANGE", "INSTRUMENT", "STREAM", "WIRE"]
    assert "BTCUSDT" in ran.lines[1]
    assert received(operation)


def test_an_instrument_named_twice_is_wrong_usage(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]]
) -> None:
    ran = tickhaul("datastreams", "list", "binance", "BTCUSDT", "--instrument", "ETHUSDT")
    assert ran.code == 2
    assert "twice" in ran.err
    assert not received()


def test_one_datastream_is_found_by_its_names(tickhaul: Callable[..., Ran]) -> None:
    ran = tickhaul("datastreams", "find", "binance", "BTCUSDT", "trade")
    assert ran.lines[0].split() == ["Id:", "123"]
    assert tickhaul("datastreams", "find", "binance", "BTCUSDT", "trade", "--json").document["datastream_id"] == 123


def test_a_datastream_that_is_not_there_fails_with_what_there_is(tickhaul: Callable[..., Ran]) -> None:
    ran = tickhaul("datastreams", "find", "binance", "BTCUSDT", "candles", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error["kind"] == "DatastreamLookupError"
    assert "trades" in [stream["stream_type"] for stream in ran.error["candidates"]]


def test_availability_takes_an_id_or_names_and_keeps_its_nanoseconds(tickhaul: Callable[..., Ran]) -> None:
    assert tickhaul("subscriptions", "ensure", "123").code == 0
    document = tickhaul("availability", "123", "--json").document
    assert isinstance(document["ranges"][0]["from"], int)
    assert document["ranges"][0]["from"] > 10**18
    table = tickhaul("availability", "get", "binance", "BTCUSDT", "trades")
    assert table.lines[0].split()[:2] == ["FROM", "TO"]
    assert len(table.lines) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("BTCUSDT",), "expected a datastream's id"),
        (("binance", "BTCUSDT"), "expected a datastream's id"),
        (("123", "--wire-format", "json"), "an id names one stream already"),
    ],
)
def test_words_that_name_no_datastream_are_wrong_usage(
    tickhaul: Callable[..., Ran], words: tuple[str, ...], said: str
) -> None:
    ran = tickhaul("availability", *words)
    assert ran.code == 2
    assert said in ran.err


def test_billing_is_a_few_lines_or_a_document(tickhaul: Callable[..., Ran]) -> None:
    assert "Access:" in tickhaul("billing").out
    assert tickhaul("billing", "get", "--json").document["access_status"] == "ACTIVE"
