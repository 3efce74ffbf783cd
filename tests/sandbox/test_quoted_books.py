"""`book_5` and `book_20` of recorded books, beside the places of the messages they must have been read from.

The recorded books come as updates, so this is with the setting `books_from_updates`. A level is written price x size.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.market.captures import read_index

from tests.sandbox.api import CAPTURES, SECOND, START, Api

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    not (CAPTURES / "index.json").exists(), reason="the recorded messages are not beside this checkout"
)


@dataclass(frozen=True)
class Book:
    """A recorded book and what its first messages make of it.

    Attributes:
        place: Exchange, instrument and stream type.
        quoted: What stands in the first message, word for word.
        first: When the exchange made it, its five best bids, and its five best asks.
        level: A level further down,
        deep: and the bid and ask there.
        position: The position of a later message,
        update: that message, word for word,
        after: and the book after it, as in `first`.
    """

    place: tuple[str, str, str]
    quoted: tuple[str, ...]
    first: tuple[str, str, str]
    level: int
    deep: tuple[str, str]
    position: int
    update: str
    after: tuple[str, str, str]


BOOKS = (
    # Binance sends no snapshot: the book is what the updates have told so far.
    Book(
        ("binance", "LRCBTC", "depth"),
        (
            '"E":1633998516670',
            (
                '"b":[["0.00000636","10310.00000000"],["0.00000634","44780.00000000"]],'
                '"a":[["0.00000639","23417.00000000"],["0.00000640","15869.00000000"]]'
            ),
        ),
        (
            "1633998516670000000",
            "0.00000636x10310 0.00000634x44780",
            "0.00000639x23417 0.0000064x15869",
        ),
        2,
        ("0.00000634x44780", "0.0000064x15869"),
        1,
        '{"stream":"lrcbtc@depth@100ms","data":{"e":"depthUpdate","E":1633998516770,"s":"LRCBTC","U":259345540,"u":259345543,"b":[["0.00000636","12625.00000000"],["0.00000634","50943.00000000"]],"a":[["0.00000639","25210.00000000"],["0.00000640","22032.00000000"]]}}',
        (
            "1633998516770000000",
            "0.00000636x12625 0.00000634x50943",
            "0.00000639x25210 0.0000064x22032",
        ),
    ),
    # Bybit sorts both sides by price: the best bid is the last of the buyers, the best ask the first of the sellers.
    Book(
        ("bybit_linear", "ADAUSDT", "orderbook_25"),
        (
            (
                '{"price":"1.3871","symbol":"ADAUSDT","id":"13871","side":"Buy","size":15109},'
                '{"price":"1.3872","symbol":"ADAUSDT","id":"13872","side":"Buy","size":4661},'
                '{"price":"1.3873","symbol":"ADAUSDT","id":"13873","side":"Buy","size":1},'
                '{"price":"1.3874","symbol":"ADAUSDT","id":"13874","side":"Buy","size":8000},'
                '{"price":"1.3877","symbol":"ADAUSDT","id":"13877","side":"Buy","size":49615},'
                '{"price":"1.3878","symbol":"ADAUSDT","id":"13878","side":"Sell","size":4698},'
                '{"price":"1.3879","symbol":"ADAUSDT","id":"13879","side":"Sell","size":5621},'
                '{"price":"1.3880","symbol":"ADAUSDT","id":"13880","side":"Sell","size":4814},'
                '{"price":"1.3881","symbol":"ADAUSDT","id":"13881","side":"Sell","size":7562},'
                '{"price":"1.3882","symbol":"ADAUSDT","id":"13882","side":"Sell","size":7018}'
            ),
            '{"price":"1.3855","symbol":"ADAUSDT","id":"13855","side":"Buy","size":1408}',
            '{"price":"1.3897","symbol":"ADAUSDT","id":"13897","side":"Sell","size":907.99994}',
            '"timestamp_e6":"1618677786242538"',
        ),
        (
            "1618677786242538000",
            "1.3877x49615 1.3874x8000 1.3873x1 1.3872x4661 1.3871x15109",
            "1.3878x4698 1.3879x5621 1.388x4814 1.3881x7562 1.3882x7018",
        ),
        20,
        ("1.3855x1408", "1.3897x907.99994"),
        1,
        '{"topic":"orderBookL2_25.ADAUSDT","type":"delta","data":{"delete":[],"update":[{"price":"1.3877","symbol":"ADAUSDT","id":"13877","side":"Buy","size":45615},{"price":"1.3874","symbol":"ADAUSDT","id":"13874","side":"Buy","size":11999.999}],"insert":[]},"cross_seq":"916952265","timestamp_e6":"1618677786342343"}',
        (
            "1618677786342343000",
            "1.3877x45615 1.3874x11999.999 1.3873x1 1.3872x4661 1.3871x15109",
            "1.3878x4698 1.3879x5621 1.388x4814 1.3881x7562 1.3882x7018",
        ),
    ),
    Book(
        ("okx", "BTC-USD-220527", "book_update"),
        (
            '"asks":[["30238.8","2","0","1"],["30249.5","50","0","1"],["30249.6","29","0","1"],["30261.1","218","0","2"],["30261.5","215","0","1"],',
            '"bids":[["30233.6","3","0","1"],["30219.4","104","0","2"],["30219.3","1520","0","1"],["30212.3","171","0","1"],["30209.8","5","0","1"],',
            '["30130.3","1","0","1"],["30130.1","236","0","1"],["30129.9","442","0","1"]',
            '["30371.8","10","0","1"],["30418.3","374","0","1"],["30426.3","508","0","1"]',
            '"ts":"1652459225393"',
        ),
        (
            "1652459225393000000",
            "30233.6x3 30219.4x104 30219.3x1520 30212.3x171 30209.8x5",
            "30238.8x2 30249.5x50 30249.6x29 30261.1x218 30261.5x215",
        ),
        20,
        ("30130.1x236", "30418.3x374"),
        1,
        '{"arg":{"channel":"books","instId":"BTC-USD-220527"},"action":"update","data":[{"asks":[["30249.4","0","0","0"],["30261","4","0","1"],["30310.3","19","0","1"]],"bids":[["30182.6","452","0","1"]],"ts":"1652459225464","checksum":-914047754}]}',
        (
            "1652459225464000000",
            "30233.6x3 30219.4x104 30219.3x1520 30212.3x171 30209.8x5",
            "30238.8x2 30249.5x50 30249.6x29 30261x4 30261.1x218",
        ),
    ),
    # Coinbase's snapshot has no time.
    Book(
        ("coinbase", "SKL-USD", "level2"),
        (
            '"asks":[["0.7910","450.0"],["0.7911","2635.4"],["0.7912","6908.0"],["0.7913","2530.3"],["0.7919","6327.2"],',
            '"bids":[["0.7901","450.0"],["0.7900","8267.3"],["0.7889","450.0"],["0.7888","96.8"],["0.7885","2636.2"],["0.7884","868.7"],',
            '["0.7858","6908.0"],["0.7857","5.0"],["0.7856","5.0"]',
            '["0.7939","170.8"],["0.7940","7487.9"],["0.7941","1081.0"]',
        ),
        (
            "",
            "0.7901x450 0.79x8267.3 0.7889x450 0.7888x96.8 0.7885x2636.2",
            "0.791x450 0.7911x2635.4 0.7912x6908 0.7913x2530.3 0.7919x6327.2",
        ),
        20,
        ("0.7857x5", "0.794x7487.9"),
        2,
        '{"type":"l2update","product_id":"SKL-USD","changes":[["buy","0.7885","0.0"]],"time":"2021-04-17T16:43:37.077621Z"}',
        (
            "1618677817077621000",
            "0.7901x450 0.79x8267.3 0.7889x450 0.7888x96.8 0.7884x868.7",
            "0.791x450 0.7911x2635.4 0.7912x6908 0.7913x2530.3 0.7919x6327.2",
        ),
    ),
    # Kraken gives each level its own time; the book is as late as its latest level, here the ask at 0.04324.
    Book(
        ("kraken", "SC-EUR", "book_1000"),
        (
            '"as":[["0.043130","11802.77325050","1618678133.136361"],["0.043140","3348.53731567","1618678132.869433"],["0.043150","33410.00000000","1618678132.151261"],["0.043160","42461.83886926","1618678133.278757"],["0.043190","28528.82843250","1618678133.099907"],',
            '["0.043240","1500.00000000","1618678133.307583"]',
            '"bs":[["0.043020","20270.49268141","1618678132.870270"],["0.042980","30581.37505816","1618678133.248713"],["0.042970","138533.00000000","1618678132.892089"],["0.042950","5807.32358449","1618678132.818331"],["0.042940","21557.99247133","1618678133.032091"],["0.042880","42020.00000000",',
            '["0.042170","1503.00093668","1618677740.410657"],["0.042130","1723.35417921","1618677752.065178"],',
            '["0.043970","1501.50000000","1618678011.807692"],["0.043990","6705.94589782","1618677964.982782"],',
        ),
        (
            "1618678133307583000",
            "0.04302x20270.49268141 0.04298x30581.37505816 0.04297x138533 0.04295x5807.32358449 0.04294x21557.99247133",
            "0.04313x11802.7732505 0.04314x3348.53731567 0.04315x33410 0.04316x42461.83886926 0.04319x28528.8284325",
        ),
        20,
        ("0.04213x1723.35417921", "0.04399x6705.94589782"),
        2,
        '[1920,{"b":[["0.043020","0.00000000","1618678133.384218"]],"c":"2250646442"},"book-1000","SC/EUR"]',
        (
            "1618678133384218000",
            "0.04298x30581.37505816 0.04297x138533 0.04295x5807.32358449 0.04294x21557.99247133 0.04288x42020",
            "0.04313x11802.7732505 0.04314x3348.53731567 0.04315x33410 0.04316x42461.83886926 0.04319x28528.8284325",
        ),
    ),
    # BitMEX sorts from the highest price down: the best ask is the last of the sellers. Its books have no time.
    Book(
        ("bitmex", "ADAUSDT", "orderbookl2"),
        (
            (
                '{"symbol":"ADAUSDT","id":52099882242,"side":"Sell","size":28,"price":1.17758},'
                '{"symbol":"ADAUSDT","id":52099882259,"side":"Sell","size":3,"price":1.17741},'
                '{"symbol":"ADAUSDT","id":52099882315,"side":"Sell","size":2,"price":1.17685},'
                '{"symbol":"ADAUSDT","id":52099882360,"side":"Sell","size":9,"price":1.1764},'
                '{"symbol":"ADAUSDT","id":52099882387,"side":"Sell","size":8,"price":1.17613},'
                '{"symbol":"ADAUSDT","id":52099882388,"side":"Sell","size":13,"price":1.17612},'
                '{"symbol":"ADAUSDT","id":52099882505,"side":"Buy","size":10,"price":1.17495},'
                '{"symbol":"ADAUSDT","id":52099882507,"side":"Buy","size":10,"price":1.17493},'
                '{"symbol":"ADAUSDT","id":52099882554,"side":"Buy","size":7,"price":1.17446},'
                '{"symbol":"ADAUSDT","id":52099882578,"side":"Buy","size":8,"price":1.17422},'
                '{"symbol":"ADAUSDT","id":52099882666,"side":"Buy","size":11,"price":1.17334}'
            ),
            '{"symbol":"ADAUSDT","id":52099883798,"side":"Buy","size":158,"price":1.16202}',
            '{"symbol":"ADAUSDT","id":52099881347,"side":"Sell","size":1,"price":1.18653}',
        ),
        (
            "",
            "1.17495x10 1.17493x10 1.17446x7 1.17422x8 1.17334x11",
            "1.17612x13 1.17613x8 1.1764x9 1.17685x2 1.17741x3",
        ),
        20,
        ("1.16202x158", "1.18653x1"),
        1,
        '{"table":"orderBookL2","action":"delete","data":[{"symbol":"ADAUSDT","id":52099882315,"side":"Sell"}]}',
        (
            "",
            "1.17495x10 1.17493x10 1.17446x7 1.17422x8 1.17334x11",
            "1.17612x13 1.17613x8 1.1764x9 1.17741x3 1.17758x28",
        ),
    ),
    # A book of one bid and fourteen asks.
    Book(
        ("deribit", "BTC-24SEP21-8000-P", "book"),
        (
            '"timestamp":1626993722319',
            '"bids":[["new",0.0005,153.1]],"asks":[["new",0.0015,94.7],["new",0.002,22.0],["new",0.0025,1.0],["new",0.003,3.0],["new",0.006,0.5],["new",0.0075,0.1],["new",0.009,0.1],["new",0.01,1.1],["new",0.011,0.1],["new",0.0145,0.1],["new",0.0175,0.1],["new",0.05,1.0],["new",0.1,2.0],["new",0.25,9.0]]',
        ),
        (
            "1626993722319000000",
            "0.0005x153.1",
            "0.0015x94.7 0.002x22 0.0025x1 0.003x3 0.006x0.5",
        ),
        14,
        ("", "0.25x9"),
        1,
        '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-24SEP21-8000-P.raw","data":{"type":"change","timestamp":1626993724318,"prev_change_id":33195894164,"instrument_name":"BTC-24SEP21-8000-P","change_id":33195894355,"bids":[],"asks":[["new",0.001,2.6]]}}}',
        (
            "1626993724318000000",
            "0.0005x153.1",
            "0.001x2.6 0.0015x94.7 0.002x22 0.0025x1 0.003x3",
        ),
    ),
)
EVERY = pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.place[0])


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """A caller of a sandbox that has recorded ten seconds of each book."""
    clock = ManualClock(START)
    settings = Settings(captures=CAPTURES, books_from_updates=True, backdate=0, export_seconds=0)
    with Sandbox(settings, clock=clock) as sandbox, Api(sandbox) as caller:
        for book in BOOKS:
            caller.subscribe(caller.stream_id(*book.place))
        clock.advance(10)
        yield caller


def exported(api: Api, book: Book, schema: str) -> list[dict[str, str]]:
    """Return the rows of a book's first ten seconds, one for each message."""
    return api.rows(api.export(START, START + 10 * SECOND, api.stream_id(*book.place), schema=schema))


