"""Which proxy a client goes through, by its argument or by the usual environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tickhaul._threads import load
from tickhaul.net.proxies import proxy_from_environment

if TYPE_CHECKING:
    from tickhaul._core.origin import Origin

_SCHEMES = ("http", "https", "socks5", "socks5h")


def choose_proxy(proxy: str | None, origin: Origin) -> str | None:
    """The proxy's URL, or ``None`` to connect directly.

    Args:
        proxy: what the caller asked for; ``None`` reads ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``
            (on macOS and Windows the system's settings too) for all but plain HTTP to this machine, and ``""`` means a
            direct connection in any case.
        origin: where the client connects to.

    Raises:
        ValueError: it is no proxy URL. The message shows neither user nor password.
        TypeError: it is not text.
    """
    if proxy is None:
        proxy = proxy_from_environment(origin.scheme, origin.host, origin.port)
    if not isinstance(proxy, str):
        raise TypeError(f"proxy must be a str, not {type(proxy).__name__}")
    if not proxy:
        return None
    scheme = proxy.partition("://")[0].lower()
    if scheme not in _SCHEMES or not _has_host(proxy):
        shown = proxy.rpartition("@")[2]
        # Tools that report errors show the variables of every function on the way.
        del proxy
        raise ValueError(f"proxy {shown!r}: expected a URL such as 'http://proxy.example:3128' or 'socks5://…'")
    if scheme.startswith("socks") and not _speaks_socks():
        raise ValueError(f"a {scheme}:// proxy needs socksio: pip install 'tickhaul[socks]'")
    return proxy


def _has_host(proxy: str) -> bool:
    try:
        parts = urlsplit(proxy)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _speaks_socks() -> bool:
    load("importlib.util")
    from importlib.util import find_spec  # noqa: PLC0415 (only those with such a proxy pay for it)

    return find_spec("socksio") is not None
