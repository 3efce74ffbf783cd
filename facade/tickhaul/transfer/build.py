"""One file under construction, and its drafts on disk: a new draft each time it has to be started again."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tickhaul.errors import StorageError
from tickhaul.transfer.agenda import Phase, Work
from tickhaul.transfer.disk import PartFile
from tickhaul.transfer.folder import sidecar_path
from tickhaul.transfer.ranges import Ranges
from tickhaul.transfer.sidecar import Identity, Sidecar
from tickhaul.transfer.urls import Refusals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tickhaul.transfer.checksums import Claim
    from tickhaul.transfer.folder import Folder
    from tickhaul.transfer.model import RemoteFile
    from tickhaul.transfer.sidecar import Memory


class Draft:
    """A part file with its sidecar, for one version of one file.

    A thread that writes holds on to the draft it began with, so that bytes of a version that is given up can reach
    neither the next draft's file nor its sidecar.

    Args:
        file: the part file.
        sidecar: its sidecar, where it has one already.
        claims: the checksums the host announced for this version so far.

    Attributes:
        file: the part file.
        claims: the checksums the host announced for this version.
        unsynced: bytes written since the disk last confirmed any.
        synced_at: when the disk was last asked to, in the transfer's clock.
    """

    def __init__(self, file: PartFile, sidecar: Sidecar | None, claims: Iterable[Claim] = ()) -> None:
        self.file = file
        self.claims = list(claims)
        self.unsynced = 0
        self.synced_at = 0.0
        self._sidecar = sidecar

    @classmethod
    def create(cls, path: Path, name: str, known: Identity, *, parts: bool) -> Draft:
        """Make a draft.

        Args:
            path: the part file's name, never used before.
            name: the file's name.
            known: which version of which file it is of.
            parts: whether it will come in several parts, and so needs its room now and a sidecar.

        Raises:
            StorageError: the disk does not take it.
        """
        file = PartFile.create(path, name)
        draft = cls(file, None)
        try:
            if parts and known.size:
                file.reserve(known.size)
                draft.remember(name, known, Ranges())
        except StorageError:
            draft.discard()
            raise
        return draft

    @classmethod
    def adopt(cls, file: PartFile, name: str, memory: Memory) -> Draft:
        """Go on with what an earlier run left.

        Raises:
            StorageError: the disk does not take it.
        """
        sidecar = Sidecar(sidecar_path(file.path), name)
        try:
            sidecar.begin(memory.identity, memory.done, claims=memory.claims, confirmed=memory.confirmed, again=True)
        except BaseException:
            file.close()
            raise
        return cls(file, sidecar, memory.claims)

    def remember(self, name: str, known: Identity, done: Ranges) -> None:
        """Begin the sidecar.

        Raises:
            StorageError: the disk does not take it.
        """
        sidecar = Sidecar(sidecar_path(self.file.path), name)
        sidecar.begin(known, done, claims=self.claims)
        self._sidecar = sidecar

    def claim(self, claims: list[Claim]) -> None:
        """Note what the host announced, for the check at the end.

        Raises:
            StorageError: the disk does not take it.
        """
        self.claims.extend(claims)
        if self._sidecar is not None and claims:
            self._sidecar.claim(claims)

    def record(self, start: int, end: int) -> None:
        """Note that a range is written.

        Raises:
            StorageError: the disk does not take it.
        """
        self.unsynced += end - start
        if self._sidecar is not None and end > start:
            self._sidecar.done(start, end)

    def hasten(self, start: int, end: int) -> None:
        """Have a written range on its way to the disk, without waiting, so that `sync` has less to wait for."""
        if self.file.retain():
            try:
                self.file.hasten(start, end)
            finally:
                self.file.release()

    def sync(self) -> None:
        """Have the disk confirm what was written so far.

        Raises:
            StorageError: the disk reports an error.
        """
        if not self.file.retain():
            return
        try:
            self.unsynced = 0
            mark = self._sidecar.mark() if self._sidecar is not None else 0
            self.file.sync()
            if self._sidecar is not None:
                self._sidecar.synced(mark)
        finally:
            self.file.release()

    @property
    def remembers(self) -> bool:
        """Whether there is a sidecar."""
        return self._sidecar is not None

    def close(self) -> None:
        """Let go of it, leaving it where it is."""
        if self._sidecar is not None:
            self._sidecar.close()
        self.file.close()

    def forget(self) -> None:
        """Remove the sidecar.

        Raises:
            StorageError: it cannot be removed.
        """
        if self._sidecar is not None:
            self._sidecar.discard()

    def discard(self) -> None:
        """Remove part file and sidecar."""
        self.file.discard()
        self.forget()


@dataclass(eq=False)
class Build:
    """One file under construction.

    Attributes:
        file: the file as announced.
        index: its place among the files asked for.
        folder: where it is built.
        shared: whether another live process was seen fetching it too.
        there: whether it was there already, under its final name.
        restarts: how often it was started again because it had changed.
        failed_checks: how often it arrived broken.
        losses: how often its part file was removed by somebody else.
        refusals: the listings whose URL for it the host refused.
        draft: what there is of it on disk.
        target: its final place.
        work: its place in the agenda.
    """

    file: RemoteFile
    index: int
    folder: Folder
    shared: bool = False
    there: bool = False
    restarts: int = 0
    failed_checks: int = 0
    losses: int = 0
    refusals: Refusals = field(default_factory=Refusals)
    draft: Draft | None = None
    target: Path = field(init=False)
    work: Work = field(init=False)

    def __post_init__(self) -> None:
        self.target = self.folder.path / self.file.filename
        self.work = Work(self.index, self.file.filename, Identity(self.file.id, self.file.size))

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.filename

    def adopt(self, part: PartFile, memory: Memory) -> None:
        """Go on from what an earlier run left.

        Raises:
            StorageError: the disk does not take it.
        """
        self.draft = Draft.adopt(part, self.name, memory)
        self.work.known = memory.identity
        self.work.done = Ranges(memory.done)
        self.work.kept = memory.done.total
        size = memory.identity.size
        if size is not None and not memory.done.missing(size):
            self.work.phase = Phase.WHOLE

    def found(self, size: int) -> None:
        """It is there under its final name; it may have to be hashed, and noted down."""
        self.there = True
        self.work.known = Identity(self.file.id, size)
        self.work.done = Ranges([(0, size)])
        self.work.phase = Phase.WHOLE

    def open(self, *, parts: bool) -> None:
        """Make a draft, unless there is one to go on with.

        Raises:
            StorageError: the disk does not take it.
        """
        if self.draft is None:
            self.draft = Draft.create(self.folder.new_part(self.name), self.name, self.work.known, parts=parts)

    def remember(self) -> None:
        """See to it that a file that is whole has a sidecar: it may have to wait for its name, and the process may die.

        Raises:
            StorageError: the disk does not take it.
        """
        if self.draft is not None and not self.draft.remembers and self.work.size:
            self.draft.remember(self.name, self.work.known, self.work.done)

    def discard(self) -> None:
        """Remove the draft, to start again."""
        draft, self.draft = self.draft, None
        if draft is not None:
            draft.discard()

    def suspend(self) -> None:
        """Leave everything as the next run needs it, and let go of it."""
        work, draft = self.work, self.draft
        if draft is None:
            return
        done = Ranges(work.done)
        running = [part for part in work.flying if not part.stale]
        for part in running:
            done.add(part.start, part.position)
        size = work.size
        can_go_on = work.ranged and work.known.mark is not None
        if size is None or not done.total or not (can_go_on or not done.missing(size)):
            self.discard()
            return
        # Whatever ended the transfer is the error to report; a sidecar that cannot be written costs a part, no more.
        with contextlib.suppress(StorageError):
            if draft.remembers:
                for part in running:
                    draft.record(part.start, part.position)
            else:
                draft.remember(self.name, work.known, done)
        draft.close()
