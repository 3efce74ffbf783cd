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
        wake: has the thread that waits for the other side look at the reason; set by the engine.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._final = False
        self.reason: str | None = None
        self.wake: Callable[[], None] = lambda: None

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
            self.wake()
