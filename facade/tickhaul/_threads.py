"""Work in a thread of its own, which no interrupt such as Ctrl-C reaches, while the caller waits for its end.

The caller may be interrupted between any two steps. So it takes no lock that the work needs: it reads what is shown to
it, and tells by single steps. This module imports nothing of the package.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from _thread import start_new_thread
from contextlib import suppress
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 0.1  # seconds between two looks
_PATIENCE = 2.0  # seconds the work still gets to end when the wait for its end is interrupted too
_INTERRUPTS = 10  # how many may come while it ends
_START = 0.5  # seconds a thread takes at most from its start to its first step


class NoThreadError(RuntimeError):
    """The system has no room for another thread."""


def wait_for(work: Callable[[], None], *, name: str, stop: Callable[[], None], look: Callable[[bool], None]) -> None:
    """Have work done in a thread of its own, and wait for it.

    Args:
        work: the work. What it raises is raised here.
        name: the name of the thread.
        stop: tells the work to end, at once and without a lock.
        look: called about every `TICK`, with whether the work is over; what it raises ends the work.

    Raises:
        NoThreadError: the system has no room for another thread.
    """
    begun: list[bool] = []
    done: list[bool] = []
    ended: SimpleQueue[None] = SimpleQueue()
    failure: list[BaseException] = []

    def end() -> None:
        # Told twice: an interrupt can take what is in the queue with it.
        done.append(True)
        ended.put(None)

    def attempt() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (raised again below, in the caller's thread)
            failure.append(error)
        finally:
            end()

    def launch() -> None:
        begun.append(True)
        try:
            threading.Thread(target=attempt, name=name, daemon=True).start()
        except RuntimeError as error:
            failure.append(NoThreadError(str(error)))
            end()

    over = False
    try:
        # Starting a `Thread` waits for it, under a lock that an interrupt would leave in disorder; this is one step.
        _start(launch, end)
        while not over:
            over = _has_ended(done, ended, TICK)
            look(over)
    except BaseException:
        try:
            _let_end(stop, begun, done, ended)
        except BaseException:  # noqa: BLE001 (another interrupt, before it could begin)
            _let_end(stop, begun, done, ended)
        raise
    if failure:
        raise failure[0]


def load(*modules: str) -> None:
    """Import modules that are loaded with their first use, before an ``import`` statement asks for them.

    The interpreter takes a lock for each module it loads, and an interrupt can leave it taken: from then on every thread
    that asks for the module hangs. So modules are loaded where no interrupt arrives, and no caller waits for such a lock.

    Args:
        modules: their full names.

    Raises:
        ImportError: a module is not installed, or fails.
    """
    missing = [name for name in modules if not _is_loaded(name)]
    if not missing:
        return

    def work() -> None:
        for name in missing:
            import_module(name)

    try:
        wait_for(work, name="tickhaul-load", stop=lambda: None, look=lambda _: None)
    except NoThreadError:
        # Or the interpreter is about to end.
        work()


def _is_loaded(name: str) -> bool:
    module = sys.modules.get(name)
    # A module is in that table from the moment its loading begins.
    return module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False)


def _start(launch: Callable[[], None], end: Callable[[], None]) -> None:
    try:
        start_new_thread(launch, ())
    except RuntimeError as error:
        # There is nothing to wait for.
        end()
        raise NoThreadError(str(error)) from error


def _let_end(stop: Callable[[], None], begun: list[bool], done: list[bool], ended: SimpleQueue[None]) -> None:
    until = math.inf
    for _ in range(_INTERRUPTS):
        try:
            stop()
            while time.monotonic() < until and not _has_ended(done, ended, TICK if begun else _START):
                if not begun:
                    # The interrupt came before the start.
                    return
        except BaseException:  # noqa: BLE001 (an interrupt is on its way to the caller already)
            until = min(until, time.monotonic() + _PATIENCE)
        else:
            return


def _has_ended(done: list[bool], ended: SimpleQueue[None], seconds: float) -> bool:
    with suppress(Empty):
        ended.get(timeout=seconds)
    return bool(done)
