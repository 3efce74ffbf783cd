"""The built-in schemas on recorded and made-up messages, checked by hand against the messages."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.market.sources import Message
from tickhaul_sandbox.market.streams import category_of
from tickhaul_sandbox.market.venues import VENUES
from tickhaul_sandbox.schemas.builtin import contents
from tickhaul_sandbox.schemas.layout import SchemaLayout, check_transforms

from tests.sandbox.api import CAGE, CAPTURES, HOUR, START, Api, code, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

NS = 1_000_000_000_000_000_000


def first_rows(exchange: str, category: str, payload: object, name: str = "normalized") -> list[dict[str, Any]]:
    layout = SchemaLayout(contents()[name, category], exchange, CAGE)
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return [dict(zip(layout.columns, row, strict=True)) for row in layout.rows([Message(NS, text)])]


def captured(name: str, position: int) -> str:
    file = CAPTURES / f"{name}.tsv.gz"
    if not file.exists():
        pytest.skip("the recorded messages are not beside this checkout")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t", 1)[1] for line in lines][position]


def test_every_transform_of_the_built_in_schemas_can_be_run() -> None:
    for content in contents().values():
        assert check_transforms(content, CAGE) is None


@pytest.mark.parametrize(
    ("name", "position", "wanted"),
    [
        (
            "binance_futures__CTKUSDT__agg_trade",
            0,
            [1_626_992_741_421_000_000, "16599292", "buy", "1.011", "10"],
        ),
        (
            "coinbase__SKL-USD__trade",
            0,
            # The message's side is the maker's: a resting sell was hit by a buyer.
            [1_618_677_817_121_358_000, "1568268", "buy", "0.791", "450"],
        ),
        (
            "bybit_linear__ETHUSDT__trade",
            1,
            [1_618_677_784_718_000_000, "31bf45b7-a295-52fb-a4f5-274679cb9fe4", "buy", "2364.95", "0.13"],
        ),
        (
            "bybit_inverse__BTCUSD__trade",
            -1,
            [1_618_677_816_319_000_000, "413bca3a-34a8-50aa-a2ae-47ad720be505", "sell", "60622.5", "97"],
        ),
        (
            "okx__BTC-USDT__trade",
            0,
            [1_652_459_224_818_000_000, "338476307", "buy", "30236", "0.0002"],
        ),
        (
            "bitmex__XBTUSD__trade",
            0,
            [1_626_993_359_790_000_000, "a36d1fb8-ff0c-d428-cde7-d166a181c1d2", "buy", "32175", "1000"],
        ),
    ],
)
def test_normalized_reads_recorded_trades(name: str, position: int, wanted: list[Any]) -> None:
    exchange = name.split("__", maxsplit=1)[0]
    rows = first_rows(exchange, "trade", captured(name, position))
    columns = ("exchange_timestamp_ns", "trade_id", "side", "price", "size")
    expected = dict(zip(columns, [*wanted[:3], Decimal(wanted[3]), Decimal(wanted[4])], strict=True))
    assert rows[0] == {"collection_timestamp_ns": NS, **expected}


def test_normalized_makes_a_row_of_each_trade_in_a_message() -> None:
    payload = captured("bitmex__XBTUSD__trade", 1)
    sizes = [item["size"] for item in json.loads(payload)["data"]]
    assert [row["size"] for row in first_rows("bitmex", "trade", payload)] == [Decimal(size) for size in sizes]
    assert len(sizes) == 2


@pytest.mark.parametrize(
    ("exchange", "payload", "wanted"),
    [
        (
            "binance",
            {"stream": "x", "data": {"e": "trade", "E": 2, "t": 7, "p": "1.50", "q": "2", "T": 1, "m": True}},
            (1_000_000, "7", "sell", "1.5", "2"),
        ),
        (
            "kraken",
            [5, [["1.5", "2.0", "1534614057.321597", "s", "l", ""]], "trade", "XBT/USD"],
            (1_534_614_057_321_597_000, None, "sell", "1.5", "2"),
        ),
        (
            "deribit",
            {
                "params": {
                    "data": [{"timestamp": 3, "trade_id": "9", "direction": "sell", "price": 1e-4, "amount": 10.0}]
                }
            },
            (3_000_000, "9", "sell", "0.0001", "10"),
        ),
        (
            "bybit_spot",
            {"data": [{"T": 4, "s": "X", "S": "Sell", "v": "0.5", "p": "3", "i": "abc"}]},
            (4_000_000, "abc", "sell", "3", "0.5"),
        ),
    ],
)
def test_normalized_reads_trades_of_exchanges_without_a_recording(
    exchange: str, payload: object, wanted: tuple[Any, ...]
) -> None:
    [row] = first_rows(exchange, "trade", payload)
    assert tuple(row.values())[1:] == (*wanted[:3], Decimal(wanted[3]), Decimal(wanted[4]))


@pytest.mark.parametrize(
    ("name", "position", "index", "wanted"),
    [
        ("binance__LRCBTC__depth", 0, 0, [1_633_998_516_670_000_000, False, "bid", "0.00000636", "10310", None]),
        ("binance__LRCBTC__depth", 0, -1, [1_633_998_516_670_000_000, False, "ask", "0.0000064", "15869", None]),
        ("binance_futures__CTKUSDT__depth", 0, 0, [1_626_992_741_156_000_000, False, "bid", "1.006", "14217", None]),
        ("coinbase__SKL-USD__level2", 1, 0, [1_618_677_817_075_351_000, False, "ask", "0.7923", "7441.5", None]),
        ("coinbase__SKL-USD__level2", 2, 0, [1_618_677_817_077_621_000, False, "bid", "0.7885", "0", None]),
        ("okx__BTC-USD-220527__book_update", 1, 0, [1_652_459_225_464_000_000, False, "bid", "30182.6", "452", None]),
        ("okx__BTC-USD-220527__book_update", 1, 1, [1_652_459_225_464_000_000, False, "ask", "30249.4", "0", None]),
        ("kraken__ADA-XBT__book_1000", 1, 0, [1_618_678_134_490_367_000, False, "bid", "0.00002286", "31571.61559016", None]),
        ("kraken__ADA-XBT__book_1000", 0, -1, [1_616_135_839_347_451_000, True, "ask", "2.00002721", "137.61373125", None]),
        ("bybit_linear__ETHUSDT__orderbook_25", 0, 0, [1_618_677_785_509_849_000, True, "bid", "2362.65", "29.51", "23626500"]),
        ("bybit_linear__ETHUSDT__orderbook_25", 1, 1, [1_618_677_785_648_989_000, False, "ask", "2365.55", "140.91", "23655500"]),
        ("bybit_linear__ETHUSDT__orderbook_25", 2, 0, [1_618_677_785_668_325_000, False, "bid", "2362.75", "0", "23627500"]),
        ("bitmex__XBTUSD__orderbookl2", 0, 0, [None, True, "ask", "1000000", "600000", "8700000000"]),
        ("bitmex__XBTUSD__orderbookl2", 1, 1, [None, False, "bid", None, "20500", "8796792800"]),
        ("deribit__BTC-24SEP21-8000-P__book", 0, 1, [1_626_993_722_319_000_000, True, "ask", "0.0015", "94.7", None]),
        ("deribit__BTC-24SEP21-8000-P__book", 2, 0, [1_626_993_724_337_000_000, False, "ask", "0.001", "0", None]),
    ],
)  # fmt: skip
def test_normalized_makes_a_row_of_each_recorded_level(name: str, position: int, index: int, wanted: list[Any]) -> None:
    payload = captured(name, position)
    row = list(first_rows(name.split("__", maxsplit=1)[0], "book_update", payload)[index].values())[1:]
    expected = [*wanted[:3], *(None if text is None else Decimal(text) for text in wanted[3:5]), wanted[5]]
    assert row == expected


def test_every_level_of_a_snapshot_comes_out() -> None:
    payload = captured("coinbase__SKL-USD__level2", 0)
    book = json.loads(payload)
    rows = first_rows("coinbase", "book_update", payload)
    assert [(row["side"], row["price"], row["size"]) for row in rows] == [
        (side, Decimal(price), Decimal(size)) for side in ("bid", "ask") for price, size in book[f"{side}s"]
    ]
    assert all(row["is_snapshot"] for row in rows)


def test_a_kraken_message_with_both_sides_gives_both() -> None:
    payload = [
        1920,
        {"a": [["2.0", "1.0", "1534614057.5"]]},
        {"b": [["1.0", "3.0", "1534614057.5"]], "c": "1"},
        "book-1000",
        "SC/EUR",
    ]
    rows = first_rows("kraken", "book_update", payload)
    assert [(row["side"], row["price"], row["size"]) for row in rows] == [
        ("bid", Decimal(1), Decimal(3)),
        ("ask", Decimal(2), Decimal(1)),
    ]


def test_normalized_reads_recorded_quotes_and_klines() -> None:
    [quote] = first_rows("binance", "quote", captured("binance__LRCBTC__book_ticker", 0))
    assert list(quote.values())[1:] == [
        None,
        Decimal("0.00000637"),
        Decimal(6500),
        Decimal("0.00000638"),
        Decimal(27122),
    ]
    [first, *_] = first_rows("bitmex", "quote", captured("bitmex__XBTUSD__quote", 0))
    assert list(first.values())[1:] == [
        1_626_993_369_757_000_000,
        Decimal(32180),
        Decimal(1_046_200),
        Decimal("32180.5"),
        Decimal(161_000),
    ]
    [kline] = first_rows("binance_futures", "kline", captured("binance_futures__CTKUSDT__kline_1m", 0))
    assert list(kline.values())[1:] == [
        1_626_992_741_424_000_000,
        1_626_992_700_000_000_000,
        "1m",
        Decimal("1.01"),
        Decimal("1.011"),
        Decimal("1.01"),
        Decimal("1.011"),
        Decimal(3917),
        Decimal("3957.899"),
        False,
    ]


@pytest.mark.parametrize("depth", [5, 20])
def test_books_have_the_best_levels_in_columns(depth: int) -> None:
    bids = [[str(100 - index), str(index + 1)] for index in range(20)]
    asks = [[str(101 + index), str(index + 2)] for index in range(20)]
    payload = {"data": {"lastUpdateId": 1, "bids": bids, "asks": asks}}
    [row] = first_rows("binance", "orderbook", payload, f"book_{depth}")
    assert len(row) == 2 + 4 * depth
    for level in range(depth):
        assert row[f"bid_price_{level + 1}"] == Decimal(100 - level)
        assert row[f"bid_size_{level + 1}"] == Decimal(level + 1)
        assert row[f"ask_price_{level + 1}"] == Decimal(101 + level)
        assert row[f"ask_size_{level + 1}"] == Decimal(level + 2)


def test_a_book_with_fewer_levels_leaves_the_rest_empty() -> None:
    payload = {"data": [{"bids": [["1", "2", "0", "1"]], "asks": [], "ts": "5"}]}
    [row] = first_rows("okx", "orderbook", payload, "book_5")
    assert row["exchange_timestamp_ns"] == 5_000_000
    assert (row["bid_price_1"], row["bid_price_2"], row["ask_price_1"]) == (Decimal(1), None, None)


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    settings = Settings(export_seconds=0, messages_per_minute=2, minute_limit=10_000)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as caller:
        yield caller


MADE_UP = [
    (venue.code, stream)
    for venue in VENUES
    for stream in venue.streams
    if ("normalized", category_of(stream)) in contents()
]


@pytest.mark.parametrize(("exchange", "stream_type"), MADE_UP)
def test_normalized_fills_its_columns_for_every_made_up_stream(api: Api, exchange: str, stream_type: str) -> None:
    instrument = ok(api.get(f"/exchanges/{exchange}/instruments", limit=1))["items"][0]["symbol"]
    datastream_id = api.stream_id(exchange, instrument, stream_type)
    api.subscribe(datastream_id)
    rows = api.rows(api.export(START - HOUR, START, datastream_id, schema="normalized"))
    assert rows
    always = {"price", "size", "bid_price", "ask_size", "open", "close", "side"} & set(rows[0])
    assert always
    assert all(row[name] for row in rows for name in always)
    assert {row["side"] for row in rows if "side" in row} <= {"buy", "sell", "bid", "ask"}
    timed = [int(row["exchange_timestamp_ns"]) for row in rows if row["exchange_timestamp_ns"]]
    assert all(START - 2 * HOUR < instant < START for instant in timed)


def test_a_schema_must_be_for_the_category_of_the_stream(api: Api) -> None:
    datastream_id = api.stream_id("kraken", "XBT-USD", "ticker")
    api.subscribe(datastream_id)
    order = {"datastream_id": datastream_id, "start_time": START - HOUR, "end_time": START}
    assert code(api.post("/exports", {**order, "schema": "normalized"})) == (400, "invalid_argument")
    ok(api.post("/exports", {**order, "schema": "raw"}), 202)


def test_an_export_takes_a_schema_by_name_by_id_and_inline_and_keeps_what_it_said() -> None:
    clock = ManualClock(START)
    columns = [{"output_column": "p", "data": {"binance": {"json": {"path": "data.p", "type": "decimal(4)"}}}}]
    other = [{"output_column": "q", "data": {"binance": {"json": {"path": "data.q", "type": "f64"}}}}]
    with Sandbox(Settings(messages_per_minute=1), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        created = ok(api.post("/export-schemas", {"name": "mine", "stream_category": "trade", "columns": columns}), 201)
        inline = {"columns": columns}
        exports = [api.export(START - HOUR, START, schema=schema) for schema in ("mine", created["id"], inline)]
        ok(api.put(f"/export-schemas/{created['id']}", {"columns": other}))
        later = api.export(START - HOUR, START, schema="mine")
        ok(api.delete(f"/export-schemas/{created['id']}"), 204)
        clock.advance(1)
        rows = [api.rows(export_id) for export_id in exports]
        assert rows[0] == rows[1] == rows[2]
        assert len(rows[0]) == 60
        assert set(rows[0][0]) == {"p"}
        assert set(api.rows(later)[0]) == {"q"}
        wide = ok(api.post("/export-schemas", {"name": "w", "stream_category": "quote", "columns": columns}), 201)
        for reference in ("w", wide["id"]):
            order = {"datastream_id": 123, "start_time": START - HOUR, "end_time": START, "schema": reference}
            assert code(api.post("/exports", order)) == (400, "invalid_argument")


def test_an_export_whose_transform_fails_is_a_failed_job() -> None:
    clock = ManualClock(START)
    schema = {
        "columns": [
            {
                "output_column": "n",
                "data": {
                    "binance": {"json": {"path": "data.s", "type": "string"}, "transform": "CAST({v} AS INTEGER)"}
                },
            }
        ]
    }
    with Sandbox(Settings(messages_per_minute=1), clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        export_id = api.export(START - HOUR, START, schema=schema)
        clock.advance(1)
        body = ok(api.get(f"/exports/{export_id}"))
        assert body["status"] == "failed"
        assert body["reason"].startswith("Transform of column n failed")
