"""The addresses of a service: an origin for the connections, and the path all of its own begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from tickhaul._core.origin import read_origin, refuse_hidden_parts
from tickhaul.net.secrets import Secret, refuse_other_types

if TYPE_CHECKING:
    from tickhaul.net.origins import Origin

_SAFE = "/-._~!$&'()*+,;=:@%"
_PATH = re.compile(r"(/[^/?#\x00-\x20\x7f\ud800-\udfff]*)*")
_STEPS = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Address:
    """A service's place.

    Attributes:
        origin: scheme, host and port.
        prefix: what every path begins with; empty or with a slash in front.
    """

    origin: Origin
    prefix: str

    def path(self, path: str) -> str:
        """The whole path, percent-encoded, of a path below this address.

        Raises:
            ValueError: it could lead out of there.
        """
        check_path("path", path)
        return quote(self.prefix + _rooted(path), safe=_SAFE)


def check_path(name: str, path: str) -> None:
    """Refuse a path that is none, or could lead out of where it is put.

    Args:
        name: what it is called, for errors.
        path: with or without a slash in front.

    Raises:
        ValueError: it is no plain path.
        TypeError: it is not text.
    """
    if not isinstance(path, str):
        raise TypeError(f"{name} must be a str, not {type(path).__name__}")
    rooted = _rooted(path)
    if not _PATH.fullmatch(rooted) or _STEPS & set(rooted.split("/")):
        raise ValueError(f"{name}={path!r}: expected a plain path such as '/tickData'")


def read_address(name: str, url: str, *, allow_plain_http: bool) -> Address:
    """The address a setting names.

    Args:
        name: the setting's name, for errors.
        url: an origin, also with a path.
        allow_plain_http: whether ``http://`` is acceptable beyond this machine.

    Raises:
        ValueError: it is no such URL, or secrets would travel in the clear to another machine.
        TypeError: it is not text.
    """
    given = Secret(url)
    # Tools that report errors show the variables of every function on the way.
    del url
    refuse_other_types(name, given)
    refuse_hidden_parts(name, given, "expected an address such as https://api.xythub.com/auth")
    try:
        parts = urlsplit(given.reveal().strip())
        origin = read_origin(f"{parts.scheme}://{parts.netloc}", allow_plain_http=allow_plain_http)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    check_path(f"the path of {name}", parts.path)
    return Address(origin, parts.path.rstrip("/"))


def _rooted(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"
