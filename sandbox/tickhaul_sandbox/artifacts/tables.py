"""What goes into a file: named columns and rows of values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from tickhaul_sandbox.market.sources import Message

Value: TypeAlias = int | float | Decimal | str | bool | datetime | None
Row: TypeAlias = Sequence[Value]


class Layout(Protocol):
    """Turns messages into rows: what an export schema is to the files."""

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns."""
        ...

    @property
    def types(self) -> Sequence[str]:
        """The DuckDB type of each column, for files that keep types."""
        ...

    @property
    def needs_opening(self) -> bool:
        """Whether rows depend on earlier messages, back to the last snapshot; such a layout makes one row of each."""
        ...

    def rows(self, messages: Iterable[Message]) -> Iterator[Row]:
        """Yield the rows of messages, in their order.

        Raises:
            LayoutError: If a message cannot be laid out at all.
        """
        ...


class LayoutError(Exception):
    """The schema cannot be applied to the data; the job fails with this text."""


class RawLayout:
    """The reserved schema `raw`: the collection time and the message as it was received.

    Args:
        message_column: The name of the second column.
    """

    types = ("BIGINT", "VARCHAR")
    needs_opening = False

    def __init__(self, message_column: str) -> None:
        self.columns = ("collection_timestamp_ns", message_column)

    def rows(self, messages: Iterable[Message]) -> Iterator[Row]:
        """Yield one row per message."""
        yield from messages
