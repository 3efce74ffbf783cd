"""Where a request goes: to which host, and through which proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tickhaul.net.origins import PORTS, Origin
from tickhaul.net.proxies import choose_proxy
from tickhaul.net.secrets import Secret
from tickhaul.transfer.wire.trouble import RefusedError

if TYPE_CHECKING:
    from tickhaul.net.proxies import Proxy

_DIRECT = Secret("")


@dataclass(frozen=True, slots=True)
class Route(Origin):
    """Who to speak to, and through whom.

    Attributes:
        proxy: the proxy on the way, if there is one.
    """

    proxy: Proxy | None

    @property
    def forwarded(self) -> Proxy | None:
        """The proxy that requests are made to, which passes them on; ``None`` when they are made to the host itself."""
        return self.proxy if self.proxy is not None and self.proxy.forwards(self.scheme) else None


def find_route(scheme: str, authority: str, *, proxy: Secret | None, trust_env: bool) -> Route:
    """The way to the host of a URL that was found usable.

    Args:
        scheme: ``https`` or ``http``.
        authority: host and port.
        proxy: the proxy to use for everything; by default the environment's.
        trust_env: whether to look at the environment.

    Raises:
        RefusedError: the environment's proxy cannot be used.
    """
    parts = urlsplit(f"{scheme}://{authority}")
    origin = Origin(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme])
    try:
        chosen = choose_proxy(proxy if proxy is not None or trust_env else _DIRECT, origin)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    return Route(origin.scheme, origin.host, origin.port, chosen)
