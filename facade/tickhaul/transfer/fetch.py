"""Fetching parts: one thread with one connection, part after part."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from tickhaul._files import regular_size
from tickhaul.errors import IntegrityError, StorageError
from tickhaul.net.redaction import redacted
from tickhaul.net.waits import backoff
from tickhaul.transfer.agenda import Phase
from tickhaul.transfer.answers import Meaning
from tickhaul.transfer.arrival import Arrival, SurplusError
from tickhaul.transfer.disk import disk_errors
from tickhaul.transfer.folder import There
from tickhaul.transfer.model import KIB, DownloadedFile
from tickhaul.transfer.wire import RefusedError, WireError

if TYPE_CHECKING:
    from tickhaul.transfer.agenda import Part
    from tickhaul.transfer.answers import Judgement
    from tickhaul.transfer.build import Build
    from tickhaul.transfer.engine import Transfer
    from tickhaul.transfer.urls import Lease
    from tickhaul.transfer.wire import Channel

log = logging.getLogger("tickhaul.transfer")

_HEADWAY = 64 * KIB  # a failure after this much is a new first failure
_ONE_REFUSED = 3  # listings, for one file
_ALL_REFUSED = 6  # listings, with no file handed over in between, nor under way since before
_WRONG = 3
_PATIENCE = 12  # times the longest backoff: the longest Retry-After that is obeyed


class Fetcher:
    """One of the threads that fetch.

    Args:
        transfer: what it works for.
        channel: its place in the connection budget.
    """

    def __init__(self, transfer: Transfer, channel: Channel) -> None:
        self._transfer = transfer
        self._options = transfer.options
        self._channel = channel

    def run(self) -> None:
        """Fetch parts until there are no more."""
        try:
            while (part := self._take() or self._next()) is not None:
                self._fetch(part)
        finally:
            self._channel.close()

    def _take(self) -> Part | None:
        """The next part, if there is one now."""
        transfer = self._transfer
        with transfer.lock:
            return None if transfer.stopping else transfer.agenda.take(self._options.clock())

    def _next(self) -> Part | None:
        """The next part, waiting for one; ``None`` when there are no more."""
        transfer = self._transfer
        transfer.finisher.name_confirmed()
        with transfer.lock:
            while not transfer.stopping and not transfer.agenda.over:
                now = self._options.clock()
                part = transfer.agenda.take(now)
                if part is not None:
                    return part
                later = transfer.agenda.next_at()
                transfer.changed.wait(0.5 if later is None else min(max(later - now, 0.001), 0.5))
        return None

    def _fetch(self, part: Part) -> None:
        transfer = self._transfer
        build = transfer.builds[part.work]
        if build.shared and part.work.phase is Phase.CLOSED and self._brought_by_another(part, build):
            return
        lease = self._lease(part, build)
        if lease is None:
            return
        problem: WireError | None = None
        try:
            self._exchange(part, build, lease)
        except WireError as error:
            problem = error  # dealt with below: an error raised here would drag this one, and its frames, along
        if problem is None or transfer.stopped():
            return
        if isinstance(problem, RefusedError):
            transfer.lose(build, part, StorageError(str(problem), filename=build.name))
        elif isinstance(problem, SurplusError):
            transfer.changed_underneath(build, part, str(problem), ranged=False)
        elif part.end is not None and part.position >= part.end and part.position > part.start:
            transfer.whole(part)  # what broke was the half another thread has taken over
        else:
            self._again(part, build, self._channel.aborted or str(problem))

    def _brought_by_another(self, part: Part, build: Build) -> bool:
        transfer = self._transfer
        transfer.folder.reload()
        if transfer.folder.look(build.file, build.target) is not There.IT:
            return False
        build.discard()
        with disk_errors(build.name, build.target):
            size = regular_size(build.target)
        entry = transfer.folder.entry(build.name)
        sha256 = entry.sha256 if entry is not None else None
        if self._options.hash and sha256 is None:
            with transfer.lock:
                transfer.agenda.dropped(part)
                build.found(size)
            transfer.finisher.take(build)
        else:
            transfer.settle(build, DownloadedFile(build.target, size, sha256, already_there=True))
        return True

    def _lease(self, part: Part, build: Build) -> Lease | None:
        """A URL for a part; ``None`` when there is none, and the part was dealt with."""
        transfer = self._transfer
        lease = transfer.urls.lease(build.file.id)
        if transfer.stopped():
            return None
        if lease is None:
            transfer.give_up(build, StorageError("the export no longer lists this file", filename=build.name))
            return None
        if lease.file.size != build.file.size:
            # Its name stays the one that was checked, whatever the new listing calls it.
            build.file = replace(build.file, size=lease.file.size)
            transfer.changed_underneath(build, part, "another size is announced", ranged=True)
            return None
        return lease

    def _exchange(self, part: Part, build: Build, lease: Lease) -> None:
        """Ask for a part, and do what the answer calls for."""
        work, until = part.work, part.end
        asked = None if not work.ranged or until is None or part.untouched else (part.position, until)
        headers: dict[str, str] = {}
        if asked is not None:
            headers = {"Range": f"bytes={asked[0]}-{asked[1] - 1}", **work.known.conditions()}
        arrival = Arrival(self._transfer, part, build, asked)
        try:
            self._channel.get(lease.file.url, headers, arrival, meanwhile=self._transfer.finisher.name_confirmed)
            arrival.check_end()
        finally:
            arrival.close()
        if arrival.judgement is not None and arrival.judgement.identity is None:
            self._act(part, build, arrival.judgement, lease)
        elif arrival.complete or part.stale:
            self._transfer.whole(part)

    def _act(self, part: Part, build: Build, judgement: Judgement, lease: Lease) -> None:
        """Do what an answer without a usable body calls for."""
        proxy = self._channel.forwarded_by
        text = f"{redacted(lease.file.url)}{f' through {proxy}' if proxy else ''}: {judgement.text}"
        match judgement.meaning:
            case Meaning.EXPIRED:
                self._renew(part, build, text, lease)
            case Meaning.CHANGED:
                self._transfer.changed_underneath(build, part, text, ranged=part.work.ranged)
            case Meaning.LIED:
                self._transfer.changed_underneath(build, part, text, ranged=False)
            case Meaning.WRONG:
                self._transfer.urls.renew(lease.generation)
                self._again(part, build, text, most=_WRONG, error=IntegrityError)
            case _:
                self._again(part, build, text, wait=judgement.wait)

    def _renew(self, part: Part, build: Build, text: str, lease: Lease) -> None:
        transfer = self._transfer
        now = self._options.clock()
        with transfer.lock:
            for_all = transfer.refusals.refused(lease.generation, now)
            for_this = build.refusals.refused(lease.generation, now)
            others = transfer.agenda.is_fetching_since(transfer.refusals.since, beside=part.work)
        refused = "the storage host refuses" if self._channel.forwarded_by is None else "the host or the proxy refuses"
        failure = StorageError(f"{refused} {text}, with fresh URLs too", filename=build.name)
        if for_all > _ALL_REFUSED and not others:
            transfer.fail(failure)
        elif for_this > _ONE_REFUSED:
            transfer.lose(build, part, failure)
        else:
            log.debug("%s: %s: asking for new URLs", build.name, text)
            transfer.urls.renew(lease.generation)
            self._later(part, self._delay(for_this) if for_this > 1 else 0.0)

    def _again(
        self,
        part: Part,
        build: Build,
        text: str,
        *,
        wait: float | None = None,
        most: int | None = None,
        error: type[StorageError | IntegrityError] = StorageError,
    ) -> None:
        """Give a part back to be tried again, or end it when it has failed too often."""
        transfer, options = self._transfer, self._options
        with transfer.lock:
            if part.stale:  # its file was started again meanwhile, and may be doing well
                transfer.agenda.dropped(part)
                return
        if part.resumable and part.position - part.start >= _HEADWAY:
            part.failures = 0
        part.failures += 1
        attempts = min(options.attempts, most or options.attempts)
        if part.failures >= attempts:
            failure = error(
                f"{build.name} failed {part.failures} times in a row, the last time with {text}", filename=build.name
            )
            if error is IntegrityError:
                transfer.give_up(build, failure)
            else:
                transfer.lose(build, part, failure)
            return
        if wait is not None and wait > options.backoff_cap * _PATIENCE:
            transfer.lose(build, part, StorageError(f"{text}: asks to wait {wait:.0f} seconds", filename=build.name))
            return
        delay = max(self._delay(part.failures), wait or 0.0)
        log.debug("%s from byte %d: %s; again in %.2f s", build.name, part.position, text, delay)
        self._later(part, delay)

    def _delay(self, failures: int) -> float:
        options = self._options
        return backoff(failures, base=options.backoff, cap=options.backoff_cap, uniform=options.rng.uniform)

    def _later(self, part: Part, delay: float) -> None:
        transfer = self._transfer
        with transfer.lock:
            if part.stale:
                transfer.agenda.dropped(part)
            else:
                if not part.resumable:
                    transfer.builds[part.work].discard()
                transfer.agenda.failed(part, now=self._options.clock(), delay=delay)
            transfer.changed.notify_all()
