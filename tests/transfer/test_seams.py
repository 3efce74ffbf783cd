"""Whatever a library raises where it meets a transfer over httpcore is an error of the wire, and nothing stays open."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any

import h11
import pytest
import trustme
from httpcore._backends.sync import SyncStream
from tickhaul.transfer.wire import Channel, WireError, choose

from tests.support import bodies
from tests.support.behaviours import last, raw
from tests.support.faces import KEY
from tests.support.foreign import FOREIGN, HEADS, whole
from tests.support.server import ScriptedServer
from tests.transfer.channels import Taken
from tests.transfer.hauls import options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
SEAMS: dict[str, tuple[Any, str]] = {
    "look up": ("socket", "getaddrinfo"),
    "connect": ("tickhaul.transfer.wire.over_httpcore", "dial"),
    "start_tls": (SyncStream, "start_tls"),
    "read": (SyncStream, "read"),
    "write": (SyncStream, "write"),
    "look": (SyncStream, "get_extra_info"),
    "parse": (h11.Connection, "next_event"),
    "compose": (h11.Connection, "send"),
}


class OverdueError(Exception):
    """A program's own, raised in a thread from outside."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[ScriptedServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    with ScriptedServer(otherwise=raw(RESPONSE), tls=tls) as server:
        yield server


@pytest.fixture
def channel(authority: trustme.CA, server: ScriptedServer) -> Iterator[Channel]:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    settings = options(engine="httpcore", ssl_context=trusting, silence=15)
    with contextlib.closing(Channel(settings, choose(settings)[1])) as channel:
        yield channel


def get(channel: Channel, server: ScriptedServer) -> bytes:
    taken = Taken()
    channel.get(f"{server.url}/a?X-Amz-Signature={bodies.SIGNATURE}", {}, taken)
    return bytes(taken.body)


def break_seam(seam: str, make: Callable[[], Exception], patched: pytest.MonkeyPatch) -> None:
    def step(*arguments: Any, **__: object) -> None:
        if arguments and isinstance(arguments[0], SyncStream):
            # What cannot be written may be responded to all the same.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(arguments[0]._sock, socket.SHUT_RDWR)
        raise make()

    target, name = SEAMS[seam]
    if isinstance(target, str):
        patched.setattr(f"{target}.{name}", step)
    else:
        patched.setattr(target, name, step)


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize("seam", list(SEAMS))
def test_a_foreign_exception_is_an_error_of_the_wire_and_leaves_nothing_open(
    seam: str, kept: bool, server: ScriptedServer, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kept and seam in ("look up", "connect", "start_tls"):
        pytest.skip("a kept connection is connected")
    # All in one test: a server and a channel for each of them would take minutes.
    for foreign in FOREIGN:
        # The parser's are its own.
        if (seam, foreign) != ("compose", "WriteError of httpcore"):
            assert_wire_error(seam, foreign, kept, server, channel, monkeypatch)


def assert_wire_error(
    seam: str, foreign: str, kept: bool, server: ScriptedServer, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kept:
        assert get(channel, server) == b"body"
    with monkeypatch.context() as patched:
        break_seam(seam, FOREIGN[foreign], patched)
        with pytest.raises(WireError) as caught:
            get(channel, server)
    told = str(caught.value)
    assert KEY not in told
    assert bodies.SIGNATURE not in told
    server.wait_for_open_connections(0)


def test_a_connection_that_cannot_be_closed_in_good_order_is_no_error(
    server: ScriptedServer, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for foreign in FOREIGN:
        assert_closed(foreign, server, channel, monkeypatch)


def assert_closed(foreign: str, server: ScriptedServer, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    real, make = SyncStream.close, FOREIGN[foreign]

    def close(self: SyncStream) -> None:
        real(self)
        raise make()

    assert get(channel, server) == b"body"
    with monkeypatch.context() as patched:
        patched.setattr(SyncStream, "close", close)
        channel.close()
    server.wait_for_open_connections(0)


@pytest.mark.parametrize("error", [MemoryError("full"), OverdueError("full")], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("seam", list(SEAMS))
def test_what_is_no_failure_of_the_network_passes(
    seam: str, error: Exception, server: ScriptedServer, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        break_seam(seam, lambda: error, patched)
        with pytest.raises(type(error), match="full"):
            get(channel, server)
    server.wait_for_open_connections(0)


@pytest.mark.parametrize("foreign", ["EMFILE", "ENFILE", "ENOBUFS"])
def test_where_a_socket_cannot_be_held_twice_it_is_closed(
    foreign: str, server: ScriptedServer, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = FOREIGN[foreign]

    def refuse(_: socket.socket) -> None:
        raise make()

    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "dup", refuse)
        with pytest.raises(WireError):
            get(channel, server)
    server.wait_for_open_connections(0)
    assert get(channel, server) == b"body"


class Failing:
    """What libcurl is driven by, one call of which fails."""

    def __init__(self, real: Any, name: str, error: Exception) -> None:
        self._real, self._name, self._error = real, name, error

    def __getattr__(self, name: str) -> Any:
        if name == self._name:
            raise self._error
        return getattr(self._real, name)


@pytest.mark.parametrize("kept", [False, True], ids=["new connection", "kept connection"])
@pytest.mark.parametrize(
    ("part", "call"),
    [
        *[("_curl", call) for call in ("setopt", "getinfo")],
        *[("_multi", call) for call in ("add_handle", "remove_handle", "socket_action", "info_read")],
    ],
)
def test_a_call_of_libcurl_that_fails_is_an_error_of_the_wire(part: str, call: str, kept: bool) -> None:
    pycurl = pytest.importorskip("pycurl")
    if (call, kept) in (("getinfo", False), ("remove_handle", False)):
        pytest.skip("it is for a connection that was used")
    settings = options(engine="libcurl", silence=15)
    with ScriptedServer(otherwise=raw(RESPONSE)) as server:
        with contextlib.closing(Channel(settings, choose(settings)[1])) as channel:
            if kept:
                assert get(channel, server) == b"body"
            engine: Any = channel._engine
            real = getattr(engine, part)
            setattr(engine, part, Failing(real, call, pycurl.error(43, f"of ?{bodies.SIGNATURE}")))
            with pytest.raises(WireError, match=r"^libcurl failed \(its error 43\)$"):
                get(channel, server)
            setattr(engine, part, real)
        server.wait_for_open_connections(0)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("head", list(HEADS))
def test_an_odd_head_is_understood_or_an_error(head: str) -> None:
    settings = options(silence=15)
    with (
        ScriptedServer(last(raw(whole(HEADS[head]))), otherwise=raw(RESPONSE)) as server,
        contextlib.closing(Channel(settings, choose(settings)[1])) as channel,
    ):
        with contextlib.suppress(WireError):
            get(channel, server)
        server.wait_for_open_connections(0)
        assert get(channel, server) == b"body"
