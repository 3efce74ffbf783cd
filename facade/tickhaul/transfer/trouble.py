"""What can go wrong with a connection, in words that are fit to be shown: no URL, no password."""

from __future__ import annotations

import socket
import ssl

from tickhaul.transfer.http1 import EndedError, HttpError


class WireError(Exception):
    """The connection could not be made, or broke. The text is fit to be shown."""


class RefusedError(WireError):
    """What the other side asks for, or is, must not be accepted; trying again would not help."""


def describe(error: Exception) -> str:
    """Say what went wrong in words that can hold no URL."""
    match error:
        case HttpError():
            return f"the answer is no proper HTTP: {error}"
        case EndedError():
            return str(error)
        case TimeoutError():
            return "timed out"
        case socket.gaierror() | UnicodeError():
            said = error.strerror if isinstance(error, OSError) else "it is none"
            return f"the host name could not be resolved ({said})"
        case ssl.SSLEOFError():
            return "the connection ended without a goodbye"
        case ssl.SSLError():
            return f"TLS failed ({error.reason or 'no reason given'})"
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return "the connection was closed by the other side"
        case ConnectionRefusedError():
            return "the connection was refused"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return f"the answer is no proper HTTP ({type(error).__name__})"
