"""Which proxy, if any, a URL goes through."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from tickhaul.net.proxies import proxy_from_environment

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
#: An error of the encoder would hold the password.
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST = 255  # bytes of a user name or a password that SOCKS can carry (RFC 1929)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy.

    Attributes:
        scheme: how it is spoken to: ``http``, ``https``, ``socks5`` or ``socks5h``.
        host: its name or address.
        port: its port.
        login: user name and password, if it wants them.
    """

    scheme: str
    host: str
    port: int
    login: Login | None = None

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, which carries connections and knows no requests."""
        return self.scheme.startswith("socks")

    @property
    def headers(self) -> dict[str, str]:
        """The headers meant for an HTTP proxy alone."""
        if self.login is None:
            return {}
        pair = f"{self.login.user}:{self.login.password}"
        return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """Who goes through a proxy. It is in no ``repr``.

    Attributes:
        user: the name.
        password: the password.
    """

    user: str
    password: str


def parse_proxy(url: str) -> Proxy:
    """Read a proxy's URL; ``host:port`` alone is taken as ``http://host:port``.

    Raises:
        TypeError: it is not text.
        ValueError: it is none, or of a kind that is not supported. The message shows neither user nor password.
    """
    given: object = url
    if not isinstance(given, str):
        raise TypeError(f"proxy must be a str, not {type(given).__name__}")
    if _SURROGATE.search(url):
        raise ValueError("the proxy's URL is not valid Unicode")
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise ValueError("the proxy's URL names no host and port") from None
    if scheme not in _PORTS:
        raise ValueError(f"transfers go through http://, https:// and socks5:// proxies, not {scheme}://")
    if not host or port == 0:
        raise ValueError("the proxy's URL names no host and port")
    login = None
    if parts.username is not None:
        login = Login(unquote(parts.username), unquote(parts.password or ""))
        if scheme.startswith("socks") and not all(
            0 < len(word.encode()) <= _LONGEST for word in (login.user, login.password)
        ):
            raise ValueError(f"a SOCKS proxy's user name and password have 1 to {_LONGEST} bytes each")
    return Proxy(scheme, host, port or _PORTS[scheme], login)


def proxy_for(target: SplitResult, *, proxy: str | None, trust_env: bool) -> Proxy | None:
    """The proxy for a URL: the one asked for, else the environment's.

    Args:
        target: the URL, split.
        proxy: the proxy to use for everything, ``None`` when nobody said.
        trust_env: whether to look at ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` (and, on macOS and
            Windows, the system's settings).

    Raises:
        TypeError: the proxy's URL is not text.
        ValueError: it cannot be used.
    """
    if proxy is not None:
        return parse_proxy(proxy)
    # The default port is only compared with one that NO_PROXY names.
    port = target.port or _PORTS.get(target.scheme, 0)
    url = proxy_from_environment(target.scheme, target.hostname or "", port) if trust_env else ""
    return parse_proxy(url) if url else None
