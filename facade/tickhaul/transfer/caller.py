"""The caller's side of a transfer: it waits, and may be interrupted between any two steps.

Files are opened, locked and closed in threads that no interrupt reaches, so that none of them is left open by one. For
the same reason this side takes no lock that the other side needs: it reads what is shown to it, and tells by single steps.
"""

from __future__ import annotations

import math
import threading
import time
from _thread import start_new_thread
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 0.1  # seconds between two looks
_PATIENCE = 2.0  # seconds the work still gets to end when the wait for its end is interrupted too
_INTERRUPTS = 10  # how many may come while it ends
_START = 0.5  # seconds a thread takes at most from its start to its first step


def wait_for(work: Callable[[], None], *, stop: Callable[[], None], look: Callable[[bool], None]) -> None:
    """Have work done in a thread of its own, and wait for it.

    Args:
        work: the work. What it raises is raised here.
        stop: tells the work to end, at once and without a lock.
        look: called about every `TICK`, with whether the work is over; what it raises ends the work.
    """
    begun: list[bool] = []
    ended: SimpleQueue[None] = SimpleQueue()
    failure: list[BaseException] = []

    def attempt() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (raised again below, in the caller's thread)
            failure.append(error)
        finally:
            ended.put(None)

    def launch() -> None:
        begun.append(True)
        try:
            threading.Thread(target=attempt, name="tickhaul-transfer", daemon=True).start()
        except RuntimeError as error:
            failure.append(error)
            ended.put(None)

    over = False
    try:
        # Starting a `Thread` waits for it, under a lock that an interrupt would leave in disorder; this is one step.
        start_new_thread(launch, ())
        while not over:
            over = _has_ended(ended, TICK)
            look(over)
    except BaseException:
        stop()
        if not over:
            _let_end(begun, ended)
        raise
    if failure:
        raise failure[0]


def _let_end(begun: list[bool], ended: SimpleQueue[None]) -> None:
    until = math.inf
    for _ in range(_INTERRUPTS):
        try:
            while time.monotonic() < until and not _has_ended(ended, TICK if begun else _START):
                if not begun:
                    # The interrupt came before the start.
                    return
        except BaseException:  # noqa: BLE001 (an interrupt is on its way to the caller already)
            until = min(until, time.monotonic() + _PATIENCE)
        else:
            return


def _has_ended(ended: SimpleQueue[None], seconds: float) -> bool:
    try:
        ended.get(timeout=seconds)
    except Empty:
        return False
    return True
