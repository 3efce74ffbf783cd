# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""Exports: a job writes a time range of a datastream to files, which are then brought home."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from tickhaul._core import operations
from tickhaul._core.arguments import check_callback, datastream_id, export_id, seconds_or_unlimited
from tickhaul._core.deadline import Deadline
from tickhaul._core.exports import creation_body
from tickhaul._core.waiting import is_over, poll_intervals
from tickhaul._threads import load
from tickhaul.errors import ApiError, DeadlineExceeded, NetworkError, WaitTimeout

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Mapping
    from os import PathLike
    from uuid import UUID

    from tickhaul._core.times import TimeLike
    from tickhaul._sync.caller import Caller
    from tickhaul._sync.pages import Pages
    from tickhaul._sync.primitives import Call
    from tickhaul.models import (
        Datastream,
        Download,
        ExportFormat,
        ExportJob,
        FormatOptions,
        InlineSchema,
        Schema,
        SchemaListItem,
    )
    from tickhaul.transfer import DownloadedFile, Progress

#: docs: guides/pagination.
_USUAL, _LARGEST = 50, 100
#: Seconds, ample for an answer.
_LAST_LOOK = 1.0


class Exports:
    """Export jobs and their files.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(
        self,
        datastream: int | Datastream,
        start: TimeLike,
        end: TimeLike,
        *,
        schema: str | Schema | SchemaListItem | InlineSchema | Mapping[str, object] | None = None,
        format: ExportFormat | str | None = None,  # noqa: A002 (the service's own name for it)
        format_options: FormatOptions | Mapping[str, object] | None = None,
        idempotency_key: str | UUID | None = None,
    ) -> ExportJob:
        """Start an export. The account needs a subscription to the datastream, active or paused.

        The service clips the range to what that subscription recorded (docs: exports/create-export).

        Args:
            datastream: the datastream or its id.
            start: the first moment, inclusive. Any form of a time: a ``datetime`` (naive means UTC), a ``date`` (its
                midnight UTC), a ``timedelta`` (back from now), nanoseconds since 1970 as an ``int``, text such as
                ``2024-01-15T10:00Z``, ``numpy.datetime64``, ``pandas.Timestamp``.
            end: the moment after the last, in the same forms.
            schema: ``raw`` (the default), a built-in or own schema by name or id, or its content.
            format: ``csv`` (gzip-compressed; the default) or ``parquet``.
            format_options: options of the format, as the service documents them.
            idempotency_key: a UUID; without it a fresh one, kept through all retries of this call.

        Returns:
            The job, ``queued``. `wait` for it, then `download` it.

        Raises:
            ValueError: a time is not understood, or the range is empty.
            PermissionDeniedError: the subscription was deleted.
            PaymentRequiredError: the plan does not allow it.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(
            operations.CREATE_EXPORT,
            idempotency_key=idempotency_key,
            body=creation_body(
                datastream_id(datastream),
                start,
                end,
                schema=schema,
                format=format,
                format_options=format_options,
                now=self._caller.clock.time_ns(),
            ),
        )

    def list(
        self, *, max_items: int | None = None, page_size: int | None = None, page_token: str | None = None
    ) -> Pages[ExportJob]:
        """The account's export jobs, page by page.

        Args:
            max_items: stop after so many; ``None`` for all.
            page_size: items a page, 1 to 100; ``None`` for the service's 50.
            page_token: go on from an earlier page's ``next_page_token``.

        Raises:
            ValueError: an argument is out of range.
        """
        return self._caller.pages(
            operations.LIST_EXPORTS,
            usual=_USUAL,
            largest=_LARGEST,
            max_items=max_items,
            page_size=page_size,
            page_token=page_token,
        )

    def get(self, job: str | ExportJob) -> ExportJob:
        """One job as it is now.

        Args:
            job: the job or its id.

        Raises:
            NotFoundError: this account has no such job.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(operations.GET_EXPORT, id=export_id(job))

    def delete(self, job: str | ExportJob, *, idempotency_key: str | UUID | None = None) -> None:
        """Delete a job.

        Args:
            job: the job or its id.
            idempotency_key: a UUID; without it a fresh one.

        Raises:
            NotFoundError: this account has no such job.
            TickhaulError: see the module `tickhaul.errors`.
        """
        self._caller.call(operations.DELETE_EXPORT, idempotency_key=idempotency_key, id=export_id(job))

    def cancel(self, job: str | ExportJob, *, idempotency_key: str | UUID | None = None) -> None:
        """Cancel a job that is queued or running. Canceling what is canceled changes nothing.

        Args:
            job: the job or its id.
            idempotency_key: a UUID; without it a fresh one.

        Raises:
            InvalidArgumentError: the job has ended otherwise.
            NotFoundError: this account has no such job.
            TickhaulError: see the module `tickhaul.errors`.
        """
        self._caller.call(operations.CANCEL_EXPORT, idempotency_key=idempotency_key, id=export_id(job))

    def get_download(self, job: str | ExportJob) -> Download:
        """Where the files of a finished job are: presigned URLs that live five minutes.

        `download` uses this and renews the URLs by itself. Whoever has such a URL can read the file, so treat it as a
        secret, and fetch it without the API key.

        Args:
            job: the job or its id.

        Raises:
            ApiError: the job has not succeeded.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(operations.GET_EXPORT_DOWNLOAD, id=export_id(job))

    def wait(
        self,
        job: str | ExportJob,
        timeout: float | None = 3600.0,
        *,
        on_progress: Callable[[ExportJob], object] | None = None,
        cancel_on_timeout: bool = False,
    ) -> ExportJob:
        """Wait until a job has succeeded, looking at it ever less often.

        A look that fails for a passing reason (the network, the service, its quota) does not end the wait, unless it is
        the first one at a job given by its id; the time does.

        Args:
            job: the job or its id.
            timeout: seconds to wait; ``None`` for as long as it takes.
            on_progress: called with the job as seen at every look.
            cancel_on_timeout: cancel the job when the time is up.

        Returns:
            The job, ``succeeded``.

        Raises:
            ExportFailed: it failed; ``error.job.reason`` says why.
            ExportCanceled: it was canceled or deleted.
            WaitTimeout: the time is up; ``error.job`` is the job as last seen.
            NotFoundError: this account has no such job.
            DeadlineExceeded: the time was up before the first look at a job given by its id.
            TickhaulError: see the module `tickhaul.errors`.
        """
        check_callback("on_progress", on_progress)
        clock = self._caller.clock
        limit = Deadline(seconds_or_unlimited("timeout", timeout), clock.monotonic)
        # A last look is taken before the time is up, however long the interval has grown.
        reserve = min(_LAST_LOOK, limit.seconds / 2)
        # An id alone tells nothing yet; a job may already carry its end.
        seen = self._within(limit).get(job) if isinstance(job, str) else job
        intervals = poll_intervals(self._caller.executor.uniform)
        while True:
            if on_progress is not None:
                on_progress(seen)
            if is_over(seen):
                return seen
            left = limit.remaining() - reserve
            if left <= 0:
                return self._give_up(seen, limit, cancel=cancel_on_timeout)
            clock.sleep(min(next(intervals), left))
            seen = self._look_again(seen, limit)

    def download(
        self,
        job: str | ExportJob,
        directory: str | PathLike[str],
        *,
        connections: int | None = None,
        hash: bool = False,  # noqa: A002 (what it does, in one word)
        resume: bool = True,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> builtins.list[DownloadedFile]:
        """Bring the files of a finished job home.

        A file has its final name only when it is whole and checked. What an interrupted run left is taken up by the
        next one into the same directory. URLs that expire meanwhile are renewed.

        Args:
            job: the job or its id.
            directory: where to; made if it does not exist.
            connections: how many may be open to the storage host at once; ``None`` for the default.
            hash: also compute each file's SHA-256, which costs about as much processor time as the transfer.
            resume: go on from what an earlier run left; ``False`` fetches everything anew.
            on_progress: called with a `tickhaul.transfer.Progress` about ten times a second, in the thread that runs the
                transfer: the caller's own, and never the one of an event loop. What it raises ends the transfer.

        Returns:
            Each file with its ``path`` and ``bytes``, in the service's order. They are accepted wherever a path is.

        Raises:
            UnsafeFilenameError: the service named a file that could leave the directory.
            IntegrityError: what arrived is not what was announced.
            StorageError: the storage host kept failing, or the disk could not take a file.
            ApiError: the job has not succeeded.
            TickhaulError: see the module `tickhaul.errors`.
        """
        load("tickhaul._sync.primitives", "tickhaul.transfer")
        from tickhaul._sync.primitives import run_blocking  # noqa: PLC0415 (as below)
        from tickhaul.transfer import RemoteFile, TransferOptions, download  # noqa: PLC0415 (loads with its first use)

        check_callback("on_progress", on_progress)
        identifier = export_id(job)
        executor = self._caller.executor
        settings = TransferOptions(
            hash=hash,
            resume=resume,
            ssl_context=executor.ssl_context,
            proxy=executor.proxy_setting.reveal() if executor.proxy_setting else None,
            trust_env=executor.proxy_setting is None,
        )
        if connections is not None:
            settings = replace(settings, connections=connections)
        cancel = threading.Event()

        def list_files() -> builtins.list[RemoteFile]:
            listing = self.get_download(identifier)
            return [RemoteFile(file.id, file.filename, file.bytes, file.url) for file in listing.artifacts]

        files = list_files()

        def work(call: Call) -> builtins.list[DownloadedFile]:
            return download(
                files,
                directory,
                refresh=lambda: call(list_files),
                export_id=identifier,
                options=settings,
                on_progress=on_progress,
                cancel=cancel,
            )

        return run_blocking(work, cancel)

    def _within(self, limit: Deadline) -> Exports:
        return Exports(self._caller.within(limit.remaining()))

    def _look_again(self, seen: ExportJob, limit: Deadline) -> ExportJob:
        try:
            return self._within(limit).get(seen)
        except (NetworkError, DeadlineExceeded):
            return seen
        except ApiError as error:
            if error.status in (408, 429) or error.status >= 500:
                return seen
            raise

    def _give_up(self, seen: ExportJob, limit: Deadline, *, cancel: bool) -> ExportJob:
        what = f"export {seen.id} was still {seen.status} after {limit.seconds:g} s"
        if cancel:
            try:
                self.cancel(seen)
            except ApiError:
                # It may have ended in the very moment; then that end counts, and otherwise the service's refusal.
                seen = self.get(seen)
                if is_over(seen):
                    return seen
                raise
            raise WaitTimeout(f"{what}, so it was canceled", job=seen)
        raise WaitTimeout(f"{what}; it goes on, wait(…) can be called again", job=seen)
