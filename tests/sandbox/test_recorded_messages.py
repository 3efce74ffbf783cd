"""Every price and size of the recorded messages comes out of `normalized`, as a second, plain reading of them finds it."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox.market.captures import read_index
from tickhaul_sandbox.market.sources import Message
from tickhaul_sandbox.market.streams import category_of
from tickhaul_sandbox.schemas.builtin import contents
from tickhaul_sandbox.schemas.layout import SchemaLayout

from tests.sandbox.api import CAGE, CAPTURES

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGES = 60
NEEDS_CAPTURES = pytest.mark.skipif(
    not (CAPTURES / "index.json").exists(), reason="the recorded messages are not beside this checkout"
)
Pair = tuple[Any, Any]
CHANGES = ("delete", "update", "insert")
KRAKEN = ("bs", "as", "b", "a")


def binance_book(message: Any) -> list[Pair]:
    return [(price, size) for side in "ba" for price, size in message["data"][side]]


def binance_quote(message: Any) -> list[Pair]:
    data = message["data"]
    return [(data["b"], data["B"]), (data["a"], data["A"])]


def bybit_book(message: Any) -> list[Pair]:
    data = message["data"]
    parts = [data] if isinstance(data, list) else [data.get(name, []) for name in ("order_book", *CHANGES)]
    return [(level["price"], level.get("size", 0)) for part in parts for level in part]


def data_trades(message: Any) -> list[Pair]:
    return [(item["price"], item["size"]) for item in message["data"]]


def coinbase_book(message: Any) -> list[Pair]:
    whole = [(price, size) for side in ("bids", "asks") for price, size in message.get(side, [])]
    return whole + [(price, size) for _, price, size in message.get("changes", [])]


def kraken_book(message: Any) -> list[Pair]:
    parts = [part for part in message if isinstance(part, dict)]
    return [(price, size) for name in KRAKEN for part in parts for price, size, *_ in part.get(name, [])]


PAIRS: dict[tuple[str, str], Callable[[Any], list[Pair]]] = {
    ("binance", "book_update"): binance_book,
    ("binance", "quote"): binance_quote,
    ("binance_futures", "book_update"): binance_book,
    ("binance_futures", "quote"): binance_quote,
    ("binance_futures", "trade"): lambda message: [(message["data"]["p"], message["data"]["q"])],
    ("binance_futures", "kline"): lambda message: [(message["data"]["k"]["c"], message["data"]["k"]["v"])],
    ("bybit_linear", "book_update"): bybit_book,
    ("bybit_linear", "trade"): data_trades,
    ("bybit_inverse", "book_update"): bybit_book,
    ("bybit_inverse", "trade"): data_trades,
    ("okx", "book_update"): lambda message: [
        (price, size) for book in message["data"] for side in ("bids", "asks") for price, size, *_ in book[side]
    ],
    ("okx", "trade"): lambda message: [(item["px"], item["sz"]) for item in message["data"]],
    ("coinbase", "book_update"): coinbase_book,
    ("coinbase", "trade"): lambda message: [(message["price"], message["size"])],
    ("kraken", "book_update"): kraken_book,
    ("bitmex", "book_update"): lambda message: [(item.get("price"), item.get("size", 0)) for item in message["data"]],
    ("bitmex", "quote"): lambda message: [
        pair
        for item in message["data"]
        for pair in ((item["bidPrice"], item["bidSize"]), (item["askPrice"], item["askSize"]))
    ],
    ("bitmex", "trade"): data_trades,
    ("deribit", "book_update"): lambda message: [
        (price, size) for side in ("bids", "asks") for _, price, size in message["params"]["data"][side]
    ],
}
COLUMNS = {
    "trade": [("price", "size")],
    "book_update": [("price", "size")],
    "quote": [("bid_price", "bid_size"), ("ask_price", "ask_size")],
    "kline": [("close", "volume")],
}


def exact(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


@NEEDS_CAPTURES
@pytest.mark.parametrize(("exchange", "category"), list(PAIRS))
def test_every_price_and_size_of_a_recording_comes_out_in_its_order(exchange: str, category: str) -> None:
    files = [
        file
        for (code, _, stream_type), file in read_index(CAPTURES).items()
        if (code, category_of(stream_type)) == (exchange, category)
    ]
    assert files
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            payloads = [line.rstrip("\n").split("\t", 1)[1] for line in islice(lines, MESSAGES)]
        layout = SchemaLayout(contents()["normalized", category], exchange, CAGE)
        messages = [Message(number, payload) for number, payload in enumerate(payloads)]
        found: list[list[Pair]] = [[] for _ in payloads]
        for values in layout.rows(messages):
            row = dict(zip(layout.columns, values, strict=True))
            number = row["collection_timestamp_ns"]
            assert isinstance(number, int)
            found[number] += [(row[price], row[size]) for price, size in COLUMNS[category]]
        wanted = [PAIRS[exchange, category](json.loads(payload, parse_float=Decimal)) for payload in payloads]
        assert found == [[(exact(price), exact(size)) for price, size in pairs] for pairs in wanted], file.name


@NEEDS_CAPTURES
def test_every_recorded_category_of_the_venues_is_read() -> None:
    recorded = {(exchange, category_of(stream_type)) for exchange, _, stream_type in read_index(CAPTURES)}
    assert set(PAIRS) == {(exchange, kind) for exchange, kind in recorded if kind != "ticker"}
