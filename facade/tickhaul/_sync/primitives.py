"""The few steps that differ between plain threads and an event loop; the async side has its own of each."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

import httpcore
from httpcore._backends.sync import SyncStream

from tickhaul._threads import load
from tickhaul.net.dialing import dial
from tickhaul.net.foreign import is_failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event
    from typing import Protocol

    class Call(Protocol):
        """Runs a function and returns its result."""

        def __call__(self, function: Callable[[], T], /) -> T: ...

    class Closable(Protocol):
        """A connection, or a stream of one."""

        def close(self) -> None: ...


T = TypeVar("T")

sleep = time.sleep


def home() -> object:
    """What connections belong to: the process, whose threads share them."""
    return None


def current_run() -> object:
    """What runs this call: the process, whose threads do not stop."""
    return None


def connect(host: str, port: int, left: Callable[[], float | None]) -> httpcore.NetworkStream:
    """A TCP connection, made before the time is up, which is counted from when the name is looked up."""
    try:
        return SyncStream(dial(host, port, left))
    except socket.gaierror as error:
        raise httpcore.ConnectError(f"the name {host!r} does not resolve: {error}") from error
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


def start_tls(
    stream: httpcore.NetworkStream, context: ssl.SSLContext, host: str | None, timeout: float | None
) -> httpcore.NetworkStream:
    """Speak TLS from here on, also within TLS, where the engine's own stream would wait anew for each piece."""
    if isinstance(stream.get_extra_info("socket"), ssl.SSLSocket):
        load("tickhaul._sync.nested")
        from tickhaul._sync.nested import NestedStream  # noqa: PLC0415 (only behind a proxy spoken to over TLS)

        return NestedStream(stream, context, host, timeout)
    careful: Any = _Careful(context)  # Any: the engine asks it for the one thing it has
    return stream.start_tls(careful, host, timeout)


class _Careful:
    """TLS settings under which an interrupted handshake leaves no socket to the garbage collector.

    Args:
        context: the settings.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def wrap_socket(self, sock: socket.socket, *, server_hostname: str | None) -> ssl.SSLSocket:
        """Speak TLS on a socket."""
        context = self._context
        if getattr(type(context), "wrap_socket", None) is not ssl.SSLContext.wrap_socket:
            # It may look at the certificate by itself, right behind the handshake.
            return context.wrap_socket(sock, server_hostname=server_hostname)
        wrapped = context.wrap_socket(sock, server_hostname=server_hostname, do_handshake_on_connect=False)
        try:
            wrapped.do_handshake()
        except BaseException:
            # The standard library closes it only after errors of its own.
            wrapped.close()
            raise
        return wrapped


def hang_up(stream: httpcore.NetworkStream, *, in_use: bool) -> None:
    """Close a connection; one that another thread waits for is ended, which wakes that thread, and it closes it.

    Closed under it, the socket's number could be another's by the time it begins to wait.
    """
    if in_use:
        with suppress(OSError):
            # The method of the plain socket, for that of TLS would take its state away from the other thread.
            socket.socket.shutdown(stream.get_extra_info("socket"), socket.SHUT_RDWR)
    else:
        stream.close()


def close(connection: Closable) -> None:
    """Close a connection."""
    try:
        connection.close()
    except Exception as error:
        # One that cannot be closed in good order is closed all the same.
        if not is_failure(error):
            raise


def is_interrupt(error: BaseException) -> bool:
    """Whether an exception may have come between any two steps of this thread, such as Ctrl-C."""
    return not isinstance(error, Exception)


def has_unread(stream: httpcore.NetworkStream) -> bool:
    """Whether a stream holds bytes that have left the system's socket and were not read; a plain one holds none."""
    return bool(stream.get_extra_info("unread"))


class Places:
    """So many places, each for one at a time.

    Made of a queue, each step of which is one step of the interpreter: inside a semaphore of the standard library an
    interrupt leaves a lock behind, and everybody waits for ever.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(count):
            self._free.put(None)

    def take(self, seconds: float) -> bool:
        """Take a place, which must be given back; ``False`` when none became free in so many seconds."""
        try:
            self._free.get(timeout=min(seconds, threading.TIMEOUT_MAX))
        except Empty:
            return False
        return True

    def give_back(self) -> None:
        """Give a place to the next thread that waits for one, or keep it free."""
        self._free.put(None)


class Tie:
    """What the async side has closed at the end of its event loop; threads have no such end, so only `close` does it.

    Args:
        close: what to do.
    """

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def close(self) -> None:
        """Do it."""
        self._close()


def tie(close: Callable[[], None]) -> Tie:
    """Have something closed when the returned tie is."""
    return Tie(close)


def run_blocking(work: Callable[[Call], T], cancel: Event) -> T:  # noqa: ARG001 (the async side needs it)
    """Do blocking work, here and now."""
    return work(_call)


def _call(function: Callable[[], T], /) -> T:
    return function()
