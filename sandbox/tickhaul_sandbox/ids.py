"""Resource and request identifiers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.clock import Clock


class Ids:
    """Makes identifiers of the documented forms: prefix plus lower-case hex, laid out like a UUIDv7.

    The same seed, clock and order of calls give the same identifiers.

    Args:
        seed: Where the random bits start.
        clock: Where the time bits come from.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self._random = random.Random(f"ids:{seed}")
        self._clock = clock

    def make(self, prefix: str) -> str:
        """Return a fresh resource id.

        Args:
            prefix: `sub`, `spn`, `exp`, `sch` or `art`.
        """
        milliseconds = self._clock.now_ns() // 1_000_000 & (1 << 48) - 1
        high, low = self._random.getrandbits(12), self._random.getrandbits(62)
        value = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
        return f"{prefix}_{value:032x}"

    def request(self) -> str:
        """Return a fresh `X-Request-Id`: `req_` and 16 hex digits."""
        return f"req_{self._random.getrandbits(64):016x}"
