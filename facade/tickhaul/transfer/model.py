"""The words of the transfer room: what comes in, what goes out, what can be set."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from tickhaul.errors import IntegrityError
from tickhaul.net.proxies import parse_proxy
from tickhaul.net.redaction import shown
from tickhaul.net.secrets import Secret, refuse_other_types
from tickhaul.net.tls import check_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

KIB = 1024
MIB = 1024 * KIB
_LARGEST = (1 << 63) - 1  # bytes a file may have on any system

DEFAULT_CONNECTIONS = 16
"""Enough to fill a line when one connection is throttled to tens of MiB/s, few enough for any object store."""

Engine = Literal["auto", "libcurl", "httpcore"]
"""What moves the bytes."""

URL_LIFETIME = 300.0
"""Seconds a presigned URL lives (docs: export downloads, "valid 5 minutes")."""


class Cancel(Protocol):
    """Anything with ``is_set()``, such as a ``threading.Event``."""

    def is_set(self) -> bool:
        """Whether the transfer is to stop."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file to fetch.

    Attributes:
        id: the artifact's id, which outlives its URL.
        filename: the name the service gives it; checked before it touches a disk.
        size: its length in bytes, ``None`` when the service does not say.
        url: the presigned URL. Its query is a secret, so it is in no ``repr``.

    Raises:
        IntegrityError: the length is not one: negative, more than any file can have, or not a whole number.
        TypeError: another value is not text.
    """

    id: str
    filename: str
    size: int | None
    url: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("id", "filename", "url"):
            value: object = getattr(self, name)
            if not isinstance(value, str):
                raise TypeError(f"{name} must be text, not {type(value).__name__}")
        size: object = self.size
        if size is None or (isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= _LARGEST):
            return
        # Python refuses to write very long numbers out.
        told = f"some 2**{size.bit_length()}" if isinstance(size, int) and abs(size) > _LARGEST else shown(size)
        raise IntegrityError(
            f"for {shown(self.filename)} a length of {told} bytes was announced, which must be a whole number from 0 to "
            f"{_LARGEST}; run again for a new listing",
            filename=shown(self.filename, quoted=False),
        )


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A whole, verified file on disk. Usable wherever a path is (``open(file)``, ``pandas.read_csv(file)``).

    Attributes:
        path: where it is.
        bytes: its length.
        sha256: its SHA-256 in hex, when hashing was asked for.
        resumed: whether some of it came from an earlier, interrupted run.
        already_there: whether nothing had to be fetched.
    """

    path: Path
    bytes: int
    sha256: str | None = None
    resumed: bool = False
    already_there: bool = False

    def __fspath__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a transfer is. Counts include what an earlier run had fetched.

    Attributes:
        bytes_done: bytes on disk. It falls when a file has to be started again.
        bytes_total: bytes in all, ``None`` while a length is unknown.
        files_done: files that are whole and have their final name.
        files_total: files in all.
        rate: bytes a second over the last few seconds.
        remaining: seconds left at that rate, ``None`` when it cannot be told.
        filename: the file that moved last, ``None`` before the first byte.
    """

    bytes_done: int
    bytes_total: int | None
    files_done: int
    files_total: int
    rate: float
    remaining: float | None
    filename: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOptions:
    """What can be set about a transfer.

    Attributes:
        connections: how many connections may be open at once, over all files.
        part_size: bytes asked for in one request, and so the most a connection can lose. By default 8 to 64 MiB,
            after the size of the whole transfer.
        silence: seconds a connection may bring (next to) nothing before it is dropped and its part taken up by another.
        connect_timeout: seconds for a connection to be made. libcurl counts the name lookup, proxies and TLS in.
        attempts: how often a part may fail in a row without getting anywhere.
        backoff: seconds before the first retry of a part at most; doubles each time, with full jitter, up to
            ``backoff_cap``.
        backoff_cap: the longest of those waits in seconds, and twelve times that is the longest ``Retry-After`` obeyed.
        hash: compute SHA-256 of each file. It costs about as much processor time as the transfer.
        resume: go on from what an earlier run left, and keep files that are there. ``False`` discards both.
        fsync: have the disk confirm a file before it gets its name. Without it a power failure may leave a file of the
            right name and length with holes in it.
        ssl_context: how to trust the storage host. By default the system's certificates, or ``SSL_CERT_FILE``.
        proxy: ``http://[user:password@]host:port``, or with ``https`` or ``socks5``; ``""`` for none. By default the
            environment's (``HTTPS_PROXY``, ``NO_PROXY``).
        trust_env: whether the environment is asked for proxies.
        engine: what moves the bytes: ``"libcurl"`` (the extra ``fast``), ``"httpcore"``, or ``"auto"``: libcurl where it is
            installed and no ``ssl_context`` is given, which libcurl cannot take, else httpcore.
        url_lifetime: seconds after which a URL counts as dead when it does not say so itself.
        clock: monotonic seconds.
        rng: where the jitter comes from.
    """

    connections: int = DEFAULT_CONNECTIONS
    part_size: int | None = None
    silence: float = 20.0
    connect_timeout: float = 10.0
    attempts: int = 8
    backoff: float = 0.5
    backoff_cap: float = 10.0
    hash: bool = False
    resume: bool = True
    fsync: bool = True
    ssl_context: ssl.SSLContext | None = None
    proxy: str | None = field(default=None, repr=False)
    trust_env: bool = True
    engine: Engine = "auto"
    url_lifetime: float = URL_LIFETIME
    clock: Callable[[], float] = time.monotonic
    rng: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        for name, least in (("connections", 1), ("attempts", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}")
        if self.part_size is not None and self.part_size < 1:
            raise ValueError("part_size must be at least 1 byte")
        for name in ("silence", "connect_timeout", "backoff_cap", "url_lifetime"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be more than 0 seconds")
        if self.engine not in get_args(Engine):
            raise ValueError(f"engine must be one of {', '.join(get_args(Engine))}, not {self.engine!r}")
        check_context(self.ssl_context)
        if self.engine == "libcurl" and self.ssl_context is not None:
            raise ValueError('engine="libcurl" cannot take an ssl_context; leave out one of the two')
        refuse_other_types("proxy", Secret.wrap(self.proxy))
        if self.proxy:
            parse_proxy("proxy", Secret(self.proxy))
        if self.backoff < 0:
            raise ValueError("backoff must not be negative")

    def part_size_for(self, total: int | None) -> int:
        """The bytes to ask for in one request of a transfer of ``total`` bytes.

        Small enough that every connection gets several parts, so that none trails at the end; large enough that the
        first byte's latency is small beside the part.
        """
        if self.part_size is not None:
            return self.part_size
        share = (total or 0) // (self.connections * 4)
        return min(max(8 * MIB, -(-share // MIB) * MIB), 64 * MIB)
