"""The sandbox's working directory: made when it is first needed, gone when the sandbox is, however that comes about.

Closing it, dropping it and the end of the interpreter remove it. A process that is killed can remove nothing, so the
next one does: each directory holds a file that its owner keeps locked, and the operating system drops that lock.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

PREFIX = "tickhaul-sandbox-"
_HELD = "held"


class Scratch:
    """A directory for the time being."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._remove: weakref.finalize[..., Scratch] | None = None
        self._closed = False

    @property
    def path(self) -> Path:
        """Where it is; made at the first asking.

        Raises:
            RuntimeError: If it was closed.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the sandbox's working directory is gone")
            if self._path is None:
                sweep(Path(tempfile.gettempdir()))
                self._path = Path(tempfile.mkdtemp(prefix=PREFIX))
                held = _hold(self._path)
                self._remove = weakref.finalize(self, _remove, self._path, held, os.getpid())
            return self._path

    def close(self) -> None:
        """Remove it; nothing happens if it was never needed, or is gone."""
        with self._lock:
            self._closed = True
            if self._remove is not None:
                self._remove()


def sweep(directory: Path) -> None:
    """Remove what killed sandboxes of this user have left.

    Args:
        directory: Where to look.
    """
    for left in directory.glob(f"{PREFIX}*"):
        # One that tells nothing by which to know whether its owner lives is left alone.
        with suppress(OSError):
            if _is_ours(left) and not _is_held(left / _HELD):
                shutil.rmtree(left, ignore_errors=True)


def _remove(path: Path, held: BinaryIO, owner: int) -> None:
    held.close()
    # A forked child inherits the duty to tidy up, but not what it would tidy away.
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)


if sys.platform == "win32":

    def _hold(path: Path) -> BinaryIO:
        # An open file cannot be removed there, which is as good as a lock.
        return (path / _HELD).open("wb")

    def _is_ours(path: Path) -> bool:
        return path.is_dir() and not path.is_symlink()

    def _is_held(held: Path) -> bool:
        try:
            held.unlink()
        except PermissionError:
            return True
        return False

else:
    import fcntl

    def _hold(path: Path) -> BinaryIO:
        # Locked under another name first, so that a sweep never finds it unlocked.
        fresh = path / f"{_HELD}.new"
        file = fresh.open("wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        fresh.rename(path / _HELD)
        return file

    def _is_ours(path: Path) -> bool:
        status = path.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()

    def _is_held(held: Path) -> bool:
        with held.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False
