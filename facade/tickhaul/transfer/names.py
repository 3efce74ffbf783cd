"""Which file names a service may choose, and what our own temporary files are called."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

from tickhaul.errors import UnsafeFilenameError
from tickhaul.net.redaction import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

MANIFEST = "tickhaul.json"
PART = ".part"
SIDECAR = ".part.jsonl"

_LONGEST = 255  # bytes on Linux and macOS, UTF-16 units on Windows
_ROOM = _LONGEST - len(".01234567-01234567") - len(SIDECAR)  # bytes of a temporary name's start
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)
_FORBIDDEN = frozenset('/\\:*?"<>|')


def check_name(name: str) -> str:
    """Return ``name`` if it is a plain file name on every system.

    Refused are separators, ``.`` and ``..``, drive letters and streams (``:``), characters Windows forbids, control
    and formatting characters (they can make a name look like another), device names, a leading dot, dash or tilde (hidden
    files, options, home folders), a trailing dot or space, names that are too long, and the names of our own files.

    Raises:
        UnsafeFilenameError: the name is none of a plain file.
    """
    reason = _objection(name)
    if reason is not None:
        raise UnsafeFilenameError(
            f"the service named a file {shown(name)}: {reason}", filename=shown(name, quoted=False)
        )
    return name


def _objection(name: str) -> str | None:
    if not name:
        return "the name is empty"
    if name in {".", ".."}:
        return "it is not a file"
    found = sorted(_FORBIDDEN.intersection(name))
    if found:
        return f"{found[0]!r} is not allowed in a name"
    # Cc control, Cf formatting (text direction, joiners), Cs lone surrogates, Zl and Zp line and paragraph ends
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in name):
        return "control and formatting characters are not allowed in a name"
    if name[0] in ".-~ ":
        return f"a name must not start with {name[0]!r}"
    if name[-1] in ". ":
        return f"a name must not end with {name[-1]!r}"
    if name.split(".", 1)[0].rstrip().casefold() in _DEVICES:
        return "it is the name of a device on Windows"
    if len(name.encode()) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    folded = name.casefold()
    if folded == MANIFEST or folded.endswith((PART, SIDECAR)):
        return "that name is kept for the transfer's own files"
    return None


def check_distinct(names: Iterable[str]) -> None:
    """Refuse names that are one file on some disk: alike but for case or Unicode form.

    Raises:
        UnsafeFilenameError: two names would be the same file.
    """
    seen: dict[str, str] = {}
    for name in names:
        # Canonical caseless matching (the Unicode Standard, 3.13, D145).
        key = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
        if key in seen:
            raise UnsafeFilenameError(
                f"the service named two files alike: {shown(seen[key])} and {shown(name)} would be one file on some disks",
                filename=name,
            )
        seen[key] = name


def temporary_stem(name: str) -> str:
    """The start of the names of a file's temporary files: the name itself, shortened where it would get too long."""
    if len(name.encode()) <= _ROOM:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:16]
    return name.encode()[: _ROOM - 17].decode(errors="ignore") + "~" + mark
