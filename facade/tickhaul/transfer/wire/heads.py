"""The head of a response, for both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.transfer.wire.trouble import MALFORMED, WireError

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 64 * 1024  # bytes


def check_length(count: int) -> None:
    """See whether a head may have so many bytes.

    Raises:
        WireError: it may not.
    """
    if count > _LONGEST:
        raise WireError(f"{MALFORMED}: its head is too long")


def headers_of(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers by lower-case name; of a repeated one, the first.

    Raises:
        WireError: they do not say, or say twice, how long the body is.
    """
    headers: dict[str, str] = {}
    for name, value in lines:
        key, text = name.lower(), value.strip(" \t\r\n")
        if key == "content-length" and headers.get(key, text) != text:
            raise WireError(f"{MALFORMED}: two lengths")
        headers.setdefault(key, text)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal() and len(length) < 20):
        raise WireError(f"{MALFORMED}: a length that is not a number")
    if headers.get("transfer-encoding", "chunked").lower() != "chunked":
        raise WireError(f"{MALFORMED}: a transfer coding that was not asked for")
    return headers
