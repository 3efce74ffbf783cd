"""``tickhaul.json``: what a folder holds, where it came from, and what it was when it arrived."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tickhaul.errors import StorageError
from tickhaul.transfer.disk import disk_errors, replace
from tickhaul.transfer.names import MANIFEST, PART

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger("tickhaul.transfer")

_FORMAT = 1
_MERGES = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the manifest.

    Attributes:
        export: the export it is of.
        artifact: its artifact id.
        bytes: its length.
        etag: the ``ETag`` it had. It identifies a version; it is no checksum.
        last_modified: the ``Last-Modified`` it had.
        sha256: its SHA-256 in hex, if it was computed.
        checked: against what it was checked on arrival, beside its length (``content-md5``, ``x-amz-checksum-…``).
        finished_at: when it was whole, ISO 8601 in UTC.
    """

    export: str
    artifact: str
    bytes: int
    etag: str | None
    last_modified: str | None
    sha256: str | None
    checked: tuple[str, ...]
    finished_at: str


def read_manifest(folder: Path) -> dict[str, Entry]:
    """The entries of a folder's manifest by file name; empty when there is none or it is not ours.

    Raises:
        StorageError: there is one but it cannot be read, or a newer version of this program wrote it.
    """
    return _read(folder / MANIFEST) or {}


def _read(path: Path) -> dict[str, Entry] | None:
    """The entries of a manifest, ``None`` when the file is none of ours, damaged ones included."""
    with disk_errors(MANIFEST, path):
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return {}
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    version, files = document.get("tickhaul"), document.get("files")
    if isinstance(version, int) and version > _FORMAT:
        raise StorageError(f"{path} is of a newer tickhaul, which knows more than this one may overwrite")
    if not isinstance(version, int) or not isinstance(files, dict):
        return None
    entries = ((name, _entry(value)) for name, value in files.items())
    return {name: entry for name, entry in entries if entry is not None}


def add_to_manifest(folder: Path, entries: Mapping[str, Entry], *, fsync: bool) -> None:
    """Write entries into a folder's manifest, beside those it has, in one step.

    Two processes may do so at once: whoever finds its own entries gone, because the other wrote from an older reading,
    adds them again.

    Raises:
        StorageError: the folder does not take it.
    """
    for _ in range(_MERGES):
        found = _read(folder / MANIFEST)
        if found is None:
            _set_aside(folder)
        merged = found or {}
        if all(merged.get(name) == entry for name, entry in entries.items()):
            return
        merged.update(entries)
        _write(folder, merged, fsync=fsync)


def _set_aside(folder: Path) -> None:
    """Keep a file that has the manifest's name but is none: it is somebody's, or what is left of a damaged one."""
    path = folder / MANIFEST
    aside = folder / f"{MANIFEST}.{secrets.token_hex(4)}.unreadable"
    with disk_errors(MANIFEST, path):
        try:
            replace(path, aside)
        except FileNotFoundError:
            return  # another process was faster
    log.warning("%s cannot be read as a manifest; it is kept as %s, and a new one begun", path, aside.name)


def _write(folder: Path, entries: Mapping[str, Entry], *, fsync: bool) -> None:
    document = {"tickhaul": _FORMAT, "files": {name: asdict(entries[name]) for name in sorted(entries)}}
    path = folder / MANIFEST
    fresh = folder / f"{MANIFEST}.{secrets.token_hex(4)}{PART}"
    with disk_errors(MANIFEST, path):
        try:
            with fresh.open("xb") as handle:
                handle.write(json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n")
                handle.flush()
                if fsync:
                    os.fsync(handle.fileno())
            # A run that starts meanwhile may take the temporary file for a leftover and remove it: then merge again.
            with contextlib.suppress(FileNotFoundError):
                replace(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)


def _entry(value: object) -> Entry | None:
    if not isinstance(value, dict):
        return None
    match value:
        case {"export": str(export), "artifact": str(artifact), "bytes": int(size), "finished_at": str(finished_at)}:
            checked = value.get("checked")
            return Entry(
                export,
                artifact,
                size,
                _text(value.get("etag")),
                _text(value.get("last_modified")),
                _text(value.get("sha256")),
                tuple(item for item in checked if isinstance(item, str)) if isinstance(checked, list) else (),
                finished_at,
            )
        case _:
            return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
