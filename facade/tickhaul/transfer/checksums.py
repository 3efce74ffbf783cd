"""The checksums a storage host announces, and checking a file on disk against them."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tickhaul._files import reading
from tickhaul.transfer.crc import crc32c, crc64nvme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_PIECE = 1024 * 1024


class Digest(Protocol):
    """A running checksum."""

    def update(self, data: memoryview, /) -> None:
        """Take in more data."""
        ...

    def digest(self) -> bytes:
        """The checksum of everything taken in."""
        ...


class Crc32:
    """The CRC-32 of zlib and gzip, big-endian as S3 sends it."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: memoryview, /) -> None:
        """Take in more data."""
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        """The checksum of everything taken in."""
        return self._value.to_bytes(4, "big")


def _md5() -> Digest:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> Digest:
    return hashlib.sha1(usedforsecurity=False)


_ALGORITHMS: dict[str, Callable[[], Digest]] = {
    "content-md5": _md5,
    "x-amz-checksum-sha256": hashlib.sha256,
    "x-amz-checksum-sha1": _sha1,
    "x-amz-checksum-crc32": Crc32,
    "x-amz-checksum-crc32c": crc32c,
    "x-amz-checksum-crc64nvme": crc64nvme,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A checksum as announced.

    Attributes:
        header: the header that announced it, in lower case.
        value: the checksum.
        span: the range it came with, end exclusive; ``None`` when it came with the whole file.
    """

    header: str
    value: bytes
    span: tuple[int, int] | None

    @property
    def text(self) -> str:
        """The checksum in Base64."""
        return base64.b64encode(self.value).decode("ascii")


def claims_in(headers: Mapping[str, str], span: tuple[int, int] | None) -> list[Claim]:
    """The checksums in an answer that can be checked.

    Those S3 composes from the checksums of an upload's parts (``…-3``, or type ``COMPOSITE``) cannot: they are of the
    parts, whose borders nobody tells.
    """
    if headers.get("x-amz-checksum-type", "").upper() == "COMPOSITE":
        headers = {name: value for name, value in headers.items() if not name.startswith("x-amz-checksum-")}
    found: list[Claim] = []
    for header in _ALGORITHMS:
        if header not in headers:
            continue
        claim = read_claim(header, headers[header], span)
        if claim is not None:
            found.append(claim)
    return found


def read_claim(header: str, text: str, span: tuple[int, int] | None) -> Claim | None:
    """A checksum from its Base64 text; ``None`` when it is none of an algorithm known here."""
    algorithm = _ALGORITHMS.get(header)
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return None if algorithm is None or len(value) != len(algorithm().digest()) else Claim(header, value, span)


def broken_claim(path: Path, claims: list[Claim], *, stopped: Callable[[], bool] = lambda: False) -> Claim | None:
    """Read a file and return the first claim it does not meet; ``None`` when it meets all.

    A checksum that came with a range may be of that range or of the whole file: hosts differ, so either will do.
    """
    wholes: dict[str, bytes] = {}
    for header in sorted({claim.header for claim in claims}):
        wholes[header] = digest_of(path, _ALGORITHMS[header](), None, stopped)
    for claim in claims:
        if claim.value == wholes[claim.header]:
            continue
        if claim.span is None or digest_of(path, _ALGORITHMS[claim.header](), claim.span, stopped) != claim.value:
            return claim
    return None


def digest_of(
    path: Path, digest: Digest, span: tuple[int, int] | None, stopped: Callable[[], bool] = lambda: False
) -> bytes:
    """The checksum of a file, or of a range of it.

    Args:
        path: the file.
        digest: a fresh checksum.
        span: the range, end exclusive; ``None`` for all of it.
        stopped: asked now and then; once true, the reading is broken off.

    Raises:
        OSError: it is not a regular file, or cannot be read.
    """
    with reading(path) as source:
        left = None
        if span is not None:
            source.seek(span[0])
            left = span[1] - span[0]
        buffer = memoryview(bytearray(_PIECE))
        while not stopped():
            count = source.readinto(buffer if left is None else buffer[:left])
            if not count:
                break
            digest.update(buffer[:count])
            if left is not None:
                left -= count
    return digest.digest()
