"""Which certificate authorities are trusted when the caller does not say, whatever library speaks TLS."""

from __future__ import annotations

import os
import ssl
import sys

from tickhaul._threads import load
from tickhaul.net.redaction import shown

#: The file that was found readable last, for reading it takes longer than a small transfer.
_readable: set[object] = set()
_EXPECTED = "it must name a PEM file with certificates, or be unset"


def authorities() -> tuple[str | None, str | None]:
    """The file and the directories that hold them; neither where the system keeps them elsewhere (Windows).

    They are what ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name, and nothing else if one of them is set; else the system's,
    and those of ``certifi`` where Python finds none (some macOS installations, small containers).

    Raises:
        ValueError: what is named does not exist.
    """
    file, directory = os.environ.get("SSL_CERT_FILE") or None, os.environ.get("SSL_CERT_DIR") or None
    if file is not None and not os.path.isfile(file):  # noqa: PTH113 (it may be no text that a path can be made of)
        raise ValueError(f"SSL_CERT_FILE names {shown(file)}, which is not a file; {_EXPECTED}")
    if directory is not None and not any(map(os.path.isdir, directory.split(os.pathsep))):
        raise ValueError(f"SSL_CERT_DIR names {shown(directory)}, which is not a directory; create it, or unset it")
    if file or directory:
        return file, directory
    # Not `cafile` and `capath`: a variable that is set but empty hides the system's from these.
    paths = ssl.get_default_verify_paths()
    file = paths.openssl_cafile if os.path.isfile(paths.openssl_cafile) else None  # noqa: PTH113 (as above)
    directory = paths.openssl_capath if os.path.isdir(paths.openssl_capath) else None  # noqa: PTH112 (as above)
    if file or _holds_any(directory) or sys.platform == "win32":
        return file, directory
    load("certifi")
    import certifi  # noqa: PLC0415 (a bundle of half a megabyte, read only where there is no other)

    return certifi.where(), None


def readable_authorities() -> tuple[str | None, str | None]:
    """The same, for a library that would find out only in the midst of a connection that a file cannot be read.

    Raises:
        ValueError: what is named does not exist, or cannot be read.
    """
    found = authorities()
    if os.environ.get("SSL_CERT_FILE"):
        mark = _mark(found[0])
        if mark is None or mark not in _readable:
            default_context()
            _readable.clear()
            _readable.add(mark)
    return found


def default_context() -> ssl.SSLContext:
    """TLS settings that trust them. Both engines judge certificates alike.

    Raises:
        ValueError: they cannot be read.
    """
    file, directory = authorities()
    try:
        context = ssl.create_default_context(cafile=file, capath=directory)
    except OSError as error:
        raise ValueError(_unusable(file, error)) from error
    # Which of the two Python sets depends on its version. libcurl sets the first one only.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def unreadable(file: str | None) -> str:
    """What to say when they cannot be read."""
    # The name of a setting that is set comes first, for that is what to change.
    where = f"SSL_CERT_FILE names {shown(file)}, which" if os.environ.get("SSL_CERT_FILE") else f"{shown(file)}"
    return f"{where} cannot be read as certificate authorities; {_EXPECTED}"


def _mark(file: str | None) -> object:
    """What changes when a file does; ``None`` if it cannot be looked at."""
    try:
        state = os.stat(file or "")  # noqa: PTH116 (it may be no text that a path can be made of)
    except OSError:
        return None
    return file, state.st_mtime_ns, state.st_size, state.st_ino


def _unusable(file: str | None, error: OSError) -> str:
    # Python opens this file too, so that TLS can be debugged.
    log = os.environ.get("SSLKEYLOGFILE")
    if log and not isinstance(error, ssl.SSLError) and error.filename == log:
        return f"SSLKEYLOGFILE names {shown(log)}, which cannot be written ({error.strerror}); unset it"
    return unreadable(file)


def _holds_any(directory: str | None) -> bool:
    if directory is None:
        return False
    try:
        return bool(os.listdir(directory))  # noqa: PTH208 (its names do not matter)
    except OSError:
        return False
