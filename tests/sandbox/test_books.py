"""Books kept from updates."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.market.captures import read_index, read_tape
from tickhaul_sandbox.market.sources import Message
from tickhaul_sandbox.schemas.books import BookLayout

from tests.sandbox.api import CAGE, CAPTURES, HOUR, SECOND, START, Api, code, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDS_CAPTURES = pytest.mark.skipif(
    not (CAPTURES / "index.json").exists(), reason="the recorded messages are not beside this checkout"
)


def book_rows(exchange: str, payloads: list[str], name: str = "book_5") -> list[dict[str, Any]]:
    layout = BookLayout(name, exchange, CAGE)
    messages = [Message(index * 1000, payload) for index, payload in enumerate(payloads)]
    return [dict(zip(layout.columns, row, strict=True)) for row in layout.rows(messages)]


def best(row: dict[str, Any], side: str) -> list[tuple[Decimal, Decimal]]:
    levels = [(row[f"{side}_price_{level}"], row[f"{side}_size_{level}"]) for level in range(1, 6)]
    return [level for level in levels if level[0] is not None]


updates = st.lists(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 12), st.integers(0, 3)), max_size=4), max_size=12
)


@settings(max_examples=30)
@given(updates)
def test_a_kept_book_is_what_the_updates_add_up_to(changes: list[list[tuple[str, int, int]]]) -> None:
    sides: dict[str, dict[int, int]] = {"a": {}, "b": {}}
    payloads, wanted = [], []
    for change in changes:
        data: dict[str, Any] = {"E": 1, "a": [], "b": []}
        for side, price, size in change:
            data[side].append([str(price), str(size)])
        for side in "ba":
            for price, size in data[side]:
                if int(size):
                    sides[side][int(price)] = int(size)
                else:
                    sides[side].pop(int(price), None)
        payloads.append(json.dumps({"stream": "x", "data": data}))
        wanted.append(
            (
                [(Decimal(price), Decimal(size)) for price, size in sorted(sides["b"].items(), reverse=True)[:5]],
                [(Decimal(price), Decimal(size)) for price, size in sorted(sides["a"].items())[:5]],
            )
        )
    rows = book_rows("binance", payloads)
    assert [(best(row, "bid"), best(row, "ask")) for row in rows] == wanted
    assert [row["collection_timestamp_ns"] for row in rows] == [index * 1000 for index in range(len(rows))]


def test_a_snapshot_starts_the_book_anew_and_other_messages_leave_it() -> None:
    snapshot = {"type": "snapshot", "asks": [["3", "1"]], "bids": [["2", "1"], ["1", "4"]]}
    update = {"type": "l2update", "changes": [["buy", "2", "0"], ["sell", "4", "2"]], "time": "2024-01-15T10:00:00Z"}
    rows = book_rows("coinbase", [json.dumps(item) for item in (snapshot, {"type": "heartbeat"}, update, snapshot)])
    books = [(best(row, "bid"), best(row, "ask")) for row in rows]
    full = ([(Decimal(2), Decimal(1)), (Decimal(1), Decimal(4))], [(Decimal(3), Decimal(1))])
    changed = ([(Decimal(1), Decimal(4))], [(Decimal(3), Decimal(1)), (Decimal(4), Decimal(2))])
    assert books == [full, full, changed, full]
    assert [row["exchange_timestamp_ns"] for row in rows] == [None, None, 1_705_312_800_000_000_000, None]


def test_a_book_is_as_late_as_its_latest_level() -> None:
    levels = [["3", "1", "1534614057.5"], ["4", "1", "1534614056.25"]]
    snapshot = json.dumps([1, {"as": levels, "bs": [["2", "1", "1534600000.0"]]}, "book-1000", "XBT/USD"])
    update = json.dumps([1, {"b": [["2", "3", "1534614058.0"]], "c": "1"}, "book-1000", "XBT/USD"])
    rows = book_rows("kraken", [snapshot, update])
    assert [row["exchange_timestamp_ns"] for row in rows] == [1_534_614_057_500_000_000, 1_534_614_058_000_000_000]


def test_a_level_known_by_its_number_keeps_its_price() -> None:
    def table(action: str, **row: Any) -> str:
        return json.dumps({"table": "orderBookL2", "action": action, "data": [{"id": 7, "side": "Buy", **row}]})

    rows = book_rows("bitmex", [table("partial", price=10, size=5), table("update", size=6), table("delete")])
    assert [best(row, "bid") for row in rows] == [[(Decimal(10), Decimal(5))], [(Decimal(10), Decimal(6))], []]


@NEEDS_CAPTURES
@pytest.mark.parametrize(
    ("exchange", "instrument", "stream_type"),
    [
        ("bybit_linear", "ETHUSDT", "orderbook_25"),
        ("bybit_inverse", "EOSUSD", "orderbook_25"),
        ("okx", "BTC-USDT", "book_update"),
        ("coinbase", "SKL-USD", "level2"),
        ("kraken", "XMR-USD", "book_1000"),
        ("bitmex", "ADAUSDT", "orderbookl2"),
        ("deribit", "BTC-24SEP21-8000-P", "book"),
    ],
)
def test_recorded_books_never_cross_and_are_in_order(exchange: str, instrument: str, stream_type: str) -> None:
    tape = read_tape(read_index(CAPTURES)[exchange, instrument, stream_type])
    rows = book_rows(exchange, list(tape.payloads[:120]), "book_20")
    assert len(rows) == len(tape.payloads[:120])
    for row in rows:
        bids, asks = best(row, "bid"), best(row, "ask")
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert not (bids and asks) or bids[0][0] < asks[0][0]
    assert best(rows[0], "ask")


@NEEDS_CAPTURES
def test_the_first_rows_of_a_recorded_book_are_right_by_hand() -> None:
    tape = read_tape(read_index(CAPTURES)["okx", "BTC-USDT", "book_update"])
    first, second = (json.loads(payload)["data"][0] for payload in tape.payloads[:2])
    rows = book_rows("okx", list(tape.payloads[:2]))
    assert best(rows[0], "ask") == [(Decimal(price), Decimal(size)) for price, size, *_ in first["asks"][:5]]
    assert best(rows[0], "bid") == [(Decimal(price), Decimal(size)) for price, size, *_ in first["bids"][:5]]
    assert rows[0]["exchange_timestamp_ns"] == int(first["ts"]) * 1_000_000
    # The update changes the best ask's size and puts a level right behind it.
    assert second["asks"][:2] == [["30243.5", "1.2112", "0", "4"], ["30243.6", "0.059", "0", "1"]]
    assert best(rows[1], "ask")[:3] == [
        (Decimal("30243.5"), Decimal("1.2112")),
        (Decimal("30243.6"), Decimal("0.059")),
        (Decimal(30244), Decimal("0.08")),
    ]


@pytest.fixture
def api() -> Iterator[Api]:
    options = Settings(books_from_updates=True, export_seconds=0, messages_per_minute=30)
    with Sandbox(options, clock=ManualClock(START)) as sandbox, Api(sandbox) as caller:
        yield caller


def test_a_book_goes_on_where_another_file_or_export_ended(api: Api) -> None:
    datastream_id = api.stream_id("kraken", "XBT-USD", "book_1000")
    api.subscribe(datastream_id)
    begin, middle, end = START - 1810 * SECOND, START - 1795 * SECOND, START - 1770 * SECOND
    whole = api.rows(api.export(begin, end, datastream_id, schema="book_5"))
    parts = [api.export(begin, middle, datastream_id, schema="book_5")]
    parts.append(api.export(middle, end, datastream_id, schema="book_5"))
    assert [row for part in parts for row in api.rows(part)] == whole
    assert len(api.files(parts[0])) == 2
    assert all(row["bid_price_5"] and row["ask_price_5"] for row in whole)
    assert all(Decimal(row["bid_price_1"]) < Decimal(row["ask_price_1"]) for row in whole)


def test_books_of_updates_are_refused_unless_the_settings_say_otherwise(clock: ManualClock) -> None:
    with Sandbox(Settings(), clock=clock) as sandbox, Api(sandbox) as strict:
        datastream_id = strict.stream_id("kraken", "XBT-USD", "book_1000")
        strict.subscribe(datastream_id)
        order = {"datastream_id": datastream_id, "start_time": START - HOUR, "end_time": START, "schema": "book_5"}
        assert code(strict.post("/exports", order)) == (400, "invalid_argument")


def test_books_are_had_in_parquet_too(api: Api) -> None:
    datastream_id = api.stream_id("coinbase", "BTC-USD", "level2")
    api.subscribe(datastream_id)
    export_id = api.export(START - 60 * SECOND, START, datastream_id, schema="book_20", format="parquet")
    assert ok(api.get(f"/exports/{export_id}"))["status"] == "succeeded"
    assert all(content[:4] == b"PAR1" for content in api.files(export_id).values())
