# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""Lists that are fetched page by page while they are walked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from tickhaul._core.paging import Page, Trail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tickhaul._core.paging import PageRequest

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class PageModel(Protocol[T_co]):
    """What the four page models of the service have in common."""

    @property
    def items(self) -> Sequence[T_co]: ...
    @property
    def total(self) -> int: ...
    @property
    def limit(self) -> int: ...
    @property
    def next_page_token(self) -> str | None: ...


class Fetch(Protocol[T_co]):
    """Asks for one page."""

    def __call__(self, page_token: str | None, limit: int | None, /) -> PageModel[T_co]: ...


class Pages(Generic[T]):
    """A list of the service, fetched lazily: nothing is asked for before it is walked.

    Walk it for its items, or walk `pages` for whole pages with their ``total`` and ``next_page_token``. Each walk
    begins anew.

    Args:
        what: the operation's name, for errors.
        fetch: asks for one page.
        request: where to begin and how far to go.
    """

    def __init__(self, what: str, fetch: Fetch[T], request: PageRequest) -> None:
        self._what = what
        self._fetch = fetch
        self._request = request

    def __iter__(self) -> Iterator[T]:
        return _Items(self.pages(), self._request.max_items)

    def pages(self) -> Iterator[Page[T]]:
        """The pages, each whole; with ``max_items`` no page is fetched past the one that reaches it.

        Returns:
            A walk. Its steps raise `PaginationError` where the service repeats a page token, and whatever fetching a
            page may end in; after the latter, the next step tries the same page again.
        """
        return _Walk(self._what, self._fetch, self._request)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._what}>"


class _Walk(Generic[T]):
    # No generator: an asynchronous one that is left half-way has to be closed by its event loop, and trio warns of it;
    # and any generator is over after an error, where a walk can go on once the network is back.

    def __init__(self, what: str, fetch: Fetch[T], request: PageRequest) -> None:
        self._fetch = fetch
        self._request = request
        self._trail = Trail(what, request.page_token)
        self._token = request.page_token
        self._left = request.max_items
        self._last: Page[T] | None = None
        self._over = False

    def __iter__(self) -> Iterator[Page[T]]:
        return self

    def __next__(self) -> Page[T]:
        if self._over or (self._left is not None and self._left <= 0):
            raise StopIteration
        if self._last is not None:
            # Only now, so that a page is delivered before its token is complained of.
            self._token = self._trail.follow(self._last.next_page_token)
            self._last = None
            if self._token is None:
                self._over = True
                raise StopIteration
        model = self._fetch(self._token, self._request.limit(self._left))
        if self._left is not None:
            self._left -= len(model.items)
        self._last = Page(model.items, model.total, model.limit, model.next_page_token or None)
        return self._last


class _Items(Generic[T]):
    def __init__(self, pages: Iterator[Page[T]], left: int | None) -> None:
        self._pages = pages
        self._left = left
        self._items: Iterator[T] = iter(())

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        while self._left is None or self._left > 0:
            for item in self._items:
                if self._left is not None:
                    self._left -= 1
                return item
            self._items = iter(next(self._pages))
        raise StopIteration
