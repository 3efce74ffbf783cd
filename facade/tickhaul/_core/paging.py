"""Walking a list page by page without going in circles.

Facts (docs: guides/pagination): a page names the token of the next one, ``null`` on the last; tokens are opaque.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tickhaul._core.arguments import count
from tickhaul.errors import PaginationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        items: what is on it.
        total: how many there are on all pages together.
        limit: the page size the service applied.
        next_page_token: pass it as ``page_token`` to go on from here, in another process too; ``None`` on the last page.
    """

    items: Sequence[T]
    total: int
    limit: int
    next_page_token: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Where to begin and how far to go.

    Args:
        max_items: stop after so many items; ``None`` for all.
        page_size: items a page; ``None`` for the service's default.
        page_token: the ``next_page_token`` to go on from; ``None`` from the start.
        usual: the page size the service takes when none is asked for.
        largest: the largest page size it allows.

    Raises:
        ValueError: a number is out of range, or the token is empty.
        TypeError: a number is none, or the token is not text.
    """

    max_items: int | None
    page_size: int | None
    page_token: str | None
    usual: int
    largest: int

    def __post_init__(self) -> None:
        if self.max_items is not None:
            count("max_items", self.max_items, 0)
        if self.page_size is not None and count("page_size", self.page_size, 1) > self.largest:
            raise ValueError(f"page_size={self.page_size}: expected 1 to {self.largest} for this list")
        if self.page_token is not None and not isinstance(self.page_token, str):
            raise TypeError(f"page_token={self.page_token!r}: expected a str, not {type(self.page_token).__name__}")
        if self.page_token == "":
            raise ValueError("page_token='': expected a next_page_token of an earlier page, or None for the start")

    def limit(self, left: int | None) -> int | None:
        """The page size to ask for, ``None`` for the service's default.

        Args:
            left: items still wanted, or ``None`` for all.
        """
        if self.page_size is not None or left is None:
            return self.page_size
        # Asking for just what is wanted spares the service and the line; more than a page is left to the default.
        return left if left < self.usual else None


class Trail:
    """The tokens a walk has followed.

    Args:
        what: the operation's name, for the error.
        start: the token the walk began with, if any.
    """

    def __init__(self, what: str, start: str | None) -> None:
        self._what = what
        self._seen: set[str] = {start} if start else set()

    def follow(self, token: str | None) -> str | None:
        """The token to ask for next, ``None`` at the end (an empty token is an end too).

        Raises:
            PaginationError: the token led somewhere before.
        """
        if not token:
            return None
        if token in self._seen:
            raise PaginationError(
                f"{self._what}: the service repeated the page token {token!r}, so the list would never end; "
                "the items so far are complete pages, report this to the service",
                page_token=token,
            )
        self._seen.add(token)
        return token
