"""TLS settings in the hands of the HTTP engine, which sets the protocol it speaks anew for each connection.

Settings are shared by threads, and setting something while another thread begins a connection breaks that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import ssl

_PROTOCOLS = ["http/1.1"]

#: Those whose protocol is set once and for all, with what had it set.
_settled: WeakKeyDictionary[ssl.SSLContext, object] = WeakKeyDictionary()


class _StandIn:
    """What the engine is given for TLS settings: it can do no more with them than hand them back."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def set_alpn_protocols(self, protocols: list[str]) -> None:
        """Nothing: it is done."""


def check_context(context: object) -> None:
    """Check what was passed as ``ssl_context``. A class that wraps an `ssl.SSLContext` is accepted, and so is ``None``.

    Raises:
        TypeError: it is something else.
    """
    if context is not None and not hasattr(context, "wrap_bio"):
        raise TypeError(f"ssl_context must be an ssl.SSLContext, not {type(context).__name__}")


def settled(context: ssl.SSLContext) -> ssl.SSLContext:
    """A stand-in for TLS settings, for the engine; the settings' protocol is set before their first use here."""
    mine = object()
    try:
        is_new = _settled.setdefault(context, mine) is mine
    except TypeError:
        # Of a class that takes no weak references, or compares its objects. It is set each time then.
        is_new = True
    if is_new:
        context.set_alpn_protocols(_PROTOCOLS)
    stand_in: Any = _StandIn(context)  # Any: the engine wants the class it has no use for
    return cast("ssl.SSLContext", stand_in)


def behind(given: object) -> ssl.SSLContext:
    """The settings themselves, of a stand-in or given as they are."""
    return given.context if isinstance(given, _StandIn) else cast("ssl.SSLContext", given)


def bare(host: str) -> str:
    """A host without the brackets of an IPv6 address: the engine writes a host as it is where a proxy reads it."""
    return host.removeprefix("[").removesuffix("]")
