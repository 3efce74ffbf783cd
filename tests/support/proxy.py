"""A proxy that knows one thing: CONNECT."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Self

from tests.support.server import PATIENCE, Received, read_request

if TYPE_CHECKING:
    import ssl

_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class ConnectProxy:
    """Opens tunnels, or answers every CONNECT with something else.

    Args:
        reply: what every CONNECT is answered; only the default opens a tunnel.
        tls: speaks TLS with this context.
    """

    def __init__(self, reply: bytes = _ESTABLISHED, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self._reply = reply
        self._tls = tls
        self._stopped = False
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="connect-proxy")
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exit_details: object) -> None:
        self._stopped = True
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
            onward = socket.create_connection((host, int(port)), PATIENCE)
            self._sockets.append(onward)
            self._start(_pump, onward, connection)
            _pump(connection, onward)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
