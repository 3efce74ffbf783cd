"""A reverse proxy that lets a service drift: it hands requests on, and changes what comes back."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from tickhaul.contract.document import installed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    Forward = Callable[["Request"], "Reply"]
    #: Answers a request, by handing it on and changing the reply, or in any other way; ``None`` hangs up.
    Plant = Callable[["Request", Forward], "Reply | None"]

_HOP = {"connection", "content-length", "transfer-encoding"}


@dataclass
class Request:
    """A request on its way to the service; `stopped` is set when the proxy ends."""

    operation: str
    method: str
    path: str
    raw_query: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    stopped: threading.Event


@dataclass
class Reply:
    """A reply on its way back; `announced` is the length it claims to have, where it lies about that."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    announced: int | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()


class DriftingProxy:
    """A service that drifts.

    Args:
        upstream: the base URL of the service behind it.
        plants: what happens to the requests of an operation; ``*`` stands for every operation.
    """

    def __init__(self, upstream: str, plants: dict[str, list[Plant]]) -> None:
        host = urlsplit(upstream)
        self.plants = plants
        self.stopped = threading.Event()
        routes = [
            (operation.method, re.compile(re.sub(r"{\w+}", "[^/]+", operation.path)), name)
            for name, operation in installed().operations.items()
        ]
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                self.upstream = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
                self.upstream.connect()
                self.upstream.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def finish(self) -> None:
                self.upstream.close()
                super().finish()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name for it)
                pass

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                name = next((n for m, p, n in routes if m == self.command and p.fullmatch(parts.path)), "unknown")
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                request = Request(
                    operation=name,
                    method=self.command,
                    path=parts.path,
                    raw_query=parts.query,
                    query=dict(parse_qsl(parts.query)),
                    headers=dict(self.headers.items()),
                    body=body,
                    stopped=proxy.stopped,
                )
                forward: Forward = self.forward
                for plant in (*proxy.plants.get(name, ()), *proxy.plants.get("*", ())):
                    forward = _planted(plant, forward)
                try:
                    self.reply(forward(request))
                except _HungUpError:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 (the library's names)

            def forward(self, request: Request) -> Reply:
                query = f"?{urlencode(request.query)}" if request.query else ""
                self.upstream.request(request.method, request.path + query, request.body or None, request.headers)
                with self.upstream.getresponse() as answer:  # closed also where its body breaks off
                    headers = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
                    return Reply(answer.status, headers, answer.read())

            def reply(self, reply: Reply) -> None:
                lines = [f"HTTP/1.1 {reply.status} Status", *(f"{k}: {v}" for k, v in reply.headers.items())]
                if reply.status != 204:
                    lines.append(f"Content-Length: {len(reply.body) if reply.announced is None else reply.announced}")
                self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body)
                if reply.announced is not None:
                    raise _HungUpError

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._server.block_on_close = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _HungUpError(Exception):
    pass


def _planted(plant: Plant, forward: Forward) -> Forward:
    def respond(request: Request) -> Reply:
        reply = plant(request, forward)
        if reply is None:
            raise _HungUpError
        return reply

    return respond


def after(change: Callable[[Reply], None], *, status: int | None = None) -> Plant:
    """Change the reply: every success, or every one with a status."""

    def plant(request: Request, forward: Forward) -> Reply:
        reply = forward(request)
        if reply.status == status if status else 200 <= reply.status < 300:
            change(reply)
        return reply

    return plant


def rewritten(change: Callable[[Any], Any], *, status: int | None = None) -> Plant:
    """Change the JSON of the reply, in place or by returning another."""

    def change_reply(reply: Reply) -> None:
        value = reply.json
        changed = change(value)
        reply.json = value if changed is None else changed

    return after(change_reply, status=status)
