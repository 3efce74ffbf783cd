"""Kraken: arrays of channel id, payload, channel name and pair."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.market.moments import Moment


def _message(moment: Moment, channel: str, *payload: Json) -> Json:
    # Kraken numbers its channels; the number of a pair and channel is taken from their names.
    number = zlib.crc32(f"{channel}/{moment.symbol}".encode()) % 8192
    return [number, *payload, channel, moment.symbol.replace("-", "/")]


def trade(moment: Moment) -> Json:
    """Return a `trade` message with one trade."""
    side, kind = "b" if moment.buy else "s", "m" if moment.dice.random() < 0.5 else "l"
    return _message(moment, "trade", [[moment.price, moment.size, moment.seconds_text, side, kind, ""]])


def book(moment: Moment) -> Json:
    """Return a `book-1000` message: a snapshot first, updates after it."""

    def levels(pairs: list[tuple[str, str]]) -> list[Json]:
        return [[price, size, moment.seconds_text] for price, size in pairs]

    if moment.first:
        return _message(
            moment, "book-1000", {"as": levels(moment.snapshot(1, 50)), "bs": levels(moment.snapshot(-1, 50))}
        )
    checksum = str(moment.dice.getrandbits(32))
    asks, bids = levels(moment.changes(1)), levels(moment.changes(-1))
    update: JsonObject = {"b": bids, "c": checksum}
    # A message that touches both sides carries one object for each.
    return _message(moment, "book-1000", {"a": asks}, update) if asks else _message(moment, "book-1000", update)


def ticker(moment: Moment) -> Json:
    """Return a `ticker` message."""
    return _message(
        moment,
        "ticker",
        {
            "a": [moment.price_at(1), 1, moment.any_size()],
            "b": [moment.price_at(-1), 1, moment.any_size()],
            "c": [moment.price, moment.size],
            "v": [moment.any_size(), moment.any_size()],
            "p": [moment.price_at(-2), moment.price_at(2)],
            "t": [1200, 5400],
            "l": [moment.price_at(-60), moment.price_at(-90)],
            "h": [moment.price_at(60), moment.price_at(90)],
            "o": [moment.price_at(-10), moment.price_at(-40)],
        },
    )


def spread(moment: Moment) -> Json:
    """Return a `spread` message: the best bid and ask."""
    (bid, bid_size), (ask, ask_size) = moment.levels(-1, 1)[0], moment.levels(1, 1)[0]
    return _message(moment, "spread", [bid, ask, moment.seconds_text, bid_size, ask_size])


SHAPES = {"trades": trade, "book_1000": book, "ticker": ticker, "spread": spread}
