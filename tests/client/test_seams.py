"""Whatever a library raises where it meets this one comes out as an error of the library's own tree, and nothing leaks."""

from __future__ import annotations

import inspect
import os
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import h11
import httpcore
import pytest
import trustme
from anyio.abc import SocketAttribute
from httpcore._backends.anyio import AnyIOStream
from httpcore._backends.sync import SyncStream
from tickhaul import NetworkError, TickhaulError
from tickhaul._async.network import AsyncDeadlineStream
from tickhaul._sync.network import DeadlineStream

from tests.support import bodies
from tests.support.behaviours import answer, last, raw
from tests.support.faces import KEY
from tests.support.foreign import CANNOT_START, FOREIGN, HEADS, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.faces import Connect, Face
    from tests.support.server import ScriptedServer, Serve

#: Where libraries meet this one, as what does it among threads and under an event loop.
SEAMS: dict[str, tuple[tuple[Any, str], tuple[Any, str]]] = {
    "connect": (
        ("tickhaul._sync.primitives", "dial"),
        (httpcore.AnyIOBackend, "connect_tcp"),
    ),
    "start_tls": ((SyncStream, "start_tls"), (AnyIOStream, "start_tls")),
    "read": ((SyncStream, "read"), (AnyIOStream, "read")),
    "write": ((SyncStream, "write"), (AnyIOStream, "write")),
    "look": ((DeadlineStream, "get_extra_info"), (AsyncDeadlineStream, "get_extra_info")),
    "parse": ((h11.Connection, "next_event"), (h11.Connection, "next_event")),
    "compose": ((h11.Connection, "send"), (h11.Connection, "send")),
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def server(serve: Serve, authority: trustme.CA) -> ScriptedServer:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    return serve(otherwise=answer([]), tls=tls)


@pytest.fixture
def client(server: ScriptedServer, connect: Connect, authority: trustme.CA) -> Any:  # of either face
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return connect(server, ssl_context=trusting, max_retries=0, deadline=30, quota=None)


def break_seam(seam: str, face: Face, make: Callable[[], Exception], patched: pytest.MonkeyPatch) -> None:
    target, name = SEAMS[seam][0 if face.name == "sync" else 1]
    if isinstance(target, str):
        patched.setattr(f"{target}.{name}", _raising(make))
    else:
        later = inspect.iscoroutinefunction(getattr(target, name))
        patched.setattr(target, name, _raising_later(make) if later else _raising(make))


def _raising(make: Callable[[], Exception]) -> Any:
    def step(*arguments: Any, **_: object) -> None:
        _break_connection(*arguments)
        raise make()

    return step


def _raising_later(make: Callable[[], Exception]) -> Any:
    async def step(*arguments: Any, **_: object) -> None:
        _break_connection(*arguments)
        raise make()

    return step


def _break_connection(*arguments: Any) -> None:
    """See to it that a stream which fails has ended: what cannot be written may be responded to all the same."""
    if arguments and isinstance(arguments[0], (SyncStream, AnyIOStream)):
        stream = arguments[0]
        raw_socket = (
            stream._sock if isinstance(stream, SyncStream) else stream._stream.extra(SocketAttribute.raw_socket)
        )
        with suppress(OSError), socket.socket(fileno=os.dup(raw_socket.fileno())) as twin:
            twin.shutdown(socket.SHUT_RDWR)


def call(client: Any) -> None:
    client.export_schemas.update(bodies.SCHEMA_ID, [bodies.COLUMN])


@pytest.mark.parametrize("seam", list(SEAMS))
def test_a_foreign_exception_is_a_network_error_and_leaves_nothing_open(
    seam: str, server: ScriptedServer, client: Any, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All in one test: a server and a client for each of them would take minutes.
    for foreign in FOREIGN:
        # The parser's are its own.
        if (seam, foreign) != ("compose", "WriteError of httpcore"):
            assert_network_error(seam, foreign, server, client, face, monkeypatch)


def assert_network_error(
    seam: str, foreign: str, server: ScriptedServer, client: Any, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        break_seam(seam, face, FOREIGN[foreign], patched)
        with pytest.raises(NetworkError) as caught:
            call(client)
    told = str(caught.value) + repr(caught.value.attempts)
    assert KEY not in told
    assert bodies.SIGNATURE not in told
    if seam in ("connect", "start_tls"):
        assert "carried out" not in told
    server.wait_for_open_connections(0)
    # Not kept, so that the next has to connect again.
    server.plan(last(answer([])))
    assert client.exchanges.list() == []
    server.wait_for_open_connections(0)


def test_a_connection_that_cannot_be_closed_in_good_order_is_no_error(
    server: ScriptedServer, client: Any, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    for foreign in FOREIGN:
        assert_closed(foreign, server, client, face, monkeypatch)


def assert_closed(
    foreign: str, server: ScriptedServer, client: Any, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, make = face.name == "sync", FOREIGN[foreign]
    real: Any = SyncStream.close if sync else AnyIOStream.aclose

    def close(self: Any) -> None:
        real(self)
        raise make()

    async def aclose(self: Any) -> None:
        await real(self)
        raise make()

    client.exchanges.list()
    server.plan(last(answer([])))
    with monkeypatch.context() as patched:
        patched.setattr(*((SyncStream, "close", close) if sync else (AnyIOStream, "aclose", aclose)))
        client.exchanges.list()
        server.wait_for_open_connections(0)
        # The kept one is found to be closed, and closed here too.
        client.exchanges.list()


class OverdueError(Exception):
    """A program's own, raised in a thread from outside."""


@pytest.mark.parametrize("error", [MemoryError("full"), OverdueError("full")], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("seam", list(SEAMS))
def test_what_is_no_failure_of_the_network_passes(
    seam: str, error: Exception, server: ScriptedServer, client: Any, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        break_seam(seam, face, lambda: error, patched)
        with pytest.raises(type(error), match="full"):
            call(client)
    server.wait_for_open_connections(0)
    assert client.exchanges.list() == []


@pytest.mark.parametrize("face", ["asyncio", "trio"], indirect=True)
def test_where_no_thread_can_be_started_a_name_does_not_resolve(
    connect: Connect, face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect("http://localhost:9", max_retries=0, deadline=30)
    # The event loop has a thread for each lookup.
    monkeypatch.setattr("socket.getaddrinfo", _raising(FOREIGN["no thread"]))
    with pytest.raises(NetworkError, match=f"cannot connect to http://localhost:9: .*{CANNOT_START}"):
        client.exchanges.list()


@pytest.mark.parametrize("head", list(HEADS))
def test_an_odd_head_is_understood_or_an_error(head: str, serve: Serve, connect: Connect) -> None:
    server = serve(last(raw(whole(HEADS[head]))), answer([]))
    client = connect(server, max_retries=0, quota=None)
    with suppress(TickhaulError):
        assert client.exchanges.list() == []
    server.wait_for_open_connections(0)
    assert client.exchanges.list() == []


@pytest.mark.parametrize(
    ("lines", "read"),
    [
        (b"X-Request-Id: one\r\n two", "one two"),
        (b"X-Request-Id: one\r\n\t \ttwo ", "one two"),
        (b"X-Request-Id:\r\n one", "one"),
        (b"X-Request-Id: one\r\n two\r\n three", "one two three"),
        (b"X-Request-Id: caf\xe9", "caf\xe9"),
    ],
)
def test_a_continued_line_of_a_head_is_read_as_one(lines: bytes, read: str, serve: Serve, connect: Connect) -> None:
    client = connect(serve(raw(whole(b"HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n" + lines))))
    assert client.exchanges.list() == []
    assert client.last_response is not None
    assert client.last_response.request_id == read
