"""Finishing files: the disk confirms them, they are checked, they get their names, and the manifest learns of them.

What takes long is left to a thread of its own: waiting for the disk's word, and hashing. Small files are checked and
named by the threads that fetch, while the host works on their next answer: threads that take turns for every small file
spend more time on the turns than on the files. The manifest is written about once a second, not once a file.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tickhaul._files import UnsafeFileError, regular_size, sync_directory
from tickhaul.errors import IntegrityError, StorageError
from tickhaul.transfer.checksums import broken_claim, digest_of
from tickhaul.transfer.disk import disk_errors, storage_error
from tickhaul.transfer.manifest import Entry, add_to_manifest
from tickhaul.transfer.model import DownloadedFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.transfer.build import Build, Draft
    from tickhaul.transfer.engine import Transfer

_TRIES = 2  # a file whose checksum is wrong is fetched once more
_LOSSES = 4
_FLUSH = 1.0  # seconds the manifest may lag behind
_SOON = 0.1  # seconds a confirmed file waits for a fetching thread to come by


class Finisher:
    """Finishes files, in its own thread or in that of a caller.

    Args:
        transfer: what it works for.

    Attributes:
        unnamed: how many whole files are left to `name_confirmed`.
    """

    def __init__(self, transfer: Transfer) -> None:
        self.unnamed = 0
        self._transfer = transfer
        self._fsync = transfer.options.fsync
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._confirming: set[int] = set()
        self._confirmed: deque[Build] = deque()
        self._guard = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._flushing = threading.Lock()
        self._flushed = transfer.options.clock()

    def take(self, build: Build) -> None:
        """Finish a file that is whole, in this object's own thread."""
        self._queue.put(partial(self.finish, build))

    def hasten(self, draft: Draft, start: int, end: int) -> None:
        """Have a written range on its way to the disk, which takes a thread's time, but not that of one that fetches."""
        self._queue.put(partial(draft.hasten, start, end))

    def confirm(self, build: Build) -> None:
        """Have the disk confirm what there is of a file, unless that is about to happen."""
        if build.index not in self._confirming:
            self._confirming.add(build.index)
            self._queue.put(partial(self._sync, build))

    def _sync(self, build: Build) -> None:
        self._confirming.discard(build.index)
        draft = build.draft
        if draft is not None:
            draft.sync()

    def defer(self, build: Build, *, at_most: int) -> bool:
        """Leave a file that is whole to `name_confirmed`, having the disk confirm it meanwhile.

        Args:
            build: the file.
            at_most: how many may wait for their names like this: what is whole and has no name yet is lost when the
                process dies.

        Returns:
            Whether it is left; not if too many wait already.
        """
        with self._guard:
            if self.unnamed >= at_most:
                return False
            self.unnamed += 1
        if self._fsync:
            self._queue.put(partial(self._confirm_whole, build))
        else:
            self._confirmed.append(build)
        return True

    def _confirm_whole(self, build: Build) -> None:
        assert build.draft is not None
        build.draft.file.sync()
        self._confirmed.append(build)
        if not self._transfer.fetching:
            self.name_confirmed()

    def name_confirmed(self) -> None:
        """Check and name the files that were left, and are confirmed by now.

        Fetching threads do this while the host works on their next answer.

        Raises:
            StorageError: the disk does not take it.
        """
        while self._confirmed:
            try:
                build = self._confirmed.popleft()
            except IndexError:
                return  # another thread was faster
            self._complete(build)
            with self._guard:
                self.unnamed -= 1

    def end(self) -> None:
        """No more will come."""
        self._queue.put(None)

    def run(self) -> None:
        """Finish files until there are no more."""
        transfer = self._transfer
        while True:
            try:
                task = self._queue.get(timeout=_SOON if self._confirmed else _FLUSH)
            except queue.Empty:
                self.name_confirmed()
            else:
                if task is None or transfer.stopped():
                    return
                task()
            if transfer.options.clock() - self._flushed > _FLUSH:
                self.flush()

    def is_quick(self, build: Build) -> bool:
        """Whether finishing a file takes a moment only."""
        claims = build.draft.claims if build.draft is not None else []
        return not (self._transfer.options.hash or claims or (build.draft is not None and build.draft.remembers))

    def finish(self, build: Build) -> None:
        """Confirm, check and name a file that is whole.

        Raises:
            StorageError: the disk does not take it.
        """
        if self._fsync and build.draft is not None:
            build.draft.file.sync()
        self._complete(build)

    def _complete(self, build: Build) -> None:
        transfer = self._transfer
        result = self._checked(build)
        if result is None:
            return
        entry = self._entry(build, result)
        if not transfer.options.resume or build.file.size is None:
            # What the name holds is being replaced, or cannot be told by its announced length: the manifest must not
            # describe it falsely for a moment, nor fail to describe it.
            with disk_errors(build.name, result.path):
                result.path.unlink(missing_ok=True)
            with self._flushing:  # else threads would wait for each other at the directory, by looking again and again
                add_to_manifest(transfer.folder.path, {build.name: entry}, fsync=self._fsync)
        if self._publish(build, result):
            with self._guard:
                self._entries[build.name] = entry
            transfer.settle(build, result)

    def flush(self) -> None:
        """Bring the manifest up to date, and have the disk confirm the new names.

        Raises:
            StorageError: the disk does not take it.
        """
        with self._flushing:  # whoever comes second waits until what the first took is on disk
            self._flushed = self._transfer.options.clock()
            with self._guard:
                entries, self._entries = self._entries, {}
            if not entries:
                return
            folder = self._transfer.folder.path
            if self._fsync:
                with disk_errors(None, folder):
                    sync_directory(folder)
            add_to_manifest(folder, entries, fsync=self._fsync)

    def _checked(self, build: Build) -> DownloadedFile | None:
        """Check a whole file; ``None`` when it is not what was announced and was started again or given up."""
        transfer, work, draft = self._transfer, build.work, build.draft
        path, claims = (build.target, []) if draft is None else (draft.file.path, draft.claims)
        try:
            length = regular_size(path) if draft is None else draft.file.length
            broken = broken_claim(path, claims, stopped=transfer.stopped) if claims else None
            sha256 = digest_of(path, hashlib.sha256(), None, transfer.stopped).hex() if transfer.options.hash else None
        except FileNotFoundError:
            self._lost(build)
            return None
        except OSError as error:
            raise storage_error(error, build.name, path) from error
        if transfer.stopped():
            return None
        if length == work.size and broken is None:
            return DownloadedFile(build.target, length, sha256, work.kept > 0, draft is None)
        if broken is not None:
            text = f"it does not have the {broken.header} the host announced"
        else:
            text = f"it is {length} bytes on disk, not {work.size}"
        build.failed_checks += 1
        if build.failed_checks < _TRIES:
            transfer.restart(build, ranged=work.ranged)
        else:
            transfer.give_up(build, IntegrityError(f"{build.name} arrived broken: {text}", filename=build.name))
        return None

    def _publish(self, build: Build, result: DownloadedFile) -> bool:
        draft = build.draft
        if draft is None:
            return True
        try:
            draft.file.publish(result.path)
        except FileNotFoundError:
            # Where locks do not work, another process may have finished it for us.
            with disk_errors(build.name, result.path):
                try:
                    there = regular_size(result.path) == result.bytes
                except (FileNotFoundError, UnsafeFileError):
                    there = False
        else:
            there = True
            draft.forget()
        if not there:
            self._lost(build)
        return there

    def _lost(self, build: Build) -> None:
        """The temporary file was removed, by another process or by a person: start again."""
        build.losses += 1
        if build.losses < _LOSSES:
            self._transfer.restart(build, ranged=build.work.ranged)
        else:
            failure = StorageError(f"something keeps removing the part files of {build.name}", filename=build.name)
            self._transfer.give_up(build, failure)

    def _entry(self, build: Build, result: DownloadedFile) -> Entry:
        known, claims = build.work.known, build.draft.claims if build.draft is not None else []
        return Entry(
            export=self._transfer.export_id,
            artifact=build.file.id,
            bytes=result.bytes,
            etag=known.etag,
            last_modified=known.last_modified,
            sha256=result.sha256,
            checked=tuple(sorted({claim.header for claim in claims})),
            finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
