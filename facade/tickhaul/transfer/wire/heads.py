"""The head of a response, for both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.transfer.wire.trouble import MALFORMED, WireError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 64 * 1024  # bytes


def check_length(count: int) -> None:
    """See whether a head, with the interim ones before it, may have so many bytes.

    Raises:
        WireError: it may not.
    """
    if count > _LONGEST:
        raise WireError(f"{MALFORMED}: its head is too long")


def read_head(lines: Sequence[bytes]) -> tuple[int, dict[str, str]]:
    """Status and headers, from the lines as they came, the empty one at the end included.

    Raises:
        WireError: it is malformed.
    """
    first, *rest = [line.decode("latin-1").rstrip("\r\n") for line in lines]
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not (words[1].isascii() and words[1].isdecimal()):
        raise WireError(f"{MALFORMED}: its status line")
    found: list[tuple[str, str]] = []
    for line in rest[:-1]:
        if line[:1] in (" ", "\t") and found:  # folded
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise WireError(f"{MALFORMED}: a header without a name")
        found.append((name, value.strip(" \t")))
    return int(words[1]), headers_of(found)


def headers_of(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers by lower-case name; of a repeated one, the first.

    Raises:
        WireError: they do not say, or say twice, how long the body is.
    """
    headers: dict[str, str] = {}
    for name, value in lines:
        key = name.lower()
        if key == "content-length" and headers.get(key, value) != value:
            raise WireError(f"{MALFORMED}: two lengths")
        headers.setdefault(key, value)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal() and len(length) < 20):
        raise WireError(f"{MALFORMED}: a length that is not a number")
    if headers.get("transfer-encoding", "chunked").lower() != "chunked":
        raise WireError(f"{MALFORMED}: a transfer coding that was not asked for")
    return headers
