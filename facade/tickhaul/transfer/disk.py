"""The disk side of one file: a temporary name, writes at any offset, and a final name it gets only when whole."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from tickhaul._files import UnsafeFileError, create_new, open_directory, open_regular, replace
from tickhaul.errors import StorageError
from tickhaul.transfer import linux

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_UNSUPPORTED = {errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.ENOLCK, errno.EBADF}
_LARGEST = (1 << 63) - 1  # bytes a file may have on any system
_PATIENCE, _PAUSE = 1.0, 0.005  # seconds others may take to write, and between two looks whether they have
_LOCK_OFFSET = 1 << 62  # Windows locks bytes, and forbids writing them: this one is never written


@contextlib.contextmanager
def disk_errors(filename: str | None, path: Path, *, act: str = "write") -> Iterator[None]:
    """Turn what the operating system says about the disk into a ``StorageError`` that says what to do.

    Args:
        filename: the file it is about, for the error.
        path: its path, for the message.
        act: what was tried: ``write`` or ``read``.
    """
    try:
        yield
    except OSError as error:
        raise storage_error(error, filename, path, act=act) from error


def storage_error(error: OSError, filename: str | None, path: Path, *, act: str = "write") -> StorageError:
    """The ``StorageError`` for an ``OSError`` about ``path``."""
    said = error.strerror or type(error).__name__
    if isinstance(error, UnsafeFileError):
        text = f"cannot use {path}: {said}; move it away and run again"
    elif error.errno in _FULL:
        text = f"no room left for {path}: {said}; make room and run again, which resumes from what could be kept"
    elif error.errno in _FORBIDDEN:
        text = f"cannot {act} {path}: {said}"
    elif error.errno == errno.EFBIG:
        text = f"{path} is larger than this disk's file system, or a limit of this process, allows"
    else:
        text = f"the disk failed at {path}: {said}"
    return StorageError(text, filename=filename)


class PartFile:
    """A file under its temporary name, open for writing by several threads at once.

    The name is new for every attempt at a file and never used for other content, and nothing is ever truncated: two
    processes which both believe a leftover to be theirs write the same bytes to the same places.

    Args:
        path: the temporary name.
        filename: the name for error messages.
        handle: the open file, owned by this object.
    """

    def __init__(self, path: Path, filename: str, handle: int) -> None:
        self.path = path
        self._filename = filename
        self._handle = handle
        self._guard = threading.Lock()
        self._users = 1
        self._own = True

    @classmethod
    def create(cls, path: Path, filename: str) -> PartFile:
        """Make the file, which must not exist yet.

        Raises:
            StorageError: the folder does not take it.
        """
        try:
            handle = create_new(path, os.O_RDWR)
        except OSError as error:
            raise storage_error(error, filename, path) from error
        _lock(handle)
        return cls(path, filename, handle)

    @classmethod
    def claim(cls, path: Path, filename: str) -> PartFile | None:
        """Open a leftover; ``None`` when it is gone, unreadable, or another live process works on it.

        Raises:
            UnsafeFileError: something else has its name, or it has a second name: written to, both would change.
        """
        try:
            handle = open_regular(path, os.O_RDWR)
        except UnsafeFileError:
            raise
        except OSError:
            return None
        if not _lock(handle) or not _same(handle, path):
            os.close(handle)
            return None
        return cls(path, filename, handle)

    @property
    def allocated(self) -> int:
        """Bytes of disk the file takes already."""
        status = os.fstat(self._handle)
        blocks: int | None = getattr(status, "st_blocks", None)
        return status.st_size if blocks is None else blocks * 512

    @property
    def length(self) -> int:
        """The file's present length in bytes."""
        return os.fstat(self._handle).st_size

    def reserve(self, size: int) -> None:
        """Take the room for ``size`` bytes now, where the file system can, so that a full disk shows before the work.

        Raises:
            StorageError: there is no room.
        """
        with disk_errors(self._filename, self.path):
            if size > _LARGEST:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            if not linux.reserve(self._handle, size):
                os.ftruncate(self._handle, size)

    def hasten(self, start: int, end: int) -> None:
        """Have a written range on its way to the disk, without waiting, so that `sync` has less to wait for."""
        linux.start_writing(self._handle, start, end - start)

    def write_at(self, data: memoryview, offset: int) -> None:
        """Write all of ``data`` at ``offset``.

        Raises:
            StorageError: the disk does not take it.
        """
        try:
            while data:
                count = self._pwrite(data, offset)
                data = data[count:]
                offset += count
        except OSError as error:
            raise storage_error(error, self._filename, self.path) from error

    if sys.platform == "win32":

        def _pwrite(self, data: memoryview, offset: int) -> int:
            with self._guard:
                os.lseek(self._handle, offset, os.SEEK_SET)
                return os.write(self._handle, data)
    else:

        def _pwrite(self, data: memoryview, offset: int) -> int:
            return os.pwrite(self._handle, data, offset)

    def sync(self) -> None:
        """Have the disk confirm what was written.

        Raises:
            StorageError: the disk reports an error.
        """
        with disk_errors(self._filename, self.path):
            getattr(os, "fdatasync", os.fsync)(self._handle)

    def retain(self) -> bool:
        """Announce a user; the handle stays open until it calls `release`. False when it is closed already."""
        with self._guard:
            if self._users == 0:
                return False
            self._users += 1
            return True

    def release(self) -> None:
        """End a use that `retain` began."""
        with self._guard:
            self._users -= 1
            last = self._users == 0
        if last:
            os.close(self._handle)

    def close(self) -> None:
        """Give up the owner's use. A thread still writing keeps the handle alive, so its number is not used again."""
        with self._guard:
            own, self._own = self._own, False
        if own:
            self.release()

    def discard(self) -> None:
        """Close the file and remove it."""
        self.close()
        # On Windows a file somebody has open stays; the next run removes it.
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def publish(self, target: Path) -> None:
        """Give the file its final name, in one step.

        Raises:
            FileNotFoundError: the temporary name is gone: somebody else finished or removed it.
            StorageError: the folder does not take it.
        """
        self.close()
        try:
            replace(self.path, target)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise storage_error(error, self._filename, target) from error


def _same(handle: int, path: Path) -> bool:
    """Whether the open file still is what the path names: it may have been renamed between opening and locking."""
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> bool:
        os.lseek(handle, _LOCK_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def taking_turns(_: Path) -> contextlib.AbstractContextManager[None]:
        """Nothing: directories cannot be locked here."""
        return contextlib.nullcontext()
else:
    import fcntl

    def _lock(handle: int) -> bool:
        """Mark the file as worked on. False when another open file has the mark.

        The mark only saves bandwidth: where a file system has no locks, everyone gets it, and nothing breaks.
        """
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            return error.errno in _UNSUPPORTED
        return True

    @contextlib.contextmanager
    def taking_turns(folder: Path) -> Iterator[None]:
        """Keep other processes that do so from writing in a folder at the same time.

        A process that holds the turn for too long, which may have been stopped, is not waited for any longer. On a file
        system without locks there is no waiting.

        Raises:
            StorageError: the folder cannot be opened.
        """
        with disk_errors(None, folder):
            handle = open_directory(folder)
        try:
            until = time.monotonic() + _PATIENCE
            while not _lock(handle) and time.monotonic() < until:
                time.sleep(_PAUSE)
            yield
        finally:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)  # a process forked meanwhile has the handle too
            os.close(handle)
