"""Checking, at any later time, that a folder still holds what its manifest says."""

from __future__ import annotations

import hashlib
import re
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tickhaul._files import reading
from tickhaul.errors import StorageError, TransferError
from tickhaul.transfer.disk import disk_errors
from tickhaul.transfer.manifest import look_at_manifest
from tickhaul.transfer.names import MANIFEST, check_name
from tickhaul.transfer.parquet import ParquetError, check_parquet

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from tickhaul.transfer.manifest import Entry
    from tickhaul.transfer.model import Cancel

_PIECE = 1024 * 1024
_PART_FILE = re.compile(r"(?P<stem>.+)\.[0-9a-f]{8}\.part", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What was found about one file of the manifest.

    Attributes:
        filename: its name.
        problem: what is wrong with it, ``None`` when nothing is.
        checked: what it was checked for: ``size``, ``sha256``, ``gzip``, ``parquet``.
    """

    filename: str
    problem: str | None
    checked: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.problem is None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found about a folder.

    Attributes:
        folder: the folder.
        files: one entry for each file of the manifest, by name.
        unfinished: names of part files: downloads that were interrupted and can go on.
    """

    folder: Path
    files: tuple[FileCheck, ...]
    unfinished: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every file of the manifest is as it was when it arrived."""
        return all(file.ok for file in self.files)


def verify(
    directory: str | os.PathLike[str],
    *,
    on_file: Callable[[FileCheck], object] | None = None,
    cancel: Cancel | None = None,
) -> Verification:
    """Check a folder against its manifest, ``tickhaul.json``.

    Every file must be there with its size; with its SHA-256 if it was downloaded with ``hash=True``. Beside that, a gzip
    file is decompressed to its end, against its own CRC, and a Parquet file's footer and pages are walked through.

    Args:
        directory: the folder.
        on_file: called after each file.
        cancel: looked at now and then.

    Returns:
        What was found. Nothing is raised for a broken file.

    Raises:
        StorageError: the folder has no manifest, or cannot be read.
        TransferError: ``cancel`` was set.
    """
    folder = Path(directory)
    entries, objection = look_at_manifest(folder)
    if not entries:
        reason = "" if objection is None else f": {objection}"
        raise StorageError(f"{folder} has no {MANIFEST} with files in it, so there is nothing to check against{reason}")

    def stopped() -> bool:
        return cancel is not None and cancel.is_set()

    checks: list[FileCheck] = []
    for name, entry in sorted(entries.items()):
        check = _check(folder, name, entry, stopped)
        if stopped():
            raise TransferError("the verification was canceled")
        checks.append(check)
        if on_file is not None:
            on_file(check)
    with disk_errors(None, folder, act="read"):
        parts = [_PART_FILE.fullmatch(path.name) for path in folder.iterdir()]
    unfinished = sorted(part.string for part in parts if part is not None and part["stem"] != MANIFEST)
    return Verification(folder, tuple(checks), tuple(unfinished))


def _check(folder: Path, name: str, entry: Entry, stopped: Callable[[], bool]) -> FileCheck:
    checked = ["size"]
    try:
        check_name(name)  # a manifest is a file like any other: it must not make us read elsewhere
        path = folder / name
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return FileCheck(name, "it is no plain file", ())
        if status.st_size != entry.bytes:
            return FileCheck(name, f"it has {status.st_size} bytes, not {entry.bytes}", tuple(checked))
        kinds = ["sha256"] if entry.sha256 is not None else []
        kinds += ["gzip"] if name.endswith(".gz") else []
        kinds += ["parquet"] if name.endswith(".parquet") else []
        checked += kinds
        problem = _read(path, entry.sha256, gzip="gzip" in kinds, stopped=stopped) if kinds != ["parquet"] else None
        if problem is None and "parquet" in kinds:
            check_parquet(path, stopped=stopped)
    except FileNotFoundError:
        problem = "it is missing"
    except OSError as error:
        problem = f"it cannot be read: {error.strerror}"
    except (TransferError, ParquetError) as error:
        problem = str(error)
    return FileCheck(name, problem, tuple(checked))


def _read(path: Path, sha256: str | None, *, gzip: bool, stopped: Callable[[], bool]) -> str | None:
    """Read a file once, hashing and decompressing it; return what is wrong."""
    digest = hashlib.sha256()
    members = _Gzip()
    damage: str | None = None
    buffer = memoryview(bytearray(_PIECE))
    with reading(path) as source:
        while not stopped() and (count := source.readinto(buffer)):
            if sha256 is not None:
                digest.update(buffer[:count])
            if gzip and damage is None:
                damage = members.feed(bytes(buffer[:count]))
    if stopped():
        return None
    if sha256 is not None and digest.hexdigest() != sha256:
        return "it does not have the SHA-256 it had"
    return damage or (members.end() if gzip else None)


class _Gzip:
    """Decompresses the members of a gzip file, one after another, and throws the result away."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._begun = False

    def feed(self, data: bytes) -> str | None:
        """Take in more of the file; return what is wrong with it."""
        while data:
            if self._member.eof:
                # Zeros after a member are padding, as every reader of gzip has it.
                data = data.lstrip(b"\0")
                if not data:
                    break
                self._member = zlib.decompressobj(wbits=31)
            self._begun = True
            try:
                self._member.decompress(data, _PIECE * 4)
            except zlib.error as error:
                return f"its gzip data is damaged: {error}"
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return None

    def end(self) -> str | None:
        """The file is over; return what is wrong with it."""
        if not self._begun:
            return "it is empty, which no gzip file is"
        while not self._member.eof and self._member.decompress(b"", _PIECE * 4):
            pass  # all input is in, but not all output was taken yet
        return None if self._member.eof else "its gzip data ends too early"
