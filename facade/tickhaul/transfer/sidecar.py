r"""What a half-fetched file's sidecar remembers: which file it is, and which bytes of it are on disk.

A sidecar is JSON Lines, only ever appended to, so a ``kill -9`` can cost it no more than its last line::

    {"tickhaul": 1, "artifact": "art_…", "bytes": 524288000, "etag": "\"…\"", "last_modified": null, "boot": "…"}
    {"claim": ["x-amz-checksum-crc32", "ibTZqA==", null]}
    {"done": [0, 16777216]}
    {"done": [33554432, 50331648]}
    {"synced": 2}

``claim`` is a checksum the host announced, for the file or a range of it. ``synced`` says how many of the ``done`` lines
the disk has confirmed. After a power failure only those count: the data of the others may never have left memory. As
long as the machine has not been restarted (``boot``), all of them do.

It holds no URL and no secret.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import threading
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from tickhaul._files import create_new, open_regular, replace
from tickhaul.transfer.checksums import Claim, read_claim
from tickhaul.transfer.disk import disk_errors
from tickhaul.transfer.names import PART, SIDECAR
from tickhaul.transfer.ranges import Ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_FORMAT = 1
_APPEND = os.O_WRONLY | os.O_APPEND
# A file of a tebibyte in parts of 8 MiB, each with a checksum, has 300,000 lines of some 60 bytes.
_LARGEST = 32 * 1024 * 1024  # bytes
_MOST_LINES = 400_000
_LONGEST_LINE = 32 * 1024
_WEAK = "W/"  # how an ETag begins that stands for a meaning, and not for bytes
_MARK = re.compile(r"[\t -~\x80-\xff]{1,1024}")  # it is sent back in a header


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes two answers the same file.

    Attributes:
        artifact: the artifact's id.
        size: the length in bytes, ``None`` while unknown.
        etag: the ``ETag``, an opaque mark of one version. Never taken for a checksum.
        last_modified: the ``Last-Modified`` header, for servers without ETags.
    """

    artifact: str
    size: int | None
    etag: str | None = None
    last_modified: str | None = None

    @property
    def mark(self) -> str | None:
        """What tells this version's bytes from any other's: a strong ETag, else ``Last-Modified``.

        A weak ETag identifies meaning and not bytes (RFC 9110, 8.8.1).
        """
        if self.etag is not None and not self.etag.startswith(_WEAK):
            return self.etag
        return self.last_modified

    def contradicts(self, other: Identity) -> bool:
        """Whether the two are certainly not the same version.

        A weak ETag that differs is no proof: every response, or every server behind one name, may have one of its own.
        The dates decide then, where there are any.
        """
        dated = None not in {self.last_modified, other.last_modified}
        if self.etag is not None and other.etag is not None:
            if self.etag.removeprefix(_WEAK) == other.etag.removeprefix(_WEAK):
                return False
            if not (dated and any(tag.startswith(_WEAK) for tag in (self.etag, other.etag))):
                return True
        return dated and self.last_modified != other.last_modified

    def joins(self, other: Identity) -> bool:
        """Whether bytes of both may stand in one file: they have the same mark, or the first has none yet."""
        return other.mark is not None and self.mark in {None, other.mark}

    def conditions(self) -> dict[str, str]:
        """Headers which make a server refuse or start over when it has another version by now.

        Both forms: servers know one, the other, or neither, and all answers are compared anyway. ``If-Range`` with a
        date is only for versions that have no ETag at all (RFC 9110, 13.1.5).
        """
        if self.mark is None:
            return {}
        if self.mark == self.etag:
            return {"If-Match": self.mark, "If-Range": self.mark}
        return {"If-Unmodified-Since": self.mark} | ({"If-Range": self.mark} if self.etag is None else {})


@dataclass(frozen=True, slots=True)
class Memory:
    """What a sidecar says, as far as it can be believed.

    Attributes:
        identity: which version of which file.
        done: the ranges that are written.
        confirmed: those of them the disk has confirmed.
        claims: the checksums the host announced.
    """

    identity: Identity
    done: Ranges
    confirmed: Ranges = field(default_factory=Ranges)
    claims: tuple[Claim, ...] = ()


