"""Where the messages of a datastream come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Message(NamedTuple):
    """One recorded message.

    Attributes:
        collection_ns: When it was received, in nanoseconds since the Unix epoch.
        payload: The text exactly as the exchange sent it.
    """

    collection_ns: int
    payload: str


class Source(Protocol):
    """The messages of one datastream, at any time, the same whenever they are asked for."""

    def messages(self, anchor_ns: int, start_ns: int, end_ns: int) -> Iterator[Message]:
        """Yield the messages of a half-open range in the order they were received.

        Args:
            anchor_ns: When the recording they belong to began, in nanoseconds since the Unix epoch.
            start_ns: The first instant of the range.
            end_ns: The first instant after it.
        """
        ...

    def opening(self, anchor_ns: int, start_ns: int) -> int:
        """Return the latest instant, not after `start_ns`, from which on the messages need none before them."""
        ...

    def estimate(self, anchor_ns: int, start_ns: int, end_ns: int) -> int:
        """Return about how many messages `messages` would yield, without making them."""
        ...
