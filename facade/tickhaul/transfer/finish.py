"""Finishing files: one thread that has the disk confirm them, checks them, notes them down, and gives them their names.

Files that become whole while it is at work are taken together, so that hundreds of small ones cost one manifest and
one confirmation of the folder, not hundreds.
"""

from __future__ import annotations

import hashlib
import queue
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tickhaul.errors import IntegrityError
from tickhaul.transfer.checksums import broken_claim, digest_of
from tickhaul.transfer.disk import disk_errors, sync_folder
from tickhaul.transfer.manifest import Entry, add_to_manifest
from tickhaul.transfer.model import DownloadedFile

if TYPE_CHECKING:
    from tickhaul.transfer.build import Build
    from tickhaul.transfer.engine import Transfer

_TRIES = 2  # a file whose checksum is wrong is fetched once more


class Finisher:
    """The thread that finishes.

    Args:
        transfer: what it works for.
    """

    def __init__(self, transfer: Transfer) -> None:
        self._transfer = transfer
        self._queue: queue.SimpleQueue[tuple[Build, bool] | None] = queue.SimpleQueue()
        self._confirming: set[int] = set()
        self._failed_checks: dict[int, int] = {}

    def take(self, build: Build) -> None:
        """Finish a file that is whole."""
        self._queue.put((build, True))

    def confirm(self, build: Build) -> None:
        """Have the disk confirm what there is of a file, unless that is about to happen."""
        if build.index not in self._confirming:
            self._confirming.add(build.index)
            self._queue.put((build, False))

    def end(self) -> None:
        """No more will come."""
        self._queue.put(None)

    def run(self) -> None:
        """Finish files until there are no more."""
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            whole: list[Build] = []
            for item in batch:
                if item is None or self._transfer.stopping:
                    return
                build, finished = item
                self._confirming.discard(build.index)
                draft = build.draft if self._transfer.options.fsync else None
                if finished:
                    if draft is not None:
                        draft.file.sync()
                    whole.append(build)
                elif draft is not None:
                    draft.sync()
            self._finish(whole)

    def _finish(self, builds: list[Build]) -> None:
        transfer, options = self._transfer, self._transfer.options
        entries: dict[str, Entry] = {}
        ready: list[tuple[Build, DownloadedFile]] = []
        for build in builds:
            result = self._checked(build)
            if result is not None:
                entries[build.name] = self._entry(build, result)
                ready.append((build, result))
        if not ready or transfer.stopped():
            return
        if not options.resume:
            for _, result in ready:
                # What the name holds is being replaced: the manifest must not describe it as the new file meanwhile.
                with disk_errors(None, result.path):
                    result.path.unlink(missing_ok=True)
        # The manifest goes first: a name it does not know can then only be a file somebody else put there.
        add_to_manifest(transfer.folder.path, entries, fsync=options.fsync)
        named = [(build, result) for build, result in ready if self._name(build, result)]
        if options.fsync:
            with disk_errors(None, transfer.folder.path):
                sync_folder(transfer.folder.path)
        for build, result in named:
            transfer.settle(build, result)

    def _checked(self, build: Build) -> DownloadedFile | None:
        """Check a whole file; ``None`` when it is not what was announced and was started again or given up."""
        transfer, work, draft = self._transfer, build.work, build.draft
        path = build.target if draft is None else draft.file.path
        claims = [] if draft is None else draft.claims
        assert work.size is not None
        sha256 = None
        with disk_errors(build.name, path):
            length = path.stat().st_size
            broken = broken_claim(path, claims, stopped=transfer.stopped)
            if transfer.options.hash:
                sha256 = digest_of(path, hashlib.sha256(), None, transfer.stopped).hex()
        if transfer.stopped():
            return None
        if length != work.size:
            text = f"it is {length} bytes on disk, not {work.size}"
        elif broken is not None:
            text = f"it does not have the {broken.header} the host announced"
        else:
            return DownloadedFile(build.target, length, sha256, work.kept > 0, build.there)
        tries = self._failed_checks.get(build.index, 0) + 1
        self._failed_checks[build.index] = tries
        if tries < _TRIES:
            transfer.restart(build, ranged=work.ranged)
        else:
            transfer.give_up(build, IntegrityError(f"{build.name} arrived broken: {text}", filename=build.name))
        return None

    def _name(self, build: Build, result: DownloadedFile) -> bool:
        draft = build.draft
        if draft is None:
            return True
        try:
            draft.file.publish(result.path)
        except FileNotFoundError:
            return self._lost(build, result)
        with disk_errors(build.name, result.path):
            draft.forget()
        return True

    def _lost(self, build: Build, result: DownloadedFile) -> bool:
        """The temporary file is gone: where locks do not work, another process may have finished it for us."""
        there = result.path.is_file() and result.path.stat().st_size == result.bytes
        if not there:
            self._transfer.restart(build, ranged=build.work.ranged)
        return there

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
