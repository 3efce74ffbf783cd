"""A storage host over real sockets that can misbehave in every way a test asks for.

It serves bytes from memory under presigned URLs: each listing signs anew, a host may forget old signatures. It
knows Range, If-Range and If-Match, keeps connections, and writes down every request and every byte it sent. A *fault* is
a function that sees a request and the proper answer and may change the answer. Nothing here sleeps: what stalls waits for
the other side to go away.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tickhaul.transfer import RemoteFile

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

SECRET = "s3cr3t-signature"
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass(frozen=True)
class Request:
    """A request as it came.

    Attributes:
        name: the file asked for.
        method: the HTTP method.
        target: the request target as sent.
        headers: the headers, names in lower case.
        span: the range asked for, end exclusive; ``None`` for the whole file.
        nth: how many requests came before it.
        times: how many came before it for the same file from the same byte.
    """

    name: str
    method: str
    target: str
    headers: Mapping[str, str]
    span: tuple[int, int] | None
    nth: int
    times: int


@dataclass
class Answer:
    """What is to be sent.

    Attributes:
        status: the status.
        headers: the headers.
        body: the body.
        chunked: whether to send it in chunks.
        cut: after how many bytes of the body to stop.
        then: what happens at the cut: ``close``, ``reset`` or ``stall``.
        drip: send the head and the body a byte at a time, slowly.
        after: called when all is sent.
        close: whether to close the connection after a complete answer.
    """

    status: int
    headers: dict[str, str]
    body: memoryview
    chunked: bool = False
    cut: int | None = None
    then: str = "close"
    drip: bool = False
    close: bool = False
    after: Callable[[], object] | None = None


@dataclass
class Storage:
    """The host.

    Args:
        files: contents by file name. May be changed while it runs.
        fault: what goes wrong.
        context: TLS settings of the server; plain HTTP without.
        on_sent: called with a file's name and a count for every piece of body sent.
    """

    files: dict[str, bytes]
    fault: Callable[[Request, Answer], Answer | None] | None = None
    context: ssl.SSLContext | None = None
    on_sent: Callable[[str, int], object] | None = None
    scheme: str = field(init=False)
    requests: list[Request] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    refreshes: int = 0
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    required_generation: int = 0

    def __post_init__(self) -> None:
        self.scheme = "https" if self.context is not None else "http"
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._etags: dict[str, tuple[bytes, str]] = {}
        self._times: Counter[tuple[str, int]] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    # -- the other side of the API ------------------------------------------------------------------------------------

    def url(self, name: str) -> str:
        """A presigned URL."""
        host = "localhost" if self.context is not None else "127.0.0.1"
        return (
            f"{self.scheme}://{host}:{self.port}/exports/{name}"
            f"?X-Amz-Expires=300&X-Amz-Generation={self.refreshes}&X-Amz-Signature={SECRET}"
        )

    def listing(self) -> list[RemoteFile]:
        """The files as the service would list them, signed anew."""
        return [
            RemoteFile(f"art_{hashlib.sha256(name.encode()).hexdigest()[:32]}", name, len(content), self.url(name))
            for name, content in self.files.items()
        ]

    def refresh(self) -> list[RemoteFile]:
        """A new listing, counted."""
        self.refreshes += 1
        return self.listing()

    def expire(self) -> None:
        """Refuse every URL signed so far."""
        self.required_generation = self.refreshes + 1

    def etag(self, name: str) -> str:
        """The ETag of a file's present content."""
        content = self.files[name]
        known = self._etags.get(name)
        if known is None or known[0] is not content:
            known = self._etags[name] = (content, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
        return known[1]

    # -- the server ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            sockets = list(self._sockets)
        for sock in sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._sockets.add(sock)
                self.connections += 1
                self.open_now += 1
                self.most_open = max(self.most_open, self.open_now)
            self._spawn(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self.context is not None:
                secure = self.context.wrap_socket(sock, server_side=True)
                with self._lock:
                    self._sockets.discard(sock)
                    self._sockets.add(secure)
                sock = secure
            with sock.makefile("rb") as lines:
                while not self._closing.is_set() and self._one(sock, lines):
                    pass
        except (OSError, ValueError):
            pass  # the client went away, as the test wanted
        finally:
            with self._lock:
                self._sockets.discard(sock)
                self.open_now -= 1
            sock.close()

    def _one(self, sock: socket.socket, lines: object) -> bool:
        request = self._read(lines)
        if request is None:
            return False
        answer: Answer | None = self._proper(request)
        if self.fault is not None and answer is not None:
            answer = self.fault(request, answer)
        if answer is None:
            return False
        return self._send(sock, request, answer)

    def _read(self, lines: object) -> Request | None:
        first = lines.readline().decode("latin-1")  # type: ignore[attr-defined]  # a buffered reader, whatever its type
        if not first:
            return None
        method, target, _ = first.split(" ", 2)
        headers: dict[str, str] = {}
        while line := lines.readline().decode("latin-1").strip():  # type: ignore[attr-defined]  # see above
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        name = unquote(urlsplit(target).path.rpartition("/")[2])
        found = _RANGE.fullmatch(headers.get("range", ""))
        span = (int(found[1]), int(found[2]) + 1) if found else None
        with self._lock:
            key = (name, span[0] if span else 0)
            request = Request(name, method, target, headers, span, len(self.requests), self._times[key])
            self._times[key] += 1
            self.requests.append(request)
        return request

    def _proper(self, request: Request) -> Answer:
        query = parse_qs(urlsplit(request.target).query)
        if "x-api-key" in request.headers or "authorization" in request.headers:
            return refusal(400)
        if request.method != "GET" or query.get("X-Amz-Signature") != [SECRET]:
            return refusal(403)
        if int(query.get("X-Amz-Generation", ["-1"])[0]) < self.required_generation:
            return refusal(403)
        content = self.files.get(request.name)
        if content is None:
            return refusal(404)
        etag = self.etag(request.name)
        headers = {"ETag": etag, "Accept-Ranges": "bytes"}
        if request.headers.get("if-match", etag) != etag:
            return refusal(412)
        span = request.span if request.headers.get("if-range", etag) == etag else None
        if span is None:
            return Answer(200, {**headers, "Content-Length": str(len(content))}, memoryview(content))
        if span[0] >= len(content):
            return refusal(416)
        start, end = span[0], min(span[1], len(content))
        headers |= {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}", "Content-Length": str(end - start)}
        return Answer(206, headers, memoryview(content)[start:end])

    def _send(self, sock: socket.socket, request: Request, answer: Answer) -> bool:
        headers = dict(answer.headers)
        if answer.chunked:
            headers.pop("Content-Length", None)
            headers["Transfer-Encoding"] = "chunked"
        head = f"HTTP/1.1 {answer.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        body = answer.body if answer.cut is None else answer.body[: answer.cut]
        if answer.drip:
            self._drip(sock, head.encode() + b"\r\n" + bytes(body))
            return False
        sock.sendall(head.encode("latin-1") + b"\r\n")
        for at in range(0, len(body), 65536):
            piece = body[at : at + 65536]
            data = b"%x\r\n%b\r\n" % (len(piece), bytes(piece)) if answer.chunked else piece
            sock.sendall(data)
            with self._lock:
                self.sent[request.name] += len(piece)
            if self.on_sent is not None:
                self.on_sent(request.name, len(piece))
        if answer.after is not None:
            answer.after()
        if answer.cut is None:
            if answer.chunked:
                sock.sendall(b"0\r\n\r\n")
            return not answer.close
        if answer.then == "stall":
            wait_for_end(sock)
        elif answer.then == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _drip(self, sock: socket.socket, data: bytes) -> None:
        for byte in data:
            sock.sendall(bytes([byte]))
            if self._closing.wait(0.02):
                return


def wait_for_end(sock: socket.socket) -> None:
    """Wait until the other side closes the connection."""
    with contextlib.suppress(OSError):
        while sock.recv(65536):
            pass


def refusal(status: int, **headers: str) -> Answer:
    """An answer that refuses."""
    body = b"<Error/>"
    return Answer(
        status,
        {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}},
        memoryview(body),
    )