class Sidecar:
    """A sidecar being written, by several threads."""

    def __init__(self, path: Path, filename: str) -> None:
        self.path = path
        self._filename = filename
        self._guard = threading.Lock()
        self._handle: int | None = None
        self._lines = 0
        self._synced = 0

    def begin(
        self,
        identity: Identity,
        done: Ranges,
        *,
        claims: Iterable[Claim] = (),
        confirmed: Ranges | None = None,
        again: bool = False,
    ) -> None:
        """Write the first lines.

        Args:
            identity: which version of which file.
            done: the ranges that are written.
            claims: the checksums announced so far.
            confirmed: those of the ranges the disk has confirmed.
            again: whether there is a sidecar of an earlier run, which is to be replaced in one step.

        Raises:
            StorageError: the disk does not take it.
        """
        known, ranges = list(confirmed or ()), list(done)
        lines: list[dict[str, object]] = [
            {
                "tickhaul": _FORMAT,
                "artifact": identity.artifact,
                "bytes": identity.size,
                "etag": identity.etag,
                "last_modified": identity.last_modified,
                "boot": boot_id(),
            },
            *map(_claim, claims),
            *map(_done, known),
            {"synced": len(known)},
        ]
        # To wait for the disk is for `synced`: here, somebody waits to cancel. Where nothing is outstanding it is quick.
        confirm = bool(known) and known == ranges
        if not confirm:
            lines += map(_done, ranges)
        self._lines = len(known) + (0 if confirm else len(ranges))
        self._synced = len(known)
        with self._guard, disk_errors(self._filename, self.path):
            if not again:
                self._handle = _create(self.path, lines, confirm=confirm)
                return
            while True:
                stem = self.path.name.removesuffix(SIDECAR)
                fresh = self.path.with_name(f"{stem}-{secrets.token_hex(4)}{PART}")
                os.close(_create(fresh, lines, confirm=confirm))
                # Another run that starts in this moment may take the temporary file for a leftover and remove it; it
                # does so once.
                with contextlib.suppress(FileNotFoundError):
                    replace(fresh, self.path)
                    break
            self._handle = open_regular(self.path, _APPEND)

    def done(self, start: int, end: int) -> None:
        """Remember that a range is written (not: confirmed).

        Raises:
            StorageError: the disk does not take it.
        """
        with self._guard, disk_errors(self._filename, self.path):
            if self._handle is not None:
                _write(self._handle, _done((start, end)))
                self._lines += 1

    def claim(self, claims: Iterable[Claim]) -> None:
        """Remember checksums that the host announced.

        Raises:
            StorageError: the disk does not take it.
        """
        with self._guard, disk_errors(self._filename, self.path):
            if self._handle is not None:
                _write(self._handle, *map(_claim, claims))

    def mark(self) -> int:
        """The number to hand to `synced` once everything written before this call has been confirmed."""
        return self._lines

    def synced(self, mark: int) -> None:
        """Remember that the disk has confirmed the data of the first ``mark`` lines.

        Raises:
            StorageError: the disk does not take it.
        """
        with self._guard, disk_errors(self._filename, self.path):
            if self._handle is not None and mark > self._synced:
                _write(self._handle, {"synced": mark})
                getattr(os, "fdatasync", os.fsync)(self._handle)
                self._synced = mark

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def discard(self) -> None:
        """Close and remove it.

        Raises:
            StorageError: it cannot be removed.
        """
        self.close()
        with disk_errors(self._filename, self.path):
            self.path.unlink(missing_ok=True)


def recall(path: Path, artifact: str) -> Memory | None:
    """Read a sidecar; ``None`` when there is none, its first line is not ours, or it is no file to be read.

    Everything after the first line that makes no sense is ignored: it was being written when the process died.

    Args:
        path: the sidecar.
        artifact: the artifact it should be of; a sidecar of another one is read no further than that.
    """
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            lines = _lines(file.read(_LARGEST))
    except OSError:
        return None
    head = next(lines, None)
    if head is None or head.get("tickhaul") != _FORMAT:
        return None
    owner, size, boot = head.get("artifact"), head.get("bytes"), head.get("boot")
    if isinstance(owner, str) and owner != artifact:
        return Memory(Identity(owner, None), Ranges())
    etag, modified = head.get("etag"), head.get("last_modified")
    if owner != artifact or not ((size is None or _natural(size)) and _is_mark(etag) and _is_mark(modified)):
        return None
    found: list[tuple[int, int]] = []
    claims: list[Claim] = []
    confirmed = 0
    for entry in lines:
        match entry:
            case {"done": [int(start), int(end)]} if 0 <= start < end:
                found.append((start, end))
            case {"synced": int(count)} if 0 <= count <= len(found):
                confirmed = count
            case {"claim": [str(header), str(text), None | [int(), int()] as span]} if _is_within(span, size):
                claim = read_claim(header, text, None if span is None else (span[0], span[1]))
                claims += [] if claim is None else [claim]
            case _:
                break
    if boot is None or boot != boot_id():
        found = found[:confirmed]
    return Memory(Identity(artifact, size, etag, modified), Ranges(found), Ranges(found[:confirmed]), tuple(claims))


def _lines(data: bytes) -> Iterator[dict[str, object]]:
    """The lines up to the first that is torn or not ours."""
    file = BytesIO(data)
    for _ in range(_MOST_LINES):
        line = file.readline(_LONGEST_LINE)
        entry = _object(line) if line.endswith(b"\n") else None
        if entry is None:
            return
        yield entry


def _done(span: tuple[int, int]) -> dict[str, object]:
    return {"done": list(span)}


def _claim(claim: Claim) -> dict[str, object]:
    return {"claim": [claim.header, claim.text, claim.span]}


def _create(path: Path, lines: list[dict[str, object]], *, confirm: bool) -> int:
    """Make a sidecar that must not exist yet; return it open."""
    handle = create_new(path, _APPEND)
    try:
        _write(handle, *lines)
        if confirm:
            os.fsync(handle)
    except OSError:
        os.close(handle)
        raise
    return handle


def _write(handle: int, *lines: dict[str, object]) -> None:
    data = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()
    length = os.fstat(handle).st_size
    try:
        while data:
            data = data[os.write(handle, data) :]
    except OSError:
        # Half a line would end what is believed, and with it what is written once there is room again.
        with contextlib.suppress(OSError):
            os.ftruncate(handle, length)
        raise


def _object(line: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _natural(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_within(span: Sequence[int] | None, size: int | None) -> bool:
    return span is None or 0 <= span[0] < span[1] <= (size or 0)


def _is_mark(value: object) -> TypeGuard[str | None]:
    return value is None or (isinstance(value, str) and _MARK.fullmatch(value) is not None)


@cache
def boot_id() -> str | None:
    """A mark of the machine's present run, ``None`` where there is none to be had cheaply (not Linux)."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip() or None
    except OSError:
        return None
