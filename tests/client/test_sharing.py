"""One client in many hands: threads, tasks, event loops, forked children, and calls that are called off."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest
import trio
from tickhaul import AsyncClient, Client, Quota
from tickhaul._async.executor import AsyncClock

from tests.support import bodies
from tests.support.behaviours import answer, held, html, stall, whole
from tests.support.clock import FakeClock
from tests.support.faces import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.faces import Connect, Face
    from tests.support.server import Exchange, Serve

LOOPS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def _echo(exchange: Exchange) -> None:
    """Answer with a job that has the id asked for."""
    exchange.send(whole({**bodies.job(), "id": exchange.request.path.rpartition("/")[2]}))


def _ids(count: int) -> list[str]:
    return [f"exp_{number:032x}" for number in range(count)]


def _in_flight(client: Client | AsyncClient) -> int:
    ledger = client._executor._ledger
    assert ledger is not None
    return ledger._in_flight


def test_threads_share_a_client_its_connections_and_each_gets_its_own_answer(serve: Serve) -> None:
    server = serve(otherwise=_echo)
    ids = _ids(200)
    with Client(KEY, base_url=server.url, quota=Quota(per_minute=1000)) as client, ThreadPoolExecutor(12) as threads:
        found = [job.id for job in threads.map(client.exports.get, ids)]
        assert _in_flight(client) == 0
    assert found == ids
    assert sorted(request.path for request in server.requests) == sorted(f"/v1/exports/{id_}" for id_ in ids)
    assert server.connections <= 12


def test_tasks_share_a_client_its_connections_and_each_gets_its_own_answer(serve: Serve) -> None:
    server = serve(otherwise=_echo)
    ids = _ids(80)

    async def main() -> list[str]:
        async with AsyncClient(KEY, base_url=server.url, quota=Quota(per_minute=1000)) as client:
            jobs = await asyncio.gather(*map(client.exports.get, ids))
            assert _in_flight(client) == 0
            return [job.id for job in jobs]

    assert asyncio.run(main()) == ids
    assert server.connections <= 64
    server.wait_for_open_connections(0)


def test_threads_together_keep_to_the_quota(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(otherwise=_echo)
    client = connect(server, clock=clock, quota=Quota(per_minute=20, shared=False), deadline=None)
    began = clock.monotonic()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(client.exports.get, _ids(60)))
    # Twenty at once, then one every three seconds.
    assert clock.monotonic() - began >= 40 * 3 - 0.001


def test_the_first_use_by_many_threads_at_once_opens_one_pool(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    from tickhaul._sync.transport import Transport

    opened: list[object] = []
    together = threading.Barrier(8)
    open_pool = Transport._open_pool

    def slowly(transport: Transport) -> object:
        opened.append(transport)
        return open_pool(transport)

    monkeypatch.setattr(Transport, "_open_pool", slowly)
    server = serve(otherwise=_echo)
    with Client(KEY, base_url=server.url) as client, ThreadPoolExecutor(8) as threads:

        def call(id_: str) -> str:
            together.wait(30)
            return client.exports.get(id_).id

        assert list(threads.map(call, _ids(8))) == _ids(8)
    assert len(opened) == 1


class _Together:
    """A lock that nobody is given before two want it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._both = threading.Barrier(2)

    def __enter__(self) -> None:
        self._both.wait(30)
        self._lock.acquire()

    def __exit__(self, *exit_details: object) -> None:
        self._lock.release()


