"""The corners of the network backend that no server can bring about at will."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import httpcore
import pytest
from tickhaul._async.network import AsyncDeadlineBackend, AsyncDeadlineStream
from tickhaul._async.primitives import Places, connect, run_blocking
from tickhaul._core import deadline
from tickhaul._core.deadline import Deadline
from tickhaul._sync import primitives as sync_primitives
from tickhaul.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul._async.primitives import Call
    from tickhaul._sync.primitives import Call as SyncCall


class Recorder(httpcore.AsyncNetworkStream):
    """Notes the timeouts it is given, and fails when told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.timeouts: list[float | None] = []
        self._failure = failure

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._note(timeout)
        return b"x" * max_bytes

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._note(timeout)

    async def aclose(self) -> None:
        self.timeouts.append(-1)

    def _note(self, timeout: float | None) -> None:
        self.timeouts.append(timeout)
        if self._failure is not None:
            raise self._failure


@pytest.fixture
def passed() -> Iterator[list[float]]:
    """The time that has passed of a call that has ten seconds."""
    now = [0.0]
    running = deadline.current.set(Deadline(10.0, lambda: now[0]))
    yield now
    deadline.current.reset(running)


def test_without_a_call_the_engines_own_timeouts_apply() -> None:
    inner = Recorder()
    stream = AsyncDeadlineStream(inner)
    asyncio.run(stream.read(1, 5.0))
    asyncio.run(stream.read(1, None))
    asyncio.run(stream.aclose())
    assert inner.timeouts == [5.0, None, -1]


def test_every_wait_gets_the_shorter_of_its_timeout_and_what_is_left(passed: list[float]) -> None:
    inner = Recorder()
    stream = AsyncDeadlineStream(inner)
    for now in (0.0, 4.0, 7.0):
        passed[0] = now
        asyncio.run(stream.read(1, 5.0))
        asyncio.run(stream.write(b"x", None))
    assert inner.timeouts == [5.0, 10.0, 5.0, 6.0, 3.0, 3.0]


def test_nothing_is_begun_once_the_time_is_up(passed: list[float]) -> None:
    passed[0] = 10.0
    inner = Recorder()
    stream = AsyncDeadlineStream(inner)
    with pytest.raises(httpcore.ReadTimeout):
        asyncio.run(stream.read(1, 5.0))
    with pytest.raises(httpcore.WriteTimeout):
        asyncio.run(stream.write(b"x", 5.0))
    with pytest.raises(httpcore.ConnectTimeout):
        asyncio.run(stream.start_tls(ssl.create_default_context(), "localhost", 5.0))
    with pytest.raises(httpcore.ConnectTimeout):
        asyncio.run(AsyncDeadlineBackend().connect_tcp("127.0.0.1", 9, 5.0))
    assert inner.timeouts == []


def test_a_long_body_is_written_in_pieces_with_a_look_at_the_clock_between_them(passed: list[float]) -> None:
    inner = Recorder()

    class Slow(Recorder):
        async def write(self, buffer: bytes, timeout: float | None = None) -> None:
            inner.timeouts.append(timeout)
            passed[0] += 4.0

    with pytest.raises(httpcore.WriteTimeout):
        asyncio.run(AsyncDeadlineStream(Slow()).write(b"x" * 100_000, 5.0))
    assert inner.timeouts == [5.0, 5.0, 2.0]


