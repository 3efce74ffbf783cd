"""Ctrl-C at any moment of a call: the client stays whole, for its next call, for other threads, and in all its places."""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING, Any

from tests.siege.alarm import Alarm, HungError
from tests.siege.callers import DEADLINE, MARGIN, ask, judge, new_client, new_id
from tests.siege.echo import PLACES
from tests.siege.handles import opened
from tests.siege.serving import Served, served

if TYPE_CHECKING:
    import random

    from tests.siege.tally import Tally

#: Interrupts of one client, before all its places are looked at and it is closed.
_EACH = 100
_WORKERS = 3
_MANNERS = ("fast", "fast", "fast", "slow", "halves", "closing", "gzip", "chunked")
_FAULTS = ("hung", "calls lost", "places lost", "slots lost", "sockets lost", "threads hurt", "wrong", "foreign errors")


def attack(tally: Tally, *, hub: bool = False) -> None:
    """Interrupt calls of clients, one client after another.

    Args:
        tally: counts.
        hub: whether the clients are those of xyt hub.
    """
    tally.expect(("interrupts", "calls", "calls of threads"), _FAULTS)
    with served("tests.siege.echo") as servers, Alarm() as alarm:
        usual: dict[str, float] = dict.fromkeys((*_MANNERS, "lost", "refused"), 0.004)
        for roll in tally.rounds():
            _Life(tally, servers, alarm, roll, usual, hub=hub).live()


class _Workers:
    """Threads that use a client all the while."""

    def __init__(self, tally: Tally, client: Any, *, seed: int) -> None:
        self._tally = tally
        self._client = client
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(seed + number,), daemon=True) for number in range(_WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self, number: int) -> None:
        while not self._stop.is_set():
            identifier = new_id(_MANNERS[number % len(_MANNERS)])
            number += 1
            try:
                ask(self._client, identifier)
            except BaseException as error:
                with self._lock:
                    judge(self._tally, error, "threads hurt", f"a thread asked for {identifier}")
            with self._lock:
                self._tally.count("calls of threads")
            # Leaves some time to the others: all of them share two cores with the server.
            self._stop.wait(0.002)

    def stop(self) -> bool:
        """Stop them; whether they all ended."""
        self._stop.set()
        end = time.monotonic() + DEADLINE + MARGIN
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0))
        hung = sum(thread.is_alive() for thread in self._threads)
        if hung:
            self._tally.fault("hung", "threads outlived the deadline of their call", times=hung)
        return not hung


