"""Replace a file in one step: its name holds what it held before, or all of what is new."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from tickhaul._files.opening import create_new, kind_of, open_directory, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

_RENAME_WAITS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_UNSUPPORTED = {errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
# What a rename says about the mount point of a single file, and about somebody else's file in a directory like /tmp.
_CANNOT_BE_RENAMED_OVER = _FORBIDDEN | {errno.EBUSY, errno.EXDEV}
_IN_MEMORY = 16 * 1024 * 1024
_MOST_LINKS = 40
# Names in here are those of files that are open, such as stdout, and lead to whatever those are.
_OPEN_FILES = ("/proc/", "/dev/fd/")


def sync_directory(path: Path) -> None:
    """Have the disk confirm the names in a directory, where the system can (Windows cannot).

    Raises:
        OSError: the disk reports an error.
    """
    if os.name == "nt":
        return
    handle = open_directory(path)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network and FUSE file systems have no fsync of a directory; the file itself is confirmed already.
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(handle)


def replace(source: Path, target: Path) -> None:
    """Rename atomically; on Windows try again while a virus scanner or an indexer holds either file open.

    Raises:
        OSError: it cannot be renamed.
    """
    for wait in _RENAME_WAITS:
        try:
            os.replace(source, target)  # noqa: PTH105 (as below)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(wait)
        else:
            return
    os.replace(source, target)  # noqa: PTH105 (the method of a path makes another one, once for each file)


def keep_mode(handle: int, replaced: Path) -> None:
    """Give a new file the permissions of the regular file it is to replace, and where allowed its owner and attributes.

    Args:
        handle: the new file.
        replaced: the file to be replaced; if it does not exist, nothing is done.

    Raises:
        OSError: it cannot be looked at, or its permissions cannot be given.
    """
    if os.name == "nt":
        return
    try:
        old = os.lstat(replaced)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(old.st_mode):
        return
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        # Only root may give files away. A file of our own is what everybody else gets.
        with suppress(PermissionError):
            os.fchown(handle, old.st_uid, old.st_gid)
    # Not setuid and the like: they were given to other content.
    if stat.S_IMODE(new.st_mode) != old.st_mode & 0o777:
        os.fchmod(handle, old.st_mode & 0o777)
    if hasattr(os, "listxattr"):
        _keep_attributes(handle, replaced)


def _keep_attributes(handle: int, replaced: Path) -> None:
    # Not every file system has them, and not all of them may be set.
    with suppress(OSError):
        for name in os.listxattr(replaced, follow_symlinks=False):
            # Not those of security: capabilities, as setuid, were given to other content, and labels are the system's.
            if name.startswith(("user.", "system.posix_acl_access")):
                with suppress(OSError):
                    os.setxattr(handle, name, os.getxattr(replaced, name, follow_symlinks=False))


def check_target(path: Path) -> None:
    """Find out, before the work, whether `replacing` can write a file.

    Args:
        path: the file.

    Raises:
        OSError: it cannot; with what is in the way.
    """
    if _is_written_through(path):
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind) or stat.S_ISSOCK(kind):
            raise OSError(errno.EISDIR if stat.S_ISDIR(kind) else errno.ENXIO, f"it is {kind_of(kind)}", str(path))
        _check_access(path, os.W_OK, path)
        return
    target = _resolved(path)
    exists = os.path.lexists(target)
    if not target.parent.is_dir():
        target.parent.stat()  # says what is wrong with it, unless it is something else
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target.parent))
    if exists:
        _check_fixed(target, path)
    if exists and _is_of_somebody_else(target):
        _check_access(target, os.W_OK, path)
        return
    try:
        _check_access(target.parent, os.W_OK | os.X_OK, target.parent)
    except OSError:
        if not exists:
            raise
        _check_access(target, os.W_OK, path)


def _check_fixed(target: Path, shown: Path) -> None:
    """Refuse what can be neither replaced nor written to, whatever the permissions: a read-only mount, an immutable file."""
    # Asked for, because to those who may not open the file the opening does not tell.
    if hasattr(os, "statvfs") and os.statvfs(target).f_flag & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fspath(shown))
    try:
        os.close(open_regular(target, os.O_RDWR))
    except OSError as error:
        # Others do not keep a file from being replaced: its permissions, further names of it, that it is being executed.
        if error.errno == errno.EPERM:
            error.filename = os.fspath(shown)
            raise


def _is_of_somebody_else(target: Path) -> bool:
    """Whether a directory like ``/tmp`` keeps a file from being renamed over."""
    directory = target.parent.stat()
    if os.name == "nt" or not directory.st_mode & stat.S_ISVTX:
        return False
    return os.geteuid() not in {0, directory.st_uid, os.lstat(target).st_uid}


def _check_access(path: Path, access: int, shown: Path) -> None:
    if not os.access(path, access, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(
            errno.EACCES, "it cannot be written: no permission, or a read-only file system", str(shown)
        )


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file whose name holds what it held before until all of the new content is on the disk.

    The content goes to a new file of a random name in the same directory, which then takes the place of the old one, with
    its permissions. A link stays one: what it leads to is replaced. What cannot be replaced is written to as it is: pipes,
    devices and open files (``/dev/stdout``) at once; the mount point of a single file, a file in a directory that takes
    no new ones, and somebody else's file in a directory like ``/tmp`` only when all of the content is there.

    Args:
        path: the file. Its directory must exist.

    Yields:
        The open file. What is raised in the block leaves the old content as it is, and no other file.

    Raises:
        OSError: it cannot be written, under the name that was given.
    """
    # A short name, so that it may be wherever the target's may; random, so that it is nobody else's.
    name = f".tickhaul-{secrets.token_hex(8)}.part"
    part: Path | None = None
    try:
        if _is_written_through(path):
            with path.open("ab") as file:
                yield file
            return
        target = _resolved(path)
        part = target.with_name(name)
        try:
            handle = _create_beside(part, target)
        except FileExistsError:
            part = None  # it is somebody's
            raise
        if handle is None:
            part = None
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as whole:
                yield cast("BinaryIO", whole)
                _overwrite(target, whole)
            return
        with os.fdopen(handle, "w+b") as file:
            keep_mode(handle, target)
            yield file
            file.flush()
            os.fsync(handle)
            _put_in_place(file, part, target)
    except OSError as error:
        # A temporary name means nothing to the reader.
        if error.errno is not None and (error.filename is None or str(error.filename).endswith(name)):
            error.filename, error.filename2 = os.fspath(path), None
        raise
    finally:
        if part is not None:
            with suppress(FileNotFoundError, NotADirectoryError):
                part.unlink()


