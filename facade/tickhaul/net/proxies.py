"""Which proxy the environment names for a host."""

from __future__ import annotations

import os
import sys

from tickhaul._threads import load
from tickhaul.net.hosts import is_here


def proxy_from_environment(scheme: str, host: str, port: int) -> str:
    """The proxy that the environment's settings name for a connection.

    Plain HTTP to this machine never goes through one: a sandbox listens here and not where the proxy is, and without TLS
    the proxy would see the key.

    Args:
        scheme: ``http`` or ``https``.
        host: the name or address to connect to, an IPv6 address without brackets.
        port: its port.

    Returns:
        The URL in ``HTTPS_PROXY``, ``HTTP_PROXY`` or ``ALL_PROXY`` (on macOS and Windows the system's settings count
        too), or ``""`` for a direct connection, as ``NO_PROXY`` may ask for.
    """
    if scheme == "http" and is_here(host):
        return ""
    if sys.platform not in ("darwin", "win32") and not any(name.lower().endswith("_proxy") for name in os.environ):
        # Nothing is set, which is usual, and finding out the long way costs more than all else a client needs.
        return ""
    load("urllib.request")
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 (as above)

    if proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return ""
    settings = getproxies()
    proxy = settings.get(scheme) or settings.get("all") or ""
    # `HTTPS_PROXY=proxy.example:3128` is how most people write it.
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
