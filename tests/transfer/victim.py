"""A download in a process of its own, which a test may kill."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import TYPE_CHECKING

from tickhaul.transfer import RemoteFile, download

from tests.transfer.hauls import options

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, ForkServerProcess

    from tickhaul.transfer.model import Engine

    from tests.transfer.storage import Storage

#: A process is forked from one that has imported everything and runs no thread, so that two hundred cost seconds.
CONTEXT: ForkServerContext = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.transfer.victim"])


def start(
    storage: Storage, folder: Path, *, connections: int = 4, part_size: int = 64 * 1024, engine: Engine = "auto"
) -> ForkServerProcess:
    """Begin to download everything a host has."""
    files = [(file.id, file.filename, file.size, file.url) for file in storage.listing()]
    process = CONTEXT.Process(target=_download, args=(files, str(folder), connections, part_size, engine), daemon=True)
    process.start()
    return process


def _download(
    files: list[tuple[str, str, int, str]], folder: str, connections: int, part_size: int, engine: Engine
) -> None:
    listing = [RemoteFile(*file) for file in files]
    settings = options(connections=connections, part_size=part_size, silence=20, engine=engine)
    download(listing, Path(folder), refresh=lambda: listing, export_id="exp_1", options=settings)
