"""Running the sandbox: both origins in one event loop, in a thread of their own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn

from tickhaul_sandbox.app import OPERATION_NAMES, Application
from tickhaul_sandbox.clock import SystemClock
from tickhaul_sandbox.service import Service
from tickhaul_sandbox.settings import Settings
from tickhaul_sandbox.state.file import StateError
from tickhaul_sandbox.storage import Storage
from tickhaul_sandbox.transport import HEAD_BYTES, BreakableProtocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

    from starlette.types import ASGIApp

    from tickhaul_sandbox.accounts import Account
    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.faults import Faults
    from tickhaul_sandbox.recording import Recorder

_BACKLOG = 2048
_GRACE_SECONDS = 1
_IDLE_SECONDS = 75
_TICK_SECONDS = 0.1
_BLINK_SECONDS = 0.002
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound


class _Server(uvicorn.Server):
    """A uvicorn server that says when it accepts connections, and ends when told to rather than at its next look."""

    def __init__(self, app: ASGIApp, on_started: Callable[[], None], ending: asyncio.Event) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=BreakableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_IDLE_SECONDS,
                h11_max_incomplete_event_size=HEAD_BYTES,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._on_started = on_started
        self._ending = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections."""
        await super().startup(sockets=sockets)
        self._on_started()

    async def main_loop(self) -> None:
        """Look after the server ten times a second, as uvicorn wants it, until it is to end."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests that are being answered come to an end, break off those that do not, and close everything.

        Uvicorn's own way begins with a pause of a tenth of a second, and tests start and stop many sandboxes.
        """
        del sockets
        for listener in self.servers:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := set(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            for connection in self.server_state.connections:
                if late and isinstance(connection, BreakableProtocol):
                    connection.transport.abort()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - there is no event
                    await asyncio.sleep(_BLINK_SECONDS)


class Sandbox:
    """A running sandbox, for `with`.

    Args:
        settings: How it is to be; the defaults when left out.
        clock: Its time; real time when left out.

    Raises:
        ValueError: If a setting cannot work.
        OSError: On entering, if a port is taken.
        StateError: On entering, if the state file cannot be used.
    """

    def __init__(self, settings: Settings | None = None, *, clock: Clock | None = None) -> None:
        self.settings = settings or Settings()
        self.clock: Clock = clock or SystemClock()
        self.service = Service(self.settings, self.clock)
        self.service.faults.know(OPERATION_NAMES)
        self._sockets: list[socket.socket] = []
        self._servers: list[_Server] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None
        self.base_url = ""
        self.storage_url = ""

    @property
    def api_key(self) -> str:
        """The first API key."""
        return next(iter(self.settings.accounts()))

    @property
    def api_keys(self) -> list[str]:
        """All API keys."""
        return list(self.settings.accounts())

    @property
    def faults(self) -> Faults:
        """The faults in force; `faults.add("reset:exports.get:times=1")` adds one."""
        return self.service.faults

    @property
    def requests(self) -> Recorder:
        """The requests received so far."""
        return self.service.requests

    def account(self, name: str = "default") -> Account:
        """Return an account, to look at or to change its billing state."""
        return self.service.accounts.by_name[name]

    def start(self) -> None:
        """Accept connections; returns when it does.

        Raises:
            OSError: If a port is taken.
            StateError: If the state file cannot be used.
            RuntimeError: If it was started before: a sandbox runs once.
        """
        if self._servers:
            raise RuntimeError("a sandbox runs once; make another")
        try:
            for port in (self.settings.port, self.settings.storage_port):
                self._sockets.append(_listen(self.settings.host, port))
            self.service.open()
        except (OSError, StateError):
            self.stop()
            raise
        self.base_url = _origin(self._sockets[0], self.settings.host)
        self.storage_url = self.settings.storage_url or _origin(self._sockets[1], self.settings.host)
        self.service.storage_url = self.storage_url
        apps: tuple[ASGIApp, ...] = (Application(self.service), Storage(self.service))
        waiting = threading.Semaphore(0)
        self._servers = [_Server(app, waiting.release, self.service.ending) for app in apps]
        self._thread = threading.Thread(target=self._run, args=(waiting,), name="tickhaul-sandbox", daemon=True)
        self._thread.start()
        for _ in self._servers:
            waiting.acquire()
        if self._failure is not None:
            self.stop()
            raise RuntimeError("the sandbox could not start") from self._failure

    def stop(self) -> None:
        """End all connections and let go of everything; nothing happens if it has ended."""
        for server in self._servers:
            server.should_exit = True
        if self._loop is not None:
            # The loop may have ended by itself, and then there is nobody left to wake.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.service.ending.set)
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for listener in self._sockets:
            listener.close()
        self._sockets.clear()
        self.service.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, waiting: threading.Semaphore) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for the start
            self._failure = error
        finally:
            # Whoever waits for the start must not wait for ever.
            for _ in self._servers:
                waiting.release()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.service.go_on()
        async with asyncio.TaskGroup() as group:
            for server, listener in zip(self._servers, self._sockets, strict=True):
                group.create_task(server.serve(sockets=[listener]))


def serve(settings: Settings, ready: Callable[[Sandbox], None]) -> int:
    """Run a sandbox until a signal ends it. To be called from the main thread.

    Args:
        settings: How it is to be.
        ready: Called once it accepts connections.

    Returns:
        0 after SIGTERM, 130 after SIGINT.

    Raises:
        ValueError: If a setting cannot work.
        OSError: If a port is taken.
        StateError: If the state file cannot be used.
    """
    ended = threading.Event()
    code = 0

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal code
        del frame
        code = 130 if number == signal.SIGINT else 0
        ended.set()

    with contextlib.ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, number, signal.signal(number, end))
        sandbox = stack.enter_context(Sandbox(settings))
        ready(sandbox)
        # Waiting in slices, because on Windows a signal does not wake a wait without a limit.
        while not ended.wait(0.5):
            pass
    return code


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (TypeError, UnicodeError):
        raise ValueError(f"host {host!r} is no address and no name of one") from None
    listener.set_inheritable(False)
    return listener


def _origin(listener: socket.socket, host: str) -> str:
    name = _WILDCARDS.get(host, host)
    return f"http://{f'[{name}]' if ':' in name else name}:{listener.getsockname()[1]}"
