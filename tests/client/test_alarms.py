"""What a signal's handler raises comes out of a call as it is, and leaves the client whole."""

from __future__ import annotations

import gc
import importlib
import signal
import socket
import threading
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul import Client, Quota
from tickhaul._signals import raised_by_handler
from tickhaul.net.dialing import _Race

from tests.support.behaviours import answer, lose
from tests.support.clock import FakeClock
from tests.support.faces import KEY
from tests.support.interrupts import assert_all_places_are_there, variables_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from tests.support.server import Serve

if not hasattr(signal, "SIGUSR1"):
    pytest.skip("needs a signal that nothing else uses", allow_module_level=True)


class OverdueError(Exception):
    """A program's own."""


ERRORS = [TimeoutError("alarm"), ConnectionResetError("alarm"), RuntimeError("alarm"), OverdueError("alarm")]


class Handlers:
    """The forms a handler may have."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def method(self, number: int, frame: FrameType | None) -> None:
        raise self._error

    def __call__(self, number: int, frame: FrameType | None) -> None:
        raise self._error


def fail(error: Exception, number: int, frame: FrameType | None) -> None:
    raise error


@pytest.fixture(autouse=True)
def _handler_restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def interrupting(step: Any) -> Any:
    """The step, in the midst of which the signal arrives."""

    def run(*arguments: Any, **options: Any) -> Any:
        signal.raise_signal(signal.SIGUSR1)
        return step(*arguments, **options)

    return run


STEPS = [
    "httpcore._backends.sync.SyncStream.read",
    "httpcore._backends.sync.SyncStream.write",
    "tickhaul._sync.primitives.Places.give_back",
    "tickhaul._sync.connections.Connections.take",
    "tickhaul._core.quota.Ledger.settle",
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: ".".join(step.split(".")[-2:]))
def test_an_alarm_ends_the_call_and_nothing_is_lost(
    step: str, error: Exception, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(otherwise=answer([]))
    client = Client(KEY, base_url=server.url, quota=Quota(shared=False), deadline=30)
    signal.signal(signal.SIGUSR1, Handlers(error))
    module, owner, name = step.rsplit(".", 2)
    target = getattr(importlib.import_module(module), owner)
    with client:
        client.exchanges.list()
        with monkeypatch.context() as patched:
            patched.setattr(target, name, interrupting(getattr(target, name)))
            with pytest.raises(type(error), match="alarm") as caught:
                client.exchanges.list()
        assert caught.value is error
        assert KEY not in variables_of(error)
        ledger = client._executor._ledger
        assert ledger is not None
        assert ledger._in_flight == 0
        assert_all_places_are_there(client, server)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_alarm_while_a_connection_is_made_is_not_taken_for_an_address_that_fails(
    error: Exception, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(otherwise=answer([]))
    signal.signal(signal.SIGUSR1, Handlers(error))
    with Client(KEY, base_url=server.url, quota=Quota(shared=False), deadline=30) as client:
        with monkeypatch.context() as patched:
            patched.setattr(_Race, "_begin", interrupting(_Race._begin))
            with pytest.raises(type(error), match="alarm") as caught:
                client.exchanges.list()
        assert caught.value is error
        assert client.exchanges.list() == []


@pytest.mark.parametrize("error", [OverdueError("alarm"), KeyboardInterrupt()])
@pytest.mark.parametrize("through", ["", "http"])
def test_what_ends_a_handshake_leaves_no_socket_open(error: BaseException, through: str) -> None:
    def end(number: int, frame: FrameType | None) -> None:
        raise error

    signal.signal(signal.SIGUSR1, end)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def interrupt() -> None:
            connection, _ = listener.accept()
            with connection:
                if through:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                assert connection.recv(65536)
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
                while connection.recv(65536):
                    pass

        thread = threading.Thread(target=interrupt)
        thread.start()
        here = f"127.0.0.1:{listener.getsockname()[1]}"
        with (
            warnings.catch_warnings(record=True) as warned,
            Client(KEY, base_url=f"https://{here}", proxy=f"http://{here}" if through else "") as client,
        ):
            warnings.simplefilter("always")
            with pytest.raises(type(error)) as caught:
                client.exchanges.list()
            assert caught.value is error
            gc.collect()
            assert warned == []
        thread.join()


def test_a_call_made_because_of_an_alarm_has_its_own_losses(serve: Serve) -> None:
    server = serve(lose(), answer([]))
    signal.signal(signal.SIGUSR1, Handlers(TimeoutError("alarm")))
    with Client(KEY, base_url=server.url, deadline=30) as client:
        client._executor.clock = FakeClock()
        try:
            signal.raise_signal(signal.SIGUSR1)
        except TimeoutError:
            # What is lost here has the alarm for its context, and is retried all the same.
            assert client.exchanges.list() == []
    assert len(server.requests) == 2


@pytest.mark.parametrize("form", ["function", "method", "object", "partial"])
def test_a_handler_is_recognized_in_each_form(form: str) -> None:
    error = TimeoutError("alarm")
    handlers = Handlers(error)

    def function(number: int, frame: FrameType | None) -> None:
        raise error

    forms: dict[str, Any] = {
        "function": function,
        "method": handlers.method,
        "object": handlers,
        "partial": partial(fail, error),
    }
    signal.signal(signal.SIGUSR1, forms[form])
    with pytest.raises(ConnectionError) as mapped:
        _map_alarm()
    assert raised_by_handler(mapped.value) is error


def _map_alarm() -> None:
    try:
        signal.raise_signal(signal.SIGUSR1)
    except TimeoutError as alarm:
        raise ConnectionError("the library's own") from alarm


def test_an_error_that_is_its_own_cause_has_an_end() -> None:
    error = TimeoutError("of the network")
    error.__cause__ = error
    assert raised_by_handler(error) is None


def test_other_errors_are_no_alarms() -> None:
    with pytest.raises(TimeoutError) as caught:
        fail(TimeoutError("of the network"), 0, None)
    assert raised_by_handler(caught.value) is None
