"""Which certificate authorities are trusted when the caller does not say: the same for both engines."""

from __future__ import annotations

import os
import ssl
import sys

from tickhaul.errors import StorageError
from tickhaul.transfer.words import shown


def authorities() -> tuple[str | None, str | None]:
    """The file and the directory that hold them; neither where the system keeps them elsewhere (Windows).

    They are what ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name, and nothing else if one of them is set; else the system's,
    and those of ``certifi`` where Python finds none (some macOS installations).

    Raises:
        StorageError: what is named does not exist.
    """
    file, directory = os.environ.get("SSL_CERT_FILE") or None, os.environ.get("SSL_CERT_DIR") or None
    if file is not None and not os.path.isfile(file):  # noqa: PTH113 (it may be no text that a path can be made of)
        raise StorageError(
            f"SSL_CERT_FILE names {shown(file)}, which is not a file; it must name a PEM file, or be unset"
        )
    if directory is not None and not any(map(os.path.isdir, directory.split(os.pathsep))):
        raise StorageError(f"SSL_CERT_DIR names {shown(directory)}, which is not a directory")
    paths = ssl.get_default_verify_paths()
    if file or directory:
        return file, directory
    if paths.cafile or paths.capath or sys.platform == "win32":
        return paths.cafile, paths.capath
    import certifi  # noqa: PLC0415 (a bundle of half a megabyte, read only where there is no other)

    return certifi.where(), None


def default_context() -> ssl.SSLContext:
    """TLS settings that trust them, and judge certificates as libcurl does.

    Raises:
        StorageError: they cannot be read.
    """
    file, directory = authorities()
    try:
        context = ssl.create_default_context(cafile=file, capath=directory)
    except OSError as error:
        raise StorageError(unreadable(file)) from error
    # Which of the two Python sets depends on its version.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def unreadable(file: str | None) -> str:
    """What to say when they cannot be read."""
    return f"the certificate authorities in {shown(file)} cannot be read; SSL_CERT_FILE must name a PEM file"
