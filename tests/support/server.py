"""A server that misbehaves on purpose: raw sockets on loopback, one planned behaviour for each request."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from tests.support.behaviours import Step

#: Seconds after which a wait that should long be over fails the test instead of hanging it.
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived.

    Attributes:
        connection: which connection of the server brought it, from 0.
        method: the HTTP method.
        target: path and query, as sent.
        headers: by lower-case name.
        head: the bytes up to and with the empty line.
        body: the bytes after it.
    """

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    head: bytes
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def key(self) -> str | None:
        """The idempotency key."""
        return self.headers.get("idempotency-key")

    def json(self) -> object:
        return json.loads(self.body)


class Exchange:
    """A request in the hands of a behaviour.

    Args:
        request: what arrived.
        connection: the socket it came by.
        stopped: set when the server is being stopped; whatever waits must wait on it.
    """

    def __init__(self, request: Received, connection: socket.socket, stopped: threading.Event) -> None:
        self.request = request
        self.connection = connection
        self.stopped = stopped
        self.ended = False

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hang_up(self) -> None:
        """End the connection after this exchange."""
        self.ended = True


class ScriptedServer:
    """Serves what its plan says, request after request, over as many connections as clients open.

    Args:
        plan: one behaviour for each request, in the order they arrive.
        otherwise: the behaviour once the plan is used up; without it such a request fails the test at the end.
        tls: speaks TLS with this context.
    """

    def __init__(
        self,
        *plan: Step,
        otherwise: Step | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.surprises: list[str] = []
        self._plan = deque(plan)
        self._otherwise = otherwise
        self._tls = tls
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="scripted-server")
        self._acceptor.start()

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self._tls is None else "localhost"
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}"

    def plan(self, *steps: Step) -> None:
        """Add to the plan."""
        with self._changed:
            self._plan.extend(steps)

    def wait_for_requests(self, count: int) -> None:
        """Wait until so many requests have arrived."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, PATIENCE), "the request never came"

    def wait_for_open_connections(self, count: int) -> None:
        """Wait until exactly so many connections are open; a client's close takes a moment to arrive."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._open) == count, PATIENCE), f"{len(self._open)} are open"

    def stop(self) -> None:
        """End every connection and every wait, and with them the threads."""
        self._stopped.set()
        # Wakes the acceptor on every platform; closing a socket under an accept does so on some only.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
        self._acceptor.join(PATIENCE)
        self._listener.close()
        with self._changed:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            assert not self.surprises, self.surprises

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stopped.is_set():
                connection.close()
                return
            with self._changed:
                number = self.connections
                self.connections += 1
                self._open.add(connection)
                self._changed.notify_all()
            thread = threading.Thread(target=self._serve, args=(connection, number), name=f"connection-{number}")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        speaking = connection
        try:
            if self._tls is not None:
                speaking = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                with self._changed:
                    # Wrapping detaches the plain socket; the TLS one is what can be shut down now.
                    self._open.discard(connection)
                    self._open.add(speaking)
                speaking.do_handshake()
            pending = b""
            while True:
                request, pending = read_request(speaking, pending, number)
                if request is None:
                    return
                exchange = Exchange(request, speaking, self._stopped)
                self._next_step(request)(exchange)
                if exchange.ended:
                    return
        except OSError:
            # The client went away, which is its right; what it should have got is the test's business.
            return
        finally:
            speaking.close()
            with self._changed:
                self._open.discard(connection)
                self._open.discard(speaking)
                self._changed.notify_all()

    def _next_step(self, request: Received) -> Step:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            if self._plan:
                return self._plan.popleft()
            if self._otherwise is not None:
                return self._otherwise
            self.surprises.append(f"no plan for {request.method} {request.target}")
            return _refuse


class Serve(Protocol):
    """Starts a scripted server, which the test's end stops."""

    def __call__(
        self, *plan: Step, otherwise: Step | None = None, tls: ssl.SSLContext | None = None
    ) -> ScriptedServer: ...


def read_request(connection: socket.socket, pending: bytes, number: int) -> tuple[Received | None, bytes]:
    """The next request of a connection, or ``None`` when it has ended, and what was read beyond it."""
    while b"\r\n\r\n" not in pending:
        more = connection.recv(65536)
        if not more:
            return None, b""
        pending += more
    head, _, rest = pending.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    while len(rest) < length:
        more = connection.recv(65536)
        if not more:
            return None, b""
        rest += more
    return Received(number, method, target, headers, head + b"\r\n\r\n", rest[:length]), rest[length:]


def _refuse(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 418 Unplanned\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    exchange.hang_up()
