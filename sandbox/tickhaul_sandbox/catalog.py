"""The catalog: exchanges, instruments and datastreams, with ids that never move."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tickhaul_sandbox.market.streams import canonical, category_of
from tickhaul_sandbox.market.venues import VENUES, Instrument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tickhaul_sandbox.jsontypes import JsonObject

# The first stream of the first instrument of the first exchange gets this id: the examples' binance BTCUSDT trades.
_FIRST_ID = 123
_IDS_PER_EXCHANGE = 100_000
_FIRST_CAPTURE_ID = 1_000_000_000


@dataclass(frozen=True)
class Datastream:
    """One recordable stream of messages.

    Attributes:
        datastream_id: Its id, the same in every run.
        exchange: The code of its exchange.
        instrument: The symbol of its instrument.
        stream_type: What kind of messages it carries.
        wire_format: How they are written.
    """

    datastream_id: int
    exchange: str
    instrument: str
    stream_type: str
    wire_format: str = "json"

    @property
    def category(self) -> str | None:
        """The category of its stream type, which decides what schemas fit."""
        return category_of(self.stream_type)

    def body(self) -> JsonObject:
        """Return the Datastream object of the API."""
        return {
            "datastream_id": self.datastream_id,
            "exchange": self.exchange,
            "instrument": self.instrument,
            "stream_type": self.stream_type,
            "wire_format": self.wire_format,
        }


class Catalog:
    """Everything there is to subscribe to.

    Args:
        recorded: Exchange, instrument and stream type of each capture; those not in the built-in catalog are added.
    """

    def __init__(self, recorded: Iterable[tuple[str, str, str]] = ()) -> None:
        self._names: dict[str, str] = {}
        self._instruments: dict[str, dict[str, Instrument]] = {}
        self._by_id: dict[int, Datastream] = {}
        self._by_name: dict[tuple[str, str], dict[str, Datastream]] = {}
        self._add_venues()
        self._add_recorded(recorded)
        self.exchanges: Mapping[str, str] = dict(sorted(self._names.items()))
        self.datastreams: Sequence[Datastream] = sorted(self._by_id.values(), key=lambda stream: stream.datastream_id)
        self._sorted = {
            code: sorted(instruments.values(), key=lambda instrument: instrument.symbol)
            for code, instruments in self._instruments.items()
        }

    def instruments(self, exchange: str) -> Sequence[Instrument] | None:
        """Return the instruments of an exchange by symbol, `None` if there is no such exchange."""
        return self._sorted.get(exchange)

    def instrument(self, exchange: str, symbol: str) -> Instrument | None:
        """Return one instrument, `None` if there is none of that name."""
        return self._instruments.get(exchange, {}).get(symbol)

    def of_instrument(self, exchange: str, symbol: str) -> Sequence[Datastream]:
        """Return the datastreams of one instrument by id, none if there is no such instrument."""
        streams = self._by_name.get((exchange, symbol), {})
        return sorted(streams.values(), key=lambda stream: stream.datastream_id)

    def datastream(self, datastream_id: int) -> Datastream | None:
        """Return one datastream, `None` if there is none with that id."""
        return self._by_id.get(datastream_id)

    def _add_venues(self) -> None:
        for position, venue in enumerate(VENUES):
            self._names[venue.code] = venue.display_name
            next_id = _FIRST_ID + position * _IDS_PER_EXCHANGE
            for instrument in venue.instruments():
                known = self._instruments.setdefault(venue.code, {})
                if instrument.symbol in known:
                    continue
                known[instrument.symbol] = instrument
                for stream_type in venue.streams:
                    self._add(Datastream(next_id, venue.code, instrument.symbol, stream_type))
                    next_id += 1

    def _add_recorded(self, recorded: Iterable[tuple[str, str, str]]) -> None:
        for exchange, symbol, recorded_type in sorted(recorded):
            stream_type = canonical(recorded_type)
            self._names.setdefault(exchange, exchange.replace("_", " ").title())
            self._instruments.setdefault(exchange, {}).setdefault(symbol, _guess(symbol))
            if stream_type not in self._by_name.get((exchange, symbol), {}):
                self._add(Datastream(self._capture_id(exchange, symbol, stream_type), exchange, symbol, stream_type))

    def _add(self, stream: Datastream) -> None:
        self._by_id[stream.datastream_id] = stream
        self._by_name.setdefault((stream.exchange, stream.instrument), {})[stream.stream_type] = stream

    def _capture_id(self, *name: str) -> int:
        # Taken from the name, so that adding a capture moves no other one's id.
        digest = hashlib.blake2b("/".join(name).encode(), digest_size=4).digest()
        candidate = _FIRST_CAPTURE_ID + int.from_bytes(digest, "big")
        while candidate in self._by_id:
            candidate += 1
        return candidate


@lru_cache(maxsize=2)
def catalog_of(recorded: frozenset[tuple[str, str, str]]) -> Catalog:
    """Return the catalog with some recorded streams; it never changes, so sandboxes share it."""
    return Catalog(recorded)


def _guess(symbol: str) -> Instrument:
    """Return an instrument known from a capture alone, as far as its name tells."""
    parts = symbol.split("-")
    if len(parts) == 2:
        return Instrument(symbol, parts[0], parts[1], "spot")
    if len(parts) == 4 and parts[3] in {"C", "P"}:
        return Instrument(symbol, parts[0], "USD", "option")
    if len(parts) == 3:
        return Instrument(symbol, parts[0], parts[1], "perpetual" if parts[2] == "SWAP" else "futures")
    for quote in ("USDT", "USD", "BTC", "ETH"):
        if symbol.endswith(quote) and symbol != quote:
            return Instrument(symbol, symbol.removesuffix(quote), quote, None)
    return Instrument(symbol, None, None, None)
