"""Interrupts of the main thread at chosen moments, and the end of waits that never end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


_MOMENT = 0.0001


class HungError(BaseException):
    """A wait outlived every bound; no ``Exception``, so that nothing takes it for one of its own."""


class Alarm:
    """Raises in the main thread: ``KeyboardInterrupt`` when one is wanted, `HungError` when a wait never ends.

    The signals are those of a timer, handled as Ctrl-C is. A signal that comes late, when nobody is to be interrupted
    any more, raises nothing.

    Args:
        as_ctrl_c: raise SIGINT itself, for event loops that have a handler of their own.
        spares: whether to interrupt a moment later than in this frame.
    """

    def __init__(self, *, as_ctrl_c: bool = False, spares: Callable[[FrameType], bool] | None = None) -> None:
        self.sent = 0
        self._as_ctrl_c = as_ctrl_c
        self._spares = spares
        self._left: list[float] = []
        self._guarding = False
        self._bound = 0.0

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGALRM, self._ring)
        if self._as_ctrl_c:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return self

    def __exit__(self, *_: object) -> None:
        self.disarm()
        signal.signal(signal.SIGALRM, self._before)

    def interrupt(self, *after: float, bound: float) -> None:
        """Interrupt the main thread.

        Args:
            after: seconds until then; a further number interrupts it again so many seconds later.
            bound: seconds after the last of them when it counts as hung.
        """
        self._guarding = False
        self._bound = bound
        self._left = list(after)
        self._set(self._left[0])

    def guard(self, seconds: float) -> None:
        """Raise `HungError` in the main thread after so many seconds."""
        self._left = [seconds]
        self._guarding = True
        self._set(seconds)

    def disarm(self) -> None:
        """Raise nothing any more."""
        self._left = []
        self._set(0)

    def _set(self, seconds: float) -> None:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6) if seconds else 0)

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if not self._left:
            return
        if not self._guarding and self._spares is not None and frame is not None and self._spares(frame):
            self._set(_MOMENT)
            return
        self._left.pop(0)
        if self._guarding:
            # Again and again, in case the first is caught on its way.
            self.guard(1.0)
            raise HungError
        self.sent += 1
        if self._left:
            self._set(self._left[0])
        else:
            self.guard(self._bound)
        if self._as_ctrl_c:
            signal.raise_signal(signal.SIGINT)
        else:
            raise KeyboardInterrupt
