"""Which engine serves a transfer."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from tickhaul.net import trust
from tickhaul.net.redaction import shown
from tickhaul.transfer.meter import IdleTime
from tickhaul.transfer.wire.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.transfer.model import TransferOptions
    from tickhaul.transfer.wire.channel import Engine

_OLDEST = (7, 49)  # of pycurl: the first that hands over a body without copying it


def choose(options: TransferOptions) -> tuple[str, Callable[[Stop, IdleTime], Engine]]:
    """The engine for a transfer: libcurl unless it is missing, or TLS settings are given, which it cannot take.

    Args:
        options: the settings.

    Returns:
        What serves and, unless it is libcurl, why, for the log; and what makes one engine for each connection.

    Raises:
        ValueError: libcurl was asked for and cannot serve, or the certificate authorities cannot be read.
    """
    reason = _objection_to_libcurl(options)
    if reason is None:
        from tickhaul.transfer.wire import over_libcurl  # noqa: PLC0415 (an extra)

        make = partial(over_libcurl.LibcurlEngine, options, trust.readable_authorities())
        reason = _lack(make, over_libcurl.Unsupported)
        if reason is None:
            return over_libcurl.VERSION, make
    if options.engine == "libcurl":
        raise ValueError(f'engine="libcurl" cannot serve: {reason}')
    from tickhaul.transfer.wire import over_httpcore  # noqa: PLC0415 (not needed where libcurl serves)

    context = options.ssl_context or trust.default_context()
    return f"{over_httpcore.VERSION} ({reason})", partial(over_httpcore.HttpcoreEngine, options, context)


def _lack(make: Callable[[Stop, IdleTime], Engine], unsupported: type[Exception]) -> str | None:
    """What this libcurl was built without, which is known only when it is asked for; ``None`` if nothing."""
    try:
        # Where there is no room for a connection, the first that is needed tells.
        with suppress(RuntimeError, OSError):
            make(Stop(), IdleTime()).close()
    except unsupported as error:
        return f"libcurl lacks an option (its error {error.args[0]})"
    return None


def _objection_to_libcurl(options: TransferOptions) -> str | None:
    if options.engine == "httpcore":
        return "as asked for"
    if options.ssl_context is not None:
        return "libcurl cannot take an ssl_context"
    try:
        import pycurl  # noqa: PLC0415 (an extra)

        version = pycurl.version.split()[0].removeprefix("PycURL/")
        if tuple(map(int, re.findall("[0-9]+", version)[:2])) < _OLDEST:
            return f"pycurl {version} is too old, {'.'.join(map(str, _OLDEST))} is the oldest that will do"
        import tickhaul.transfer.wire.over_libcurl  # noqa: F401, PLC0415 (see whether it loads)
    except Exception as error:  # noqa: BLE001 (whatever is wrong with it, there is another engine)
        if isinstance(error, ModuleNotFoundError) and error.name == "pycurl":
            return "pycurl is not installed; tickhaul[fast] brings it"
        return f"pycurl cannot be loaded ({type(error).__name__}: {shown(str(error), quoted=False)})"
    return None
