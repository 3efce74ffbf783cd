"""The response to a request for a part: judged by its head, and written to its place as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.transfer.agenda import Phase
from tickhaul.transfer.answers import Meaning, judge
from tickhaul.transfer.checksums import claims_in
from tickhaul.transfer.model import MIB
from tickhaul.transfer.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul.transfer.agenda import Part
    from tickhaul.transfer.answers import Judgement
    from tickhaul.transfer.build import Build, Draft
    from tickhaul.transfer.engine import Transfer

_RECORD = 16 * MIB  # how much of a part may be written without the sidecar knowing
_HASTEN = 4 * MIB  # from this size on, written ranges are sent on their way to the disk at once
# How much of a file may be written, and for how many seconds, without the disk having confirmed any of it. Confirming
# while the file is being written costs as much processor time as receiving it, so what is brought within seconds is
# confirmed once, at its end.
_CONFIRM_SIZE = 1024 * MIB
_CONFIRM_TIME = 10.0


class SurplusError(WireError):
    """A body is longer than it can be, so that nothing of it can be relied on."""


class Arrival:
    """Takes in one response (a `Receiver`).

    Args:
        transfer: what it is for.
        part: what was asked for.
        build: the file it is of.
        asked: the range asked for, end exclusive; ``None`` when the whole file was.

    Attributes:
        judgement: what the response means, ``None`` before it came.
        complete: whether the part is; not if it became void, or the transfer is ending.
    """

    def __init__(self, transfer: Transfer, part: Part, build: Build, asked: tuple[int, int] | None) -> None:
        self._transfer = transfer
        self._options = transfer.options
        self._part = part
        self._build = build
        self._asked = asked
        self._draft: Draft | None = None
        self._until = self._part.end
        self._recorded = part.position
        self.judgement: Judgement | None = None
        self.complete = False

    def head(self, status: int, headers: Mapping[str, str]) -> bool:
        """Judge the head, and make the file ready for its body if that is of use."""
        part, work = self._part, self._part.work
        self.judgement = judge(status, headers, asked=self._asked, known=work.known, name=work.name)
        if self.judgement.identity is None:
            return False  # an error page is not worth reading to keep the connection
        self._draft = self._begin(self.judgement)
        if self._draft is None:
            return False
        whole = self.judgement.meaning is Meaning.WHOLE
        self._draft.claim(claims_in(headers, None if whole else self._asked))
        if whole:
            self._until = part.end
        self._recorded = part.position
        self._transfer.last_name = work.name
        return True

    def piece(self, data: memoryview) -> bool:
        """Write the next bytes to their place."""
        part, draft = self._part, self._draft
        if draft is None or part.stale:
            return False
        end = part.end
        room = len(data) if end is None else max(0, end - part.position)
        piece = data[:room]
        draft.file.write_at(piece, part.position)
        part.position += len(piece)
        if part.position - self._recorded >= _RECORD:
            self._record(draft)
        if len(data) <= room:
            return not self._transfer.stopping
        if end == self._until:
            raise SurplusError("the host sent more than was asked for")
        self.complete = True  # another thread has taken over the rest
        return False

    def check_end(self) -> None:
        """See whether all has come.

        Raises:
            WireError: it has not.
        """
        part = self._part
        if self._draft is None or self.complete or part.stale or self._transfer.stopping:
            return
        if part.end is not None and part.position < part.end:
            raise WireError("the body ended too early")
        self.complete = True

    def close(self) -> None:
        """Note what has come, and let go of the file.

        Raises:
            StorageError: the disk does not take it.
        """
        draft = self._draft
        if draft is None:
            return
        try:
            self._record(draft)
        finally:
            draft.file.release()

    def _begin(self, judgement: Judgement) -> Draft | None:
        """Where to write the body to, held open; ``None`` when the body is of no use."""
        transfer, part, build, work = self._transfer, self._part, self._build, self._part.work
        assert judgement.identity is not None
        with transfer.lock:
            if part.stale:
                transfer.agenda.dropped(part)
                return None
            usable = judgement.meaning is Meaning.BODY or transfer.agenda.streamed(part)
            opening = work.phase is Phase.CLOSED
            transfer.refusals.accepted()
            build.refusals.accepted()
            if usable and not opening:
                return build.draft if build.draft is not None and build.draft.file.retain() else None
            if usable:
                transfer.agenda.identified(part, judgement.identity)
        if not usable:
            transfer.changed_underneath(build, part, "the host ignores ranges", ranged=False)
            return None
        # Nobody else touches a file that is not open yet, so the disk may take its time outside the lock.
        build.open(parts=work.ranged and work.known.mark is not None and not transfer.agenda.in_one_part(work))
        with transfer.lock:
            transfer.agenda.opened(part)
            transfer.changed.notify_all()
            if build.draft is not None:
                build.draft.synced_at = self._options.clock()
            return build.draft if build.draft is not None and build.draft.file.retain() else None

    def _record(self, draft: Draft) -> None:
        start, end = self._recorded, self._part.position
        self._recorded = end
        draft.record(start, end)
        if not self._options.fsync:
            return
        if end - start >= _HASTEN:
            self._transfer.finisher.hasten(draft, start, end)
        now = self._options.clock()
        if draft.unsynced >= _CONFIRM_SIZE or now - draft.synced_at > _CONFIRM_TIME:
            draft.synced_at = now
            self._transfer.finisher.confirm(self._build)
