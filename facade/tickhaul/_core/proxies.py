"""Which proxy a client goes through, by its argument or by the usual environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from tickhaul._core.origin import Origin

_SCHEMES = ("http", "https", "socks5", "socks5h")


def choose_proxy(proxy: str | None, origin: Origin) -> str | None:
    """The proxy's URL, or ``None`` to connect directly.

    Args:
        proxy: what the caller asked for; ``None`` reads ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``
            (on macOS and Windows the system's settings too), and ``""`` means a direct connection in any case.
        origin: where the client connects to.

    Raises:
        ValueError: it is no proxy URL. The message shows neither user nor password.
    """
    if proxy == "":
        return None
    if proxy is None:
        if proxy_bypass(origin.host) or proxy_bypass(f"{origin.host}:{origin.port}"):
            return None
        settings = getproxies()
        proxy = settings.get(origin.scheme) or settings.get("all")
        if not proxy:
            return None
        if "://" not in proxy:
            # `HTTPS_PROXY=proxy.example:3128` is how most people write it.
            proxy = f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        valid = parts.scheme in _SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        shown = proxy.rpartition("@")[2]
        raise ValueError(f"proxy {shown!r}: expected a URL such as 'http://proxy.example:3128' or 'socks5://…'")
    return proxy
