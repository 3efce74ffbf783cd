# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""What a resource is given: a way to make calls, without knowing how they travel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from tickhaul._core.paging import PageRequest
from tickhaul._sync.pages import Pages

if TYPE_CHECKING:
    from uuid import UUID

    from tickhaul._core.operations import Operation
    from tickhaul._core.options import CallOptions
    from tickhaul._sync.executor import Clock, Executor
    from tickhaul._sync.pages import PageModel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes calls with one set of options.

    Attributes:
        executor: carries them out.
        options: what each may cost.
    """

    executor: Executor
    options: CallOptions

    @property
    def clock(self) -> Clock:
        """The time the calls go by."""
        return self.executor.clock

    def within(self, seconds: float) -> Caller:
        """The same with a deadline of at most so many seconds."""
        deadline = self.options.deadline
        bounded = seconds if deadline is None else min(deadline, seconds)
        return replace(self, options=replace(self.options, deadline=bounded))

    def call(
        self,
        operation: Operation[T],
        *,
        idempotency_key: str | UUID | None = None,
        resend: bool = False,
        **arguments: object,
    ) -> T:
        """Make one call; the arguments are those of the operation's generated module."""
        return self.executor.run(operation, arguments, self.options, idempotency_key=idempotency_key, resend=resend)

    def pages(
        self,
        operation: Operation[PageModel[T]],
        *,
        usual: int,
        largest: int,
        max_items: int | None,
        page_size: int | None,
        page_token: str | None,
        **arguments: object,
    ) -> Pages[T]:
        """A lazy list over a paged operation.

        Args:
            operation: the list.
            usual: its default page size.
            largest: its largest page size.
            max_items: stop after so many items.
            page_size: items a page.
            page_token: where to begin.
            arguments: filters, as the generated module takes them.
        """

        def fetch(token: str | None, limit: int | None, /) -> PageModel[T]:
            filled = {**arguments, "page_token": token, "limit": limit}
            return self.executor.run(operation, filled, self.options)

        return Pages(operation.name, fetch, PageRequest(max_items, page_size, page_token, usual, largest))
