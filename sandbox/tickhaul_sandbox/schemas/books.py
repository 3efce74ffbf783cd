"""`book_5` and `book_20` of a stream of book updates: the book is kept, and its best levels written with each message.

The documented schemas are for whole books only; that they can be had of updates is the setting `books_from_updates`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from decimal import Decimal
from typing import TYPE_CHECKING

from tickhaul_sandbox.market.sources import Message
from tickhaul_sandbox.schemas.builtin import contents
from tickhaul_sandbox.schemas.layout import SchemaLayout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tickhaul_sandbox.artifacts.tables import Row, Value
    from tickhaul_sandbox.schemas.cage import Cage

DEPTHS = {"book_5": 5, "book_20": 20}


class _Side:
    """One side of a book: sizes by price, and prices in order."""

    def __init__(self) -> None:
        self._prices: list[Decimal] = []
        self._sizes: dict[Decimal, Decimal] = {}
        # Exchanges that number their levels need not repeat the price of one.
        self._price_of: dict[str, Decimal] = {}

    def set(self, level_id: str | None, price: Decimal | None, size: Decimal) -> None:
        if level_id is not None:
            price = self._price_of.setdefault(level_id, price) if price is not None else self._price_of.get(level_id)
        if price is None:
            return
        if size > 0:
            if price not in self._sizes:
                insort(self._prices, price)
            self._sizes[price] = size
        elif price in self._sizes:
            del self._prices[bisect_left(self._prices, price)]
            del self._sizes[price]

    def best(self, depth: int, *, highest: bool) -> list[tuple[Decimal, Decimal]]:
        prices = self._prices[: -depth - 1 : -1] if highest else self._prices[:depth]
        return [(price, self._sizes[price]) for price in prices]


class BookLayout:
    """Writes one row for each message: the best levels of the book after it.

    Args:
        name: `book_5` or `book_20`.
        exchange: The code of the exchange.
        cage: Runs the transforms.
    """

    needs_opening = True

    def __init__(self, name: str, exchange: str, cage: Cage) -> None:
        self.name = name
        self._depth = DEPTHS[name]
        self._updates = SchemaLayout(contents()["normalized", "book_update"], exchange, cage)
        whole = SchemaLayout(contents()[name, "orderbook"], exchange, cage)
        self.columns = whole.columns
        self.types = ("BIGINT", "BIGINT", *("DECIMAL(38,18)" for _ in whole.columns[2:]))

    def rows(self, messages: Iterable[Message]) -> Iterator[Row]:
        """Yield one row per message.

        Raises:
            LayoutError: If a message cannot be laid out.
        """
        times: list[int] = []

        def numbered() -> Iterator[Message]:
            # The number takes the place of the time, so that rows can be told apart by message.
            for number, message in enumerate(messages):
                times.append(message.collection_ns)
                yield Message(number, message.payload)

        bids, asks, written = _Side(), _Side(), 0
        exchange_ns: int | None = None
        for number, instant, is_snapshot, side, price, size, level_id in self._updates.rows(numbered()):
            while isinstance(number, int) and written < number:
                yield self._row(times[written], exchange_ns, bids, asks)
                written, exchange_ns = written + 1, None
                if is_snapshot and written == number:
                    bids, asks = _Side(), _Side()
            if isinstance(instant, int):
                # Where each level has its own time, the book is as late as its latest.
                exchange_ns = instant if exchange_ns is None else max(exchange_ns, instant)
            chosen = bids if side == "bid" else asks
            if isinstance(size, Decimal):
                chosen.set(_text(level_id), price if isinstance(price, Decimal) else None, size)
        while written < len(times):
            yield self._row(times[written], exchange_ns, bids, asks)
            written, exchange_ns = written + 1, None

    def _row(self, collection_ns: int, exchange_ns: Value, bids: _Side, asks: _Side) -> list[Value]:
        row: list[Value] = [collection_ns, exchange_ns]
        best = bids.best(self._depth, highest=True), asks.best(self._depth, highest=False)
        for level in range(self._depth):
            for side in best:
                row += side[level] if level < len(side) else (None, None)
        return row


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
