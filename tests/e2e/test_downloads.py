"""Downloads through the client: renewal of URLs, interruption, and going on afterwards."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import anyio
import pytest
from tickhaul import AsyncClient, Client, StorageError
from tickhaul_sandbox import Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_canceled_download_stops_and_the_next_one_finishes(sandbox: Sandbox, tmp_path: Path, backend: str) -> None:
    with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        job = ordered(th)
        sandbox.faults.add("latency:storage.get:seconds=60:times=1")

        async def interrupted() -> bool:
            async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as ath:
                with anyio.CancelScope() as scope:
                    async with anyio.create_task_group() as group:
                        group.start_soon(ath.exports.download, job, tmp_path)
                        while not [
                            request for request in sandbox.requests if request.operation == "exports.get_download"
                        ]:
                            await anyio.lowlevel.checkpoint()
                        scope.cancel()
                return scope.cancelled_caught

        assert anyio.run(interrupted, backend=backend)
        assert not [name for name in names(tmp_path) if name.endswith(".gz")]
        assert [thread for thread in threading.enumerate() if thread.name.startswith("tickhaul-transfer")] == []
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
