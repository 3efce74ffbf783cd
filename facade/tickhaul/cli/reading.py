"""Text from files and from stdin, in whatever form an editor left it."""

from __future__ import annotations

import codecs
import errno
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

#: How a text may begin, and what it is encoded in then. The longer ones first: UTF-32 begins as UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOST = 16 * 1024 * 1024  # bytes


def read_text(path: Path) -> str:
    """The text in a file: UTF-8, or what its byte order mark says, which is how Windows writes UTF-16.

    Raises:
        ValueError: it is no such text, or is too long; the message shows none of it.
        OSError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        error.filename = str(path)  # what fails in the reading does not say of which file
        raise
    return _decode(data, str(path))


def read_stdin() -> str:
    """The text on stdin, in the same forms, whatever the locale.

    Raises:
        ValueError: as `read_text` does.
        OSError: it cannot be read, or is closed.
    """
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    # What stands in for stdin in a program may hold text only.
    binary = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if binary is None else _decode(binary.read(_MOST + 1), "stdin")


def _decode(data: bytes, name: str) -> str:
    if len(data) > _MOST:
        raise ValueError(f"{name} has more than {_MOST:,} bytes")
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        # What holds no text in UTF-8 holds zeros there, as UTF-16 without a mark does.
        raise ValueError(f"{name} is not UTF-8 text; save it as UTF-8")
    return text
