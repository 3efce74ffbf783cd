"""The head of a response, for both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.transfer.wire.trouble import MALFORMED, WireError

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_HEAD = 64 * 1024
"""Bytes of a head, with the interim ones before it."""


def read_head(head: bytes | bytearray) -> tuple[int, dict[str, str]]:
    """Status and headers, from the bytes as they came, the empty line at the end included.

    Raises:
        WireError: it is malformed.
    """
    first, *rest = head.decode("latin-1").split("\n")
    words = first.rstrip("\r").split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not (words[1].isascii() and words[1].isdecimal()):
        raise WireError(f"{MALFORMED}: its status line")
    found: list[tuple[str, str]] = []
    for line in rest[:-2]:
        name, colon, value = line.partition(":")
        if colon and name and name == name.strip():
            found.append((name, value.strip(" \t\r")))
        elif line[:1] in (" ", "\t") and found:  # folded
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        else:
            raise WireError(f"{MALFORMED}: a header without a name")
    return int(words[1]), headers_of(found)


def headers_of(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers by lower-case name; of a repeated one, the first.

    Raises:
        WireError: they do not say, or say twice, how long the body is.
    """
    headers: dict[str, str] = {}
    for name, value in lines:
        key = name.lower()
        if headers.setdefault(key, value) != value and key == "content-length":
            raise WireError(f"{MALFORMED}: two lengths")
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal() and len(length) < 20):
        raise WireError(f"{MALFORMED}: a length that is not a number")
    if headers.get("transfer-encoding", "chunked").lower() != "chunked":
        raise WireError(f"{MALFORMED}: a transfer coding that was not asked for")
    return headers
