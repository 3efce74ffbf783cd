"""What the attacks on downloads share: files, a directory, a run, and what must hold after it."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tickhaul import TickhaulError

from tests.transfer.hauls import ENGINES, KIB, content, digest, haul

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tickhaul.transfer.model import Engine

    from tests.siege.tally import Tally
    from tests.transfer.storage import Storage

PART = 32 * KIB
CONNECTIONS = 4
#: Seconds a run of such small files may take, whatever the host does: its patience is set to be short.
PATIENCE = 60.0
FAULTS = ("wrong files", "not completed", "hung", "foreign errors")
MANIFEST = "tickhaul.json"
#: The rounds by what moved the bytes, of what there is here.
ROUNDS = tuple(f"rounds over {engine}" for engine in ENGINES)


def some_engine(tally: Tally, roll: random.Random) -> Engine:
    """What moves the bytes in a round, which is counted."""
    # Draws as much as where there is another choice, so that the rest of the round is the same there.
    engine = ENGINES[int(roll.random() * len(ENGINES))]
    tally.count(f"rounds over {engine}")
    return engine


def some_files(roll: random.Random) -> dict[str, bytes]:
    """A few files: empty ones, small ones, one of several parts."""
    sizes = [0, 1, roll.randrange(2, PART), roll.randrange(PART, 4 * PART), roll.randrange(4 * PART, 12 * PART)]
    chosen = roll.sample(sizes, roll.randrange(1, len(sizes)))
    return {f"part-{number}.bin": content(size, roll.random()) for number, size in enumerate(chosen)}


@contextmanager
def directory() -> Iterator[Path]:
    """A directory to download to, removed at the end."""
    place = Path(tempfile.mkdtemp(prefix="tickhaul-siege-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def run(storage: Storage, folder: Path, **changes: Any) -> BaseException | None:
    """Download everything a host has; the error it ended in, if it did."""
    settings = {"connections": CONNECTIONS, "part_size": PART, "fsync": False, "silence": 0.3, "attempts": 4}
    try:
        haul(storage, folder, **{**settings, **changes})
    except BaseException as error:
        return error
    return None


def run_guarded(tally: Tally, storage: Storage, folder: Path, text: str, **changes: Any) -> BaseException | None:
    """The same in a thread, given up when it takes too long.

    Returns:
        The error it ended in, ``HungError`` when it did not end, ``None`` when it succeeded.
    """
    found: list[BaseException | None] = []
    thread = threading.Thread(target=lambda: found.append(run(storage, folder, **changes)), daemon=True)
    began = time.monotonic()
    thread.start()
    thread.join(PATIENCE)
    if thread.is_alive():
        tally.fault("hung", f"{text}: no end within {time.monotonic() - began:.0f} s")
        return TimeoutError(text)
    return found[0]


def judge(tally: Tally, error: BaseException | None, text: str) -> None:
    """Count the end of a run."""
    if error is None:
        tally.count("completed runs")
    elif isinstance(error, TickhaulError | ValueError):
        tally.count("errors of the tree")
    elif not isinstance(error, TimeoutError):
        tally.fault("foreign errors", f"{text}: {type(error).__name__}: {error}", error)


def look_at_names(tally: Tally, storage: Storage, folder: Path, text: str) -> None:
    """Whatever has a final name must be whole and right."""
    for name, expected in storage.files.items():
        path = folder / name
        if path.is_file() and not path.is_symlink() and digest(path.read_bytes()) != digest(expected):
            tally.fault("wrong files", f"{text}: {name}: {digest(path.read_bytes())}, not {digest(expected)}")


def complete(tally: Tally, storage: Storage, folder: Path, text: str, *, engine: Engine, strict: bool = True) -> None:
    """With nothing in the way any more, one run must bring all files, and leave nothing else."""
    error = run_guarded(tally, storage, folder, text, engine=engine)
    if error is not None:
        tally.fault("not completed", f"{text}: {type(error).__name__}: {error}", error)
        return
    tally.count("completed downloads")
    look_at_names(tally, storage, folder, text)
    there = {path.name for path in folder.iterdir()}
    if missing := {*storage.files, MANIFEST} - there:
        tally.fault("wrong files", f"{text}: there is no {', '.join(sorted(missing))}")
    if strict and (more := there - {*storage.files, MANIFEST}):
        tally.fault("wrong files", f"{text}: {', '.join(sorted(more))} left behind")
