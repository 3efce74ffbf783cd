"""Two system calls of Linux that Python's ``os`` does not offer. Elsewhere, both do nothing."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_UNSUPPORTED = {errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}
_START_WRITING = 2  # SYNC_FILE_RANGE_WRITE


def reserve(handle: int, size: int) -> bool:
    """Take real room on the disk for a file.

    Not ``os.posix_fallocate``: without support in the file system the C library imitates it by touching every block,
    which on a network disk means sending the whole file twice.

    Args:
        handle: the open file.
        size: its length, in bytes.

    Returns:
        Whether it was done; not where the system or the file system has no such call.

    Raises:
        OSError: there is no room.
    """
    call = _call("fallocate64", ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    if call is None:
        return False
    while call(handle, 0, 0, size) != 0:
        number = ctypes.get_errno()
        if number == errno.EINTR:
            continue
        if number in _UNSUPPORTED:
            return False
        raise OSError(number, os.strerror(number))
    return True


def start_writing(handle: int, offset: int, size: int) -> None:
    """Have a range of a file written to the disk from now on, without waiting for it.

    What is on its way already need not be waited for at the end. It is advice: what goes wrong shows when the file is
    confirmed.

    Args:
        handle: the open file.
        offset: the first byte.
        size: how many.
    """
    call = _call("sync_file_range", ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    if call is not None:
        call(handle, offset, size, _START_WRITING)


@cache
def _call(name: str, *arguments: type[object]) -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        call = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (OSError, AttributeError):
        return None
    call.argtypes = arguments
    found: Callable[..., int] = call
    return found
