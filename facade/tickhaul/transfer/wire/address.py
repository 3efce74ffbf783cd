"""Where a request goes: the URL taken apart, and the proxy on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from tickhaul.net.proxies import proxy_from_environment
from tickhaul.transfer.listing import objection_to_url
from tickhaul.transfer.wire.trouble import RefusedError

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
#: An error of the encoder would hold the password.
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_BASIC = 8192  # bytes of each that no proxy takes more of
_LONGEST = 255  # bytes of a user name or a password that SOCKS can carry (RFC 1929)


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """Who goes through a proxy, as bytes. It is in no ``repr``.

    Attributes:
        user: the name.
        password: the password.
    """

    user: bytes
    password: bytes


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy.

    Attributes:
        scheme: how it is spoken to: ``http``, ``https`` or ``socks5``, which looks up names itself.
        host: its name or address, an IPv6 address without brackets.
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
        return self.scheme == "socks5"

    @property
    def authority(self) -> str:
        """Host and port."""
        return f"{_bracketed(self.host)}:{self.port}"

    def __str__(self) -> str:
        return f"the proxy {self.authority}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Who to speak to, and through whom.

    Attributes:
        scheme: ``https`` or ``http``.
        host: name or address, an IPv6 address without brackets.
        port: the port.
        proxy: the proxy on the way, if there is one.
    """

    scheme: str
    host: str
    port: int
    proxy: Proxy | None

    @property
    def authority(self) -> str:
        """The value of the ``Host`` header."""
        return _bracketed(self.host) if self.port == _PORTS[self.scheme] else f"{_bracketed(self.host)}:{self.port}"

    @property
    def forwarded(self) -> Proxy | None:
        """The proxy that requests are made to, which passes them on; ``None`` when they are made to the host itself."""
        return self.proxy if self.scheme == "http" and self.proxy is not None and not self.proxy.is_socks else None


def find_origin(scheme: str, authority: str, *, proxy: str | None, trust_env: bool) -> Origin:
    """Take a URL's beginning apart, one that was found usable, and find the proxy for it.

    Args:
        scheme: ``https`` or ``http``.
        authority: host and port.
        proxy: the proxy to use for everything; by default the environment's.
        trust_env: whether to look at ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` (and, on macOS and
            Windows, the system's settings).

    Raises:
        RefusedError: the proxy cannot be used.
    """
    parts = urlsplit(f"{scheme}://{authority}")
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if proxy is None and trust_env:
        proxy = proxy_from_environment(parts.scheme, host, port) or None
    try:
        return Origin(parts.scheme, host, port, None if proxy is None else parse_proxy(proxy))
    except (TypeError, ValueError) as error:
        raise RefusedError(str(error)) from None


def parse_proxy(url: str) -> Proxy:
    """Read a proxy's URL; ``host:port`` alone is taken as ``http://host:port``.

    Raises:
        TypeError: it is not text.
        ValueError: it is malformed, or of a kind that is not supported. The message shows neither user nor password.
    """
    given: object = url
    if not isinstance(given, str):
        raise TypeError(f"proxy must be a str, not {type(given).__name__}")
    if _SURROGATE.search(url):
        raise ValueError("the proxy's URL is not valid Unicode")
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("the proxy's URL names no host and port") from None
    if scheme not in _PORTS:
        raise ValueError(f"transfers go through http://, https:// and socks5:// proxies, not {scheme}://")
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise ValueError("in a proxy's URL, the characters / ? # of a user name or password must be percent-encoded")
    if port == 0 or objection_to_url(f"http://{_bracketed(host)}/") is not None:
        raise ValueError("the proxy's URL names no host and port")
    login = None
    if parts.username:
        login = Login(unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or ""))
        words = (login.user, login.password)
        if scheme.startswith("socks") and not all(0 < len(word) <= _LONGEST for word in words):
            raise ValueError(f"a SOCKS proxy's user name and password have 1 to {_LONGEST} bytes each")
        if any(b"\0" in word or len(word) > _LONGEST_BASIC for word in words):
            raise ValueError(f"a proxy's user name and password have no zero bytes, and {_LONGEST_BASIC} bytes at most")
    return Proxy(scheme.removesuffix("h"), host, port or _PORTS[scheme], login)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
