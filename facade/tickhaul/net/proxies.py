"""Which proxy serves a connection: decided here, and handed to whatever moves the bytes."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from tickhaul._threads import load
from tickhaul.net.hosts import is_here
from tickhaul.net.noproxy import bypasses
from tickhaul.net.origins import bracketed
from tickhaul.net.secrets import Secret, refuse_other_types
from tickhaul.net.urls import objection_to_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul.net.origins import Origin

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_LONGEST_BASIC = 8192  # bytes of each that no proxy takes more of
_LONGEST = 255  # bytes of a user name or a password that SOCKS can carry (RFC 1929)
#: An IPv6 address in brackets, or another host, and a port.
_PLACE = re.compile(r"(?:\[([^][]*:[^][]*)\]|([^][:]*))(?::([0-9]{0,5}))?")
_EXPECTED = "expected a URL such as 'http://proxy.example:3128' or 'socks5://proxy.example:1080'"


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
        return f"{bracketed(self.host)}:{self.port}"

    def forwards(self, scheme: str) -> bool:
        """Whether requests over a scheme are made to it, which passes them on, and not to the host itself."""
        return scheme == "http" and not self.is_socks

    def __str__(self) -> str:
        return f"the proxy {self.authority}"


def choose_proxy(setting: Secret | None, origin: Origin) -> Proxy | None:
    """The proxy for connections to an origin, or ``None`` to connect directly.

    Args:
        setting: what the caller asked for: a proxy's URL; ``""`` for a direct connection in any case; ``None`` for what
            the environment names (see `proxy_from_environment`).
        origin: where to.

    Raises:
        ValueError: it is no proxy's URL. The message shows nothing of it: a typo may put a password anywhere.
        TypeError: it is not text.
    """
    refuse_other_types("proxy", setting)
    if setting is not None:
        return parse_proxy("proxy", setting) if setting else None
    name, found = proxy_from_environment(origin)
    return parse_proxy(name, found) if found else None


def proxy_from_environment(origin: Origin) -> tuple[str, Secret]:
    """What the environment names as the proxy for connections to an origin.

    Plain HTTP to this machine never goes through one: a sandbox listens here and not where the proxy is, and without TLS
    the proxy would see the key.

    Args:
        origin: where to.

    Returns:
        The setting's name and its value: that of ``HTTPS_PROXY`` or ``HTTP_PROXY``, after the origin's scheme, else of
        ``ALL_PROXY``; the lower-case name counts first. On macOS and Windows the system's settings count where none of
        these is set. Empty for a direct connection, as ``NO_PROXY`` may ask for (see `bypasses`).
    """
    if origin.scheme == "http" and is_here(origin.host):
        return "", Secret("")
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        # Nothing is set, which is usual, and finding out the long way costs more than all else a client needs.
        return _system_proxy(origin) if sys.platform in ("darwin", "win32") else ("", Secret(""))
    load("urllib.request")
    from urllib.request import getproxies_environment  # noqa: PLC0415 (as above)

    settings = getproxies_environment()
    if bypasses(settings.get("no", ""), origin.host, origin.port):
        return "", Secret("")
    return _named(settings, origin.scheme)


def _system_proxy(origin: Origin) -> tuple[str, Secret]:
    load("urllib.request")
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 (as above)

    if proxy_bypass(origin.host):
        return "", Secret("")
    _, found = _named(getproxies(), origin.scheme)
    return f"the system's proxy for {origin.scheme}", found


def _named(settings: Mapping[str, str], scheme: str) -> tuple[str, Secret]:
    name = scheme if settings.get(scheme) else "all"
    return f"{name.upper()}_PROXY", Secret((settings.get(name) or "").strip())


def parse_proxy(name: str, url: Secret) -> Proxy:
    """Read a proxy's URL; ``host:port`` alone is taken as ``http://host:port``, as most people write it.

    Args:
        name: the setting's name, for errors.
        url: the URL. User name and password are percent-decoded.

    Raises:
        ValueError: it is malformed, or of a kind that is not supported. The message shows nothing of it.
    """
    # Tools that report errors show the variables of every function on the way: none of these has the password.
    found = _read(url)
    if isinstance(found, Proxy):
        return found
    raise ValueError(f"{name}: {found}")


def _read(url: Secret) -> Proxy | str:
    """The proxy, or what is wrong with its URL."""
    if not url.can_be_sent:
        return f"it is not valid Unicode; {_EXPECTED}"
    text = url.reveal().strip()
    scheme, written, rest = text.partition("://")
    # By hand: urlsplit drops, or objects to, characters that a user name or password may have.
    authority, *behind = re.split("([/?#])", rest if written else text, maxsplit=1)
    if any("@" in part for part in behind):
        return "the characters / ? # of a user name or password must be percent-encoded"
    if "".join(behind).strip("/?#"):
        return f"it has a path, a query or a fragment; {_EXPECTED}"
    scheme = scheme.lower() if written else "http"
    if scheme not in _PORTS:
        return f"a proxy of another kind than http, https and socks5; {_EXPECTED}"
    userinfo, _, place = authority.rpartition("@")
    found = _PLACE.fullmatch(place)
    host = "" if found is None else (found[1] or found[2]).lower()
    port = int((found and found[3]) or _PORTS[scheme])
    if not 0 < port < 65536 or not host.isascii() or objection_to_host(host) is not None:
        return f"it names no host and port; {_EXPECTED}"
    login = None
    user, _, password = userinfo.partition(":")
    if user or password:
        login = Login(unquote_to_bytes(user), unquote_to_bytes(password))
        objection = _objection_to_login(login, socks=scheme.startswith("socks"))
        if objection is not None:
            return objection
    return Proxy(scheme.removesuffix("h"), host, port, login)


def _objection_to_login(login: Login, *, socks: bool) -> str | None:
    words = (login.user, login.password)
    if socks:
        usable = all(0 < len(word) <= _LONGEST for word in words)
        return None if usable else f"a SOCKS proxy's user name and password have 1 to {_LONGEST} bytes each"
    if any(b"\0" in word or len(word) > _LONGEST_BASIC for word in words):
        return f"a user name and password have no zero bytes, and {_LONGEST_BASIC} bytes at most each"
    # HTTP Basic ends the name at the first one (RFC 7617 section 2).
    return "a user name with a colon cannot be sent to an HTTP proxy" if b":" in login.user else None
