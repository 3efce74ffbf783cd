"""Files of this machine: opened only when they are what they should be, and replaced whole or not at all.

Knows nothing of what is in them. Everything here raises ``OSError``.
"""

from tickhaul._files.atomic import check_target, keep_mode, replace, replacing, sync_directory
from tickhaul._files.opening import (
    UnsafeFileError,
    create_new,
    kind_of,
    open_directory,
    open_regular,
    read_regular,
    reading,
    regular_size,
)

__all__ = [
    "UnsafeFileError",
    "check_target",
    "create_new",
    "keep_mode",
    "kind_of",
    "open_directory",
    "open_regular",
    "read_regular",
    "reading",
    "regular_size",
    "replace",
    "replacing",
    "sync_directory",
]
