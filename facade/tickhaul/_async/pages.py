"""Lists that are fetched page by page while they are walked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from tickhaul._core.paging import Page, Trail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

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

    async def __call__(self, page_token: str | None, limit: int | None, /) -> PageModel[T_co]: ...


class AsyncPages(Generic[T]):
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

    async def __aiter__(self) -> AsyncIterator[T]:
        left = self._request.max_items
        async for page in self.pages():
            for item in page.items if left is None else page.items[:left]:
                yield item
            if left is not None:
                left -= len(page.items)

    async def pages(self) -> AsyncIterator[Page[T]]:
        """The pages, each whole; with ``max_items`` no page is fetched past the one that reaches it.

        Raises:
            PaginationError: the service repeated a page token.
            TickhaulError: whatever fetching a page may end in.
        """
        request = self._request
        token = request.page_token
        trail = Trail(self._what, token)
        left = request.max_items
        while left is None or left > 0:
            model = await self._fetch(token, request.limit(left))
            yield Page(model.items, model.total, model.limit, model.next_page_token or None)
            if left is not None:
                left -= len(model.items)
            token = trail.follow(model.next_page_token)
            if token is None:
                return

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._what}>"
