"""Open a file in a directory that others may write to.

Never through a symbolic link, never waiting for the other end of a pipe, never something that is not a regular file, and
for writing never a file that has a second name, whose content somebody else counts on.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

_ALWAYS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)
# Where these flags are missing, only the look before the opening protects.
_CAREFUL = _ALWAYS | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_KINDS = (
    (stat.S_ISREG, "a regular file"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class UnsafeFileError(OSError):
    """A path names something that must not be opened, or more than should be read. ``strerror`` says what it is."""


def kind_of(mode: int) -> str:
    """What a file is, in words, from its ``st_mode``."""
    return next((name for test, name in _KINDS if test(mode)), "a special file")


def open_regular(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file that exists.

    Args:
        path: the file.
        flags: the access: ``os.O_RDONLY``, ``os.O_RDWR``, or ``os.O_WRONLY | os.O_APPEND``.

    Returns:
        The file descriptor, which the caller closes.

    Raises:
        UnsafeFileError: it is not a regular file, or is to be written and has more than one name.
        OSError: it cannot be opened.
    """
    # Before the opening, because opening a device can have an effect of its own.
    _check(os.lstat(path), path, flags)
    handle = os.open(path, flags | _CAREFUL)
    try:
        # After it, because another process may have put something else there.
        _check(os.fstat(handle), path, flags)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _check(status: os.stat_result, path: Path, flags: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise _unsafe(f"it is {kind_of(status.st_mode)}, not a regular file", path)
    if flags & (os.O_WRONLY | os.O_RDWR) and status.st_nlink > 1:
        raise _unsafe(f"it is a hard link, one of {status.st_nlink} names of its content", path)


def _unsafe(text: str, path: Path) -> UnsafeFileError:
    return UnsafeFileError(errno.EINVAL, text, os.fspath(path))


@contextmanager
def reading(path: Path) -> Iterator[FileIO]:
    """Open a regular file for reading, without a buffer.

    Raises:
        UnsafeFileError: it is not a regular file.
        OSError: it cannot be opened.
    """
    with os.fdopen(open_regular(path), "rb", buffering=0) as file:
        yield file


def read_regular(path: Path, *, most: int) -> bytes:
    """Read all of a regular file.

    Args:
        path: the file.
        most: the bytes it may have.

    Raises:
        UnsafeFileError: it is not a regular file, or has more than ``most`` bytes.
        OSError: it cannot be read.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise _unsafe(f"it has {size:,} bytes, and {most:,} are the most that is read", path)
        return file.read(size)


def regular_size(path: Path) -> int:
    """The length of a regular file in bytes.

    Raises:
        UnsafeFileError: it is not a regular file.
        OSError: there is nothing of this name, or it cannot be looked at.
    """
    status = os.lstat(path)
    _check(status, path, os.O_RDONLY)
    return status.st_size


def create_new(path: Path, flags: int = os.O_WRONLY, mode: int = 0o666) -> int:
    """Make a file that must not exist yet, not even as a link, and open it.

    Args:
        path: the file.
        flags: the access: ``os.O_WRONLY`` or ``os.O_RDWR``, and ``os.O_APPEND``.
        mode: its permissions, of which the process's umask takes some away.

    Returns:
        The file descriptor, which the caller closes.

    Raises:
        FileExistsError: there is something of this name.
        OSError: it cannot be made.
    """
    return os.open(path, flags | os.O_CREAT | os.O_EXCL | _CAREFUL, mode)


def open_directory(path: Path) -> int:
    """Open a directory, to have the disk confirm the names in it.

    Returns:
        The file descriptor, which the caller closes.

    Raises:
        OSError: it is not a directory, or cannot be opened.
    """
    return os.open(path, os.O_RDONLY | _ALWAYS | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NONBLOCK", 0))