def test_the_first_use_by_two_event_loops_at_once_makes_one_transport(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tickhaul._async.transport import AsyncTransport

    made: list[AsyncTransport] = []
    prepare = AsyncTransport.__init__

    def note(transport: AsyncTransport, *args: Any, **options: Any) -> None:  # as the original takes them
        made.append(transport)
        prepare(transport, *args, **options)

    monkeypatch.setattr(AsyncTransport, "__init__", note)
    server = serve(otherwise=_echo)
    client = AsyncClient(KEY, base_url=server.url)
    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as threads:
        patched.setattr(client._executor, "_lock", _Together())
        found = threads.map(lambda id_: asyncio.run(_job_id(client, id_)), _ids(2))
        assert list(found) == _ids(2)
    assert len(made) == 1
    asyncio.run(client.aclose())


async def _job_id(client: AsyncClient, id_: str) -> str:
    return (await client.exports.get(id_)).id


def test_a_pool_that_somebody_else_has_just_opened_is_used(
    serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(otherwise=answer([]))
    client = connect(server)
    client.exchanges.list()
    transport = client._executor._transport
    assert transport is not None
    pools = transport._pools
    opened = pools.popitem()

    class Faster:
        """A lock that is given only after another thread has done the work."""

        def __enter__(self) -> None:
            pools[opened[0]] = opened[1]

        def __exit__(self, *exit_details: object) -> None:
            return None

    with monkeypatch.context() as patched:
        patched.setattr(transport, "_lock", Faster())
        client.exchanges.list()
    assert server.connections == 1


def test_a_client_closed_while_its_first_call_waits_for_quota_opens_nothing(serve: Serve) -> None:
    server = serve()
    client = AsyncClient(KEY, base_url=server.url, quota=Quota(per_minute=1, shared=False))
    ledger = client._executor._ledger
    assert ledger is not None
    assert ledger.reserve(client._executor.clock.monotonic()) == 0

    class Closing(AsyncClock):
        def monotonic(self) -> float:
            return super().monotonic() + (100.0 if client._executor._closed else 0.0)

        async def sleep(self, seconds: float) -> None:
            await client.aclose()

    client._executor.clock = Closing()
    with pytest.raises(RuntimeError, match="the client is closed"):
        asyncio.run(client.exchanges.list())
    assert server.connections == 0
    assert _in_flight(client) == 1


def test_more_tasks_than_connections_wait_for_one_to_become_free(serve: Serve) -> None:
    release = threading.Event()
    server = serve(otherwise=held(release, _echo))

    async def main() -> None:
        async with AsyncClient(KEY, base_url=server.url) as client, anyio.create_task_group() as tasks:
            for id_ in _ids(70):
                tasks.start_soon(client.exports.get, id_)
            await anyio.to_thread.run_sync(server.wait_for_requests, 64)
            release.set()

    asyncio.run(main())
    assert len(server.requests) == 70
    assert server.connections == 64


def test_one_client_serves_one_event_loop_after_another_and_leaves_nothing_open(serve: Serve) -> None:
    server = serve(otherwise=answer([]))
    client = AsyncClient(KEY, base_url=server.url)

    async def twice() -> None:
        await client.exchanges.list()
        await client.exchanges.list()

    for run in (asyncio.run, asyncio.run, trio.run):
        coroutine: Any = twice if run is trio.run else twice()
        run(coroutine)
        server.wait_for_open_connections(0)
    transport = client._executor._transport
    assert transport is not None
    assert transport._pools == {}
    assert server.connections == 3
    asyncio.run(client.aclose())


def test_event_loops_in_threads_use_one_client_side_by_side(serve: Serve) -> None:
    server = serve(otherwise=_echo)
    client = AsyncClient(KEY, base_url=server.url)
    together = threading.Barrier(3)

    async def main(id_: str) -> str:
        await client.exports.get(id_)
        await anyio.to_thread.run_sync(together.wait, 30)
        return (await client.exports.get(id_)).id

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(lambda id_: asyncio.run(main(id_)), _ids(3))) == _ids(3)
    assert server.connections == 3
    server.wait_for_open_connections(0)


def test_closing_under_one_event_loop_has_the_other_ones_close_theirs(serve: Serve) -> None:
    server = serve(otherwise=answer([]))
    client = AsyncClient(KEY, base_url=server.url)
    used, closed = threading.Event(), threading.Event()

    async def elsewhere() -> None:
        await client.exchanges.list()
        used.set()
        await anyio.to_thread.run_sync(closed.wait, 30)

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(lambda: asyncio.run(elsewhere()))
        assert used.wait(30)
        server.wait_for_open_connections(1)
        asyncio.run(client.aclose())
        # Still running, so it was not its end that closed the connection.
        server.wait_for_open_connections(0)
        assert not running.done()
        closed.set()
        running.result(30)


@LOOPS
def test_the_async_client_does_the_job_under_either_event_loop(backend: str, serve: Serve) -> None:
    server = serve(
        answer(bodies.page([bodies.DATASTREAM])),
        answer(bodies.page([bodies.subscription()])),
        answer(bodies.job(), 202),
        html(503),
        answer(bodies.job("running")),
        answer(bodies.job("succeeded")),
        answer(bodies.page([bodies.job()] * 3, "more")),
    )

    async def main() -> None:
        async with AsyncClient(KEY, base_url=server.url) as client:
            client._executor.uniform = lambda low, high: 0.0
            stream = await client.datastreams.find("binance", "BTCUSDT", "trades")
            await client.subscriptions.ensure(stream)
            job = await client.exports.create(stream, 1, 2)
            assert (await client.exports.wait(job)).status == "succeeded"
            # A walk that is broken off leaves nothing for the event loop to complain about.
            async for _ in client.exports.list():
                break

    anyio.run(main, backend=backend)
    server.wait_for_open_connections(0)


@LOOPS
def test_a_call_that_is_called_off_gives_its_slot_and_its_connection_back(backend: str, serve: Serve) -> None:
    server = serve(answer([]), stall(), answer([]))

    async def main() -> None:
        async with AsyncClient(KEY, base_url=server.url) as client:
            await client.exchanges.list()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.exchanges.list)
                await anyio.to_thread.run_sync(server.wait_for_requests, 2)
                assert _in_flight(client) == 1
                tasks.cancel_scope.cancel()
            assert _in_flight(client) == 0
            await anyio.to_thread.run_sync(server.wait_for_open_connections, 0)
            await client.exchanges.list()

    anyio.run(main, backend=backend)
    assert [request.connection for request in server.requests] == [0, 0, 1]


