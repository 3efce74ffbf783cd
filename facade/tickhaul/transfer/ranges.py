"""Which bytes of a file are there: sets of half-open byte ranges, and how to cut what is missing into parts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Ranges:
    """A set of bytes as sorted, disjoint, non-touching half-open ranges."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in ranges:
            self.add(start, end)

    def add(self, start: int, end: int) -> None:
        """Put the bytes ``start`` to ``end`` (exclusive) into the set."""
        if start >= end:
            return
        low = bisect_left(self._ends, start)
        high = bisect_right(self._starts, end)
        if low < high:
            start = min(start, self._starts[low])
            end = max(end, self._ends[high - 1])
        self._starts[low:high] = [start]
        self._ends[low:high] = [end]

    def missing(self, size: int) -> list[tuple[int, int]]:
        """The ranges of a file of ``size`` bytes that are not in the set."""
        gaps: list[tuple[int, int]] = []
        at = 0
        for start, end in self:
            if start >= size:
                break
            if at < start:
                gaps.append((at, start))
            at = end
        if at < size:
            gaps.append((at, size))
        return gaps

    @property
    def total(self) -> int:
        """How many bytes are in the set."""
        return sum(self._ends) - sum(self._starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(list(zip(self._starts, self._ends, strict=True)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ranges):
            return NotImplemented
        return self._starts == other._starts and self._ends == other._ends

    __hash__ = None  # type: ignore[assignment]  # a changing set has no hash; mypy knows no other way to say so

    def __repr__(self) -> str:
        return f"Ranges({list(self)})"


def cut(gaps: Iterable[tuple[int, int]], part_size: int) -> list[tuple[int, int]]:
    """Cut ranges into parts of at most ``part_size`` bytes, all parts of a range about equally long."""
    parts: list[tuple[int, int]] = []
    for start, end in gaps:
        count = -(-(end - start) // part_size)
        edges = [start + (end - start) * index // count for index in range(count + 1)]
        parts.extend(pairwise(edges))
    return parts
