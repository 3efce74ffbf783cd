"""An interrupt may come between any two steps of a call: the client is good for the next one all the same."""

from __future__ import annotations

import asyncio
import importlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul import AsyncClient, Quota

from tests.support import bodies
from tests.support.behaviours import answer, held
from tests.support.faces import KEY
from tests.support.interrupts import (
    assert_all_places_are_there,
    interrupt_call,
    interrupted,
    stopping_loop,
    variables_of,
)

if TYPE_CHECKING:
    from tests.support.faces import Connect, Face
    from tests.support.server import Serve


#: The steps of a call. Before and after each is a moment at which something was taken and nobody knows of it yet.
STEPS = [
    "tickhaul._core.quota.Ledger.reserve",
    "tickhaul._core.quota.Ledger.settle",
    "{half}.transport.{a}Transport._pool",
    "{half}.transport.{a}Transport._ask",
    "{half}.primitives.Places.take",
    "{half}.primitives.Places.give_back",
    "{half}.connections.{a}Connections.take",
    "{half}.connections.{a}Connections.give_back",
    "{half}.connections.{a}Connections._drop_expired",
    "{half}.network.{a}DeadlineBackend.connect_tcp",
    "{half}.network.{a}DeadlineStream.read",
    "{half}.network.{a}DeadlineStream.write",
    "tickhaul._core.bodies.Body.take",
    "tickhaul._core.bodies.Body.content",
]


def patch(monkeypatch: pytest.MonkeyPatch, face: Face, step: str, moment: str) -> None:
    half, prefix = ("tickhaul._sync", "") if face.name == "sync" else ("tickhaul._async", "Async")
    module, owner, name = step.format(half=half, a=prefix).rsplit(".", 2)
    target = getattr(importlib.import_module(module), owner)
    monkeypatch.setattr(target, name, interrupted(getattr(target, name), moment))


def call(client: Any) -> Any:  # of either face
    return client.exchanges.list()


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: ".".join(step.split(".")[-2:]).replace("{a}", ""))
def test_a_client_is_as_good_as_new_after_an_interrupt(
    step: str, moment: str, kept: bool, serve: Serve, connect: Connect, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kept and step.endswith("connect_tcp"):
        pytest.skip("a kept connection is connected")
    server = serve(otherwise=answer([bodies.EXCHANGE]))
    client = connect(server, quota=Quota(shared=False), deadline=30)
    if kept:
        client.exchanges.list()
    with monkeypatch.context() as patched:
        patch(patched, face, step, moment)
        interrupt_call(client, face, call)
    # More calls one after another than there are places: if one were lost each time, the last would wait for ever.
    assert [client.exchanges.list()[0].code for _ in range(3)] == ["binance"] * 3
    ledger = client._executor._ledger
    assert ledger is not None
    assert ledger._in_flight == 0
    transport: Any = client._executor._transport  # of either client
    (pool,) = transport._pools.values()
    assert not pool._busy
    server.wait_for_open_connections(1)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "step",
    [step for step in STEPS if "{half}" in step and "connect" not in step],
    ids=lambda step: ".".join(step.split(".")[-2:]).replace("{a}", ""),
)
def test_all_places_are_there_after_many_interrupts(
    step: str, moment: str, serve: Serve, connect: Connect, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(otherwise=answer([]))
    client = connect(server, quota=None, deadline=30)
    client.exchanges.list()
    with monkeypatch.context() as patched:
        patch(patched, face, step, moment)
        for _ in range(3):
            interrupt_call(client, face, call)
    assert_all_places_are_there(client, server)


def test_calls_of_other_threads_go_on_and_their_connections_are_not_used_again(
    serve: Serve, connect: Connect, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    server = serve(*[held(release, answer([bodies.EXCHANGE]))] * 3, otherwise=answer([]))
    client = connect(server, deadline=30)
    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(client.exchanges.list) for _ in range(3)]
        server.wait_for_requests(3)
        with monkeypatch.context() as patched:
            patch(patched, face, "{half}.connections.{a}Connections.take", "after")
            interrupt_call(client, face, call)
        release.set()
        assert [each.result(30)[0].code for each in running] == ["binance"] * 3
    server.wait_for_open_connections(0)
    client.exchanges.list()
    assert server.requests[-1].connection == server.connections - 1


def test_no_frame_of_an_interrupt_shows_the_key(
    serve: Serve, connect: Connect, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(otherwise=answer([]))
    client = connect(server)
    for step in ("read", "write"):
        with monkeypatch.context() as patched:
            patch(patched, face, f"{{half}}.network.{{a}}DeadlineStream.{step}", "before")
            error = interrupt_call(client, face, call)
        assert KEY not in variables_of(error)


def test_calls_that_a_stopped_loop_left_are_not_waited_for(serve: Serve) -> None:
    # As after Ctrl-C, which may also make asyncio drop the next step of a task: nobody can know which of these will end.
    release = threading.Event()
    server = serve(*[held(release, answer([]))] * 64, otherwise=answer([bodies.EXCHANGE]))
    client = AsyncClient(KEY, base_url=server.url, deadline=30, quota=Quota(shared=False))
    with stopping_loop() as loop:
        running = [loop.create_task(client.exchanges.list()) for _ in range(64)]
        loop.run_until_complete(asyncio.to_thread(server.wait_for_requests, 64))
        assert loop.run_until_complete(client.exchanges.list())[0].code == "binance"
        ledger = client._executor._ledger
        assert ledger is not None
        assert ledger._in_flight == 0
        release.set()
        assert loop.run_until_complete(asyncio.gather(*running)) == [[]] * 64
        assert ledger._in_flight == 0
        loop.run_until_complete(client.aclose())
