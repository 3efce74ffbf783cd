"""Whether a URL, or a host in it, can be asked for anything at all."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from tickhaul._threads import load

_LONGEST_URL = 32 * 1024  # presigned URLs have 0.5 to 4 KiB, and no known host takes more than 16
_LONGEST_HOST = 253  # of a name in the DNS (RFC 1035)
_BRACKETED = re.compile(r"\[[^][]*\](?::[0-9]*)?")
#: Underscores are no part of a host name by the book, and of many container networks.
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
#: What browsers percent-encode of a redirect's target (URL Standard, path and query percent-encode sets).
_UNENCODED = re.compile(r"[^!-~]|[\"<>`{}]")


def objection_to_url(url: str) -> str | None:
    """Why a URL cannot be asked for anything; ``None`` when it can. No part of the URL is in the reason."""
    if not url:
        return "it is empty"
    if len(url) > _LONGEST_URL:
        return f"it has {len(url)} characters, and {_LONGEST_URL} are the most"
    # Before it is split: urlsplit would silently drop line ends and tabs.
    if not url.isascii() or not url.isprintable() or " " in url:
        return "it has characters other than visible ASCII ones; they must be percent-encoded"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or its port is malformed"
    if parts.scheme not in {"http", "https"} or not url[len(parts.scheme) :].startswith("://"):
        return "it begins neither with https:// nor with http://"
    return "its port is 0" if port == 0 else _objection_to_authority(parts.netloc)


def objection_to_host(host: str) -> str | None:
    """Why a host cannot be connected to; ``None`` when it can.

    Args:
        host: an ASCII name or an address, an IPv6 address without brackets.
    """
    if not host:
        return "it names no host"
    if ":" in host:
        return _objection_to_address(host)
    if len(host) > _LONGEST_HOST:
        return f"its host has {len(host)} characters, and {_LONGEST_HOST} are the most"
    for label in host.removesuffix(".").split("."):
        if not label:
            return "its host has an empty label, with nothing before or between the dots"
        if len(label) > 63:
            return f"its host has a label of {len(label)} characters, and 63 are the most"
        if _LABEL.fullmatch(label) is None:
            return "its host has characters other than letters, digits, dots and inner dashes"
        if label.startswith("xn--") and not _decodes(label[4:]):
            return "its host has a label that begins with xn-- and is not Punycode"
    return None


def redirected(url: str, location: str) -> str:
    """Where a redirect leads to, not checked yet.

    Args:
        url: what was asked for.
        location: the ``Location`` header, decoded as Latin-1. Characters that no URL holds are percent-encoded, as
            browsers do, because some servers send file names as they are.
    """
    encoded = _UNENCODED.sub(lambda found: f"%{ord(found[0]):02X}", location.strip())
    scheme, written, rest = encoded.partition("://")
    if written and scheme.lower() in {"http", "https"}:
        # Byte by byte: urljoin drops a semicolon at the end of a path, which a signature may cover.
        return f"{scheme.lower()}://{rest}"
    try:
        return urljoin(url, encoded)
    except ValueError:
        return encoded


@lru_cache(maxsize=64)  # the URLs of a listing have a host in common
def _objection_to_authority(netloc: str) -> str | None:
    if "\\" in netloc:
        return "there is a backslash in its host"
    if "@" in netloc:
        return "it names a user before its host, which presigned URLs do not"
    host = urlsplit(f"//{netloc}").hostname or ""
    if "[" in netloc:
        if _BRACKETED.fullmatch(netloc) is None:
            return "there is something beside the brackets of its host"
        return _objection_to_address(host)
    return objection_to_host(host)


def _objection_to_address(address: str) -> str | None:
    load("ipaddress")
    from ipaddress import IPv6Address  # noqa: PLC0415 (most clients never need it)

    try:
        found = IPv6Address(address)
    except ValueError:
        return "what its brackets hold is not an IPv6 address"
    return None if found.scope_id is None else "its IPv6 address names a network interface of this machine"


def _decodes(label: str) -> bool:
    try:
        text = label.encode().decode("punycode")
        text.encode()
    except (ValueError, OverflowError):
        return False
    return not text.isascii()
