"""The export jobs of one account: queued, running, then succeeded, failed or canceled, in simulated time.

Source: docs exports/*, section 10 of the API reference. The files are made for real as soon as the job is created; a
job is done when both simulated time and the files say so.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from tickhaul_sandbox.artifacts.store import GivenUpError
from tickhaul_sandbox.artifacts.tables import LayoutError
from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.errors import conflict, not_found, refused
from tickhaul_sandbox.state.file import StateError
from tickhaul_sandbox.times import format_instant, to_microsecond

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from tickhaul_sandbox.artifacts.recipe import FileRecipe
    from tickhaul_sandbox.artifacts.store import Artifact, ArtifactStore
    from tickhaul_sandbox.catalog import Datastream
    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.ids import Ids
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.settings import Settings
    from tickhaul_sandbox.state.ledger import Shelf

Status = Literal["queued", "running", "succeeded", "failed", "canceled", "deleted"]

_QUEUED_SHARE = 0.2
_log = logging.getLogger("tickhaul_sandbox.exports")


@dataclass(frozen=True)
class Order:
    """What a job was asked to export.

    Attributes:
        stream: The datastream.
        start_ns: The first instant, as it is shown.
        end_ns: The first instant after the range, as it is shown.
        fmt: `csv` or `parquet`.
        format_options: The options of the format, defaults filled in.
        recipes: The files to make.
        failure: Why the job is to fail, `None` if it is not.
    """

    stream: Datastream
    start_ns: int
    end_ns: int
    fmt: str
    format_options: JsonObject
    recipes: tuple[FileRecipe, ...]
    failure: str | None = None


@dataclass
class Job:
    """One export job.

    Attributes:
        export_id: Its id.
        order: What was asked for.
        created_ns: When it was created.
        starts_ns: When it stops being queued.
        due_ns: When it is done, if its files are.
        artifact_ids: The ids of its files.
        artifacts: Its files, once made.
        failure: Why it failed, once it has.
        built_ns: When its files were made.
        ended_ns: When it was canceled, `None` if it was not.
        deleted: Whether it was deleted; of what was ordered, the files are forgotten then.
        delivered: How many bytes it had come to when it was deleted.
        overdue: Whether somebody has seen it running when simulated time said it was done.
        build: Ends when the files are made or have failed.
        stop: Tells the making of the files to give up.
    """

    export_id: str
    order: Order
    created_ns: int
    starts_ns: int
    due_ns: int
    artifact_ids: tuple[str, ...] = ()
    artifacts: Sequence[Artifact] = ()
    failure: str | None = None
    built_ns: int | None = None
    ended_ns: int | None = None
    deleted: bool = False
    delivered: int = 0
    overdue: bool = False
    build: asyncio.Task[None] | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def status(self, now_ns: int) -> Status:
        """Return the state of the job at an instant."""
        if self.deleted:
            return "deleted"
        if self.ended_ns is not None:
            return "canceled"
        if now_ns < self.starts_ns:
            return "queued"
        if now_ns < self.due_ns or self.built_ns is None:
            return "running"
        return "succeeded" if self.failure is None else "failed"

    def body(self, now_ns: int, *, ns_as_strings: bool) -> JsonObject:
        """Return the ExportJob object of the API."""
        order, status = self.order, self.status(now_ns)

        def ns(value: int) -> Json:
            return str(value) if ns_as_strings else value

        body: JsonObject = {
            "id": self.export_id,
            "datastream_id": order.stream.datastream_id,
            "start_time": ns(order.start_ns),
            "end_time": ns(order.end_ns),
            "format": order.fmt,
            "format_options": order.format_options,
            "status": status,
            "created_at": format_instant(self.created_ns),
            "started_at": None,
            "finished_at": None,
        }
        if status == "failed":
            body["reason"] = self.failure
        if self.starts_ns <= (now_ns if self.ended_ns is None else self.ended_ns):
            body["started_at"] = format_instant(self.starts_ns)
        if status == "canceled" and self.ended_ns is not None:
            body["finished_at"] = format_instant(self.ended_ns)
        elif status in {"succeeded", "failed"}:
            body["finished_at"] = format_instant(max(self.due_ns, self.built_ns or 0))
        return body


class Exports:
    """The export jobs of one account.

    Args:
        settings: How the sandbox is to be.
        clock: The sandbox's time.
        ids: Makes the ids.
        store: Keeps the files.
        workers: Makes the files.
        shelf: Where jobs are remembered.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        ids: Ids,
        store: ArtifactStore,
        workers: Executor,
        shelf: Shelf[Job],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._store = store
        self._workers = workers
        self._shelf = shelf
        self._jobs: dict[str, Job] = {}

    def restore(self) -> None:
        """Take up the jobs of an earlier run.

        Raises:
            StateError: If one makes no sense.
        """
        self._shelf.restore(lambda job: self._jobs.update({job.export_id: job}))

    def go_on(self) -> None:
        """Make the files that an earlier run did not get to; to be called in the event loop."""
        for job in self._jobs.values():
            if job.built_ns is None and job.ended_ns is None and not job.deleted:
                job.overdue = True
                self._begin(job)

    def create(self, order: Order) -> Job:
        """Queue a job and begin to make its files."""
        now = to_microsecond(self._clock.now_ns())
        takes = self._settings.export_seconds
        job = Job(
            export_id=self._ids.make("exp"),
            order=order,
            created_ns=now,
            starts_ns=now + to_microsecond(round(takes * _QUEUED_SHARE * SECOND)),
            due_ns=now + to_microsecond(round(takes * SECOND)),
            artifact_ids=tuple(self._ids.make("art") for _ in order.recipes),
        )
        self._jobs[job.export_id] = job
        self._shelf.put(job.export_id, job)
        self._begin(job)
        return job

    async def get(self, export_id: str) -> Job:
        """Return a job.

        Raises:
            ApiError: 404 if there is none, or it is deleted and the settings hide those.
        """
        await self._settle([self._find(export_id)])
        # It may have been deleted while its files were waited for.
        return self._find(export_id)

    async def all(self) -> list[Job]:
        """Return every job that is not deleted, in no particular order."""
        jobs = [job for job in self._jobs.values() if not job.deleted]
        await self._settle(jobs)
        return jobs

    async def cancel(self, export_id: str) -> None:
        """Cancel a queued or running job; nothing changes if it is canceled.

        Raises:
            ApiError: 404 if there is none, 400 or what the settings say if it has ended otherwise.
        """
        job = await self.get(export_id)
        now = to_microsecond(self._clock.now_ns())
        status = job.status(now)
        if status in {"queued", "running"}:
            job.ended_ns = now
            self._abandon(job)
            self._shelf.put(export_id, job)
        elif status != "canceled":
            raise refused(self._settings.late_cancel, f"Export {export_id} cannot be canceled: it has {status}")

    async def delete(self, export_id: str) -> None:
        """Delete a job and its files; nothing changes if it is deleted.

        Raises:
            ApiError: 404 if there never was such a job, 409 if it has not ended and the settings forbid that.
        """
        job = self._jobs.get(export_id)
        if job is None:
            raise not_found("Export", export_id)
        await self._settle([job])
        status = job.status(self._clock.now_ns())
        if status in {"queued", "running"} and not self._settings.delete_running_export:
            raise conflict(f"Export {export_id} has not finished")
        if status == "succeeded":
            job.delivered = sum(artifact.size for artifact in job.artifacts)
        job.deleted = True
        self._abandon(job)
        job.artifacts, job.artifact_ids, job.order = (), (), replace(job.order, recipes=())
        self._shelf.put(export_id, job)

    async def artifacts(self, export_id: str) -> Sequence[Artifact]:
        """Return the files of a succeeded job, in order of time.

        Raises:
            ApiError: 404 if there is no such job, 400 or what the settings say if it has not succeeded.
        """
        job = await self.get(export_id)
        status = job.status(self._clock.now_ns())
        if status != "succeeded":
            raise refused(self._settings.early_download, f"Export {export_id} has not succeeded: it is {status}")
        return job.artifacts

    def artifact(self, export_id: str, filename: str) -> Artifact | None:
        """Return one file by its name, `None` if it is not there."""
        job = self._jobs.get(export_id)
        if job is None or job.deleted:
            return None
        return next((item for item in job.artifacts if item.filename == filename), None)

    def exported_bytes(self, since_ns: int) -> int:
        """Return how many bytes the successful jobs came to, deleted ones too: what was delivered stays delivered.

        Args:
            since_ns: Jobs that ended before it do not count.
        """
        now = self._clock.now_ns()
        return sum(
            job.delivered if job.deleted else sum(artifact.size for artifact in job.artifacts)
            for job in self._jobs.values()
            if max(job.due_ns, job.built_ns or 0) >= since_ns and (job.deleted or job.status(now) == "succeeded")
        )

    def _find(self, export_id: str) -> Job:
        job = self._jobs.get(export_id)
        if job is None or (job.deleted and self._settings.deleted_exports == "gone"):
            raise not_found("Export", export_id)
        return job

    async def _settle(self, jobs: Sequence[Job]) -> None:
        """Wait for files that simulated time says are ready, so that an advanced clock needs no patience."""
        now = self._clock.now_ns()
        builds = [job.build for job in jobs if job.build and now >= job.due_ns]
        if builds:
            await asyncio.wait(builds, timeout=self._settings.build_patience)
            for job in jobs:
                job.overdue = job.overdue or (now >= job.due_ns and job.built_ns is None)

    def _begin(self, job: Job) -> None:
        def forget(_: asyncio.Task[None]) -> None:
            job.build = None

        job.build = asyncio.get_running_loop().create_task(self._build(job))
        job.build.add_done_callback(forget)

    async def _build(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            artifacts = await loop.run_in_executor(
                self._workers, self._make, job.artifact_ids, job.order.recipes, job.stop.is_set
            )
        except GivenUpError:
            # Canceled or deleted; or the sandbox is ending, and the next one will make them.
            return
        except LayoutError as error:
            job.failure = str(error)
        except Exception:  # noqa: BLE001 - a job must never stay running for ever, whatever goes wrong in it
            _log.exception("export %s could not be made", job.export_id)
            job.failure = "internal error"
        else:
            job.artifacts = artifacts
            job.failure = job.order.failure
        job.built_ns = self._built_at(job, loop.time() - began)
        if job.stop.is_set():
            self._abandon(job)
            return
        self._shelf.put(job.export_id, job)
        try:
            self._shelf.commit()
        except StateError as error:
            # Nobody waits for an answer to this; the next request writes it, or is told.
            _log.warning("export %s could not be written down yet: %s", job.export_id, error)

    def _built_at(self, job: Job, seconds: float) -> int:
        """Return when files that took so many real seconds were made.

        Time that was advanced meanwhile did not go by for them, or the same calls would see another instant each time.
        """
        now = self._clock.now_ns()
        return to_microsecond(now if job.overdue else min(now, job.created_ns + round(seconds * SECOND)))

    def _make(
        self, names: Sequence[str], recipes: Sequence[FileRecipe], given_up: Callable[[], bool]
    ) -> list[Artifact]:
        made: list[Artifact] = []
        try:
            for name, recipe in zip(names, recipes, strict=True):
                made.append(self._store.make(name, recipe, given_up))
        except GivenUpError:
            for name in names:
                self._store.forget(name)
            raise
        return made

    def _abandon(self, job: Job) -> None:
        job.stop.set()
        for artifact in job.artifacts:
            self._store.forget(artifact.artifact_id)
