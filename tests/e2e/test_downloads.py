"""Downloads through the client: renewal of URLs, interruption, and going on afterwards."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import anyio
import pytest
from tickhaul import AsyncClient, Client, StorageError
from tickhaul_sandbox import Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from tickhaul import Progress


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Settings(export_seconds=0.05)) as running:
        yield running


def ordered(th: Client) -> str:
    th.subscriptions.ensure(123)
    return th.exports.wait(th.exports.create(123, "-5min", "now")).id


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_expired_address_is_renewed(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults.add("expired-url:times=1")
    with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        files = th.exports.download(ordered(th), tmp_path, hash=True, connections=2)
    assert all(file.path.stat().st_size == file.bytes for file in files)
    assert all(file.sha256 for file in files)
    asked = [request.operation for request in sandbox.requests]
    assert asked.count("exports.get_download") == 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_expired_address_is_renewed_under_an_event_loop(sandbox: Sandbox, tmp_path: Path, backend: str) -> None:
    sandbox.faults.add("expired-url:times=1")
    with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        job = ordered(th)

    async def haul() -> list[int]:
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as th:
            return [file.bytes for file in await th.exports.download(job, tmp_path)]

    assert all(size > 100 for size in anyio.run(haul, backend=backend))


def is_stalled(sandbox: Sandbox) -> bool:
    """Whether a request for a file has met the fault that holds its answer back."""
    return any(strike.operation == "storage.get" for strike in sandbox.faults.strikes)


def of_transfers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("tickhaul-transfer")]


async def canceled_scope(sandbox: Sandbox, job: str, folder: Path) -> None:
    """Cancel as anyio and trio do."""
    async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as th:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(th.exports.download, job, folder)
                while not is_stalled(sandbox):
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
        assert scope.cancelled_caught


async def canceled_task(sandbox: Sandbox, job: str, folder: Path) -> None:
    """Cancel as asyncio does."""
    async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as th:
        task = asyncio.create_task(th.exports.download(job, folder))
        while not is_stalled(sandbox):
            await anyio.lowlevel.checkpoint()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert of_transfers() == [], "the thread outlived its call"


@pytest.mark.parametrize(
    ("interrupted", "backend"),
    [(canceled_scope, "asyncio"), (canceled_scope, "trio"), (canceled_task, "asyncio")],
)
def test_a_canceled_download_stops_and_the_next_one_finishes(
    sandbox: Sandbox,
    tmp_path: Path,
    interrupted: Callable[[Sandbox, str, Path], Awaitable[None]],
    backend: str,
) -> None:
    with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        job = ordered(th)
        stall = sandbox.faults.add("latency:storage.get:seconds=60")
        anyio.run(interrupted, sandbox, job, tmp_path, backend=backend)
        assert not [name for name in names(tmp_path) if name.endswith(".gz")]
        assert of_transfers() == []
        sandbox.faults.remove(stall)
        files = th.exports.download(job, tmp_path)
    assert [file.path.name for file in files] == [name for name in names(tmp_path) if name.endswith(".gz")]


def test_progress_ends_with_everything_done(sandbox: Sandbox, tmp_path: Path) -> None:
    told: list[Progress] = []
    with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        files = th.exports.download(ordered(th), tmp_path, on_progress=told.append)
    assert told[-1].files_done == told[-1].files_total == len(files)
    assert told[-1].bytes_done == sum(file.bytes for file in files)


def test_resume_false_fetches_everything_anew(sandbox: Sandbox, tmp_path: Path) -> None:
    with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        job = ordered(th)
        th.exports.download(job, tmp_path)
        again = th.exports.download(job, tmp_path, resume=False)
    assert not any(file.already_there for file in again)


def test_a_file_where_the_folder_should_be_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way", "utf-8")
    with Client(sandbox.api_key, base_url=sandbox.base_url) as th, pytest.raises(StorageError, match="data"):
        th.exports.download(ordered(th), tmp_path / "data")
    assert (tmp_path / "data").read_text("utf-8") == "in the way"
