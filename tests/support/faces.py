"""One test for both clients: the async one, driven from a thread, wears the sync one's face."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from anyio.from_thread import start_blocking_portal
from tickhaul import AsyncClient, AsyncPages, Client

from tests.support.clock import AsyncFakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from anyio.from_thread import BlockingPortal

    from tests.support.clock import FakeClock
    from tests.support.server import ScriptedServer

#: Looks like nothing else, so that one search finds it wherever it may have leaked.
KEY = "key_7f3a91c2.s3cr3t-Zq81vXw"


class Connect(Protocol):
    """Builds a client of a server, which the test's end closes."""

    def __call__(
        self,
        server: ScriptedServer | str,
        *,
        clock: FakeClock | None = None,
        **options: Any,  # whatever the clients take; their own signatures are under test
    ) -> Client: ...


class Face:
    """Builds clients that all behave like `tickhaul.Client`.

    Args:
        name: ``sync``, or the event loop the async client runs under.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._portal: BlockingPortal | None = None
        self._running: AbstractContextManager[BlockingPortal] | None = None

    @property
    def portal(self) -> BlockingPortal:
        """The event loop's thread, started with its first use."""
        if self._portal is None:
            self._running = start_blocking_portal(self.name)
            self._portal = self._running.__enter__()
        return self._portal

    def client(
        self,
        *args: Any,  # whatever the clients take; their own signatures are under test
        clock: FakeClock | None = None,
        **options: Any,  # as above
    ) -> Client:
        """A client; with a fake clock nothing is slept, and every draw of jitter is the largest possible."""
        if self.name == "sync":
            client = Client(*args, **options)
            if clock is not None:
                client._executor.clock = clock
                client._executor.uniform = _largest
            return client
        running = AsyncClient(*args, **options)
        if clock is not None:
            running._executor.clock = AsyncFakeClock(clock)
            running._executor.uniform = _largest
        return cast("Client", _Blocking(running, self.portal))

    def stop(self) -> None:
        """End the event loop."""
        if self._running is not None:
            self._running.__exit__(None, None, None)


class _Walk:
    """An asynchronous iterator as a plain one."""

    def __init__(self, steps: AsyncIterator[object], portal: BlockingPortal) -> None:
        self._steps = aiter(steps)
        self._portal = portal

    def __iter__(self) -> Iterator[object]:
        return self

    def __next__(self) -> object:
        over = object()

        async def step() -> object:
            return await anext(self._steps, over)

        if (item := self._portal.call(step)) is over:
            raise StopIteration
        return item


class _Blocking:
    """An object of the async client whose coroutine methods block, and whose lists are plain iterators."""

    def __init__(self, inner: object, portal: BlockingPortal) -> None:
        self._inner = inner
        self._portal = portal

    def __getattr__(self, name: str) -> object:
        value = getattr(self._inner, "aclose" if name == "close" else name)
        return self._method(value) if inspect.ismethod(value) else self._wrap(value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exit_details: object) -> None:
        self._portal.call(cast("AsyncClient", self._inner).aclose)

    def __iter__(self) -> Iterator[object]:
        return _Walk(aiter(cast("AsyncPages[object]", self._inner)), self._portal)

    def __repr__(self) -> str:
        return repr(self._inner)

    def _method(self, method: Any) -> object:  # any method of the client, called with whatever the test passes
        async def run(args: tuple[Any, ...], options: dict[str, Any]) -> object:
            result = method(*args, **options)
            return await result if inspect.isawaitable(result) else result

        def call(*args: Any, **options: Any) -> object:
            return self._wrap(self._portal.call(run, args, options))

        return call

    def _wrap(self, value: object) -> object:
        if isinstance(value, AsyncIterator):
            return _Walk(value, self._portal)
        if isinstance(value, AsyncClient | AsyncPages) or type(value).__module__.startswith(
            "tickhaul._async.resources"
        ):
            return _Blocking(value, self._portal)
        return value


def _largest(low: float, high: float) -> float:
    del low
    return high
