"""What a made-up market does at one instant: the raw material of generated messages."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tickhaul_sandbox.market.assets import dollar_price
from tickhaul_sandbox.times import format_instant

if TYPE_CHECKING:
    from tickhaul_sandbox.market.venues import Instrument

MINUTE = 60_000_000_000
_SWING = 0.02


@dataclass(frozen=True)
class Scene:
    """An instrument as the generator sees it.

    Args:
        seed: The sandbox's seed.
        exchange: The code of the exchange.
        instrument: The instrument.
    """

    seed: int
    exchange: str
    instrument: Instrument

    @property
    def symbol(self) -> str:
        """The exchange's name of the instrument."""
        return self.instrument.symbol

    @cached_property
    def level(self) -> float:
        """The price the instrument moves around."""
        base, quote = self.instrument.base, self.instrument.quote
        ratio = dollar_price(base or self.symbol) / dollar_price(quote or "USD")
        return ratio * 0.02 if self.instrument.instrument_type == "option" else ratio

    @cached_property
    def price_digits(self) -> int:
        """Digits after the decimal point of a price: five significant ones at least."""
        return max(1, 4 - math.floor(math.log10(self.level)))

    @cached_property
    def size_digits(self) -> int:
        """Digits after the decimal point of a size."""
        return min(8, max(0, 2 + math.floor(math.log10(dollar_price(self.instrument.base or self.symbol)))))

    @cached_property
    def tick(self) -> float:
        """The smallest step of a price."""
        return 10.0**-self.price_digits

    def mid(self, instant_ns: int) -> float:
        """Return the price at an instant: a smooth path through points drawn for each minute."""
        minute, rest = divmod(instant_ns, MINUTE)
        share = rest / MINUTE
        return self.level * (1 + _SWING * (self._point(minute) * (1 - share) + self._point(minute + 1) * share))

    def _point(self, minute: int) -> float:
        slow = math.sin(minute / 173 + self.seed) + math.sin(minute / 29 + len(self.symbol))
        return 0.4 * slow + 0.1 * random.Random(f"{self.seed}/{self.exchange}/{self.symbol}/{minute}").uniform(-1, 1)


@dataclass(frozen=True)
class Moment:
    """One event.

    Attributes:
        scene: The instrument it happens on.
        exchange_ns: When it happened at the exchange, in nanoseconds since the Unix epoch.
        minute_ns: When the minute it is received in began.
        sequence: Its number, growing by one with each event of the datastream.
        first: Whether it is the first event of its minute; book streams send their snapshots then.
        dice: Random numbers of this event's own.
    """

    scene: Scene
    exchange_ns: int
    minute_ns: int
    sequence: int
    first: bool
    dice: random.Random = field(repr=False)

    @property
    def symbol(self) -> str:
        """The exchange's name of the instrument."""
        return self.scene.symbol

    @property
    def milliseconds(self) -> int:
        """When it happened, in milliseconds since the Unix epoch."""
        return self.exchange_ns // 1_000_000

    @property
    def seconds_text(self) -> str:
        """When it happened, in seconds with six decimals."""
        return f"{self.exchange_ns // 1_000_000_000}.{self.exchange_ns // 1_000 % 1_000_000:06d}"

    def iso(self, digits: int) -> str:
        """Return when it happened as ISO 8601 with exactly `digits` fractional digits."""
        seconds, fraction = divmod(self.exchange_ns, 1_000_000_000)
        text = format_instant(seconds * 1_000_000_000).removesuffix("Z")
        return f"{text}.{f'{fraction:09d}'[:digits]}Z"

    @cached_property
    def mid(self) -> float:
        """The middle of the market."""
        return self.scene.mid(self.exchange_ns)

    @cached_property
    def buy(self) -> bool:
        """Whether the aggressor bought."""
        return self.dice.random() < 0.5

    @cached_property
    def price(self) -> str:
        """The traded price."""
        return self.price_at(1 if self.buy else -1)

    @cached_property
    def size(self) -> str:
        """The traded size."""
        return self.any_size()

    def any_size(self) -> str:
        """Return a fresh size: mostly small, sometimes large, never zero."""
        digits = self.scene.size_digits
        value = self.dice.lognormvariate(0, 1.3) * 200 / dollar_price(self.scene.instrument.base or self.symbol)
        return f"{max(value, 10.0**-digits):.{digits}f}"

    def price_at(self, steps: int) -> str:
        """Return the price so many steps above the middle of the market, below it when negative."""
        return self._price(self.mid, steps)

    def level_at(self, steps: int) -> str:
        """Return the price of a level of a kept book: around where the market was when the minute began.

        A book stream sends its snapshot then; levels that stay where they are until the next one never cross.
        """
        return self._price(self.scene.mid(self.minute_ns), steps)

    def levels(self, sign: int, count: int) -> list[tuple[str, str]]:
        """Return price and size of the best levels of one side right now, the best one first.

        Args:
            sign: 1 for asks, -1 for bids.
            count: How many levels.
        """
        return [(self.price_at(sign * step), self.any_size()) for step in range(1, count + 1)]

    def snapshot(self, sign: int, count: int) -> list[tuple[str, str]]:
        """Return price and size of the best levels of one side of a kept book, the best one first."""
        return [(self.level_at(sign * step), self.any_size()) for step in range(1, count + 1)]

    def changes(self, sign: int) -> list[tuple[str, str]]:
        """Return price and new size of a few levels of a kept book, an emptied one (size 0) now and then."""
        chosen = self.dice.sample(range(1, 21), self.dice.randint(0 if sign > 0 else 1, 3))
        return [
            (self.level_at(sign * step), "0" if self.dice.random() < 0.25 else self.any_size())
            for step in sorted(chosen)
        ]

    def _price(self, middle: float, steps: int) -> str:
        scene = self.scene
        spread = max(scene.tick, scene.level * 1e-5)
        return f"{max(middle + steps * spread, scene.tick):.{scene.price_digits}f}"

    def uuid(self) -> str:
        """Return a fresh identifier in UUID form."""
        text = f"{self.dice.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
