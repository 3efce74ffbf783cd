"""``tickhaul.json``: what a folder holds, where it came from, and what it was when it arrived."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
from typing import TYPE_CHECKING, NamedTuple

from tickhaul._files import UnsafeFileError, create_new, keep_mode, read_regular, replace
from tickhaul.errors import StorageError
from tickhaul.transfer.disk import disk_errors, storage_error, taking_turns
from tickhaul.transfer.names import MANIFEST, PART

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger("tickhaul.transfer")

_FORMAT = 1
_MERGES = 20
_LARGEST = 64 * 1024 * 1024  # bytes: more than a hundred thousand files
_json = json.JSONEncoder(ensure_ascii=False).encode
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_SHORTEST = 12  # bytes of a value on average, its name included; in memory ten bytes can become three hundred


class Entry(NamedTuple):
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
    return look_at_manifest(folder)[0]


def look_at_manifest(folder: Path) -> tuple[dict[str, Entry], str | None]:
    """The entries of a folder's manifest, and what is wrong with a file of its name that is not a manifest.

    Raises:
        StorageError: there is one but it cannot be read, or a newer version of this program wrote it.
    """
    found = _read(folder / MANIFEST)
    return ({}, found) if isinstance(found, str) else (found, None)


def _read(path: Path) -> dict[str, Entry] | str:
    """The entries of a manifest, or why the file is not a manifest: it is damaged, or not a regular file."""
    try:
        text = read_regular(path, most=_LARGEST)
    except FileNotFoundError:
        return {}
    except UnsafeFileError as error:
        if path.is_dir() and not path.is_symlink():
            raise storage_error(error, MANIFEST, path) from error
        return error.strerror or "it is no regular file"
    except OSError as error:
        raise storage_error(error, MANIFEST, path, act="read") from error
    if _is_dense(text):
        return "it has more values than a manifest of its length"
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "it is not JSON"
    if not isinstance(document, dict):
        return "it is not a JSON object"
    version, files = document.get("tickhaul"), document.get("files")
    if isinstance(version, int) and version > _FORMAT:
        raise StorageError(f"{path} is of a newer tickhaul, which knows more than this one may overwrite")
    if not isinstance(version, int) or not isinstance(files, dict):
        return 'it has no "tickhaul" and "files"'
    entries = ((name, _entry(value)) for name, value in files.items())
    return {name: entry for name, entry in entries if entry is not None}


def _is_dense(text: bytes) -> bool:
    """Whether a document seems to have more values than a manifest of its length."""
    return sum(map(text.count, b"{[,")) > 100 + len(text) // _SHORTEST


def add_to_manifest(folder: Path, entries: Mapping[str, Entry], *, fsync: bool) -> None:
    """Write entries into a folder's manifest, beside those it has, in one step.

    Several processes that do so at once take turns, where a directory can be locked. Elsewhere, a process
    that finds its own entries gone, because another wrote from an older reading, adds them again.

    Raises:
        StorageError: the folder does not take it.
    """
    with taking_turns(folder):
        for _ in range(_MERGES):
            found = _read(folder / MANIFEST)
            if isinstance(found, str):
                _set_aside(folder, found)
                found = {}
            if all(found.get(name) == entry for name, entry in entries.items()):
                return
            found.update(entries)
            if _write(folder, found, fsync=fsync):
                return


def _set_aside(folder: Path, reason: str) -> None:
    """Keep a file that has the manifest's name but is none: it is somebody's, or what is left of a damaged one."""
    path = folder / MANIFEST
    aside = folder / f"{MANIFEST}.{secrets.token_hex(4)}.unreadable"
    with disk_errors(MANIFEST, path):
        try:
            replace(path, aside)
        except FileNotFoundError:
            return  # another process was faster
    log.warning("%s cannot be read as a manifest (%s); it is kept as %s, and a new one begun", path, reason, aside.name)


def _write(folder: Path, entries: Mapping[str, Entry], *, fsync: bool) -> bool:
    """Write a manifest, an entry a line. Whether it is there; not if another process has written one meanwhile."""
    lines = ",\n".join(f"{_json(name)}: {_json(entries[name]._asdict())}" for name in sorted(entries))
    path = folder / MANIFEST
    fresh = folder / f"{MANIFEST}.{secrets.token_hex(4)}{PART}"
    # A lone surrogate, which UTF-8 has no form for, becomes the escape that JSON has for it.
    text = f'{{"tickhaul": {_FORMAT}, "files": {{\n{lines}\n}}}}\n'.encode("utf-8", "backslashreplace")
    if _is_dense(text):
        # What is in names would be taken for values.
        text = _STRING.sub(lambda found: re.sub(rb"[{[,]", lambda mark: b"\\u%04x" % mark[0][0], found[0]), text)
    if len(text) > _LARGEST:
        raise StorageError(f"{path} would have more than {_LARGEST:,} bytes; use another folder for the next files")
    with disk_errors(MANIFEST, path):
        try:
            with os.fdopen(create_new(fresh), "wb") as handle:
                keep_mode(handle.fileno(), path)
                handle.write(text)
                handle.flush()
                if fsync:
                    os.fsync(handle.fileno())
                written = os.fstat(handle.fileno())
            # A run that starts meanwhile may take the temporary file for a leftover and remove it: then merge again.
            with contextlib.suppress(FileNotFoundError):
                replace(fresh, path)
                return os.path.samestat(written, os.lstat(path))
        finally:
            fresh.unlink(missing_ok=True)
    return False


def _entry(value: object) -> Entry | None:
    if not isinstance(value, dict):
        return None
    match value:
        case {
            "export": str(export),
            "artifact": str(artifact),
            "bytes": int(size),
            "finished_at": str(finished_at),
        } if size >= 0:
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
