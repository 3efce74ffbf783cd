"""Disks that fill up, and limits on the length of a file: an error of the tree, and with room again the right files."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tickhaul import TickhaulError
from tickhaul.transfer import RemoteFile, download

from tests.siege import yard
from tests.transfer.hauls import KIB, options
from tests.transfer.storage import Storage
from tests.transfer.victim import CONTEXT

if TYPE_CHECKING:
    import random

    from tickhaul.transfer.model import Engine

    from tests.siege.tally import Tally

_FRESH, _RUNS = 64 * KIB, 4
_NEWNS = 0x00020000  # of Linux: a view of the mounts for this process alone, which ends with it
#: Exit codes of the limited process.
_DONE, _TREE, _FOREIGN = 0, 10, 11


def attack(tally: Tally) -> None:
    """Download to where there is no room, again and again, then give it room."""
    tally.expect((*yard.ROUNDS, "completed runs", "errors of the tree", "completed downloads"), yard.FAULTS)
    mounts = _may_mount()
    if not mounts:
        tally.count("small disks skipped (may not mount one)", 1)
    for roll in tally.rounds():
        engine = yard.some_engine(tally, roll)
        with yard.directory() as place, Storage(yard.some_files(roll)) as storage:
            if mounts and roll.random() < 0.5:
                _small_disk(tally, storage, place, roll, engine)
            else:
                _short_files(tally, storage, place, roll, engine)


def _short_files(tally: Tally, storage: Storage, folder: Path, roll: random.Random, engine: Engine) -> None:
    """No file may be longer than a limit; what goes beyond fails in the middle of a write."""
    longest = max(map(len, storage.files.values()))
    for number in range(roll.randrange(1, _RUNS)):
        limit = roll.choice((roll.randrange(longest + 200), roll.randrange(2000)))
        text = f"run {number} over {engine} with files of {limit:,} bytes at most"
        listing = [(file.id, file.filename, file.size, file.url) for file in storage.listing()]
        process = CONTEXT.Process(target=_limited, args=(listing, str(folder), limit, engine), daemon=True)
        process.start()
        process.join(yard.PATIENCE)
        if process.exitcode is None:
            tally.fault("hung", text)
            process.kill()
            process.join()
        elif process.exitcode == _DONE:
            tally.count("completed runs")
        elif process.exitcode == _TREE:
            tally.count("errors of the tree")
        else:
            tally.fault("foreign errors", f"{text}: the process ended with {process.exitcode}")
        process.close()
        yard.look_at_names(tally, storage, folder, text)
    yard.complete(tally, storage, folder, f"over {engine} with files of any length", engine=engine)


def _limited(listing: list[tuple[str, str, int, str]], folder: str, limit: int, engine: Engine) -> None:
    """In a process of its own: download under a limit, and end with what came of it."""
    files = [RemoteFile(*file) for file in listing]
    settings = options(connections=yard.CONNECTIONS, part_size=yard.PART, silence=20, engine=engine)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    code = _FOREIGN
    try:
        download(files, Path(folder), refresh=lambda: files, export_id="exp_1", options=settings)
        code = _DONE
    except TickhaulError:
        code = _TREE
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        os._exit(code)


def _small_disk(tally: Tally, storage: Storage, place: Path, roll: random.Random, engine: Engine) -> None:
    """A file system smaller than the files, which then grows."""
    folder = place / "disk"
    folder.mkdir()
    total = sum(map(len, storage.files.values()))
    size = max(roll.randrange(total + _FRESH), 16 * KIB)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        for number in range(roll.randrange(1, _RUNS)):
            text = f"run {number} over {engine} on a disk of {size:,} bytes for files of {total:,}"
            error = yard.run_guarded(tally, storage, folder, text, engine=engine, fsync=True)
            yard.judge(tally, error, text)
            yard.look_at_names(tally, storage, folder, text)
            size += roll.randrange(total // 2 + 1)
            _mount("-o", f"remount,size={size}", str(folder))
        _mount("-o", f"remount,size={4 * total + 1024 * KIB}", str(folder))
        yard.complete(tally, storage, folder, f"over {engine} on a disk with room", engine=engine)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


def _may_mount() -> bool:
    """Whether this process may mount file systems that it alone sees."""
    if shutil.which("mount") is None or shutil.which("umount") is None:
        return False
    if ctypes.CDLL(None, use_errno=True).unshare(_NEWNS):
        return False
    return _tried("--make-rprivate", "/") and _try_one()


def _try_one() -> bool:
    with yard.directory() as place:
        if not _tried("-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)):
            return False
        subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)
        return True


def _tried(*words: str) -> bool:
    return not subprocess.run(["mount", *words], check=False, capture_output=True).returncode


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)
