"""A response's body, taken in piece by piece: unpacked where it is packed, bounded in bytes and in time.

A few kilobytes can unpack to gigabytes, so the bounds are looked at between pieces, before more memory is used. That all
bytes of a body have arrived does not mean that the packed stream in them is whole: gzip has an end of its own.
"""

from __future__ import annotations

import json
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from tickhaul._core.retry import Loss, Lost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tickhaul._core.deadline import Deadline

#: Arrays and objects in a JSON document: twice what the smallest responses of the service have in the largest body.
_MOST_CONTAINERS = 1 << 18
#: Bytes unpacked between two looks at the clock.
_PIECE = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS
#: The second is the old name of the first (RFC 9110 section 8.4.1.3).
_ACCEPTED = frozenset({"gzip", "x-gzip"})
#: Successes without a body.
_EMPTY = frozenset({204, 205})


def is_framed(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a response tells where its body ends, and holds all of it.

    Without a length it ends with the connection, also when that breaks; and a part may come without being asked for.

    Args:
        status: the status.
        headers: the headers as they came.
    """
    names = {name.lower() for name, _ in headers}
    if status == 206 or b"content-range" in names:
        return False
    return status in _EMPTY or bool(names & {b"content-length", b"transfer-encoding"})


def check_density(document: bytes) -> None:
    """Refuse JSON that would become far more objects than its size suggests: three bytes are an array of some eighty.

    Args:
        document: the JSON; brackets inside of texts count too.

    Raises:
        ValueError: it holds too many arrays and objects.
    """
    if document.count(b"[") + document.count(b"{") > _MOST_CONTAINERS:
        raise ValueError(f"it holds more than {_MOST_CONTAINERS:,} arrays and objects")


class Body:
    """A body on its way in.

    Args:
        codings: the values of all ``Content-Encoding`` headers.
        limit: bytes it may have, unpacked as well as packed.
        until: when the call must be over.
        framed: whether the response tells where it ends.
    """

    def __init__(self, codings: Iterable[str], *, limit: int, until: Deadline, framed: bool = True) -> None:
        named = [name.strip().lower() for value in codings for name in value.split(",")]
        packings = [name for name in named if name not in ("", "identity")]
        self._packed = bool(packings)
        self._limit = limit
        self._until = until
        self._framed = framed
        # A list of pieces would take many times their bytes when a server sends them one by one.
        self._content = BytesIO()
        self._arrived = 0
        self._member: zlib._Decompress | None = None
        self._whole = not packings
        self._failure: Lost | None = None
        if packings and (len(packings) > 1 or packings[0] not in _ACCEPTED):
            shown = ", ".join(packings)[:80]
            self._failure = Lost(Loss.HOPELESS, f"the response is encoded as {shown!r}, and only gzip was asked for")

    def take(self, piece: bytes) -> bool:
        """Take in the next piece as it arrived.

        Returns:
            Whether more is wanted; if not, `content` tells why.
        """
        self._arrived += len(piece)
        if self._failure is None and self._arrived > self._limit:
            self._refuse_size()
        elif self._failure is None and self._packed:
            self._unpack(piece)
        elif self._failure is None:
            self._content.write(piece)
        return self._failure is None

    def content(self) -> bytes | Lost:
        """The whole body, once its last piece was taken; or why it could not be had."""
        if self._failure is not None:
            return self._failure
        if not self._whole:
            return Lost(Loss.MAYBE_DONE, "the response's gzip stream ends before its end")
        content = self._content.getvalue()
        if not self._framed and not _is_document(content):
            return Lost(Loss.MAYBE_DONE, "nothing tells whether the response is whole: it has no length, or is a part")
        return content

    def _unpack(self, data: bytes) -> None:
        while data:
            if self._until.remaining() <= 0:
                self._failure = Lost(
                    Loss.MAYBE_DONE, "the response was not unpacked before the deadline", timed_out=True
                )
                return
            if self._whole:
                # Zeros behind a stream are padding, as for every other reader of gzip.
                data = data.lstrip(b"\0")
                if not data:
                    return
            # Gzip streams may follow one another (RFC 1952 section 2.2), and they are one body then.
            member = self._member = self._member or zlib.decompressobj(_GZIP)
            self._whole = False
            try:
                piece = member.decompress(data, _PIECE)
            except zlib.error as error:
                self._failure = Lost(Loss.MAYBE_DONE, f"the response's gzip stream is damaged: {error}")
                return
            self._content.write(piece)
            if self._content.tell() > self._limit:
                self._refuse_size()
                return
            data = member.unconsumed_tail
            if member.eof:
                data = member.unused_data
                self._member = None
                self._whole = True

    def _refuse_size(self) -> None:
        text = f"the response has more than {self._limit:,} bytes, the most this client takes"
        self._failure = Lost(Loss.HOPELESS, text)


def _is_document(content: bytes) -> bool:
    """Whether it is an object or an array of JSON, which no part of one is."""
    try:
        check_density(content)
        return isinstance(json.loads(content), dict | list)
    except (ValueError, RecursionError):
        return False
