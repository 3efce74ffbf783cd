"""Which proxy, if any, a URL goes through."""

from __future__ import annotations

import base64
import os
import sys
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy.

    Attributes:
        host: its name or address.
        port: its port.
        authorization: the ``Proxy-Authorization`` header, if it wants one.
    """

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers meant for the proxy alone."""
        return {} if self.authorization is None else {"Proxy-Authorization": self.authorization}


def parse_proxy(url: str) -> Proxy:
    """Read a proxy's URL; ``host:port`` alone is taken as ``http://host:port``.

    Raises:
        ValueError: it is none, or of a kind that is not supported (``https://`` and ``socks://`` proxies).
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http":
        raise ValueError(f"transfers go through http:// proxies only, not {parts.scheme}://")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise ValueError("the proxy's URL names no host and port")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
    return Proxy(host, port or 80, authorization)


def proxy_for(target: SplitResult, *, proxy: str | None, trust_env: bool) -> Proxy | None:
    """The proxy for a URL: the one asked for, else the environment's, unless ``NO_PROXY`` exempts the host.

    Args:
        target: the URL, split.
        proxy: the proxy to use for everything, ``None`` when nobody said.
        trust_env: whether to look at ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` (and, on macOS and
            Windows, the system's settings).

    Raises:
        ValueError: the proxy's URL cannot be used.
    """
    if proxy is not None:
        return parse_proxy(proxy)
    if not trust_env or not _any_said():
        return None
    import urllib.request  # noqa: PLC0415 - 30 ms that a transfer with its own proxy, or none, need not pay

    found = urllib.request.getproxies()
    url = found.get(target.scheme) or found.get("all")
    if not url or urllib.request.proxy_bypass(target.netloc.rpartition("@")[2]):
        return None
    return parse_proxy(url)


def _any_said() -> bool:
    """Whether the environment, or the system's settings where there are such, may name a proxy."""
    return sys.platform in {"darwin", "win32"} or any(name.lower().endswith("_proxy") for name in os.environ)
