"""Values from outside as they may be shown: on one line, not too long, and without what is secret."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MASK = "[hidden]"
_SHOWN = 200  # characters of a value in a message
#: Where what may be secret begins in a URL, however it was broken: a query that was encoded once too often, too.
_QUERY = r"\?|%3f|x-amz-"
_SECRET = re.compile(rf"{_QUERY}|#", re.IGNORECASE)
#: What a URL is looked for in: no URL holds whitespace, double quotes or angle brackets.
_TOKEN = re.compile(r"[^\s\"<>]+")
#: JSON may write any character as an escape, once more for each layer of JSON in JSON.
_ADDRESS = re.compile(r"(?i:(?::|%3a|\\u003a)(?:%2f|\\{0,3}/|\\{1,3}u002f){2})([^/\\?#]*@)?")
#: A signed query whose URL is incomplete.
_SIGNED = re.compile(r"x-amz-[a-z-]+=", re.IGNORECASE)
_QUERY_IN_TEXT = re.compile(rf"(?i:{_QUERY}|\\u003f)")


def hide_queries(text: str) -> str:
    """The text with the query of each URL in it hidden, for a presigned URL keeps its signature there; logins, too."""
    return _TOKEN.sub(_hide, text)


def _hide(token: re.Match[str]) -> str:
    text = token[0]
    address = _ADDRESS.search(text)
    if address is None:
        signed = _SIGNED.search(text)
        return text if signed is None else text[: signed.end()] + MASK
    mark = _QUERY_IN_TEXT.search(text, address.end())
    shown_until = len(text) if mark is None else mark.end()
    behind = "" if mark is None else MASK
    if address[1] is None:
        return text[:shown_until] + behind
    return f"{text[: address.start(1)]}{MASK}@{text[address.end() : shown_until]}{behind}"


def redacted(url: str) -> str:
    """A URL as it may be shown, broken ones too: without query, fragment, user and password, and not too long."""
    bare = _SECRET.split(url, maxsplit=1)[0]
    if "@" in url[len(bare) :] and "/" not in bare.partition("://")[2]:
        return "an unreadable URL"  # it cannot be told where its password ends
    if "@" not in bare:
        return shown(bare, quoted=False) if bare else "an empty URL"
    try:
        parts = urlsplit(bare)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # It cannot be told where a password with a slash in it ends.
        return "an unreadable URL"
    if ":" in host:
        host = f"[{host}]"
    return shown(f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}", quoted=False)


def shown(text: object, *, quoted: bool = True) -> str:
    """Text from outside as one printable ASCII line, shortened.

    Args:
        text: the text, or what came in its place.
        quoted: whether it is put in quotes, as Python writes it.
    """
    if not isinstance(text, str):
        return ascii(text)[:_SHOWN]
    escaped = ascii(text[:_SHOWN]) if quoted else text[:_SHOWN].encode("unicode_escape").decode("ascii")
    return escaped if len(text) <= _SHOWN else f"{escaped}..."
