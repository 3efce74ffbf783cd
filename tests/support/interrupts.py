"""Interrupts on purpose: before or after any step of a call."""

from __future__ import annotations

import asyncio
import inspect
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.behaviours import answer, held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.faces import Face
    from tests.support.server import ScriptedServer


class Interrupt(BaseException):
    """As Ctrl-C, which an event loop in another thread does not survive."""


@contextmanager
def stopping_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop to be started and stopped by hand, closed in good order."""
    loop = asyncio.new_event_loop()
    try:
        yield loop
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def assert_all_places_are_there(client: Any, server: ScriptedServer) -> None:  # a client of either face
    """As many calls at once as a client has places: all of them arrive, and all of them end."""
    release = threading.Event()
    server.plan(*[held(release, answer([]))] * 64)
    before = len(server.requests)
    with ThreadPoolExecutor(64) as threads:
        running = [threads.submit(client.exchanges.list) for _ in range(64)]
        server.wait_for_requests(before + 64)
        release.set()
        assert [each.result(30) for each in running] == [[]] * 64


def interrupted(step: Any, moment: str) -> Callable[..., Any]:  # any function or coroutine function
    """The step, with an interrupt ``before`` or ``after`` it."""
    if inspect.iscoroutinefunction(step):

        async def later(*args: Any, **options: Any) -> Any:
            if moment == "after":
                await step(*args, **options)
            raise Interrupt

        return later

    def now(*args: Any, **options: Any) -> Any:
        if moment == "after":
            step(*args, **options)
        raise Interrupt

    return now


def interrupt_call(client: Any, face: Face, call: Callable[[Any], Any]) -> Interrupt:  # a client of either face
    """Make a call that is interrupted, and return what came out of it."""
    if face.name == "sync":
        with pytest.raises(Interrupt) as caught:
            call(client)
        return caught.value

    async def main() -> Interrupt:
        # Caught here, for it would end the event loop's thread.
        with pytest.raises(Interrupt) as caught:
            await call(client._inner)
        return caught.value

    return face.portal.call(main)


def variables_of(error: BaseException) -> str:
    """The variables of every function on an error's way, as tools that report errors show them; not those of tests."""
    assert error.__context__ is None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if "tickhaul/" in frame.f_code.co_filename]
    assert ours
    return "\n".join(repr(frame.f_locals) for frame in frames if "/tests/" not in frame.f_code.co_filename)
