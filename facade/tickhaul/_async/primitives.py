"""The few steps that differ between an event loop and plain threads; the sync side has its own of each."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections import deque
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, TypeVar, cast

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import httpcore

from tickhaul.errors import StorageError
from tickhaul.net.dialing import most_telling
from tickhaul.net.foreign import is_failure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable
    from typing import Protocol

    class Call(Protocol):
        """Runs a coroutine function from a worker thread and returns its result."""

        def __call__(self, function: Callable[[], Awaitable[T]], /) -> T: ...

    class Closable(Protocol):
        """A connection, or a stream of one."""

        async def aclose(self) -> None: ...


T = TypeVar("T")

sleep = anyio.sleep
Tie = AsyncGenerator[None, None]
#: The engine's own way to open connections. Its type is a union with a stand-in for where anyio is not installed.
_engine = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())


def home() -> object:
    """What connections belong to: the running event loop, since a socket of one cannot be used under another."""
    return anyio.lowlevel.current_token()


def current_run() -> object:
    """What runs this call: another object each time an event loop is started, also if it ran before.

    asyncio drops the next step of a task if an interrupt comes right before it. Such a task never ends, so calls of an
    earlier run are not waited for.

    Returns:
        An object to be compared by identity: those of two runs of one loop are equal.
    """
    # Each start sets these hooks anew, to methods bound for it.
    return sys.get_asyncgen_hooks().firstiter


async def connect(host: str, port: int, left: Callable[[], float | None]) -> httpcore.AsyncNetworkStream:
    """A TCP connection, made before the time is up; under an event loop that bounds name resolution as well.

    The event-loop library has the attempts at several addresses overlap, and remembers nothing of them.
    """
    try:
        return await _engine.connect_tcp(host, port, left())
    except httpcore.ConnectError as error:
        raise httpcore.ConnectError(_reason(host, error.__cause__)) from error


async def start_tls(
    stream: httpcore.AsyncNetworkStream, context: ssl.SSLContext, host: str | None, timeout: float | None
) -> httpcore.AsyncNetworkStream:
    """Speak TLS from here on, also within TLS; an event loop bounds the whole of it."""
    return await stream.start_tls(context, host, timeout)


async def hang_up(stream: httpcore.AsyncNetworkStream, *, in_use: bool) -> None:  # noqa: ARG001 (the sync side needs it)
    """Close a connection; a task that waits for it is woken."""
    await stream.aclose()


async def close(connection: Closable) -> None:
    """Close a connection to its end, also in a task that was canceled."""
    with anyio.CancelScope(shield=True):
        try:
            await connection.aclose()
        except Exception as error:
            # One that cannot be closed in good order is closed all the same.
            if not is_failure(error):
                raise


def is_interrupt(error: BaseException) -> bool:
    """Whether an exception may have come between any two steps of this thread, such as Ctrl-C.

    The cancellation of a task is not one: it comes only where the task waits.
    """
    return not isinstance(error, (Exception, GeneratorExit, anyio.get_cancelled_exc_class()))


def has_unread(stream: httpcore.AsyncNetworkStream) -> bool:
    """Whether a stream holds bytes that have left the system's socket and were not read."""
    # The event loop reads ahead, and has no public word for it.
    inner = getattr(stream, "_stream", None)
    while inner is not None:
        if getattr(getattr(inner, "_protocol", None), "read_queue", None):
            return True
        if (undecrypted := getattr(inner, "_read_bio", None)) is not None and undecrypted.pending:
            return True
        inner = getattr(inner, "transport_stream", None)
    return False


class Places:
    """So many places, each for one at a time, given to whoever has waited longest.

    The event-loop library's semaphore is not used: before its version 4.5 it loses the place of a waiter that is
    canceled in the moment of its turn.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._turns: deque[anyio.Event] = deque()

    async def take(self, seconds: float) -> bool:
        """Take a place, which must be given back; ``False`` when none became free in so many seconds."""
        if self._free:
            self._free -= 1
            return True
        turn = anyio.Event()
        self._turns.append(turn)
        try:
            with anyio.move_on_after(seconds):
                await turn.wait()
        except BaseException:
            self._leave(turn)
            raise
        if not turn.is_set():
            self._leave(turn)
            return False
        return True

    def give_back(self) -> None:
        """Give a place to the next in line, or keep it free."""
        if self._turns:
            self._turns.popleft().set()
        else:
            self._free += 1

    def _leave(self, turn: anyio.Event) -> None:
        if turn.is_set():
            self.give_back()
        else:
            self._turns.remove(turn)


async def tie(close: Callable[[], Awaitable[None]]) -> Tie:
    """Have something closed when the running event loop ends, if nobody closes the returned tie before.

    The last thing an event loop does is to close the asynchronous generators begun under it; the tie is one. One that
    is let go of is closed by its loop too, also from another thread.
    """
    keeper = _keep(close)
    await anext(keeper)
    return keeper


async def run_blocking(work: Callable[[Call], T], cancel: threading.Event) -> T:
    """Do blocking work off the event loop.

    Args:
        work: runs in a worker thread; it is handed a way to run coroutine functions on this event loop.
        cancel: set when this task is canceled, to tell the work to stop; the task then waits for it to do so, so that
            nothing of the work outlives the call.

    Raises:
        StorageError: the system has no room for a worker thread.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []
    began, ended = threading.Event(), threading.Event()

    def attempt(call: Call) -> None:
        began.set()
        # Kept, not raised: leaving a task group would wrap the error in an exception group.
        try:
            outcome.append(work(call))
        except BaseException as error:  # noqa: BLE001 (raised again below, in the caller's task)
            failure.append(error)
        finally:
            ended.set()

    async def tell_when_canceled() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cancel.set()

    async with anyio.from_thread.BlockingPortal() as portal:
        async with anyio.create_task_group() as group:
            group.start_soon(tell_when_canceled)
            try:
                await anyio.to_thread.run_sync(attempt, cast("Call", portal.call))
            except RuntimeError as error:
                # What the work raises does not come this way.
                failure.append(StorageError(f"no thread can be started here: {error}"))
            finally:
                # The cancellation of an asyncio task, unlike that of a scope, does not wait for the thread by itself.
                if began.is_set() and not ended.is_set():
                    cancel.set()
                    with anyio.CancelScope(shield=True):
                        await anyio.to_thread.run_sync(ended.wait)
            group.cancel_scope.cancel()
        # What other threads of the work may still be asking for is of no use to anybody now.
        await portal.stop(cancel_remaining=True)
    # A canceled call ends as canceled, not with the words of work that was told to stop.
    await anyio.lowlevel.checkpoint_if_cancelled()
    if failure:
        raise failure[0]
    return outcome[0]


async def _keep(close: Callable[[], Awaitable[None]]) -> Tie:
    try:
        yield
    finally:
        await close()


def _reason(host: str, cause: BaseException | None) -> str:
    """Why no connection was made; the event-loop library says only that every attempt failed."""
    failed = cause.__cause__ if cause else None
    last = most_telling(failed.exceptions) if isinstance(failed, BaseExceptionGroup) else failed
    # An address of IPv6 may be that of a network interface which is looked up in each attempt.
    unresolved = next((each for each in (cause, last) if isinstance(each, socket.gaierror)), None)
    if unresolved is not None:
        return f"the name {host!r} does not resolve: {unresolved}"
    if isinstance(last, OSError) and last.errno is not None:
        return f"[Errno {last.errno}] {os.strerror(last.errno)}"
    return str(last or cause)
