"""The connections of one event loop, or of all threads: each is used by one call at a time, and kept only when clean.

The HTTP engine has a pool too. It hands a connection on although the server left something behind a response, which
the next call would then take for its own; and an interrupt inside its locks leaves it unusable. What there is here to
share is changed by single steps that an interrupt either sees done or not.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tickhaul._async.primitives import Places, close
from tickhaul.net.exchanges import is_over

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpcore

    from tickhaul._async.network import AsyncDeadlineStream

    Idle = deque["httpcore.AsyncConnectionInterface"]

#: How many calls may be under way.
LIMIT = 64


class AsyncLoan:
    """What one call has in its hands.

    Attributes:
        connection: the connection, or ``None`` before there is one and after it was given back.
        streams: what was opened for it, until it was given back.
    """

    __slots__ = ("connection", "streams")

    def __init__(self) -> None:
        self.connection: httpcore.AsyncConnectionInterface | None = None
        self.streams: list[AsyncDeadlineStream] = []


class AsyncConnections:
    """Connections to one origin.

    Args:
        make: a new connection, not connected yet.
        run: what runs the call it is made for.

    Attributes:
        places: how many calls may be under way; a call keeps the object it took its place of.
    """

    def __init__(self, make: Callable[[], httpcore.AsyncConnectionInterface], run: object) -> None:
        self.places = Places(LIMIT)
        self._run = run
        self._make = make
        self._idle: Idle = deque()
        #: Where each connection in use goes when its call is over.
        self._busy: dict[httpcore.AsyncConnectionInterface, Idle] = {}
        self._closed = False

    async def take(self, loan: AsyncLoan) -> httpcore.AsyncConnectionInterface:
        """A connection for one call: the one used last if nothing has come by it since, else a new one.

        Args:
            loan: is handed the connection, so that an interrupted call knows of it.
        """
        idle = self._idle
        while True:
            try:
                connection = idle.pop()
            except IndexError:
                connection = self._make()
                loan.connection = connection
                self._busy[connection] = idle
                return connection
            loan.connection = connection
            self._busy[connection] = idle
            if not connection.has_expired():
                return connection
            await self.drop(loan)

    async def give_back(self, loan: AsyncLoan, response: httpcore.Response) -> None:
        """Keep the connection for another call if the exchange on it is over, else close it.

        Args:
            loan: the connection.
            response: what came by it, closed.
        """
        connection = loan.connection
        if connection is None or not connection.is_available() or not is_over(response):
            await self.drop(loan)
            return
        idle = self._busy.pop(connection)
        idle.append(connection)
        loan.connection = None
        loan.streams.clear()
        if self._closed or idle is not self._idle:
            await _drain(idle)
        else:
            await self._drop_expired()

    async def drop(self, loan: AsyncLoan) -> None:
        """Close what the call has in its hands."""
        connection = loan.connection
        if connection is not None:
            await close(connection)
            self._busy.pop(connection, None)
            loan.connection = None
        while loan.streams:
            await close(loan.streams.pop())

    def enter(self, run: object) -> bool:
        """Begin a call.

        Args:
            run: what runs it. If calls of an earlier run are still under way, they may never end, and so their places
                are not waited for.

        Returns:
            Whether there are such calls.
        """
        if run is self._run:
            return False
        self._run = run
        self.places = Places(LIMIT)
        return bool(self._busy)

    async def start_over(self) -> None:
        """After an interrupt, which may have come between any two steps: use nothing from before it again.

        Calls of other threads and tasks that are under way keep their connections to their end.
        """
        before, self._idle = self._idle, deque()
        self.places = Places(LIMIT)
        await _drain(before)

    async def aclose(self) -> None:
        """Close all connections, also those in use; one that is being made is closed when its call is over."""
        self._closed = True
        await _drain(self._idle)
        for connection in list(self._busy):
            await close(connection)

    async def _drop_expired(self) -> None:
        """Close the connection that was idle longest if it is of no use any more."""
        try:
            oldest = self._idle.popleft()
        except IndexError:
            return
        if oldest.has_expired():
            await close(oldest)
        else:
            self._idle.appendleft(oldest)


async def _drain(idle: Idle) -> None:
    while True:
        try:
            connection = idle.pop()
        except IndexError:
            return
        await close(connection)
