"""The files of exports on disk: made in advance to know their size, dropped when room is needed, made again on demand.

A file is made from its recipe alone and comes out the same each time, so nothing is lost when it is dropped; what is
kept of an artifact for good is its size and hash.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from tickhaul_sandbox.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox.artifacts.plan import Part


class GivenUpError(Exception):
    """A file was not written to its end because nobody wants it any more."""


class ChangedError(Exception):
    """A file that was made again came out otherwise, so it is not the one that was promised."""


class Recipe(Protocol):
    """Knows how to write one file."""

    @property
    def part(self) -> Part:
        """Which part of its export it is."""
        ...

    def write(self, path: Path, given_up: Callable[[], bool]) -> None:
        """Write the file; the same bytes each time.

        Args:
            path: Where to.
            given_up: Whether nobody wants the file any more; asked again and again.

        Raises:
            GivenUpError: If so.
        """
        ...


@dataclass(frozen=True)
class Artifact:
    """A finished file.

    Attributes:
        artifact_id: Its id.
        recipe: How to make it.
        size: Its size in bytes.
        etag: The MD5 of its content in hex, which is what S3 calls it by.
    """

    artifact_id: str
    recipe: Recipe
    size: int
    etag: str

    @property
    def filename(self) -> str:
        """The name it is to have at its receiver's."""
        return self.recipe.part.filename


class ArtifactStore:
    """Keeps files in a directory of its own, never more than its bound.

    Args:
        limit_bytes: The bound; a single larger file is still kept while it is the only one.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._scratch = Scratch()
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._making: dict[str, threading.Lock] = {}
        self._sizes: OrderedDict[str, int] = OrderedDict()

    @property
    def size(self) -> int:
        """How many bytes of files are on disk."""
        with self._lock:
            return sum(self._sizes.values())

    def make(self, artifact_id: str, recipe: Recipe, given_up: Callable[[], bool]) -> Artifact:
        """Write a file and return what it came to. Takes as long as that takes: call it in a thread.

        Args:
            artifact_id: What it is to be known by.
            recipe: How to make it.
            given_up: Whether nobody wants it any more.

        Raises:
            GivenUpError: If so, or if the store is closing.
        """
        path = self._path(artifact_id)
        with self._making_of(artifact_id):
            _write(recipe, path, lambda: given_up() or self._closing.is_set())
            size, etag = _weigh(path)
            self._note(artifact_id, size)
        return Artifact(artifact_id, recipe, size, etag)

    def open(self, artifact: Artifact) -> BinaryIO:
        """Open a finished file, making it again if it was dropped. Call it in a thread.

        Raises:
            ChangedError: If it comes out otherwise than it did the first time, for captures or libraries have changed.
        """
        path = self._path(artifact.artifact_id)
        with self._making_of(artifact.artifact_id):
            if not path.exists():
                _write(artifact.recipe, path, self._closing.is_set)
                if _weigh(path) != (artifact.size, artifact.etag):
                    path.unlink()
                    raise ChangedError(artifact.filename)
            self._note(artifact.artifact_id, artifact.size)
            return path.open("rb")

    def forget(self, artifact_id: str) -> None:
        """Drop the file of an artifact that will not be asked for again."""
        with self._lock:
            if artifact_id in self._sizes:
                self._drop(artifact_id)
            self._making.pop(artifact_id, None)

    def give_up(self) -> None:
        """Let whatever is being written come to an end."""
        self._closing.set()

    def close(self) -> None:
        """Remove everything; nothing is being written any more."""
        self._scratch.close()

    def _path(self, artifact_id: str) -> Path:
        return self._scratch.path / artifact_id

    def _making_of(self, artifact_id: str) -> threading.Lock:
        with self._lock:
            return self._making.setdefault(artifact_id, threading.Lock())

    def _note(self, artifact_id: str, size: int) -> None:
        with self._lock:
            self._sizes[artifact_id] = size
            self._sizes.move_to_end(artifact_id)
            while sum(self._sizes.values()) > self._limit and len(self._sizes) > 1:
                self._drop(next(iter(self._sizes)))

    def _drop(self, artifact_id: str) -> None:
        self._sizes.pop(artifact_id, None)
        # Where an open file cannot be removed (Windows), it stays until the store is closed.
        with suppress(OSError):
            self._path(artifact_id).unlink()


def _weigh(path: Path) -> tuple[int, str]:
    """Return size and MD5 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
    return path.stat().st_size, digest.hexdigest()


def _write(recipe: Recipe, path: Path, given_up: Callable[[], bool]) -> None:
    # Under another name until it is whole, so that what was given up is never taken for the file.
    unfinished = path.with_suffix(".part")
    try:
        recipe.write(unfinished, given_up)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