def level(row: dict[str, str], side: str, number: int) -> str:
    price, size = row[f"{side}_price_{number}"], row[f"{side}_size_{number}"]
    return f"{price}x{size}" if price or size else ""


def best(row: dict[str, str]) -> tuple[str, str, str]:
    """Return the exchange's time and the five best bids and asks of a row."""
    bids, asks = (
        " ".join(filter(None, (level(row, side, number) for number in range(1, 6)))) for side in ("bid", "ask")
    )
    return row["exchange_timestamp_ns"], bids, asks


@EVERY
def test_what_is_quoted_stands_in_the_recording(book: Book) -> None:
    with gzip.open(read_index(CAPTURES)[book.place], "rt", encoding="utf-8") as lines:
        messages = [line.rstrip("\n").split("\t", 1)[1] for line in lines]
    assert [text for text in book.quoted if text not in messages[0]] == []
    assert messages[book.position] == book.update


@EVERY
@pytest.mark.parametrize("depth", [5, 20])
def test_the_first_message_gives_the_best_levels_quoted_from_it(api: Api, book: Book, depth: int) -> None:
    row = exported(api, book, f"book_{depth}")[0]
    assert row["collection_timestamp_ns"] == str(START)
    assert best(row) == book.first
    assert len(row) == 2 + 4 * depth


@EVERY
def test_book_20_goes_down_to_the_levels_quoted_from_further_below(api: Api, book: Book) -> None:
    row = exported(api, book, "book_20")[0]
    assert (level(row, "bid", book.level), level(row, "ask", book.level)) == book.deep
    if book.level < 20:
        assert (level(row, "bid", book.level + 1), level(row, "ask", book.level + 1)) == ("", "")


@EVERY
@pytest.mark.parametrize("depth", [5, 20])
def test_a_later_message_changes_the_book_as_it_says(api: Api, book: Book, depth: int) -> None:
    assert best(exported(api, book, f"book_{depth}")[book.position]) == book.after


def test_there_is_a_book_of_each_venue() -> None:
    assert {book.place[0] for book in BOOKS} == {
        "binance",
        "bybit_linear",
        "okx",
        "coinbase",
        "kraken",
        "bitmex",
        "deribit",
    }
