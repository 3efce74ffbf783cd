"""What an attack is given, and what it counts: rounds that can be run again, good events, and faults."""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Faults told in full; the others are counted only.
_TOLD = 5


class Tally:
    """The rounds of one attack, and its counts.

    Args:
        attack: its name.
        seed: decides every round, together with the round's number.
        seconds: when to begin no further round.
        rounds: how many rounds at most, or ``None``.
        first: the number of the first round.
        steps: how many steps a round has at most, or ``None`` for as many as it is made for.
    """

    def __init__(
        self,
        attack: str,
        *,
        seed: int,
        seconds: float,
        rounds: int | None = None,
        first: int = 0,
        steps: int | None = None,
    ) -> None:
        self.attack = attack
        self.seed = seed
        self.first = first
        self.number = first
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._ends = time.monotonic() + seconds
        self._rounds = rounds
        self._steps = steps
        self._wanted: Sequence[str] = ()
        self._unwanted: Sequence[str] = ()

    def expect(self, wanted: Sequence[str], unwanted: Sequence[str]) -> None:
        """Name the counts and the faults that the summary states even when they are zero."""
        self._wanted, self._unwanted = wanted, unwanted

    def rounds(self) -> Iterator[random.Random]:
        """A source of chance for each round, until the time or the number of rounds is used up."""
        while self._rounds is None or self.number < self.first + self._rounds:
            if self.number > self.first and self.out_of_time:
                return
            self.counts["rounds"] += 1
            yield self.roll()
            self.number += 1

    def roll(self) -> random.Random:
        """The source of chance of the present round."""
        return random.Random(f"{self.seed}/{self.attack}/{self.number}")

    def steps(self, usual: int) -> range:
        """The steps of a round, which usually has so many."""
        return range(usual if self._steps is None else min(usual, self._steps))

    @property
    def out_of_time(self) -> bool:
        """Whether the time is used up."""
        return time.monotonic() >= self._ends

    def count(self, name: str, times: int = 1) -> None:
        """Count something that may happen."""
        self.counts[name] += times

    def fault(self, name: str, text: str, error: BaseException | None = None, *, times: int = 1) -> None:
        """Count something that must not happen, and tell the first few in full."""
        self.faults[name] += times
        if sum(self.faults.values()) - times < _TOLD or self.faults[name] == times:
            replay = f"--only {self.attack} --seed {self.seed} --first {self.number} --rounds 1"
            sys.stderr.write(f"{self.attack}: {name}: {text} ({replay})\n")
            if error is not None:
                sys.stderr.write("".join(traceback.format_exception(error, chain=False, limit=-6)))
            sys.stderr.flush()

    def summary(self) -> str:
        """One line with every count."""
        names = [name for name in self._wanted if name not in ("rounds", *self._unwanted)]
        names += [name for name in self.counts if name not in (*names, "rounds")]
        good = [f"{self.counts['rounds']:,} rounds", *(f"{self.counts[name]:,} {name}" for name in names)]
        bad = [*self._unwanted, *(name for name in self.faults if name not in self._unwanted)]
        return f"{self.attack}: {', '.join([*good, *(f'{self.faults[name]:,} {name}' for name in bad)])}"
