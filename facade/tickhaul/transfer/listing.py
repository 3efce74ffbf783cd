"""Whether what a service lists can be used at all. Decided before a byte is fetched, and again for each new listing."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from tickhaul.errors import IntegrityError, StorageError
from tickhaul.transfer.names import check_distinct, check_name
from tickhaul.transfer.words import redacted, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tickhaul.transfer.model import RemoteFile

_LONGEST_ID = 512
_LONGEST_URL = 32 * 1024  # presigned URLs have 0.5 to 4 KiB, and no known host takes more than 16
_LONGEST_HOST = 253  # of a name in the DNS (RFC 1035)
_BRACKETED = re.compile(r"\[[^][]*\](?::[0-9]*)?")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_AGAIN = "run again for a new listing; if that one is no better, tell the service's support"


def check_listing(files: Sequence[RemoteFile]) -> None:
    """Check the listing a transfer begins with.

    Raises:
        UnsafeFilenameError: a file's name is no plain file name, or two names would be one file on some disk.
        IntegrityError: an id cannot be one, or is listed twice.
        StorageError: a URL cannot be used.
    """
    for file in files:
        check_name(file.filename)
    check_distinct(file.filename for file in files)
    for file in files:
        reason = _objection_to_id(file.id)
        if reason is not None:
            raise IntegrityError(
                f"the service listed {file.filename} with the artifact id {shown(file.id)}: {reason}; {_AGAIN}",
                filename=file.filename,
            )
    check_addresses(files)


def check_addresses(files: Sequence[RemoteFile], wanted: Collection[str] | None = None) -> list[RemoteFile]:
    """Check what may be new in a later listing: which files there are, and their URLs.

    Args:
        files: the listing.
        wanted: the ids of the files that matter; ``None`` for all of them.

    Returns:
        The files that matter.

    Raises:
        IntegrityError: an artifact is listed twice.
        StorageError: a URL cannot be used.
    """
    found: dict[str, RemoteFile] = {}
    for file in files:
        if wanted is not None and file.id not in wanted:
            continue
        if file.id in found:
            raise IntegrityError(
                f"the service listed an artifact twice, {shown(file.id)}, so which URL is whose cannot be told; {_AGAIN}"
            )
        found[file.id] = file
        reason = objection_to_url(file.url)
        if reason is not None:
            raise StorageError(
                f"the service listed artifact {shown(file.id)} at {redacted(file.url)}, "
                f"which is not a usable URL: {reason}; {_AGAIN}",
                filename=file.filename,
            )
    return list(found.values())


def _objection_to_id(identifier: str) -> str | None:
    if not identifier:
        return "it is empty"
    if len(identifier) > _LONGEST_ID:
        return f"it has {len(identifier)} characters, and {_LONGEST_ID} are the most"
    # Cc control, Cs lone surrogates, Zl and Zp line and paragraph ends: it goes into messages, logs and the manifest.
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in identifier):
        return "control characters and lone surrogates are not allowed in it"
    return None


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
    return "its port is 0" if port == 0 else _objection_to_authority(parts)


def _objection_to_authority(parts: SplitResult) -> str | None:
    if "\\" in parts.netloc:
        return "there is a backslash in its host"
    if "@" in parts.netloc:
        return "it names a user before its host, which presigned URLs do not"
    if not parts.hostname:
        return "it names no host"
    if "[" not in parts.netloc:
        return _objection_to_host(parts.hostname)
    if _BRACKETED.fullmatch(parts.netloc) is None:
        return "there is something beside the brackets of its host"
    return _objection_to_address(parts.hostname)


def _objection_to_address(address: str) -> str | None:
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return "what its brackets hold is not an IPv6 address"
    return None if found.scope_id is None else "its IPv6 address names a network interface of this machine"


def _objection_to_host(host: str) -> str | None:
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


def _decodes(label: str) -> bool:
    try:
        text = label.encode().decode("punycode")
        text.encode()
    except (ValueError, OverflowError):
        return False
    return not text.isascii()
