"""Made-up ticks of a day: the same for the same seed, symbol and day."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tickhaul_sandbox.xythub.equities import is_trading_day

if TYPE_CHECKING:
    from datetime import date

    from tickhaul_sandbox.xythub.equities import Equity

MILLISECOND = 1_000_000
SECOND = 1_000 * MILLISECOND
OPEN = 9 * 3600 * SECOND
CLOSE = (17 * 3600 + 30 * 60) * SECOND
#: By code: words, category, and whether such a trade is part of the continuous session.
CONDITIONS = {
    "": ("Automatic trade", "Lit", True),
    "OA": ("Opening auction", "Lit - Auction", False),
    "CA": ("Closing auction", "Lit - Auction", False),
    "OB": ("Off book", "Off", False),
}
_CAPTURE_DELAY = 3 * MILLISECOND
_OFF_BOOK = 0.05


@dataclass(frozen=True, slots=True)
class Tick:
    """A trade and the quotes at its time.

    Attributes:
        market_ns: When the exchange says it happened, nanoseconds since midnight.
        capture_ns: When it was seen.
        price: Its price.
        size: Its size.
        condition: Its code among `CONDITIONS`.
        bid: The best bid.
        bid_size: The size there.
        ask: The best ask.
        ask_size: The size there.
    """

    market_ns: int
    capture_ns: int
    price: float
    size: int
    condition: str
    bid: float
    bid_size: int
    ask: float
    ask_size: int

    def at(self, *, market: bool) -> int:
        """Return its time by the exchange's clock, or when it was seen."""
        return self.market_ns if market else self.capture_ns


@lru_cache(maxsize=256)
def make_ticks(seed: int, equity: Equity, day: date, count: int) -> tuple[Tick, ...]:
    """Return the ticks of a day in order; none if there is no trading."""
    if not is_trading_day(day):
        return ()
    dice = random.Random(f"xyt:{seed}:{equity.symbol}:{day.isoformat()}")
    # A slow wave over the years, so that days differ and bars of days make a chart.
    price = equity.price * (1 + 0.2 * math.sin(day.toordinal() / 90))
    times = sorted(dice.randrange(OPEN, CLOSE, MILLISECOND) for _ in range(count))
    ticks = []
    for index, time in enumerate(times):
        price = max(equity.tick, price + dice.choice((-1, 0, 0, 1)) * equity.tick)
        trade = round(round(price / equity.tick) * equity.tick, 4)
        edge = {0: "OA", count - 1: "CA"}.get(index)
        condition = edge or ("OB" if dice.random() < _OFF_BOOK else "")
        ticks.append(
            Tick(
                time,
                time + _CAPTURE_DELAY,
                trade,
                dice.randint(1, 50) * 10,
                condition,
                round(trade - equity.tick, 4),
                dice.randint(1, 90) * 10,
                round(trade + equity.tick, 4),
                dice.randint(1, 90) * 10,
            )
        )
    return tuple(ticks)