@LOOPS
@pytest.mark.parametrize("waits_for", ["another try", "quota"])
def test_a_call_that_is_called_off_while_it_waits_sends_nothing_more(
    backend: str, waits_for: str, serve: Serve
) -> None:
    server = serve(*([html(503)] if waits_for == "another try" else [answer([])]), answer([]))
    asleep = threading.Event()

    async def main() -> None:
        quota = Quota(per_minute=1, shared=False) if waits_for == "quota" else None
        async with AsyncClient(KEY, base_url=server.url, quota=quota) as client:
            clock = client._executor.clock

            async def forever(seconds: float) -> None:
                asleep.set()
                await anyio.Event().wait()

            clock.sleep = forever  # type: ignore[method-assign]  # to be called off in the middle of it
            async with anyio.create_task_group() as tasks:

                async def call() -> None:
                    await client.exchanges.list()
                    await client.exchanges.list()

                tasks.start_soon(call)
                await anyio.to_thread.run_sync(asleep.wait, 30)
                tasks.cancel_scope.cancel()
            assert quota is None or _in_flight(client) == 0

    anyio.run(main, backend=backend)
    assert len(server.requests) == 1


# Older anyio leaves a socket to the garbage collector when it is called off in the moment of connecting.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@LOOPS
def test_calls_that_are_called_off_at_any_moment_use_up_no_connections(backend: str, serve: Serve) -> None:
    def slowly(exchange: Exchange) -> None:
        exchange.stopped.wait(0.005)
        _echo(exchange)

    server = serve(otherwise=slowly)
    draw = random.Random(7).uniform

    async def main() -> None:
        async with AsyncClient(KEY, base_url=server.url, quota=None, max_retries=0) as client:

            async def impatient(id_: str) -> None:
                with anyio.move_on_after(draw(0.0, 0.1)):
                    await client.exports.get(id_)

            for _ in range(3):
                async with anyio.create_task_group() as tasks:
                    for id_ in _ids(100):
                        tasks.start_soon(impatient, id_)
            transport = client._executor._transport
            assert transport is not None
            (pool,) = transport._pools.values()
            assert not pool._busy
            assert all([await pool.places.take(0.0) for _ in range(64)])
            assert not await pool.places.take(0.0)

    anyio.run(main, backend=backend)


def test_a_hook_that_ends_the_call_gives_the_slot_back(serve: Serve, connect: Connect) -> None:
    server = serve(answer([]))

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with Client(KEY, base_url=server.url, on_request=interrupt) as client:
        with pytest.raises(KeyboardInterrupt):
            client.exchanges.list()
        assert _in_flight(client) == 0
    assert server.connections == 0


