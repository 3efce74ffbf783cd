"""What can go wrong with a connection, in words that are fit to be shown: no URL, no password."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul.net.refusals import Refusal

CLOSED = "the connection was closed by the other side"
ENDED_EARLY = "the connection ended before the body did"
MALFORMED = "the response is malformed"
TIMED_OUT = "timed out"
LONGEST_WAIT = 1e6  # seconds: the system takes no number that is much larger


class WireError(Exception):
    """The connection could not be made, or broke. The text is fit to be shown."""


class RefusedError(WireError):
    """What the other side asks for, or is, must not be accepted; trying again would not help."""


def describe(error: OSError) -> str:
    """What the operating system said, in words that can hold no URL."""
    match error:
        case TimeoutError():
            return TIMED_OUT
        case socket.gaierror():
            return unresolved(error.strerror)
        case ssl.SSLError():
            return f"TLS failed ({error.reason or 'no reason given'})"
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return CLOSED
        case ConnectionRefusedError():
            return "the connection was refused"
        case _:
            return error.strerror or type(error).__name__


def unresolved(said: str | None = None) -> str:
    """A name that has no address."""
    return f"the host name could not be resolved{f' ({said})' if said else ''}"


def untrusted(host: str, said: str) -> RefusedError:
    """A certificate that is not trusted."""
    return RefusedError(
        f"the certificate of {host} is not trusted: {said}; "
        "for a certificate authority of your own set SSL_CERT_FILE or pass ssl_context="
    )


def refused(refusal: Refusal) -> WireError:
    """A proxy's refusal."""
    return (RefusedError if refusal.hopeless else WireError)(refusal.text)
