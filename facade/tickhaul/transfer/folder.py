"""The folder files are brought to: whether it may be used, what is there already, and what an earlier run left."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import shutil
import stat
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from tickhaul._files import UnsafeFileError
from tickhaul.errors import StorageError
from tickhaul.net.redaction import shown
from tickhaul.transfer.disk import PartFile, disk_errors, storage_error
from tickhaul.transfer.manifest import read_manifest
from tickhaul.transfer.names import MANIFEST, PART, SIDECAR, temporary_stem
from tickhaul.transfer.sidecar import Memory, recall

if TYPE_CHECKING:
    from tickhaul.transfer.manifest import Entry
    from tickhaul.transfer.model import RemoteFile

log = logging.getLogger("tickhaul.transfer")

_TEMPORARY = re.compile(r"(?P<stem>.+)\.(?P<token>[0-9a-f]{8})(?:-[0-9a-f]{8})?\.part(?:\.jsonl)?", re.DOTALL)


class There(Enum):
    """What a folder has under a file's final name."""

    NOTHING = "nothing"
    IT = "the file itself"
    OLDER = "the same artifact, but not as it is announced or was written"


class Folder:
    """A folder to write into.

    A symbolic link is not followed: what it points to could be changed between two files of one transfer. Its parents
    may be links.

    Args:
        directory: the folder; it is made, parents included, when missing.

    Raises:
        StorageError: it is no folder, or cannot be made.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.path = Path(directory)
        self._token = secrets.randbits(32)
        with disk_errors(None, self.path):
            if self.path.is_symlink():
                goal = self.path.readlink()
                raise StorageError(f"{self.path} is a symbolic link to {goal}: name the folder itself")
            try:
                self.path.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                in_the_way = next(
                    (path for path in (self.path, *self.path.parents) if os.path.lexists(path)), self.path
                )
                what = "a link that leads nowhere" if in_the_way.is_symlink() else "a file, not a folder"
                raise StorageError(f"{in_the_way} is {what}") from None
        self.reload()

    @property
    def free(self) -> int:
        """Bytes that can be written here now.

        Raises:
            StorageError: the disk does not say.
        """
        with disk_errors(None, self.path):
            return shutil.disk_usage(self.path).free

    def check_writable(self) -> None:
        """Check that files can be made here.

        Raises:
            StorageError: they cannot.
        """
        effective = os.access in os.supports_effective_ids
        if not os.access(self.path, os.W_OK | os.X_OK, effective_ids=effective):
            raise StorageError(f"cannot write in {self.path}: it is read-only, or somebody else's")

    def entry(self, name: str) -> Entry | None:
        """What the manifest said about a file when the transfer began."""
        return self._manifest.get(name)

    def look(self, file: RemoteFile, path: Path) -> There:
        """What is there under a file's final name.

        Args:
            file: the file.
            path: its final place.

        Raises:
            StorageError: something else, which must not be replaced unasked.
        """
        if self._empty:
            return There.NOTHING
        try:
            status = path.lstat()
        except FileNotFoundError:
            return There.NOTHING
        except OSError as error:
            raise storage_error(error, file.filename, path) from error
        if not stat.S_ISREG(status.st_mode):
            raise StorageError(f"{path} is in the way: it is no plain file", filename=file.filename)
        entry = self._manifest.get(file.filename)
        if entry is not None and entry.bytes != status.st_size and entry.artifact != file.id:
            entry = None  # it was replaced since by something the manifest knows nothing of
        if entry is None:
            if status.st_size == file.size:
                return There.IT
            announced = "no length is" if file.size is None else f"{file.size} are"
            found = f"a file of {status.st_size} bytes, and {announced} announced"
        elif entry.artifact != file.id:
            found = f"the file of artifact {shown(entry.artifact, quoted=False)}"
        else:
            same = entry.bytes == status.st_size and file.size in {None, entry.bytes}
            return There.IT if same else There.OLDER
        raise StorageError(
            f"{path} is in the way: it is {found}; choose another folder, or restart to replace it",
            filename=file.filename,
        )

    def reload(self) -> None:
        """Look again: another process may have brought files, or left some unfinished.

        Raises:
            StorageError: it cannot be read.
        """
        self._manifest = read_manifest(self.path)
        self.scan()

    def scan(self) -> None:
        """Look again whether anything is here, and what is left unfinished.

        Raises:
            StorageError: it cannot be read.
        """
        empty = True
        leftovers: dict[str, list[Path]] = {}
        with disk_errors(None, self.path), os.scandir(self.path) as entries:
            for entry in entries:
                empty = False
                match = _TEMPORARY.fullmatch(entry.name)
                if match is not None and not entry.is_dir(follow_symlinks=False):
                    leftovers.setdefault(match["stem"], []).append(self.path / entry.name)
        # Only now, for other threads look meanwhile.
        self._empty, self._leftovers = empty, leftovers

    def clear_target(self, file: RemoteFile) -> None:
        """Check that a file's final name may be replaced.

        Raises:
            StorageError: it is the name of a folder.
        """
        path = self.path / file.filename
        if path.is_dir() and not path.is_symlink():
            raise StorageError(f"{path} is in the way: it is a folder", filename=file.filename)

    def new_part(self, name: str) -> Path:
        """A temporary name that was never used."""
        self._token = (self._token + 1) % (1 << 32)
        return self.path / f"{temporary_stem(name)}.{self._token:08x}{PART}"

    def sweep(self) -> None:
        """Remove what a run that died while writing the manifest left of it."""
        _remove(*self._leftovers.get(MANIFEST, []))

    def leftovers(self, file: RemoteFile, *, resume: bool) -> tuple[list[tuple[PartFile, Memory]], bool]:
        """Take over what earlier runs left of a file, and remove what of it is of no use.

        What belongs to another artifact of the same name is left alone, as is what a live process works on.

        Args:
            file: the file.
            resume: whether anything may be used; otherwise all of it is removed.

        Returns:
            The usable part files, open, with what their sidecars say, the fullest first; and whether another live
            process is fetching this file.
        """
        paths = self._leftovers.get(temporary_stem(file.filename)) if self._leftovers else None
        if paths is None:
            return [], False
        usable: list[tuple[PartFile, Memory]] = []
        busy = False
        parts = {path for path in paths if path.name.endswith(PART)}
        for path in paths:
            if path.name.endswith(SIDECAR) and sidecar_owner(path) not in parts:
                _remove(path)
        for path in parts:
            try:
                part = PartFile.claim(path, file.filename)
            except UnsafeFileError as error:
                memory = recall(sidecar_path(path), file.id)
                if memory is None or memory.identity.artifact == file.id:
                    # Its name is all of it that is ours: what is behind a link is never touched.
                    log.warning(
                        "%s is not a part file that can be resumed (%s); the name is removed", path, error.strerror
                    )
                    _remove(path, sidecar_path(path))
                continue
            if part is None:
                busy = busy or os.path.lexists(path)
                continue
            memory = recall(sidecar_path(path), file.id)
            if memory is not None and memory.identity.artifact != file.id:
                part.close()
            elif resume and memory is not None and _useful(part, memory, file):
                usable.append((part, memory))
            else:
                part.discard()
                _remove(sidecar_path(path))
        usable.sort(key=lambda pair: pair[1].done.total, reverse=True)
        return usable, busy


def _remove(*paths: Path) -> None:
    """Remove leftovers. One that cannot be removed is only in the way of tidiness, and of the next run's."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _useful(part: PartFile, memory: Memory, file: RemoteFile) -> bool:
    """Whether a leftover is of the file as announced now, can be gone on with, and is as long as its sidecar says."""
    ends = [end for _, end in memory.done]
    size = memory.identity.size
    fits = file.size is None or size == file.size
    joins = memory.identity.mark is not None or (size is not None and not memory.done.missing(size))
    return bool(ends) and fits and joins and part.length >= ends[-1]


def sidecar_path(part: Path) -> Path:
    """Where the sidecar of a part file is."""
    return part.with_name(part.name.removesuffix(PART) + SIDECAR)


def sidecar_owner(sidecar: Path) -> Path:
    """The part file a sidecar belongs to."""
    return sidecar.with_name(sidecar.name.removesuffix(SIDECAR) + PART)