def _create_beside(part: Path, target: Path) -> int | None:
    """Make the temporary file; ``None`` where that is forbidden and the target can be written as it is."""
    try:
        # What is secret must not be readable for a moment.
        return create_new(part, os.O_RDWR, 0o600 if target.exists() else 0o666)
    except OSError as error:
        if error.errno in _FORBIDDEN and target.is_file():
            return None
        raise


def _put_in_place(file: BinaryIO, part: Path, target: Path) -> None:
    if os.name == "nt":
        file.close()  # an open file cannot be renamed there
    try:
        replace(part, target)
    except OSError as error:
        if error.errno not in _CANNOT_BE_RENAMED_OVER or file.closed or not target.is_file():
            raise
        _overwrite(target, file)
    else:
        sync_directory(target.parent)


def _overwrite(target: Path, whole: IO[bytes]) -> None:
    """Write content that is whole into a file that is there, for want of a way to replace it."""
    size = whole.seek(0, os.SEEK_END)
    whole.seek(0)
    with target.open("r+b") as file:
        _reserve(file.fileno(), size)
        shutil.copyfileobj(whole, file)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _reserve(handle: int, size: int) -> None:
    """Have a full disk say so while the old content is still whole."""
    if not hasattr(os, "posix_fallocate") or size == 0:
        return
    before = os.fstat(handle).st_size
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            os.ftruncate(handle, before)
            raise


def _resolved(path: Path) -> Path:
    """What a path leads to, through all links."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return target


def _is_written_through(path: Path) -> bool:
    """Whether a path names what cannot be replaced and must not be: a pipe, a device, a directory, or an open file."""
    if path.exists() and not path.is_file():
        return True
    step = path.absolute()
    for _ in range(_MOST_LINKS):
        step = Path(os.path.realpath(step.parent), step.name)
        if str(step).startswith(_OPEN_FILES):
            return True
        if not step.is_symlink():
            return False
        step = step.parent / step.readlink()
    return False
