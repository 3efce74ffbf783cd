"""What libraries, the interpreter and the system raise where a connection is made and used; and heads that are odd."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import TYPE_CHECKING

import anyio
import h11
import httpcore

from tests.support import bodies
from tests.support.faces import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

#: Quoted by each exception that takes a text.
TEXT = f"it was said: {KEY} and {bodies.PRESIGNED}"
CANNOT_START = "can't start new thread"

_WITH_TEXT: tuple[type[Exception], ...] = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.ConnectionNotAvailable,
    httpcore.LocalProtocolError,
    httpcore.NetworkError,
    httpcore.PoolTimeout,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.ReadError,
    httpcore.ReadTimeout,
    httpcore.RemoteProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    httpcore.WriteError,
    httpcore.WriteTimeout,
    h11.LocalProtocolError,
    h11.RemoteProtocolError,
    ssl.SSLError,
    ssl.SSLEOFError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,
    ssl.SSLZeroReturnError,
    ssl.CertificateError,
    socket.gaierror,
    socket.herror,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    anyio.WouldBlock,
    UnicodeError,
    ValueError,
    OverflowError,
    AssertionError,
    IndexError,
    RecursionError,
)
_NUMBERS = ("EMFILE", "ENFILE", "ENOBUFS", "ECONNRESET", "ECONNREFUSED", "EPIPE", "ENETUNREACH", "EBADF", "ENOTCONN")

#: Each makes a new one.
FOREIGN: dict[str, Callable[[], Exception]] = {
    **{kind.__qualname__ + f" of {kind.__module__}": lambda kind=kind: _with_text(kind) for kind in _WITH_TEXT},  # type: ignore[misc]
    **{name: lambda name=name: _os_error(name) for name in _NUMBERS},  # type: ignore[misc]
    "no thread": lambda: RuntimeError(CANNOT_START),
    "not encodable": lambda: UnicodeEncodeError("idna", TEXT, 0, 1, "label too long"),
    "busy": lambda: anyio.BusyResourceError("reading from"),
    "a group": lambda: ExceptionGroup("several", [OSError(TEXT), ValueError(TEXT)]),
}

#: The beginnings of responses, which are understood or are errors of this library.
HEADS: dict[str, bytes] = {
    "a status line without a reason": b"HTTP/1.1 200",
    "a reason that is empty": b"HTTP/1.1 200 ",
    "a reason of any bytes": b"HTTP/1.1 200 \xe9\xff\x01",
    "two spaces": b"HTTP/1.1  200 OK",
    "a short status": b"HTTP/1.1 99 OK",
    "status 099": b"HTTP/1.1 099 OK",
    "status 000": b"HTTP/1.1 000 OK",
    "a long status": b"HTTP/1.1 1000 OK",
    "status 600": b"HTTP/1.1 600 OK",
    "status 999": b"HTTP/1.1 999 OK",
    "switching protocols": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade",
    "no content with a length": b"HTTP/1.1 204 OK",
    "HTTP/1.0": b"HTTP/1.0 200 OK",
    "HTTP/2": b"HTTP/2 200 OK",
    "in lower case": b"http/1.1 200 OK",
    "another protocol": b"ICY 200 OK",
    "an empty line": b"\r\nHTTP/1.1 200 OK",
    "a digit of another script": "HTTP/1.1 20\u00b2 OK".encode("latin-1"),
    "a header of any bytes": b"HTTP/1.1 200 OK\r\nX-Request-Id: \xe9\xff\x80",
    "a name of any bytes": b"HTTP/1.1 200 OK\r\nX-\xe9\xff: 1",
    "a zero byte": b"HTTP/1.1 200 OK\r\nX-A: a\x00b",
    "a control character": b"HTTP/1.1 200 OK\r\nX-A: a\x01b\x7f",
    "a bare carriage return": b"HTTP/1.1 200 OK\r\nX-A: a\rb",
    "a space before the colon": b"HTTP/1.1 200 OK\r\nX-A : b",
    "a continued line before all others": b"HTTP/1.1 200 OK\r\n two: three",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2",
    "a length without an end": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000,
    "a length in another script": "HTTP/1.1 200 OK\r\nContent-Length: \u00b2".encode("latin-1"),
    "a coding that was not asked for": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity",
    "an encoding of any bytes": b"HTTP/1.1 200 OK\r\nContent-Encoding: \xe9",
    "limits that are no numbers": b"HTTP/1.1 200 OK\r\nX-RateLimit-Remaining-Minute: \xb2\r\nX-RateLimit-Limit-Minute: nan",
    "a wait that is no number": b"HTTP/1.1 429 no\r\nRetry-After: \xb2",
    "a type of any bytes": b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=\xe9",
}


def whole(head: bytes) -> bytes:
    """A response with such a head."""
    length = b"" if b"Length" in head else b"\r\nContent-Length: 2"
    return head + length + b"\r\n\r\n[]"


def _with_text(kind: type[Exception]) -> Exception:
    error = kind(TEXT)
    if isinstance(error, ssl.SSLError):
        # As the interpreter makes them.
        error.library, error.reason = "SSL", "WRONG_VERSION_NUMBER"
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_code, error.verify_message = 20, "unable to get local issuer certificate"
    return error


def _os_error(name: str) -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))
