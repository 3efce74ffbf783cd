"""Values from outside as they may be shown: on one line, not too long, and without what is secret."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SHOWN = 200  # characters of a value in a message
# Where what may be secret begins, however it was broken: a query in a URL that was encoded once too often, too.
_SECRET = re.compile(r"[?#]|%3f|x-amz-", re.IGNORECASE)


def redacted(url: str) -> str:
    """A URL as it may be shown, broken ones too: without query, fragment, user and password, and not too long."""
    bare = _SECRET.split(url, maxsplit=1)[0]
    if "@" not in bare:
        return shown(bare, quoted=False) if bare else "an empty URL"
    try:
        parts = urlsplit(bare)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Where a password with a slash in it ends, nobody can tell.
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
