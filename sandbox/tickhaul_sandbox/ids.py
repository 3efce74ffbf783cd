"""Resource and request identifiers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul_sandbox.clock import Clock


class Ids:
    """Makes identifiers of the documented forms: prefix plus lower-case hex, laid out like a UUIDv7.

    The same seed, clock and order of calls give the same identifiers. They are drawn from counters, so that two numbers
    are all that has to be remembered to go on without ever repeating one.

    Args:
        seed: Where the random bits start.
        clock: Where the time bits come from.

    Attributes:
        made: How many resource ids were made.
        run: How often the sandbox was started before; request ids begin anew with each run.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed = seed
        self._clock = clock
        self._requests = 0
        self.made = 0
        self.run = 0

    def make(self, prefix: str) -> str:
        """Return a fresh resource id.

        Args:
            prefix: `sub`, `spn`, `exp`, `sch` or `art`.
        """
        self.made += 1
        bits = self._bits(f"resource:{self._seed}:{self.made}", 10)
        milliseconds = self._clock.now_ns() // 1_000_000 & (1 << 48) - 1
        high, low = bits >> 62 & (1 << 12) - 1, bits & (1 << 62) - 1
        value = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
        return f"{prefix}_{value:032x}"

    def request(self) -> str:
        """Return a fresh `X-Request-Id`: `req_` and 16 hex digits."""
        self._requests += 1
        return f"req_{self._bits(f'request:{self._seed}:{self.run}:{self._requests}', 8):016x}"

    def _bits(self, name: str, size: int) -> int:
        return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=size).digest(), "big")
