"""What a storage host's answer means. Decides, and does no I/O."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tickhaul.net.waits import http_date, retry_after
from tickhaul.transfer.sidecar import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", re.ASCII | re.IGNORECASE)
_AGAIN = {408, 425, 429}
_SECOND = 1.0


class Meaning(Enum):
    """What to do with an answer."""

    BODY = "read the body: it is what was asked for"
    WHOLE = "the host ignored the range: the body is the whole file"
    EXPIRED = "get a new URL"
    AGAIN = "ask again later"
    CHANGED = "another version of the file is there now: start it again"
    LIED = "the answer contradicts the question: start the file again, asking for no ranges"
    WRONG = "this is not the announced file"


@dataclass(frozen=True, slots=True)
class Judgement:
    """An answer, understood.

    Attributes:
        meaning: what to do.
        text: why, in words fit to be shown.
        identity: which version of the file the body is of, where there is a body to read.
        wait: seconds the host asks to wait, for `Meaning.AGAIN`.
    """

    meaning: Meaning
    text: str = ""
    identity: Identity | None = None
    wait: float | None = None


def judge(
    status: int, headers: Mapping[str, str], *, asked: tuple[int, int] | None, known: Identity, name: str
) -> Judgement:
    """Decide what an answer means.

    Args:
        status: the HTTP status.
        headers: the headers, names in lower case.
        asked: the range asked for, end exclusive; ``None`` when the whole file was.
        known: what is known of the file so far.
        name: the file's name.

    Returns:
        What to do. A 206 is read only if its ``Content-Range`` is exactly what was asked for and it bears the mark of
        the version that is known, and any body only if it is of that version and of the announced length.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    # Object stores send the encoding they keep with an object whatever was asked for; the announced length tells then.
    stored = known.size is not None or (encoding in {"gzip", "x-gzip"} and name.endswith(".gz"))
    if status in {200, 206} and encoding not in {"", "identity"} and not stored:
        return Judgement(Meaning.WRONG, "a Content-Encoding that was not asked for")
    if status == 200:
        return _whole(headers, known, Meaning.BODY if asked is None else Meaning.WHOLE)
    if status == 206:
        if asked is None:
            return Judgement(Meaning.LIED, "206 without a Range asked for")
        return _part(headers, asked, known)
    if status == 412:
        return Judgement(Meaning.CHANGED, "412: the file has changed")
    if status == 416:
        return Judgement(Meaning.LIED, "416: the host says the file has no such bytes")
    if status in _AGAIN or status >= 500:
        wait = retry_after(headers.get("retry-after"), date=headers.get("date"), now=time.time())
        return Judgement(Meaning.AGAIN, f"{status}", wait=wait)
    if 400 <= status < 500:
        return Judgement(Meaning.EXPIRED, f"{status}")
    return Judgement(Meaning.AGAIN, f"unexpected status {status}")


def _whole(headers: Mapping[str, str], known: Identity, meaning: Meaning) -> Judgement:
    if "content-range" in headers:
        return Judgement(Meaning.WRONG, "200 with a Content-Range")
    length = _number(headers.get("content-length")) if "transfer-encoding" not in headers else None
    if length is None and known.size is None and "transfer-encoding" not in headers:
        return Judgement(Meaning.WRONG, "nobody says how long the file is, so that a part would pass for all of it")
    return _body(headers, length, known, meaning)


def _part(headers: Mapping[str, str], asked: tuple[int, int], known: Identity) -> Judgement:
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if found is None:
        return Judgement(Meaning.LIED, "206 without a proper Content-Range")
    if (int(found[1]), int(found[2]) + 1) != asked:
        return Judgement(Meaning.LIED, f"206 with bytes {found[1]}-{found[2]}, asked for {asked[0]}-{asked[1] - 1}")
    length = _number(headers.get("content-length")) if "transfer-encoding" not in headers else None
    if length is not None and length != asked[1] - asked[0]:
        return Judgement(Meaning.LIED, f"206 with {length} bytes, asked for {asked[1] - asked[0]}")
    total = None if found[3] == "*" else int(found[3])
    judgement = _body(headers, total, known, Meaning.BODY)
    if judgement.identity is not None and not known.joins(judgement.identity):
        return Judgement(Meaning.LIED, "206 without the mark of a version")
    return judgement


def _body(headers: Mapping[str, str], size: int | None, known: Identity, meaning: Meaning) -> Judgement:
    fresh = Identity(
        known.artifact,
        size if size is not None else known.size,
        headers.get("etag") or None,
        _last_modified(headers),
    )
    if known.contradicts(fresh):
        return Judgement(Meaning.CHANGED, "the file has changed")
    if known.size is not None and fresh.size != known.size:
        return Judgement(Meaning.WRONG, f"the host has {fresh.size} bytes, {known.size} were announced")
    return Judgement(meaning, identity=fresh)


def _last_modified(headers: Mapping[str, str]) -> str | None:
    """The date of a version; ``None`` while it does not tell versions apart (RFC 9110, 8.8.2.2).

    Until the second it names is over, the file may change again, and the date would be the same.
    """
    text = headers.get("last-modified") or None
    if text is None or headers.get("etag", "W/").startswith('"'):
        return text  # a strong tag tells them apart
    modified, sent = http_date(text), http_date(headers.get("date", ""))
    young = modified is not None and sent is not None and sent - modified < _SECOND
    return None if young else text


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 20 else None
