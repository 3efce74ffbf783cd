"""Which proxy a client goes through, by its argument or by the usual environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tickhaul._core.secrets import Secret, refuse_other_types
from tickhaul._threads import load
from tickhaul.net.proxies import proxy_from_environment

if TYPE_CHECKING:
    from tickhaul._core.origin import Origin

_SCHEMES = ("http", "https", "socks5", "socks5h")


def choose_proxy(proxy: Secret | None, origin: Origin) -> Secret | None:
    """The proxy's URL, or ``None`` to connect directly.

    Args:
        proxy: what the caller asked for; ``None`` reads ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``
            (on macOS and Windows the system's settings too) for all but plain HTTP to this machine, and ``""`` means a
            direct connection in any case.
        origin: where the client connects to.

    Raises:
        ValueError: it is no proxy URL. The message shows nothing of it: a typo may put a password anywhere.
        TypeError: it is not text.
    """
    if proxy is None:
        proxy = Secret(proxy_from_environment(origin.scheme, origin.host, origin.port))
    refuse_other_types("proxy", proxy)
    if not proxy:
        return None
    scheme = _scheme(proxy)
    if scheme is None:
        raise ValueError("proxy: expected a URL such as 'http://proxy.example:3128' or 'socks5://…'")
    if scheme.startswith("socks") and not _speaks_socks():
        raise ValueError(f"a {scheme}:// proxy needs socksio: pip install 'tickhaul[socks]'")
    return proxy


def _scheme(proxy: Secret) -> str | None:
    """The scheme of a proxy's URL, or ``None`` if it is no such URL."""
    try:
        parts = urlsplit(proxy.reveal())
        usable = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0 and proxy.can_be_sent
    except ValueError:
        return None
    return parts.scheme if usable else None


def _speaks_socks() -> bool:
    load("importlib.util")
    from importlib.util import find_spec  # noqa: PLC0415 (only those with such a proxy pay for it)

    return find_spec("socksio") is not None
