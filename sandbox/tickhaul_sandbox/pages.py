"""Pages: cursor pagination with opaque tokens.

Source: docs guides/pagination, section 7 of the API reference. A token names the last item of its page, so a page
stays where it was while items are added or removed elsewhere. It is signed, so that a made-up one is told apart.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tickhaul_sandbox.errors import invalid_argument

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
Cursor = tuple[int | str, ...]


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page.

    Attributes:
        items: Its items.
        total: How many items all pages hold.
        limit: The effective page size.
        next_page_token: The token of the next page, `None` on the last one.
    """

    items: Sequence[T]
    total: int
    limit: int
    next_page_token: str | None


@dataclass(frozen=True)
class Bounds:
    """What a paged list accepts as `limit`.

    Attributes:
        default: The page size when none is asked for.
        maximum: The largest one.
    """

    default: int
    maximum: int


SMALL = Bounds(default=50, maximum=100)
LARGE = Bounds(default=100, maximum=1000)


class Paginator:
    """Cuts lists into pages.

    Args:
        seed: Signs the tokens; tokens of a sandbox with another seed are refused.
    """

    def __init__(self, seed: int) -> None:
        self._key = f"pages:{seed}".encode()

    def cut(
        self, items: Sequence[T], cursor: Callable[[T], Cursor], query: Mapping[str, str], bounds: Bounds, scope: str
    ) -> Page[T]:
        """Return the page a query asks for.

        Args:
            items: The whole filtered list, sorted by `cursor`.
            cursor: The sort key of an item, unique in the list.
            query: The query parameters; `limit` and `page_token` are read.
            bounds: Default and maximum of `limit`.
            scope: Names list, account and filters; a token is good only for the scope it was made in.

        Raises:
            ApiError: 400 for a bad limit or token.
        """
        limit = _limit(query.get("limit"), bounds)
        token = query.get("page_token")
        start = 0 if token is None else bisect_right(items, self._read(token, scope), key=cursor)
        chosen = items[start : start + limit]
        more = start + limit < len(items)
        return Page(chosen, len(items), limit, self._write(cursor(chosen[-1]), scope) if more else None)

    def _write(self, cursor: Cursor, scope: str) -> str:
        payload = json.dumps({"id": cursor, "sig": self._sign(cursor, scope)}, separators=(",", ":"))
        return base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")

    def _read(self, token: str, scope: str) -> Cursor:
        try:
            payload = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            cursor: Cursor = tuple(payload["id"])
            good = hmac.compare_digest(payload["sig"], self._sign(cursor, scope))
        except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
            good, cursor = False, ()
        if not good:
            raise invalid_argument("Invalid page_token")
        return cursor

    def _sign(self, cursor: Cursor, scope: str) -> str:
        return hmac.digest(self._key, f"{scope}\0{cursor!r}".encode(), "sha256")[:8].hex()


def _limit(text: str | None, bounds: Bounds) -> int:
    if text is None:
        return bounds.default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= bounds.maximum):
        raise invalid_argument(f"Invalid limit: must be an integer between 1 and {bounds.maximum}")
    return int(text)
