"""What a scripted server can do with a request: answer it, or any of the ways in which answers go wrong."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from tests.support.server import Exchange

    Step = Callable[[Exchange], None]

_REASONS = {200: "OK", 201: "Created", 204: "No Content", 429: "Too Many Requests", 503: "Service Unavailable"}


def head(status: int, headers: Mapping[str, str], length: int | None) -> bytes:
    """A response's bytes up to its body."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def whole(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A complete response with a JSON body."""
    body = json.dumps(document).encode()
    return head(status, {"Content-Type": "application/json", **(headers or {})}, len(body)) + body


def answer(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Step:
    """Answer with JSON."""
    return raw(whole(document, status, headers))


def done(headers: Mapping[str, str] | None = None) -> Step:
    """Answer 204."""
    return raw(head(204, headers or {}, None))


def error(
    status: int,
    code: str,
    message: str = "the service's words",
    *,
    details: object = None,
    headers: Mapping[str, str] | None = None,
) -> Step:
    """Answer with the service's error envelope."""
    envelope = {"code": code, "message": message}
    return answer({"error": envelope if details is None else {**envelope, "details": details}}, status, headers)


def body(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Step:
    """Answer with bytes of any kind."""
    return raw(head(status, headers or {}, len(content)) + content)


def html(status: int) -> Step:
    """Answer with a proxy's page."""
    return body(b"<html><h1>gateway</h1></html>", status, {"Content-Type": "text/html"})


def zipped(document: object) -> Step:
    """Answer with compressed JSON."""
    content = gzip.compress(json.dumps(document).encode())
    return body(content, 200, {"Content-Type": "application/json", "Content-Encoding": "gzip"})


def raw(data: bytes) -> Step:
    """Send bytes as they are."""

    def step(exchange: Exchange) -> None:
        exchange.send(data)

    return step


def last(step: Step) -> Step:
    """The step, and then the end of the connection."""

    def ending(exchange: Exchange) -> None:
        step(exchange)
        exchange.hang_up()

    return ending


def lose() -> Step:
    """Take the request in and hang up without a word."""

    def step(exchange: Exchange) -> None:
        exchange.hang_up()

    return step


def reset() -> Step:
    """Take the request in and break the connection so that the client sees a reset."""

    def step(exchange: Exchange) -> None:
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        exchange.hang_up()

    return step


def stall(after: bytes = b"") -> Step:
    """Send the bytes and then nothing more until the client goes away or the server is stopped."""

    def step(exchange: Exchange) -> None:
        exchange.send(after)
        exchange.connection.settimeout(0.05)
        while not exchange.stopped.is_set():
            with contextlib.suppress(TimeoutError):
                if not exchange.connection.recv(65536):
                    break
        exchange.hang_up()

    return step


def drip(data: bytes, every: float = 0.02) -> Step:
    """Send the bytes one at a time, with so many seconds between two: never silent, never done."""

    def step(exchange: Exchange) -> None:
        for at in range(len(data)):
            exchange.send(data[at : at + 1])
            if exchange.stopped.wait(every):
                exchange.hang_up()
                return

    return step


def held(until: threading.Event, step: Step) -> Step:
    """The step, once the event is set."""

    def waiting(exchange: Exchange) -> None:
        while not until.wait(0.05):
            if exchange.stopped.is_set():
                exchange.hang_up()
                return
        step(exchange)

    return waiting
