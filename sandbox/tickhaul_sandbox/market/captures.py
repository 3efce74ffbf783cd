"""Real recorded messages, repeated to fill the time they are asked for.

A captures directory holds `index.json` and one gzipped file per stream with lines `<collection ns> TAB <payload>`.
The payload is served unchanged; the collection times are moved, so that the first message comes when the recording
began (a book stream thus begins with its snapshot), and the whole is played again and again from there.
"""

from __future__ import annotations

import gzip
import json
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.market.sources import Message
from tickhaul_sandbox.market.streams import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HOUR = 3600 * SECOND
_TAPES_IN_MEMORY = 16
# A burst that was all a short recording caught does not mean that its stream bursts without pause.
_SHORTEST_PERIOD = 10 * SECOND


@dataclass(frozen=True)
class Tape:
    """One recording.

    Attributes:
        offsets: When each message came, in nanoseconds after the first one; ascending.
        payloads: The messages.
        period: After how many nanoseconds it starts over: its length and one average gap, or more.
    """

    offsets: tuple[int, ...]
    payloads: tuple[str, ...]
    period: int


@dataclass(frozen=True)
class CaptureSource:
    """The messages of a datastream that has been recorded.

    Args:
        file: The recording.
        hour_messages: The most messages an hour may hold.
        hour_bytes: The most bytes of payload an hour may hold. A denser recording is played with a pause before it
            starts over.
    """

    file: Path
    hour_messages: int
    hour_bytes: int

    def messages(self, anchor_ns: int, start_ns: int, end_ns: int) -> Iterator[Message]:
        """Yield the messages of a half-open range, the recording beginning at `anchor_ns`."""
        tape = read_tape(self.file)
        period = self._period(tape)
        rounds = (start_ns - anchor_ns) // period
        while (origin := anchor_ns + rounds * period) < end_ns:
            for position in range(bisect_left(tape.offsets, start_ns - origin), len(tape.offsets)):
                collected = origin + tape.offsets[position]
                if collected >= end_ns:
                    return
                yield Message(collected, tape.payloads[position])
            rounds += 1

    def opening(self, anchor_ns: int, start_ns: int) -> int:
        """Return when the recording last began anew: recordings of books begin with a snapshot."""
        period = self._period(read_tape(self.file))
        return anchor_ns + (start_ns - anchor_ns) // period * period

    def estimate(self, anchor_ns: int, start_ns: int, end_ns: int) -> int:
        """Return how many messages the range holds, to within one round of the recording."""
        del anchor_ns
        tape = read_tape(self.file)
        return max(0, end_ns - start_ns) * len(tape.offsets) // self._period(tape)

    def _period(self, tape: Tape) -> int:
        by_count = _HOUR * len(tape.offsets) // self.hour_messages
        by_bytes = _HOUR * sum(map(len, tape.payloads)) // self.hour_bytes
        return max(tape.period, by_count, by_bytes)


@lru_cache(maxsize=_TAPES_IN_MEMORY)
def read_tape(file: Path) -> Tape:
    """Read a recording.

    Raises:
        ValueError: If it is empty or a line is not `<ns> TAB <payload>`.
    """
    with gzip.open(file, "rt", encoding="utf-8-sig", newline="\n") as lines:
        rows = [line.rstrip("\n").split("\t", 1) for line in lines]
    try:
        times = [int(row[0]) for row in rows]
        payloads = tuple(row[1] for row in rows)
    except (ValueError, IndexError) as error:
        raise ValueError(f"{file.name}: every line must be nanoseconds, a tab and a message") from error
    if not times:
        raise ValueError(f"{file.name}: holds no message")
    # Two messages may have been noted in the wrong order; collection times never run backwards here.
    offsets = [0]
    for moment in times[1:]:
        offsets.append(max(offsets[-1], moment - times[0]))
    gap = offsets[-1] // (len(offsets) - 1) if len(offsets) > 1 else SECOND
    return Tape(tuple(offsets), payloads, max(offsets[-1] + gap, _SHORTEST_PERIOD))


def read_index(directory: Path) -> dict[tuple[str, str, str], Path]:
    """Return the recordings of a directory by exchange, instrument and (canonical) stream type.

    Raises:
        ValueError: If the directory has no readable index.
    """
    index = directory / "index.json"
    try:
        entries = json.loads(index.read_bytes())
        return {
            (entry["exchange"], entry["instrument"], canonical(entry["stream_type"])): directory / entry["file"]
            for entry in entries
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{index}: not the index of a captures directory") from error
