"""Which engine serves a transfer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.transfer.meter import IdleTime
    from tickhaul.transfer.model import TransferOptions
    from tickhaul.transfer.wire.channel import Engine
    from tickhaul.transfer.wire.stop import Stop

_OLDEST = (8, 5)  # the first libcurl that refuses a response with two lengths or bytes behind a folded header


def choose(options: TransferOptions) -> tuple[str, Callable[[Stop, IdleTime], Engine]]:
    """The engine for a transfer: libcurl unless it is missing, or TLS settings are given, which it cannot take.

    Args:
        options: the settings.

    Returns:
        What serves and, unless it is libcurl, why, for the log; and what makes one engine for each connection.

    Raises:
        ValueError: libcurl was asked for and cannot serve.
        StorageError: the certificate authorities cannot be read.
    """
    reason = _objection_to_libcurl(options)
    if reason is None:
        from tickhaul.transfer.wire import over_libcurl  # noqa: PLC0415 (an extra)

        return over_libcurl.VERSION, partial(over_libcurl.LibcurlEngine, options)
    if options.engine == "libcurl":
        raise ValueError(f'engine="libcurl" was asked for, but {reason}')
    from tickhaul.transfer.wire import over_httpcore, trust  # noqa: PLC0415 (not needed where libcurl serves)

    context = options.ssl_context or trust.default_context()
    return f"{over_httpcore.VERSION}, for {reason}", partial(over_httpcore.HttpcoreEngine, options, context)


def _objection_to_libcurl(options: TransferOptions) -> str | None:
    if options.engine == "httpcore":
        return "it was asked for"
    if options.ssl_context is not None:
        return "libcurl cannot take an ssl_context"
    try:
        import pycurl  # noqa: PLC0415 (an extra)
    except ImportError as error:
        return "pycurl is not installed (tickhaul[fast])" if error.name == "pycurl" else "pycurl cannot be loaded"
    number = pycurl.version_info()[2]
    if (number >> 16, number >> 8 & 0xFF) < _OLDEST:
        return f"libcurl {pycurl.version_info()[1]} is too old"
    return None
