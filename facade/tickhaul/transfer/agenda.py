"""What is to be fetched next, over all files. Decides, and does no I/O; the caller holds one lock around every call.

A file is *opened* by the first part that gets an answer, which settles which version of the file all other parts must be
of; only then are its other parts given out. Parts go out in the order of the files, so that files become whole one
after another. When nothing is left to give out, the longest part still running is split, so that no slow connection
trails at the end; a part that will still take a while is split however short it is.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from tickhaul.transfer.model import KIB
from tickhaul.transfer.ranges import Ranges, cut
from tickhaul.transfer.sidecar import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tickhaul.errors import TransferError


_SMALLEST_TRAILING = 256 * KIB  # as much as a thread may hold that is not written yet
_MANY = 1000  # parts, of a file of unknown length
_TRAILING = 2.0  # seconds a part must have run, and will still take


class Phase(Enum):
    """How far a file is."""

    CLOSED = "no answer yet"
    OPEN = "parts are being fetched"
    WHOLE = "all bytes are there; being checked and named"
    FINISHED = "it has its final name"
    FAILED = "given up"


@dataclass(eq=False, slots=True)
class Work:
    """One file on its way.

    Attributes:
        order: its place among the files.
        name: its file name.
        known: which version of which file it is, as far as is known.
        done: the bytes that are written.
        kept: how many of them an earlier run had written.
        ranged: whether to ask for ranges.
        round: counts the times it was started (again); parts of an earlier round are void.
        flying: the parts being fetched, in the order they were given out.
    """

    order: int
    name: str
    known: Identity
    done: Ranges = field(default_factory=Ranges)
    kept: int = 0
    ranged: bool = True
    phase: Phase = Phase.CLOSED
    round: int = 0
    flying: dict[Part, None] = field(default_factory=dict)
    error: TransferError | None = None

    @property
    def size(self) -> int | None:
        """The length in bytes, ``None`` while unknown."""
        return self.known.size

    @property
    def progress(self) -> int:
        """Bytes written, those of running parts included."""
        return self.done.total + sum(part.position - part.start for part in self.flying)


@dataclass(eq=False, slots=True)
class Part:
    """A range of a file, one request's worth.

    Attributes:
        work: the file.
        round: the file's round it belongs to.
        start: its first byte.
        end: the byte after its last, ``None`` while the file's length is unknown. Falls when the part is split.
        position: the next byte to be written.
        failures: how often in a row it failed without getting anywhere.
        not_before: when it may be tried again.
        since: when it was given out.
    """

    work: Work
    round: int
    start: int
    end: int | None
    position: int
    failures: int = 0
    not_before: float = 0.0
    since: float = 0.0

    @property
    def stale(self) -> bool:
        """Whether the file was started again, or given up, since."""
        return self.round != self.work.round

    @property
    def untouched(self) -> bool:
        """Whether it is all there is of the file, and nothing of it was fetched: no range need be named."""
        return self.position == 0 and self.end == self.work.size

    @property
    def resumable(self) -> bool:
        """Whether it can go on where it broke off: not without ranges, an end to name in one, or a mark to join by."""
        return self.work.ranged and self.end is not None and (self.position == 0 or self.work.known.mark is not None)

    @property
    def left(self) -> int:
        """Bytes still to come; 0 while the end is unknown."""
        return 0 if self.end is None else max(0, self.end - self.position)

    def trails(self, now: float) -> bool:
        """Whether it has run for a while, and will for another at this rate."""
        spent = now - self.since
        return spent > _TRAILING and self.left * spent > _TRAILING * (self.position - self.start)


class Agenda:
    """The parts to be fetched.

    Args:
        works: the files that need fetching, those with something `done` already included.
        part_size: bytes of one part at most.
        smallest_split: a running part that does not trail is split only if each half has at least this many bytes.

    Attributes:
        active: the files neither finished nor given up, by their place.
        most_at_once: how many parts there may be in all, and so how many connections can be of use.
    """

    def __init__(self, works: Iterable[Work], *, part_size: int, smallest_split: int) -> None:
        self._part_size = part_size
        self._smallest_split = smallest_split
        self._count = itertools.count()
        self._ready: list[tuple[int, int, int, Part]] = []
        self._later: list[tuple[float, int, Part]] = []
        self._running: dict[Part, None] = {}
        self.active: dict[int, Work] = {}
        self.most_at_once = 0
        for work in works:
            self.active[work.order] = work
            if work.phase is Phase.CLOSED:
                self.most_at_once += self._open(work)

    def in_one_part(self, work: Work) -> bool:
        """Whether a file is so small that it comes in one request."""
        return work.size is not None and work.size <= self._part_size

    def _open(self, work: Work) -> int:
        """Give out the first part of a file: the one whose answer tells what the file is.

        Returns:
            How many parts there may be.
        """
        size = work.size
        parts = cut(work.done.missing(size), self._part_size) if size and work.ranged else [(0, size)]
        start, end = parts[0]
        self._push(Part(work, work.round, start, end, start))
        return _MANY if size is None else len(parts)

    def _push(self, part: Part) -> None:
        heapq.heappush(self._ready, (part.work.order, part.start, next(self._count), part))

    def take(self, now: float) -> Part | None:
        """The next part to fetch, or ``None`` if there is none now (see `next_at`)."""
        while self._later and self._later[0][0] <= now:
            self._push(heapq.heappop(self._later)[2])
        while self._ready:
            part = heapq.heappop(self._ready)[3]
            if not part.stale:
                self._launch(part, now)
                return part
        return self._split(now)

    def _launch(self, part: Part, now: float) -> None:
        part.since = now
        part.work.flying[part] = None
        self._running[part] = None

    def _split(self, now: float) -> Part | None:
        candidates = (part for part in self._running if self._worth_splitting(part, now))
        longest = max(candidates, key=lambda part: part.left, default=None)
        if longest is None:
            return None
        middle = longest.position + longest.left // 2
        half = Part(longest.work, longest.round, middle, longest.end, middle)
        longest.end = middle
        self._launch(half, now)
        return half

    def _worth_splitting(self, part: Part, now: float) -> bool:
        work = part.work
        if part.stale or part.end is None or work.phase is not Phase.OPEN or not work.ranged or work.known.mark is None:
            return False
        smallest = min(self._smallest_split, _SMALLEST_TRAILING) if part.trails(now) else self._smallest_split
        return part.left >= 2 * smallest

    def next_at(self) -> float | None:
        """When the next waiting part may be tried again; ``None`` when none waits."""
        return self._later[0][0] if self._later else None

    def identified(self, part: Part, identity: Identity) -> None:
        """An answer came that tells which version of the file there is."""
        work = part.work
        if work.known.etag is None:
            work.known = identity
        if part.end is None:
            part.end = identity.size

    def opened(self, part: Part) -> None:
        """The file is ready to be written: give out its other parts."""
        work = part.work
        work.phase = Phase.OPEN
        if work.size is None or not work.ranged or part.untouched:
            return
        taken = Ranges(work.done)
        taken.add(part.start, part.end if part.end is not None else part.start)
        for start, end in cut(taken.missing(work.size), self._part_size):
            self._push(Part(work, work.round, start, end, start))

    def streamed(self, part: Part) -> bool:
        """The host answers with the whole file whatever is asked for.

        Returns:
            Whether that body can be used as it comes. If not, because some of the file is there already, the file is
            to be started again.
        """
        work = part.work
        if work.phase is not Phase.CLOSED or work.done.total:
            return False
        work.ranged = False
        part.start = part.position = 0
        part.end = work.size
        return True

    def completed(self, part: Part) -> bool:
        """All bytes of a part are written.

        Returns:
            Whether the file is whole now.
        """
        work = part.work
        self._land(part)
        if part.end is None:
            part.end = part.position
            work.known = Identity(work.known.artifact, part.position, work.known.etag, work.known.last_modified)
        assert work.size is not None
        whole = not work.done.missing(work.size)
        if whole:
            work.phase = Phase.WHOLE
        return whole

    def failed(self, part: Part, *, now: float, delay: float) -> None:
        """A part broke off; what it brought is kept, the rest is given out again after ``delay`` seconds."""
        work = part.work
        self._land(part)
        if part.resumable:
            part.start = part.position
        else:
            work.done = Ranges()
            part.start = part.position = 0
            work.phase = Phase.CLOSED
        part.not_before = now + delay
        heapq.heappush(self._later, (part.not_before, next(self._count), part))

    def _land(self, part: Part) -> None:
        self.dropped(part)
        if not part.stale:
            part.work.done.add(part.start, part.position)

    def dropped(self, part: Part) -> None:
        """A part's thread has let go of it."""
        part.work.flying.pop(part, None)
        self._running.pop(part, None)

    def _void(self, work: Work) -> None:
        work.round += 1
        for part in work.flying:
            self._running.pop(part, None)
        work.flying.clear()

    def restart(self, work: Work, *, size: int | None, ranged: bool) -> None:
        """Forget everything about a file but its id, and start it again."""
        self._void(work)
        work.done = Ranges()
        work.kept = 0
        work.known = Identity(work.known.artifact, size)
        work.ranged = ranged
        work.phase = Phase.CLOSED
        self._open(work)

    def finished(self, work: Work) -> None:
        """A file has its final name."""
        work.phase = Phase.FINISHED
        self._void(work)
        del self.active[work.order]

    def give_up(self, work: Work, error: TransferError) -> None:
        """A file cannot be had."""
        work.phase = Phase.FAILED
        self._void(work)
        work.error = error
        del self.active[work.order]

    @property
    def fetching(self) -> bool:
        """Whether any part is given out."""
        return bool(self._running)

    def is_fetching_since(self, moment: float, *, beside: Work) -> bool:
        """Whether a part of another file than this one was given out by then, and is still being fetched."""
        return any(part.since <= moment and part.work is not beside for part in self._running)

    @property
    def over(self) -> bool:
        """Whether every file is finished or given up."""
        return not self.active
