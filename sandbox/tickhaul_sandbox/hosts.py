"""Which requests are refused unread, because they come from a web page rather than from a client.

The sandbox listens where every browser on the machine can reach it, and a page from anywhere can make a browser send
requests. Two things tell those apart. A page whose name was bound to this machine after it was loaded (DNS rebinding)
sends that name as `Host`; a loopback name or an address cannot be bound so. And a page of another origin is announced by
the browser itself, in `Origin` or `Sec-Fetch-Site`, which a page cannot change and no other client sends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Scope

_AUTHORITY = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^\s:/?#\[\]@,]+))(?::[0-9]*)?", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound
# What a browser says of a page of the sandbox itself, and of an address that was typed in.
_OWN = frozenset({"same-origin", "none"})
_SHOWN = 100


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused.

    Attributes:
        status: 421 for a host the sandbox is not known by, 403 for another origin.
        message: Text for people, with what to do.
    """

    status: int
    message: str


class Hosts:
    """The hosts a sandbox is known by: loopback, the one it listens on, and those that are named.

    Args:
        listening: The host it listens on. If that is a wildcard, it is known by every address.
        named: Further names and addresses.
    """

    def __init__(self, listening: str, named: Iterable[str] = ()) -> None:
        self._names = frozenset(map(_plain, (listening, *named)))
        self._every_address = listening in _WILDCARDS

    def refusal(self, scope: Scope) -> Refusal | None:
        """Return why a request is refused, `None` if it is not."""
        headers = scope["headers"]
        absolute, _ = split_target(scope["raw_path"].decode("latin-1"))
        # The parser lets no request through that has two of them.
        host = next(iter(_values(headers, b"host")), "")
        for authority in (host, absolute):
            if authority is not None and not self._known(authority):
                shown = authority[:_SHOWN]
                return Refusal(
                    421,
                    f"This sandbox is not known as {shown!r}. Reach it as localhost or by the address it listens on, or "
                    "start it with --allowed-host and that name",
                )
        for origin in _values(headers, b"origin"):
            if origin != f"http://{host}":
                return Refusal(403, f"Requests of web pages from {origin[:_SHOWN]!r} are refused")
        if not _OWN.issuperset(_values(headers, b"sec-fetch-site")) and not _follows_link(scope):
            return Refusal(403, "Requests of web pages from elsewhere are refused")
        return None

    def _known(self, authority: str) -> bool:
        match = _AUTHORITY.fullmatch(authority)
        if match is None:
            return False
        name = _plain(match[1] or match[2])
        if name == "localhost" or name in self._names:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return self._every_address or address.is_loopback


def split_target(target: str) -> tuple[str | None, str]:
    """Return the authority of a request target, `None` if it has none, and the rest.

    Args:
        target: A path, or a whole URL as one writes it to a proxy.
    """
    match = _ABSOLUTE.fullmatch(target)
    return (match[1], match[2] or "/") if match else (None, target)


def is_host(text: str) -> bool:
    """Return whether a text is a name or an address, without a port."""
    match = _AUTHORITY.fullmatch(text if text.startswith("[") or text.count(":") < 2 else f"[{text}]")
    return match is not None and _plain(match[1] or match[2]) == _plain(text)


def _plain(host: str) -> str:
    host = host.lower().removeprefix("[").removesuffix("]").removesuffix(".")
    try:
        return str(ip_address(host))
    except ValueError:
        return host


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for known, value in headers if known == name]


def _follows_link(scope: Scope) -> bool:
    """Return whether a person has followed a link here; the page it was on does not see what comes."""
    return scope["method"] == "GET" and _values(scope["headers"], b"sec-fetch-mode") == ["navigate"]
