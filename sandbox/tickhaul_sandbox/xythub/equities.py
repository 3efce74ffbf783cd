"""The equities the emulated xyt hub has data of; symbols and venues as in the vendor's examples."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

FIRST_DAY = date(2015, 1, 2)
LAST_DAY = date(2024, 12, 30)
#: Month and day on which no venue trades.
HOLIDAYS = ((1, 1), (12, 25), (12, 26))
ENTITY_CLASS = "Equities"
REGION = "EMEA"
FEED = "SANDBOX"


@dataclass(frozen=True)
class Venue:
    """An exchange.

    Attributes:
        code: As in answers.
        name: For people.
        abbreviation: Short.
        mic: Its market identifier code.
    """

    code: str
    name: str
    abbreviation: str
    mic: str


@dataclass(frozen=True)
class Equity:
    """An instrument on a venue.

    Attributes:
        symbol: What it is asked for by.
        name: The company.
        venue: Where it trades.
        currency: What in.
        local_code: Its code there.
        isin: Its ISIN.
        segment: The part of the venue.
        price: Around which it trades.
        tick: The smallest step of its price.
    """

    symbol: str
    name: str
    venue: Venue
    currency: str
    local_code: str
    isin: str
    segment: str
    price: float
    tick: float


XETRA = Venue("XETRA", "Deutsche Boerse Xetra", "XE", "XETR")
LONDON = Venue("LSE", "London Stock Exchange", "L", "XLON")
PARIS = Venue("EURONEXT_PARIS", "Euronext Paris", "P", "XPAR")
HELSINKI = Venue("OMX_HELSINKI", "Nasdaq Helsinki", "HE", "XHEL")
AQUIS = Venue("AQUIS", "Aquis Exchange", "AQX", "AQXE")
CXE = Venue("CXE", "Cboe Europe CXE", "CHIX", "CHIX")
TURQUOISE = Venue("TURQUOISE", "Turquoise", "TU", "TRQX")
VENUES = (XETRA, LONDON, PARIS, HELSINKI, AQUIS, CXE, TURQUOISE)


def _with_mtfs(
    name: str, venue: Venue, country: str, currency: str, code: str, isin: str, price: float, tick: float
) -> list[Equity]:
    """A company on its home venue and on the trading facilities, which add a letter for the country to its code."""
    home = Equity(f"{code}.{venue.abbreviation}", name, venue, currency, code, isin, "Regulated", price, tick)
    others = [
        Equity(
            f"{code}{country}.{other.abbreviation}",
            name,
            other,
            currency,
            f"{code}{country}",
            isin,
            "MTF",
            price,
            tick / 2,
        )
        for other in (AQUIS, CXE, TURQUOISE)
    ]
    return [home, *others]


EQUITIES: tuple[Equity, ...] = tuple(
    equity
    for company in (
        _with_mtfs("Zalando SE", XETRA, "d", "EUR", "ZAL", "DE000ZAL1111", 29.5, 0.01),
        _with_mtfs("adidas AG", XETRA, "d", "EUR", "ADS", "DE000A1EWWW0", 113.2, 0.05),
        _with_mtfs("SAP SE", XETRA, "d", "EUR", "SAP", "DE0007164600", 68.4, 0.01),
        _with_mtfs("Vodafone Group Plc", LONDON, "l", "GBX", "VOD", "GB00BH4HKS39", 221.0, 0.05),
        _with_mtfs("Airbus SE", PARIS, "p", "EUR", "AIR", "NL0000235190", 54.3, 0.01),
        _with_mtfs("Nokia Oyj", HELSINKI, "h", "EUR", "NOKIA", "FI0009000681", 4.98, 0.005),
    )
    for equity in company
)
BY_SYMBOL = {equity.symbol: equity for equity in EQUITIES}


def has_data(first: date, last: date) -> bool:
    """Return whether there is data of any part of a range."""
    return first <= LAST_DAY and last >= FIRST_DAY


def is_trading_day(day: date) -> bool:
    """Return whether there is data of a day."""
    return FIRST_DAY <= day <= LAST_DAY and day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS
