"""Whether what a service lists can be used at all. Decided before a byte is fetched, and again for each new listing."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from tickhaul.errors import IntegrityError, StorageError
from tickhaul.net.redaction import redacted, shown
from tickhaul.net.urls import objection_to_url
from tickhaul.transfer.names import check_distinct, check_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tickhaul.transfer.model import RemoteFile

_LONGEST_ID = 512
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
