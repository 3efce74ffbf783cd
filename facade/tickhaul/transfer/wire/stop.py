"""Stopping a connection from another thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tickhaul.transfer.wire.trouble import WireError

if TYPE_CHECKING:
    from collections.abc import Callable


class Stop:
    """Whether one connection is to stop what it is doing.

    Attributes:
        reason: why it is to stop, ``None`` if it is not.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._final = False
        self._wake: Callable[[], None] | None = None
        self.reason: str | None = None

    def wakes(self, wake: Callable[[], None] | None) -> None:
        """Say how to have the thread that waits for the other side look at the reason; ``None`` when it never will."""
        with self._guard:
            self._wake = wake

    def begin(self) -> None:
        """Let a new request begin.

        Raises:
            WireError: no more requests are to be made.
        """
        with self._guard:
            if self._final:
                raise WireError("stopped")
            self.reason = None

    def set(self, reason: str, *, final: bool = False) -> None:
        """Have it stop. May be called from any thread.

        Args:
            reason: why.
            final: whether no more requests are to be made.
        """
        with self._guard:
            self._final = self._final or final
            self.reason = reason
            if self._wake is not None:
                self._wake()
