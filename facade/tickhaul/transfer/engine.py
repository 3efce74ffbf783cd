"""A transfer: the threads of a crew, one that leads them, and the caller's, which waits.

The caller's thread does no transferring itself, so Ctrl-C, a canceled task and the progress callback all happen there,
and whatever ends the transfer leaves through one door: connections are closed, and what was fetched is remembered.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from tickhaul._files import regular_size
from tickhaul._threads import TICK, NoThreadError, wait_for
from tickhaul.errors import IntegrityError, StorageError, TransferCanceled, TransferError
from tickhaul.transfer.agenda import Agenda, Phase, Work
from tickhaul.transfer.build import Build
from tickhaul.transfer.crew import LIMIT, Crew
from tickhaul.transfer.disk import disk_errors
from tickhaul.transfer.finish import Finisher
from tickhaul.transfer.folder import Folder, There
from tickhaul.transfer.listing import check_listing
from tickhaul.transfer.meter import Meter, remaining
from tickhaul.transfer.model import MIB, DownloadedFile, Progress, RemoteFile, TransferOptions
from tickhaul.transfer.urls import Refusals, UrlBook

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from tickhaul.transfer.agenda import Part
    from tickhaul.transfer.model import Cancel

log = logging.getLogger("tickhaul.transfer")

_JOIN = 0.7  # seconds the threads get to end; with a tick before it, a cancelled transfer is over within a second
_SMALLEST_SPLIT = 4 * MIB
_RESTARTS = 5
_ALL_LOST = 3  # files in a row, after which it is not about a file


def download(
    files: Sequence[RemoteFile],
    directory: str | os.PathLike[str],
    *,
    refresh: Callable[[], Sequence[RemoteFile]],
    export_id: str,
    options: TransferOptions | None = None,
    on_progress: Callable[[Progress], object] | None = None,
    cancel: Cancel | None = None,
) -> list[DownloadedFile]:
    """Fetch files from presigned URLs into a folder.

    A final name only ever holds a whole, checked file. Whatever ends the transfer before (an error, ``cancel``, Ctrl-C,
    ``kill -9``, a power failure), the same call goes on from what was fetched.

    Args:
        files: what to fetch, with fresh URLs.
        directory: the folder to put it in; made when missing.
        refresh: returns the same files with new URLs. Called from any thread, never twice at once.
        export_id: the export the files are of, for the manifest.
        options: the settings.
        on_progress: called from this thread about ten times a second, and at the end. What it raises ends the transfer.
        cancel: looked at about ten times a second; once set, the transfer ends within a second.

    Returns:
        One result for each file, in their order.

    Raises:
        UnsafeFilenameError: a file's name is no plain file name; nothing was fetched.
        IntegrityError: what arrived is not what was announced, as often as it was tried; or an id cannot be one, or is
            listed twice.
        StorageError: the storage host refused or kept failing, or the disk did; or a URL cannot be used.
        TransferCanceled: ``cancel`` was set.
        Exception: whatever ``refresh`` or ``on_progress`` raised.
    """
    check_listing(files)
    options = options or TransferOptions()
    if not files:
        Folder(directory)
        return []
    return Transfer(files, directory, refresh, export_id, options).run(on_progress, cancel)


class Transfer:
    """One call of `download`."""

    def __init__(
        self,
        files: Sequence[RemoteFile],
        directory: str | os.PathLike[str],
        refresh: Callable[[], Sequence[RemoteFile]],
        export_id: str,
        options: TransferOptions,
    ) -> None:
        self.options = options
        self.folder: Folder
        self.export_id = export_id
        self.urls = UrlBook(files, refresh, lifetime=options.url_lifetime, clock=options.clock)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.stopping = False
        self.builds: dict[Work, Build] = {}
        self.results: dict[int, DownloadedFile] = {}
        self.last_name: str | None = None
        self.refusals = Refusals()
        self._files = files
        self._directory = directory
        self._settled = self._kept = 0
        self._lost = 0
        self._lost_since = 0.0
        self._failure: BaseException | None = None
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._leaving = False
        self._watched = False
        self._shown: Progress | None = None
        self._crew: Crew | None = None
        self._meter = Meter()
        self._fetched_before = 0
        self.agenda = Agenda((), part_size=1, smallest_split=1)
        self.finisher = Finisher(self)

    # -- the caller's thread ------------------------------------------------------------------------------------------

    def run(self, on_progress: Callable[[Progress], object] | None, cancel: Cancel | None) -> list[DownloadedFile]:
        """Do the transfer."""
        self._watched = on_progress is not None

        def look(over: bool) -> None:
            if on_progress is not None and self._shown is not None:
                on_progress(self._shown)
            if not over and cancel is not None and cancel.is_set():
                raise TransferCanceled("the transfer was canceled; the same call resumes from what was fetched")

        try:
            wait_for(self._lead, name="tickhaul-transfer", stop=self._leave, look=look)
        except NoThreadError as error:
            raise StorageError(f"no thread can be started here: {error}; {LIMIT}") from error
        return [self.results[index] for index in range(len(self._files))]

    def _leave(self) -> None:
        self._leaving = True
        self._wake.put(None)

    # -- the leading thread -------------------------------------------------------------------------------------------

    def _lead(self) -> None:
        try:
            self._prepare()
            if self.builds and not self._leaving:
                # At least one, for a file that looks whole may turn out not to be.
                self._crew = Crew(self, min(self.options.connections, max(1, self.agenda.most_at_once)))
                self._crew.start()
            while not self._is_over():
                self._measure()
                with contextlib.suppress(Empty):
                    self._wake.get(timeout=TICK)
            self._measure()
            if self._failure is None and not self._leaving:
                self.finisher.flush()
        finally:
            self._stop()
        if self._failure is not None:
            raise self._failure
        if not self._leaving:
            self._tidy()
            self._report_failed()

    def _is_over(self) -> bool:
        with self.lock:
            return self._leaving or self.agenda.over or self._failure is not None

    def _prepare(self) -> None:
        """Look at what is there, take over what earlier runs left, and check that the rest has room."""
        options = self.options
        self.folder = Folder(self._directory)
        self.folder.sweep()
        builds: list[Build] = []
        for index, file in enumerate(self._files):
            if self._leaving:
                return
            build = Build(file, index, self.folder)
            if self._there(build):
                if build.there:
                    builds.append(build)
                continue
            builds.append(build)
            self.builds[build.work] = build
            self._take_up(build)
        if builds:
            self.folder.check_writable()
        self._check_room()
        sizes = [build.work.size for build in builds]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        part_size = options.part_size_for(total)
        # Files another process is fetching come last: by then it may have brought them.
        builds.sort(key=lambda build: build.shared)
        for place, build in enumerate(builds):
            build.work.order = place
        works = [build.work for build in builds]
        self.agenda = Agenda(works, part_size=part_size, smallest_split=min(_SMALLEST_SPLIT, part_size))
        self._fetched_before = self._settled + sum(work.kept for work in works)
        for build in builds:
            if build.work.phase is Phase.WHOLE:
                self.finisher.take(build)
            elif build.draft is not None and options.fsync:
                self.finisher.confirm(build)

    def _take_up(self, build: Build) -> None:
        """Go on from the most that earlier runs left of a file."""
        usable, build.shared = self.folder.leftovers(build.file, resume=self.options.resume)
        for part, _ in usable[1:]:
            part.discard()
        for part, memory in usable[:1]:
            build.adopt(part, memory)

    def _there(self, build: Build) -> bool:
        """Whether a file is there already; if so, all that may be left to do is to note it down and hash it."""
        if not self.options.resume:
            self.folder.clear_target(build.file)
            return False
        if self.folder.look(build.file, build.target) is not There.IT:
            return False
        entry = self.folder.entry(build.name)
        with disk_errors(build.name, build.target):
            size = regular_size(build.target)
        digest = entry.sha256 if entry is not None else None
        if entry is None or (self.options.hash and digest is None):
            build.found(size)
            self.builds[build.work] = build
        else:
            self.results[build.index] = DownloadedFile(build.target, size, digest, already_there=True)
            self._settled += size
        return True

    def _check_room(self) -> None:
        needed = 0
        for build in self.builds.values():
            if build.work.size is None:
                return
            if not build.there:
                needed += max(0, build.work.size - (build.draft.file.allocated if build.draft is not None else 0))
        free = self.folder.free
        if needed > free:
            raise StorageError(f"{self.folder.path} has room for {free:,} bytes, and {needed:,} are still to come")

    def _stop(self) -> None:
        with self.lock:
            self.stopping = True
            self.changed.notify_all()
        self.urls.close()
        self.finisher.end()
        if self._crew is not None:
            self._crew.end(_JOIN)
        with self.lock:
            for build in self.builds.values():
                if build.work.phase not in (Phase.FINISHED, Phase.FAILED):
                    build.suspend()
        # Whatever ended the transfer is the error to report, and what the manifest lacks the next run adds.
        with contextlib.suppress(StorageError):
            self.finisher.flush()

    def _tidy(self) -> None:
        """Remove what killed runs left of files that are there now."""
        self.folder.scan()
        for index in self.results:
            self.folder.leftovers(self._files[index], resume=False)

    def _report_failed(self) -> None:
        failed = [build.work.error for build in self.builds.values() if build.work.error is not None]
        if not failed:
            return
        first = failed[0]
        if len(self._files) > 1:
            others = len(self._files) - len(failed)
            first.message = f"{first.message} ({len(failed)} of {len(self._files)} files failed, {others} are there)"
            first.args = (first.message,)
        raise first

    def _measure(self) -> None:
        """See how far the transfer is, if anybody wants to know: it takes a look at every file."""
        if not self._watched:
            return
        with self.lock:
            done = self._settled + self._kept + sum(work.progress for work in self.agenda.active.values())
            to_come = sum(max(0, (work.size or 0) - work.progress) for work in self.agenda.active.values())
            sizes = [build.work.size for build in self.builds.values() if build.work.phase is not Phase.FINISHED]
            total = None if None in sizes else self._settled + sum(size or 0 for size in sizes)
            files_done = len(self.results)
            name = self.last_name
        if total is not None:
            done = min(done, total)
        rate = self._meter.sample(self.options.clock(), done - self._fetched_before)
        # Of a file that was lost, nothing more comes.
        left = None if total is None else remaining(total - to_come, total, rate)
        self._shown = Progress(done, total, files_done, len(self._files), rate, left, name)

    # -- any thread ---------------------------------------------------------------------------------------------------

    def fail(self, error: BaseException) -> None:
        """End the transfer with an error, unless one has ended it already."""
        with self.lock:
            if self._failure is None and not self.stopping:
                self._failure = error
        self._wake.put(None)

    def settle(self, build: Build, result: DownloadedFile) -> None:
        """A file has its final name."""
        with self.lock:
            self.results[build.index] = result
            self._settled += result.bytes
            self.agenda.finished(build.work)
            build.draft = None  # of thousands of files, it would take memory until the end
            self._notice()

    def give_up(self, build: Build, error: TransferError) -> None:
        """A file cannot be had, and what was fetched of it is of no use; the others continue."""
        with self.lock:
            if build.work.phase not in (Phase.FINISHED, Phase.FAILED):
                log.debug("%s: given up: %s", build.name, error)
                self.agenda.give_up(build.work, error)
                build.discard()
                self._notice()

    def lose(self, build: Build, part: Part, error: TransferError) -> None:
        """A file cannot be had now, and what was fetched of it is kept; the others continue while any of them makes progress.

        One that was asked for before the first of those lost in a row, and is still being fetched, may be doing well.
        """
        with self.lock:
            if part.stale:  # its file was started again meanwhile, and may be doing well, or is there
                self.agenda.dropped(part)
                return
            log.debug("%s: left for the next run: %s", build.name, error)
            if self._lost == 0:
                self._lost_since = self.options.clock()
            self._lost += 1
            if self._lost < _ALL_LOST or self.agenda.is_fetching_since(self._lost_since, beside=build.work):
                build.suspend()
                self._kept += build.work.progress if build.draft is not None else 0
                self.agenda.give_up(build.work, error)
                self._notice()
                return
        self.fail(error)

    def restart(self, build: Build, *, ranged: bool) -> None:
        """Throw away what there is of a file and start it again."""
        with self.lock:
            build.discard()
            self.agenda.restart(build.work, size=build.file.size, ranged=ranged)
            self._notice()

    def changed_underneath(self, build: Build, part: Part, text: str, *, ranged: bool) -> None:
        """Start a file again because it is not what it was when ``part`` was given out; too often, and it is given up."""
        with self.lock:
            if part.stale:
                self.agenda.dropped(part)
                return
            build.restarts += 1
            if build.restarts <= _RESTARTS:
                log.debug("%s: started again: %s", build.name, text)
                self.restart(build, ranged=ranged)
                return
        failure = f"{build.name} kept changing while it was fetched: {text}"
        self.give_up(build, IntegrityError(failure, filename=build.name))

    def whole(self, part: Part) -> None:
        """A part is complete, or void; if its file is complete, it goes on to be checked and named."""
        with self.lock:
            if part.stale:
                self.agenda.dropped(part)
                return
            self._lost = 0
            if not self.agenda.completed(part):
                self.changed.notify_all()
                return
        build = self.builds[part.work]
        if self.finisher.is_quick(build):
            if self._crew is None or not self.finisher.defer(build, at_most=self._crew.spare):
                self.finisher.finish(build)
        else:
            build.remember()
            self.finisher.take(build)

    @property
    def fetching(self) -> bool:
        """Whether any part is given out. Without the lock: whoever gives the last one back names what is confirmed."""
        return self.agenda.fetching

    def stopped(self) -> bool:
        """Whether the transfer is ending."""
        return self.stopping

    def _notice(self) -> None:
        self.changed.notify_all()
        if self.agenda.over:
            self._wake.put(None)