def test_errors_of_tls_are_errors_of_the_network() -> None:
    stream = AsyncDeadlineStream(Recorder(ssl.SSLError("bad record mac")))
    with pytest.raises(httpcore.ReadError, match="bad record mac"):
        asyncio.run(stream.read(1))
    with pytest.raises(httpcore.WriteError, match="bad record mac"):
        asyncio.run(stream.write(b"x"))


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (OSError(113, "whatever the platform calls it"), r"\[Errno 113\]"),
        (OSError("without a number"), "without a number"),
        (
            socket.gaierror(socket.EAI_NONAME, "no such interface"),
            r"'api\.example' does not resolve: .*no such interface",
        ),
        (
            ExceptionGroup("", [OSError(errno.ECONNREFUSED, ""), OSError(errno.ENETUNREACH, "")]),
            rf"\[Errno {errno.ECONNREFUSED}\]",
        ),
        (None, "every attempt failed"),
    ],
)
def test_why_no_connection_was_made_is_said_as_well_as_is_known(
    cause: Exception | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(httpcore.AsyncNetworkBackend):
        async def connect_tcp(self, *args: object, **options: object) -> httpcore.AsyncNetworkStream:
            summary = OSError("every attempt failed")
            summary.__cause__ = cause
            raise httpcore.ConnectError from summary

    async def attempt() -> None:
        await connect("api.example", 443, lambda: None)

    monkeypatch.setattr("tickhaul._async.primitives._engine", Failing())
    with pytest.raises(httpcore.ConnectError, match=said):
        asyncio.run(attempt())


class TestPlaces:
    def test_threads_wait_for_one_to_become_free(self) -> None:
        places = sync_primitives.Places(1)
        assert places.take(0.0)
        assert not places.take(0.01)
        places.give_back()
        assert places.take(0.0)

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_tasks_are_given_them_in_the_order_they_came(self, backend: str) -> None:
        async def main() -> None:
            places = Places(1)
            served: list[int] = []

            async def use(number: int) -> None:
                assert await places.take(30.0)
                served.append(number)
                places.give_back()

            assert await places.take(0.0)
            async with anyio.create_task_group() as tasks:
                for number in range(3):
                    tasks.start_soon(use, number)
                    await anyio.wait_all_tasks_blocked()
                places.give_back()
            assert served == [0, 1, 2]
            assert await places.take(0.0)
            assert not await places.take(0.01)

        anyio.run(main, backend=backend)

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    @pytest.mark.parametrize("when", ["before its turn", "in the moment of its turn"])
    def test_a_task_that_is_called_off_loses_no_place(self, when: str, backend: str) -> None:
        async def main() -> None:
            places = Places(1)

            async def use() -> None:
                # Some event loops still let it have its turn.
                if await places.take(30.0):
                    places.give_back()

            assert await places.take(0.0)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(use)
                await anyio.wait_all_tasks_blocked()
                if when == "in the moment of its turn":
                    places.give_back()
                tasks.cancel_scope.cancel()
            if when == "before its turn":
                places.give_back()
            assert await places.take(0.0)

        anyio.run(main, backend=backend)


class TestBlockingWork:
    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_it_runs_beside_the_event_loop_and_can_call_into_it(self, backend: str) -> None:
        async def main() -> None:
            home = threading.get_ident()
            cancel = threading.Event()

            async def where() -> int:
                return threading.get_ident()

            def work(call: Call) -> tuple[bool, bool]:
                return threading.get_ident() != home, call(where) == home

            assert await run_blocking(work, cancel) == (True, True)

        anyio.run(main, backend=backend)

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_its_error_comes_out_as_it_is(self, backend: str) -> None:
        async def main() -> None:
            async def fail() -> None:
                raise LookupError("on the loop")

            def trip(call: Call) -> None:
                raise LookupError("in the thread")

            for work in (lambda call: call(fail), trip):
                with pytest.raises(LookupError, match=r"on the loop|in the thread"):
                    await run_blocking(work, threading.Event())

        anyio.run(main, backend=backend)

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_called_off_it_is_told_to_stop_and_waited_for(self, backend: str) -> None:
        begun, cancel, stopped = threading.Event(), threading.Event(), threading.Event()

        def work(call: Call) -> None:
            begun.set()
            assert cancel.wait(30)
            stopped.set()

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(run_blocking, work, cancel)
                await anyio.to_thread.run_sync(begun.wait, 30)
                tasks.cancel_scope.cancel()
            assert stopped.is_set()

        anyio.run(main, backend=backend)

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_what_its_threads_still_ask_for_at_its_end_holds_nobody_up(self, backend: str) -> None:
        asking, asked = threading.Event(), []

        async def never() -> None:
            asking.set()
            await anyio.Event().wait()

        def work(call: Call) -> None:
            def ask() -> None:
                try:
                    call(never)
                except BaseException as error:  # what it is depends on the event loop
                    asked.append(error)

            threads.append(threading.Thread(target=ask))
            threads[0].start()
            assert asking.wait(30)
            raise LookupError("over")

        async def main() -> None:
            with pytest.raises(LookupError, match="over"):
                await run_blocking(work, threading.Event())

        threads: list[threading.Thread] = []
        anyio.run(main, backend=backend)
        threads[0].join(30)
        assert len(asked) == 1

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_without_room_for_a_thread_it_is_an_error(self, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
        async def refuse(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        async def main() -> None:
            with pytest.raises(StorageError, match="no thread can be started here: can't start new thread"):
                await run_blocking(lambda call: None, threading.Event())

        monkeypatch.setattr(anyio.to_thread, "run_sync", refuse)
        anyio.run(main, backend=backend)

    def test_among_threads_it_runs_here_and_now(self) -> None:
        home = threading.get_ident()

        def work(call: SyncCall) -> bool:
            return call(threading.get_ident) == threading.get_ident() == home

        assert sync_primitives.run_blocking(work, threading.Event())