def test_the_sync_client_works_inside_a_running_event_loop(serve: Serve) -> None:
    server = serve(otherwise=answer([bodies.EXCHANGE]))

    async def cell() -> str:
        # What a notebook does: its cells run under an event loop.
        with Client(KEY, base_url=server.url) as client:
            return client.exchanges.list()[0].code

    assert asyncio.run(cell()) == "binance"


_FORK = """
    import os, signal, sys, threading
    sys.path.insert(0, {root!r})
    from tests.support.behaviours import answer
    from tests.support.server import ScriptedServer
    from tickhaul import Client
    from tickhaul._core import quota

    def in_child(work):
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            try:
                work()
            except BaseException as error:
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        return pid

    with ScriptedServer(otherwise=answer([])) as server, Client("key", base_url=server.url) as client:
        client.exchanges.list()
"""


def _run_forked(body: str) -> None:
    root = str(_root())
    script = textwrap.dedent(_FORK.format(root=root)) + textwrap.indent(textwrap.dedent(body), " " * 4)
    # Python 3.12 warns of every fork beside threads; what is tested here is that this client survives one.
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", script]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *sys.path])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def _root() -> Path:
    from pathlib import Path

    return Path(__file__).resolve().parents[2]


def test_renewing_as_a_forked_child_does_opens_new_connections_and_does_not_close_the_old_ones(
    serve: Serve, connect: Connect, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Any] = []
    module = import_module("tickhaul._sync.transport" if face.name == "sync" else "tickhaul._async.transport")
    monkeypatch.setattr(module, "_inherited", kept)
    server = serve(otherwise=answer([]))
    client = connect(server)
    client.exchanges.list()
    executor = client._executor
    transport = executor._transport
    assert transport is not None
    for holder in (executor, transport):
        # As if a thread that the child does not have were inside.
        holder._lock.acquire()
        holder.renew()
    client.exchanges.list()
    assert [request.connection for request in server.requests] == [0, 1]
    server.wait_for_open_connections(2)
    client.close()
    server.wait_for_open_connections(1)
    ((pools, _),) = kept
    (pool,) = pools.values()
    if face.name == "sync":
        pool.close()
    else:
        face.portal.call(pool.aclose)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")


@needs_fork
def test_a_forked_child_opens_its_own_connections_and_leaves_the_parents_alone() -> None:
    _run_forked("""
        def work():
            client.exchanges.list()
            client.exchanges.list()
            client.close()
        _, status = os.waitpid(in_child(work), 0)
        assert status == 0, status
        client.exchanges.list()
        assert [request.connection for request in server.requests] == [0, 1, 1, 0], server.requests
    """)


@needs_fork
def test_a_forked_child_may_end_as_any_program_does_without_harm_to_the_parent() -> None:
    _run_forked("""
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            client.exchanges.list()
            client.close()
            import gc
            del client
            gc.collect()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert status == 0, status
        client.exchanges.list()
        assert [request.connection for request in server.requests] == [0, 1, 0], server.requests
    """)


@needs_fork
def test_a_forked_child_does_not_wait_for_locks_that_threads_of_the_parent_held() -> None:
    _run_forked("""
        executor = client._executor
        locks = [executor._lock, executor._transport._lock, executor._ledger._lock, quota._accounts._lock]
        for lock in locks:
            lock.acquire()

        def work():
            client.exchanges.list()
            executor._transport.close()
            executor._transport = None
            client.exchanges.list()
            with Client("key", base_url=server.url) as another:
                another.exchanges.list()
            client.close()
        pid = in_child(work)
        for lock in locks:
            lock.release()
        _, status = os.waitpid(pid, 0)
        assert status == 0, status
        client.exchanges.list()
    """)


@needs_fork
def test_a_child_forked_under_an_event_loop_runs_its_own() -> None:
    _run_forked("""
        import asyncio
        from tickhaul import AsyncClient

        async def main():
            async with AsyncClient("key", base_url=server.url) as client:
                await client.exchanges.list()

                def work():
                    asyncio.run(client.exchanges.list())
                _, status = os.waitpid(in_child(work), 0)
                assert status == 0, status
                await client.exchanges.list()

        asyncio.run(main())
        assert [request.connection for request in server.requests] == [0, 1, 2, 1], server.requests
    """)
