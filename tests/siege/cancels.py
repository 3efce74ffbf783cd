"""Cancellation and Ctrl-C at any moment of a call under an event loop: the client stays whole for the calls that follow.

Four ways to end a call: a task of asyncio is canceled; a scope is, under asyncio or trio; Ctrl-C ends ``asyncio.run``,
and the client is used under the next one; Ctrl-C ends ``run_until_complete``, and the loop is used again.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import time
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc

from tests.siege.alarm import Alarm, HungError
from tests.siege.callers import DEADLINE, MARGIN, ask_async, judge, new_async_client, new_id
from tests.siege.echo import PLACES
from tests.siege.serving import Served, served

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable
    from types import FrameType

    from tests.siege.tally import Tally

_EACH = 60
_WORKERS = 3
_MANNERS = ("fast", "fast", "slow", "halves", "closing", "gzip", "chunked")
_FAULTS = ("hung", "calls lost", "places lost", "slots lost", "tasks hurt", "wrong", "foreign errors")
#: Seconds within which calls are ended; most take about as long.
_SPREAD = 0.012
#: What asyncio says when it was interrupted while it was told to stop.
_STOPPED = "stopped before Future completed"


def attack(tally: Tally) -> None:
    """End calls of clients in one of the ways, one client after another."""
    tally.expect(("cancellations", "interrupts", "calls", "calls of tasks"), _FAULTS)
    # A loop that Ctrl-C has ended leaves tasks and sockets behind, of which Python warns.
    warnings.simplefilter("ignore")
    logging.getLogger("asyncio").disabled = True
    with served("tests.siege.echo") as servers:
        for roll in tally.rounds():
            siege = _Siege(tally, servers, roll)
            way = roll.choice((siege.tasks, siege.scopes, siege.runs, siege.loops))
            try:
                way()
            except HungError as error:
                tally.fault("hung", f"a call outlived its deadline ({way.__name__})", error)
            except BaseException as error:
                judge(tally, error, "calls lost", f"outside of any call ({way.__name__})")
            signal.setitimer(signal.ITIMER_REAL, 0)
            gc.collect()


class _Siege:
    """One client.

    Args:
        tally: counts.
        servers: what it talks to.
        roll: decides what happens.
    """

    def __init__(self, tally: Tally, servers: Served, roll: random.Random) -> None:
        self._tally = tally
        self._roll = roll
        self._hub = roll.random() < 0.4
        self._stuck = False
        self._client = new_async_client(servers, hub=self._hub, tls=roll.random() < 0.4)

    # -- four ways --------------------------------------------------------------------------------------------------

    def tasks(self) -> None:
        """Tasks of asyncio are canceled, some of them twice."""

        async def end_one(identifier: str) -> None:
            task = asyncio.ensure_future(ask_async(self._client, identifier))
            loop = asyncio.get_running_loop()
            moments = self._moments()
            for number in range(len(moments)):
                loop.call_later(sum(moments[: number + 1]), task.cancel)
            try:
                await task
            except asyncio.CancelledError:
                self._tally.count("cancellations")

        self._run_guarded(lambda: asyncio.run(self._calls(end_one)))

    def scopes(self) -> None:
        """Scopes are canceled, under asyncio and under trio."""

        async def end_one(identifier: str) -> None:
            with anyio.move_on_after(self._roll.uniform(0, _SPREAD)) as scope:
                await ask_async(self._client, identifier)
            self._tally.count("cancellations", scope.cancelled_caught)

        backend = self._roll.choice(("asyncio", "trio"))
        self._run_guarded(lambda: anyio.run(self._calls, end_one, backend=backend))

    def runs(self) -> None:
        """Ctrl-C ends a program's ``asyncio.run``; its client is used by the next."""
        with Alarm(as_ctrl_c=True) as alarm:
            for _ in self._tally.steps(_EACH // 3):
                sent = alarm.sent
                identifier = self._identifier()
                with self._interrupted(identifier):
                    try:
                        alarm.interrupt(*self._moments(0.003), bound=DEADLINE + MARGIN)
                        asyncio.run(ask_async(self._client, identifier))
                    finally:
                        alarm.disarm()
                self._tally.count("interrupts", alarm.sent - sent)
                if self._stuck:
                    return
                alarm.guard(DEADLINE + MARGIN)
                asyncio.run(self._must("the call of the next loop"))
                alarm.disarm()
                if self._tally.out_of_time:
                    break
            alarm.guard(6 * DEADLINE)
            asyncio.run(self._finish())

    def loops(self) -> None:
        """Ctrl-C ends what a loop was told to complete; the loop is used again, and what it left goes on under it."""
        loop = asyncio.new_event_loop()
        with Alarm(spares=_is_of_the_loop) as alarm:
            for _ in self._tally.steps(_EACH // 2):
                sent = alarm.sent
                identifier = self._identifier()
                with self._interrupted(identifier):
                    call = ask_async(self._client, identifier)
                    try:
                        alarm.interrupt(*self._moments()[:1], bound=DEADLINE + MARGIN)
                        loop.run_until_complete(call)
                    finally:
                        alarm.disarm()
                        call.close() if _not_begun(call) else None
                self._tally.count("interrupts", alarm.sent - sent)
                alarm.guard(DEADLINE + MARGIN)
                self._complete(loop, lambda: self._must("the next call"))
                alarm.disarm()
                if self._tally.out_of_time:
                    break
            alarm.guard(8 * DEADLINE)
            self._complete(loop, _cancel_others)
            self._complete(loop, self._finish)
            self._complete(loop, loop.shutdown_asyncgens)
            alarm.disarm()
        loop.close()

    def _complete(self, loop: asyncio.AbstractEventLoop, make: Callable[[], Any]) -> None:
        """Run a coroutine under a loop that was interrupted."""
        try:
            loop.run_until_complete(make())
        except RuntimeError as error:
            # asyncio may have kept the order to stop, for once.
            if _STOPPED not in str(error):
                raise
        except KeyboardInterrupt:
            # Of a task that an earlier run left, and that has closed its connection first.
            self._tally.count("interrupts seen late")
        else:
            return
        loop.run_until_complete(make())

    # -- what they have in common -----------------------------------------------------------------------------------

    def _run_guarded(self, run: Callable[[], object]) -> None:
        # The calls end by their own deadlines; where those do not work, no single call can be blamed from outside.
        with Alarm() as alarm:
            alarm.guard(max(60.0, 20 * DEADLINE))
            run()

    async def _calls(self, end_one: Callable[[str], Awaitable[None]]) -> None:
        """Calls that are ended, each followed by one that must succeed, while other tasks use the client."""
        stop = anyio.Event()
        async with anyio.create_task_group() as group:
            for number in range(_WORKERS):
                group.start_soon(self._work, number, stop)
            for _ in self._tally.steps(_EACH):
                identifier = self._identifier()
                self._tally.count("calls")
                try:
                    await end_one(identifier)
                except Exception as error:
                    judge(self._tally, error, "cancellations turned into errors", identifier)
                if not await self._must("the next call") or self._tally.out_of_time:
                    break
            stop.set()
        await self._finish()

    async def _work(self, number: int, stop: anyio.Event) -> None:
        while not stop.is_set():
            identifier = new_id(_MANNERS[number % len(_MANNERS)])
            number += 1
            try:
                await ask_async(self._client, identifier)
            except Exception as error:
                judge(self._tally, error, "tasks hurt", f"a task asked for {identifier}")
            self._tally.count("calls of tasks")

    async def _must(self, what: str, manner: str | None = None) -> bool:
        """Make a call that must succeed; whether it did."""
        identifier = new_id(manner or self._roll.choice(_MANNERS))
        self._tally.count("calls")
        began = time.monotonic()
        try:
            await ask_async(self._client, identifier)
        except Exception as error:
            judge(self._tally, error, "calls lost", f"{what}, {identifier}, after {time.monotonic() - began:.1f} s")
            return False
        if (took := time.monotonic() - began) > DEADLINE + MARGIN:
            self._tally.fault("hung", f"{what}, {identifier}, took {took:.1f} s")
        return True

    async def _finish(self) -> None:
        """All places at once, the last request of a quota, and the end."""
        group, met = f"{self._roll.randrange(1 << 60):x}", []
        view = self._client.with_options(deadline=3 * DEADLINE)

        async def meet(number: int) -> None:
            try:
                met.append(int(await ask_async(view, f"exp_meet-{group}-{number}")))
            except Exception as error:
                judge(self._tally, error, "calls lost", f"one of {PLACES} calls at once")

        async with anyio.create_task_group() as tasks:
            for number in range(PLACES):
                tasks.start_soon(meet, number)
        self._tally.count("calls", PLACES)
        if lost := PLACES - min(met, default=PLACES):
            self._tally.fault("places lost", f"{lost} of {PLACES}", times=lost)
        if not self._hub and await self._must("a call", "last") and not await self._must("the last of a quota", "fast"):
            self._tally.fault("slots lost", "the client takes a call for being under way that is not")
        await self._client.aclose()

    def _identifier(self) -> str:
        return new_id(self._roll.choice([*_MANNERS, "refused" if self._hub else "lost"]))

    def _moments(self, spread: float = 0.0) -> list[float]:
        """When to end a call, sometimes twice in quick succession."""
        first = self._roll.uniform(0, _SPREAD + spread)
        return [first, self._roll.uniform(0, 0.0005)] if self._roll.random() < 0.3 else [first]

    @contextlib.contextmanager
    def _interrupted(self, identifier: str) -> Any:
        self._tally.count("calls")
        try:
            yield
        except KeyboardInterrupt:
            self._tally.count("interrupts seen")
        except HungError as error:
            steps = {frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)}
            if "_cancel_all_tasks" in steps:
                # A second Ctrl-C within a millisecond hangs `asyncio.run` with any program, as often as here.
                self._stuck = True
                self._tally.count("hangs of asyncio.run")
            else:
                self._tally.fault("hung", f"the interrupted call, {identifier}", error)
        except BaseExceptionGroup as errors:
            # The event-loop library's way to tell of an interrupt that came while it made a connection.
            if errors.split(KeyboardInterrupt)[1] is not None:
                judge(self._tally, errors, "foreign errors", f"interrupted {identifier}")
            self._tally.count("interrupts seen in a group")
        except asyncio.CancelledError:
            # As above: a scope of its own was interrupted while it was left, and cancels what comes after it.
            self._tally.count("interrupts of the event-loop library")
        except RuntimeError as error:
            if not any(words in str(error) for words in ("cancel scope", _STOPPED)):
                judge(self._tally, error, "foreign errors", f"interrupted {identifier}")
            # It was interrupted between two steps of its own. What counts is what the next call finds.
            self._tally.count("interrupts of the event-loop library")
        except BaseException as error:
            judge(self._tally, error, "interrupts turned into errors", f"interrupted {identifier}")


def _not_begun(call: Any) -> bool:
    return bool(call.cr_frame is not None and call.cr_frame.f_lasti < 0)


def _is_of_the_loop(frame: FrameType) -> bool:
    """Whether the loop is between two steps of its own: interrupted there, it loses wakings and sockets of any program."""
    module = frame.f_globals.get("__name__", "").partition(".")[0]
    return module in ("asyncio", "selectors") and frame.f_code.co_name != "select"


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    # Not for ever: asyncio may have lost the waking of a task to the interrupt.
    if others:
        await asyncio.wait(others, timeout=2)
