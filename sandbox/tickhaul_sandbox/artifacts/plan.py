"""Which files an export consists of.

Source: the clipping rule and the hourly names of section 10 of the API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tickhaul_sandbox.clock import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tickhaul_sandbox.catalog import Datastream

HOUR = 3600 * SECOND
_DAY = 24 * HOUR
_EXTENSIONS = {"csv": "csv.gz", "parquet": "parquet"}


@dataclass(frozen=True)
class Piece:
    """A stretch of one span.

    Attributes:
        anchor_ns: When the span began.
        start_ns: The first instant of the stretch.
        end_ns: The first instant after it.
    """

    anchor_ns: int
    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class Part:
    """One file.

    Attributes:
        filename: Its name.
        pieces: The stretches it holds, in order.
    """

    filename: str
    pieces: tuple[Piece, ...]


def clip(spans: Iterable[tuple[int, int]], start_ns: int, end_ns: int) -> tuple[Piece, ...]:
    """Return what of a half-open range lies in spans.

    Args:
        spans: Start and end of each span, in nanoseconds since the Unix epoch.
        start_ns: The first instant of the range.
        end_ns: The first instant after it.
    """
    cut = (Piece(begin, max(begin, start_ns), min(end, end_ns)) for begin, end in sorted(spans))
    return tuple(piece for piece in cut if piece.start_ns < piece.end_ns)


def partition(stream: Datastream, pieces: Sequence[Piece], fmt: str, *, daily_stamp: str | None) -> tuple[Part, ...]:
    """Cut pieces into files of an hour or a day each, in order of time.

    Args:
        stream: Whose data it is; its names make the file names.
        pieces: What to cut, as `clip` returned it.
        fmt: `csv` or `parquet`.
        daily_stamp: How a file that holds a day is stamped; `None` for files that hold an hour.
    """
    width, pattern = (_DAY, daily_stamp) if daily_stamp is not None else (HOUR, "%Y%m%d%H")
    slots: dict[int, list[Piece]] = {}
    for piece in pieces:
        for slot in range(piece.start_ns // width, -(-piece.end_ns // width)):
            start, end = max(piece.start_ns, slot * width), min(piece.end_ns, (slot + 1) * width)
            slots.setdefault(slot, []).append(Piece(piece.anchor_ns, start, end))
    prefix = f"{stream.exchange}_{stream.instrument}_{stream.stream_type}_part_"
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return tuple(
        Part(f"{prefix}{epoch + timedelta(seconds=slot * width // SECOND):{pattern}}.{_EXTENSIONS[fmt]}", tuple(chosen))
        for slot, chosen in sorted(slots.items())
    )
