"""What the transfer tests share: contents, options that do not dawdle, and what must hold after every run."""

from __future__ import annotations

import hashlib
import importlib.util
import random
from typing import TYPE_CHECKING, Any

from tickhaul.transfer import DownloadedFile, TransferOptions, download

if TYPE_CHECKING:
    from pathlib import Path

    from tickhaul.transfer.model import Engine

    from tests.transfer.storage import Storage

KIB = 1024
#: What there is here to move the bytes with.
ENGINES: tuple[Engine, ...] = ("libcurl", "httpcore") if importlib.util.find_spec("pycurl") else ("httpcore",)
#: Which of them do in the present test; set by the fixture ``engine``.
engine: Engine = "auto"


def content(size: int, seed: object = 0) -> bytes:
    """Bytes that are the same for the same seed, and nowhere periodic."""
    return random.Random(f"{seed}/{size}").randbytes(size)


def options(**changes: Any) -> TransferOptions:  # Any: handed through to a dataclass, which checks
    """Options for tests: small parts, short waits, no proxies."""
    settings: dict[str, Any] = {
        "connections": 4,
        "part_size": 128 * KIB,
        "silence": 0.5,
        "backoff": 0.005,
        "backoff_cap": 0.05,
        "trust_env": False,
        "engine": engine,
        "rng": random.Random(0),
    }
    return TransferOptions(**{**settings, **changes})


def haul(storage: Storage, folder: Path, **changes: Any) -> list[DownloadedFile]:  # Any: see options
    """Download everything a storage host has."""
    extra = {name: changes.pop(name) for name in ("on_progress", "cancel") if name in changes}
    return download(
        storage.listing(), folder, refresh=storage.refresh, export_id="exp_1", options=options(**changes), **extra
    )


def assert_arrived(storage: Storage, folder: Path) -> None:
    """The folder holds exactly the files, byte for byte, and the manifest; nothing temporary."""
    assert names_in(folder) == sorted([*storage.files, "tickhaul.json"])
    for name, expected in storage.files.items():
        assert digest((folder / name).read_bytes()) == digest(expected), name


def assert_nothing_false(storage: Storage, folder: Path) -> None:
    """Whatever has a final name is whole and right."""
    for name, expected in storage.files.items():
        path = folder / name
        assert not path.exists() or digest(path.read_bytes()) == digest(expected), name


def names_in(folder: Path) -> list[str]:
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def digest(data: bytes) -> str:
    """A short mark of some bytes, so that a failed comparison does not print megabytes."""
    return f"{len(data)} bytes {hashlib.sha256(data).hexdigest()[:16]}"
