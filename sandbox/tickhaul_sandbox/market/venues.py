"""The exchanges of the built-in catalog: their instruments and the streams they offer.

No source lists the service's catalog: codes named in the reference are kept (`binance`, `coinbase`, `bybit_linear`,
`bybit_spot`), the rest is this sandbox's own, named the way each exchange names its instruments.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from tickhaul_sandbox.market.assets import ASSETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Instrument:
    """Something traded on an exchange.

    Attributes:
        symbol: The exchange's name of it.
        base: What is traded, `None` if unknown.
        quote: What it is priced in, `None` if unknown.
        instrument_type: `spot`, `perpetual`, `futures` or `option`, `None` if unknown.
    """

    symbol: str
    base: str | None
    quote: str | None
    instrument_type: str | None


@dataclass(frozen=True)
class Venue:
    """An exchange.

    Attributes:
        code: Its code in the API.
        display_name: Its name for people.
        streams: The stream types every instrument has, in the order of their ids.
        instruments: Lists its instruments, in the order of their ids.
    """

    code: str
    display_name: str
    streams: tuple[str, ...]
    instruments: Callable[[], Iterator[Instrument]]


_EXPIRIES = ("27DEC24", "28MAR25", "27JUN25", "26SEP25")
_EXPIRY_DATES = ("241227", "250328", "250627", "250926")
_MONTH_CODES = ("Z24", "H25", "M25", "U25")
_STRIKES = {"BTC": range(30_000, 120_001, 5_000), "ETH": range(1_000, 6_001, 250)}


def _pairs(bases: tuple[str, ...], quotes: tuple[str, ...], joint: str = "") -> Iterator[Instrument]:
    for base in bases:
        for quote in quotes:
            if base != quote:
                yield Instrument(f"{base}{joint}{quote}", base, quote, "spot")


def _perpetuals(bases: tuple[str, ...], quote: str, pattern: str) -> Iterator[Instrument]:
    for base in bases:
        yield Instrument(pattern.format(base=base), base, quote, "perpetual")


def _futures(bases: tuple[str, ...], quote: str, pattern: str, expiries: tuple[str, ...]) -> Iterator[Instrument]:
    for base in bases:
        for expiry in expiries:
            yield Instrument(pattern.format(base=base, expiry=expiry), base, quote, "futures")


def _options() -> Iterator[Instrument]:
    for base, strikes in _STRIKES.items():
        for expiry in _EXPIRIES:
            for strike in strikes:
                for right in "CP":
                    yield Instrument(f"{base}-{expiry}-{strike}-{right}", base, "USD", "option")


def _xbt(assets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("XBT" if asset == "BTC" else asset for asset in assets)


def _binance() -> Iterator[Instrument]:
    return _pairs(ASSETS, ("USDT", "BTC", "ETH", "BNB", "BUSD", "FDUSD", "TRY"))


def _binance_futures() -> Iterator[Instrument]:
    return _perpetuals(ASSETS[:180], "USDT", "{base}USDT")


def _coinbase() -> Iterator[Instrument]:
    return _pairs(ASSETS[:90], ("USD", "EUR", "GBP", "BTC"), "-")


def _bybit_linear() -> Iterator[Instrument]:
    return _perpetuals(ASSETS[:160], "USDT", "{base}USDT")


def _bybit_spot() -> Iterator[Instrument]:
    return _pairs(ASSETS[:120], ("USDT", "USDC"))


def _bybit_inverse() -> Iterator[Instrument]:
    return _perpetuals((*ASSETS[:20], "EOS"), "USD", "{base}USD")


def _okx() -> Iterator[Instrument]:
    return chain(
        _pairs(ASSETS[:120], ("USDT", "USDC"), "-"),
        _perpetuals(ASSETS[:90], "USDT", "{base}-USDT-SWAP"),
        _perpetuals(ASSETS[:20], "USD", "{base}-USD-SWAP"),
        _futures(("BTC", "ETH"), "USD", "{base}-USD-{expiry}", _EXPIRY_DATES),
    )


def _kraken() -> Iterator[Instrument]:
    return _pairs(_xbt(ASSETS[:80]), ("USD", "EUR", "XBT", "CHF"), "-")


def _bitmex() -> Iterator[Instrument]:
    return chain(
        _perpetuals(("XBT", "ETH", "BCH", "LTC", "XRP"), "USD", "{base}USD"),
        _perpetuals(_xbt(ASSETS[:30]), "USDT", "{base}USDT"),
        _futures(("XBT", "ETH"), "USD", "{base}{expiry}", _MONTH_CODES),
    )


def _deribit() -> Iterator[Instrument]:
    return chain(
        _perpetuals(("BTC", "ETH"), "USD", "{base}-PERPETUAL"),
        _futures(("BTC", "ETH"), "USD", "{base}-{expiry}", _EXPIRIES),
        _options(),
    )


# The position of an exchange here and of a stream in its tuple are part of the stable ids: append, never insert.
VENUES: tuple[Venue, ...] = (
    Venue("binance", "Binance", ("trades", "depth", "book_ticker", "kline_1m", "depth20"), _binance),
    Venue(
        "binance_futures",
        "Binance USD-M Futures",
        ("agg_trade", "depth", "book_ticker", "kline_1m", "liquidations"),
        _binance_futures,
    ),
    Venue("coinbase", "Coinbase", ("trades", "level2", "ticker"), _coinbase),
    Venue("bybit_linear", "Bybit Linear", ("trades", "orderbook_50", "kline_1m", "liquidations"), _bybit_linear),
    Venue("bybit_spot", "Bybit Spot", ("trades", "orderbook_50", "kline_1m"), _bybit_spot),
    Venue("bybit_inverse", "Bybit Inverse", ("trades", "orderbook_50", "kline_1m", "liquidations"), _bybit_inverse),
    Venue("okx", "OKX", ("trades", "book_update", "ticker", "books5", "bbo"), _okx),
    Venue("kraken", "Kraken", ("trades", "book_1000", "ticker", "spread"), _kraken),
    Venue("bitmex", "BitMEX", ("trades", "orderbookl2", "quote", "orderbook10", "liquidations"), _bitmex),
    Venue("deribit", "Deribit", ("trades", "book", "ticker", "quote"), _deribit),
)