class _Life:
    """The life of one client.

    Args:
        tally: counts.
        servers: what it talks to.
        alarm: interrupts it.
        roll: decides what happens.
        usual: seconds a call in each manner takes, about; interrupts are spread over that time.
        hub: whether it is a client of xyt hub.
    """

    def __init__(
        self,
        tally: Tally,
        servers: Served,
        alarm: Alarm,
        roll: random.Random,
        usual: dict[str, float],
        *,
        hub: bool,
    ) -> None:
        self._tally = tally
        self._servers = servers
        self._alarm = alarm
        self._roll = roll
        self._hub = hub
        self._usual = usual

    def live(self) -> None:
        """From the first call to the last."""
        tally = self._tally
        tls = self._roll.random() < 0.5
        gc.collect()
        sockets = _sockets()
        client = new_client(self._servers, hub=self._hub, tls=tls)
        crowd = _Workers(tally, client, seed=self._roll.randrange(100)) if self._roll.random() < 0.7 else None
        healthy = True
        for _ in tally.steps(_EACH):
            self._interrupt(client)
            healthy = self._call(client, new_id(self._roll.choice(_MANNERS)), "the next call")
            if not healthy or tally.out_of_time:
                break
        # A client with a thread or a call that hangs has shown what there was to find.
        if (crowd is None or crowd.stop()) and healthy:
            self._look_at_places(client)
            if not self._hub:
                self._look_at_quota(client)
        self._close(client)
        gc.collect()
        if healthy and (left := _sockets() - sockets) > 0:
            tally.fault("sockets lost", f"{left} are open after the client was closed", times=left)

    def _interrupt(self, client: Any) -> None:
        """Make a call and interrupt it, often twice in quick succession."""
        manner = self._roll.choice([*_MANNERS, "lost", "refused"] if self._hub else [*_MANNERS, "lost"])
        identifier = new_id(manner)
        after = [self._roll.uniform(0, 1.2 * self._usual[manner])]
        if self._roll.random() < 0.3:
            after.append(self._roll.uniform(0, 0.0005))
        sent = self._alarm.sent
        ended = False
        began = time.perf_counter()
        try:
            try:
                self._tally.count("calls")
                self._alarm.interrupt(*after, bound=DEADLINE + MARGIN)
                ask(client, identifier)
                ended = True
            finally:
                self._alarm.disarm()
        except KeyboardInterrupt:
            self._tally.count("interrupts seen")
        except HungError as error:
            self._tally.fault("hung", f"the interrupted call, {identifier}", error)
        except BaseException as error:
            # Of the tree it may well be; the interrupt is the caller's business then.
            judge(self._tally, error, "interrupts turned into errors", f"interrupted {identifier}")
        if ended:
            self._usual[manner] = 0.8 * self._usual[manner] + 0.2 * (time.perf_counter() - began)
        self._tally.count("interrupts", self._alarm.sent - sent)

    def _call(self, client: Any, identifier: str, what: str) -> bool:
        """Make a call that must succeed; whether it did."""
        self._tally.count("calls")
        began = time.monotonic()
        self._alarm.guard(DEADLINE + MARGIN)
        try:
            try:
                ask(client, identifier)
            finally:
                self._alarm.disarm()
        except HungError as error:
            self._tally.fault("hung", f"{what}, {identifier}, after {time.monotonic() - began:.1f} s", error)
            return False
        except BaseException as error:
            judge(self._tally, error, "calls lost", f"{what}, {identifier}, after {time.monotonic() - began:.1f} s")
            return False
        return True

    def _look_at_places(self, client: Any) -> None:
        """As many calls at once as the client has places: each is held until all of them have arrived."""
        group = f"{self._roll.randrange(1 << 60):x}"
        met: list[int] = []

        def meet(number: int) -> None:
            try:
                note = ask(client.with_options(deadline=3 * DEADLINE), f"exp_meet-{group}-{number}")
                met.append(int(note))
            except BaseException as error:
                judge(self._tally, error, "calls lost", f"one of {PLACES} calls at once")

        threads = [threading.Thread(target=meet, args=(number,), daemon=True) for number in range(PLACES)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 3 * DEADLINE + MARGIN
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0))
        self._tally.count("calls", PLACES)
        hung = sum(thread.is_alive() for thread in threads)
        if hung:
            self._tally.fault("hung", f"{hung} of {PLACES} calls at once", times=hung)
        lost = PLACES - min(met, default=PLACES)
        if lost:
            self._tally.fault("places lost", f"{lost} of {PLACES}", times=lost)

    def _look_at_quota(self, client: Any) -> None:
        """The service says that one request is left: it can be made at once, unless a slot was never given back."""
        if self._call(client, new_id("last"), "a call") and not self._call(
            client, new_id("fast"), "the last of a quota"
        ):
            self._tally.fault("slots lost", "the client takes a call for being under way that is not")

    def _close(self, client: Any) -> None:
        self._alarm.guard(DEADLINE + MARGIN)
        try:
            client.close()
        except HungError as error:
            self._tally.fault("hung", "close", error)
        except BaseException as error:
            judge(self._tally, error, "calls lost", "close")
        finally:
            self._alarm.disarm()


def _sockets() -> int:
    return sum(goal.startswith("socket:") for goal in opened())
