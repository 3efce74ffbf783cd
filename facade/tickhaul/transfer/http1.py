"""HTTP/1.1 as far as fetching a file needs it: one GET, the answer's head, and its body into a buffer.

``http.client`` of the standard library does the same, but parses heads with the machinery of e-mail, which costs more
than receiving a small file, and reads through a buffer of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul.transfer.stream import Stream

_STATUS = re.compile(r"HTTP/1\.([01]) (\d{3})(?: [^\r\n]*)?", re.ASCII)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n", re.ASCII)
_NO_BODY = {204, 304}
_MOST_TRAILERS = 100


class HttpError(ValueError):
    """The other side does not speak HTTP properly. The text holds nothing of what it said."""


class EndedError(OSError):
    """The connection ended before the answer did."""

    def __init__(self) -> None:
        super().__init__("the connection ended before the body did")


def request_head(target: str, headers: Mapping[str, str]) -> bytes:
    """A GET.

    Args:
        target: the request target, already checked to be printable ASCII without spaces.
        headers: the headers.

    Raises:
        HttpError: a value cannot be one; they come from an earlier answer.
    """
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    text = "\n".join(lines)
    if text.count("\n") >= len(lines) or "\r" in text or "\0" in text:
        raise HttpError("a header value with a line end")
    try:
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    except UnicodeEncodeError:
        raise HttpError("a header value with other characters than a header has") from None


class Reply:
    """An answer.

    Attributes:
        status: the status.
        headers: the headers by lower-case name; of a repeated one, the first.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.status, self.headers, version = _read_head(stream)
        self._left: int | None = None
        self._chunked = False
        encoding = self.headers.get("transfer-encoding", "").lower()
        if self.status in _NO_BODY:
            self._left = 0
        elif encoding:
            if encoding != "chunked":
                raise HttpError("a transfer coding nobody asked for")
            self._chunked = True
            self._left = 0
        elif (length := self.headers.get("content-length")) is not None:
            if not (length.isascii() and length.isdecimal() and len(length) < 20):
                raise HttpError("a length that is no number")
            self._left = int(length)
        self._ended = not self._chunked and self._left == 0
        tokens = {token.strip() for token in self.headers.get("connection", "").lower().split(",")}
        self._keeps = version == 1 and "close" not in tokens and self._left is not None

    def read_into(self, view: memoryview) -> int:
        """Put the next piece of the body into ``view``.

        Returns:
            How many bytes it is; 0 when the body is over.

        Raises:
            OSError: the connection broke, or ended before the body did.
            HttpError: the body's chunks are none.
        """
        if self._chunked and self._left == 0 and not self._ended:
            self._next_chunk()
        if self._ended or not view:
            return 0
        if self._left is None:
            count = self._stream.take(view)
            self._ended = not count
            return count
        count = self._stream.take(view[: self._left])
        if not count:
            raise EndedError
        self._left -= count
        if self._left == 0:
            if not self._chunked:
                self._ended = True
            elif self._stream.line() != b"\r\n":
                raise HttpError("a chunk longer than it said")
        return count

    def _next_chunk(self) -> None:
        line = self._stream.line()
        if line is None:
            raise EndedError
        found = _CHUNK.fullmatch(line)
        if found is None:
            raise HttpError("a chunk without a length")
        self._left = int(found[1], 16)
        if self._left == 0:
            for _ in range(_MOST_TRAILERS):
                line = self._stream.line()
                if line is None:
                    raise EndedError
                if line == b"\r\n":
                    self._ended = True
                    return
            raise HttpError("trailers without end")

    @property
    def over(self) -> bool:
        """Whether the body is known to have been read to its end."""
        return self._ended

    @property
    def reusable(self) -> bool:
        """Whether the connection can take another request: the body is over, and nothing came behind it."""
        return self._ended and self._keeps and self._stream.drained


def _read_head(stream: Stream) -> tuple[int, dict[str, str], int]:
    while True:
        head = stream.head()
        if head is None:
            raise EndedError
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        found = _STATUS.fullmatch(first)
        if found is None:
            raise HttpError("a status line that is none")
        status = int(found[2])
        if not 100 <= status < 200:
            return status, _headers(lines), int(found[1])


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or _NAME.fullmatch(name) is None:
            raise HttpError("a header that is none")
        key, text = name.lower(), value.strip(" \t")
        if key == "content-length" and headers.get(key, text) != text:
            raise HttpError("two lengths")
        headers.setdefault(key, text)
    return headers
