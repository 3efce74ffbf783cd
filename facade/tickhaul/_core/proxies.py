"""Which proxy a client goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul._threads import load
from tickhaul.net import proxies

if TYPE_CHECKING:
    from tickhaul.net.origins import Origin
    from tickhaul.net.proxies import Proxy
    from tickhaul.net.secrets import Secret


def choose_proxy(setting: Secret | None, origin: Origin) -> Proxy | None:
    """The proxy to an origin, or ``None`` to connect directly (see `tickhaul.net.proxies.choose_proxy`).

    Raises:
        ValueError: what is set is no proxy's URL, or it speaks SOCKS and the library for that is missing.
        TypeError: it is not text.
    """
    proxy = proxies.choose_proxy(setting, origin)
    if proxy is not None and proxy.is_socks and not _speaks_socks():
        raise ValueError(f"{proxy} speaks SOCKS, which needs socksio: pip install 'tickhaul[socks]'")
    return proxy


def _speaks_socks() -> bool:
    load("importlib.util")
    from importlib.util import find_spec  # noqa: PLC0415 (only those with such a proxy pay for it)

    return find_spec("socksio") is not None
