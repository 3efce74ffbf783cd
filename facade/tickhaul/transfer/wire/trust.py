"""Which certificate authorities are trusted when the caller does not say: the same for both engines."""

from __future__ import annotations

import ssl
import sys

from tickhaul.errors import StorageError


def authorities() -> tuple[str | None, str | None]:
    """The file and the directory that hold them; neither where the system keeps them elsewhere (Windows).

    They are ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, else the system's, and those of ``certifi`` where Python finds none
    (some macOS installations).
    """
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath or sys.platform == "win32":
        return paths.cafile, paths.capath
    import certifi  # noqa: PLC0415 (a bundle of half a megabyte, read only where there is no other)

    return certifi.where(), None


def default_context() -> ssl.SSLContext:
    """TLS settings that trust them.

    Raises:
        StorageError: they cannot be read.
    """
    file, directory = authorities()
    try:
        return ssl.create_default_context(cafile=file, capath=directory)
    except OSError as error:
        raise StorageError(unreadable(file)) from error


def unreadable(file: str | None) -> str:
    """What to say when they cannot be read."""
    return f"the certificate authorities in {file} cannot be read; SSL_CERT_FILE must name a PEM file"
