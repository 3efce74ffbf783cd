"""Proxies that know one thing each: CONNECT, or SOCKS 5."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from tests.support.server import PATIENCE, Received, read_request

if TYPE_CHECKING:
    import ssl

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class _Proxy(ABC):
    """Listens, and carries bytes to and fro."""

    scheme = "http"

    def __init__(self) -> None:
        self._stopped = False
        self._over = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="proxy")
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exit_details: object) -> None:
        self._stopped = True
        self._over.set()
        socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
        self._acceptor.join(PATIENCE)
        self._listener.close()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self._sockets.append(connection)
            if self._stopped:
                return
            self._start(self._tunnel, connection)

    def _start(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args)  # type: ignore[arg-type]  # one of the methods below
        self._threads.append(thread)
        thread.start()

    @abstractmethod
    def _tunnel(self, connection: socket.socket) -> None:
        """Speak the proxy's language on a connection, and carry what follows."""

    def _carry(self, connection: socket.socket, host: str, port: int) -> None:
        onward = socket.create_connection((host, port), PATIENCE)
        self._sockets.append(onward)
        self._start(self._back, onward, connection)
        _pump(connection, onward)

    def _back(self, source: socket.socket, sink: socket.socket) -> None:
        _pump(source, sink)


class ConnectProxy(_Proxy):
    """Opens tunnels, or answers every CONNECT with something else.

    Args:
        reply: what every CONNECT is answered; only the default opens a tunnel.
        tls: speaks TLS with this context.
        drips: hands on what comes back byte by byte, with so many seconds between two, once so many bytes went by.
    """

    def __init__(
        self,
        reply: bytes = _ESTABLISHED,
        *,
        tls: ssl.SSLContext | None = None,
        drips: tuple[int, float] | None = None,
    ) -> None:
        self.requests: list[Received] = []
        self._reply = reply
        self._tls = tls
        self._drips = drips
        super().__init__()

    def _back(self, source: socket.socket, sink: socket.socket) -> None:
        if self._drips is None:
            _pump(source, sink)
            return
        free, pause = self._drips
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data[:free])
                for at in range(free, len(data)):
                    sink.sendall(data[at : at + 1])
                    if self._over.wait(pause):
                        return
                free = max(0, free - len(data))

    def _tunnel(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._sockets.append(connection)
            request, _ = read_request(connection, b"", 0)
            if request is None:
                return
            self.requests.append(request)
            connection.sendall(self._reply)
            if self._reply != _ESTABLISHED:
                connection.shutdown(socket.SHUT_RDWR)
                return
            host, _, port = request.target.rpartition(":")
            self._carry(connection, host.strip("[]"), int(port))


class SocksProxy(_Proxy):
    """Carries connections.

    Args:
        login: the user name and password it asks for.
        method: what it answers the greeting, instead of what the standard says.
        refusal: what it answers every wish to connect; 0 is none.

    Attributes:
        wishes: whom it was asked to connect to, as kind of address, address and port.
        logins: the logins it was told.
    """

    scheme = "socks5"

    def __init__(
        self,
        *,
        login: tuple[str, str] | None = None,
        method: bytes | None = None,
        refusal: int = 0,
    ) -> None:
        self.wishes: list[tuple[int, bytes, int]] = []
        self.logins: list[tuple[str, str]] = []
        self._login = login
        self._method = method
        self._refusal = refusal
        super().__init__()

    def _tunnel(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self._welcome(connection):
                connection.shutdown(socket.SHUT_RDWR)
                return
            _, _, _, kind = _exactly(connection, 4)
            length = {1: 4, 4: 16}.get(kind) or _exactly(connection, 1)[0]
            host = _exactly(connection, length)
            port = int.from_bytes(_exactly(connection, 2), "big")
            self.wishes.append((kind, host, port))
            bound = bytes([3, 4]) + b"here" if len(self.wishes) % 2 else bytes([1, 127, 0, 0, 1])
            self._say(connection, bytes([5, self._refusal, 0]) + bound + bytes(2))
            if self._refusal:
                connection.shutdown(socket.SHUT_RDWR)
                return
            self._carry(connection, host.decode() if kind == 3 else "127.0.0.1" if kind == 1 else "::1", port)

    def _say(self, connection: socket.socket, data: bytes) -> None:
        # In pieces of one byte, which is its right.
        for at in range(len(data)):
            connection.sendall(data[at : at + 1])

    def _welcome(self, connection: socket.socket) -> bool:
        methods = _exactly(connection, _exactly(connection, 2)[1])
        if self._method is not None:
            self._say(connection, self._method)
            return False
        wanted = 0 if self._login is None else 2
        self._say(connection, bytes([5, wanted if wanted in methods else 0xFF]))
        if self._login is None or wanted not in methods:
            return wanted in methods
        user = _exactly(connection, _exactly(connection, 2)[1]).decode()
        password = _exactly(connection, _exactly(connection, 1)[0]).decode()
        self.logins.append((user, password))
        right = (user, password) == self._login
        self._say(connection, bytes([1, not right]))
        return right


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
