"""Things planted in a directory before a download or a check: no hang, no byte elsewhere, right files or an error.

They stand under every name the transfer may look at: final names, the manifest, part files, sidecars.
"""

from __future__ import annotations

import logging
import os
import resource
import shutil
import socket
import stat
import threading
from typing import TYPE_CHECKING

from tickhaul.transfer import verify

from tests.siege import yard
from tests.transfer.hauls import content
from tests.transfer.storage import Storage

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul.transfer.model import Engine

    from tests.siege.tally import Tally
    from tests.transfer.storage import Answer, Request

#: Address space, so that a link to an endless device ends in an error before the machine does.
_SPACE = 4 << 30
_GIANT = 8 << 30
_FAULTS = (*yard.FAULTS, "outside touched")
_OUTSIDE = b"nobody may write here\n" * 50


def attack(tally: Tally) -> None:
    """Plant a few things, download and verify, clear them away, and download again."""
    wanted = ("plants", "completed runs", "errors of the tree", "checks", "completed downloads")
    tally.expect((*yard.ROUNDS, *wanted), _FAULTS)
    # It warns of every manifest it cannot read.
    logging.getLogger("tickhaul").setLevel(logging.ERROR)
    resource.setrlimit(resource.RLIMIT_AS, (_SPACE, _SPACE))
    for roll in tally.rounds():
        with yard.directory() as place, Storage(yard.some_files(roll)) as storage:
            _Garden(tally, storage, place, roll).besiege()


class _Garden:
    """A directory with things planted in it, and one beside it that nobody may touch."""

    def __init__(self, tally: Tally, storage: Storage, place: Path, roll: random.Random) -> None:
        self._tally = tally
        self._storage = storage
        self._roll = roll
        self._engine: Engine = yard.some_engine(tally, roll)
        self.folder, self.outside = place / "folder", place / "outside"
        self.folder.mkdir()
        self.outside.mkdir()
        self.victim = self.outside / "victim"
        self.others = {"victim": _OUTSIDE}
        self._planted: dict[str, tuple[int, int]] = {}
        self._what: list[str] = []

    def besiege(self) -> None:
        """Plant, run, look, clear away, and run again."""
        tally, roll = self._tally, self._roll
        self.victim.write_bytes(_OUTSIDE)
        began = roll.random() < 0.5
        if began:
            self._begin()
        for name in self._names():
            self._plant(name, roll.choice(sorted(_PLANTS)))
        if began and roll.random() < 0.3:
            for path in sorted(self.folder.glob("part-*.part")):
                self._plant(path.name, "a hard link of it")
        what = ", ".join(self._what)
        text = f"over {self._engine}, {what}{' after a run that was cut short' if began else ''}"
        if not self._check(text):
            return
        error = yard.run_guarded(tally, self._storage, self.folder, text, engine=self._engine)
        yard.judge(tally, error, text)
        if error is None:
            yard.look_at_names(tally, self._storage, self.folder, text)
            self._look_at_kinds(text)
        self._look_outside(text)
        if isinstance(error, TimeoutError) or not self._check(text):
            return
        for name, mark in self._planted.items():
            self._clear(name, mark)
        yard.complete(tally, self._storage, self.folder, f"after {text}", engine=self._engine, strict=False)
        self._look_outside(text)

    def _begin(self) -> None:
        """Have a run leave part files and sidecars, some of which are then replaced."""

        def stalling(request: Request, answer: Answer) -> Answer:
            answer.cut = len(answer.body) // 2
            return answer

        self._storage.fault = stalling
        yard.run(self._storage, self.folder, engine=self._engine, attempts=1, resume=True)
        self._storage.fault = None

    def _names(self) -> list[str]:
        token = f"{self._roll.randrange(1 << 32):08x}"
        names = [yard.MANIFEST, f"{yard.MANIFEST}.{token}.part", f"{yard.MANIFEST}.lock", *self._storage.files]
        for name in self._storage.files:
            names += [f"{name}.{token}.part", f"{name}.{token}.part.jsonl"]
        names += [path.name for path in self.folder.iterdir()]
        return self._roll.sample(sorted(set(names)), min(len(set(names)), self._roll.randrange(1, 5)))

    def _plant(self, name: str, kind: str) -> None:
        path = self.folder / name
        before = b""
        if path.is_file() and not path.is_symlink() and path.stat().st_size < _GIANT:
            before = path.read_bytes()
        if kind in _CONTENTS and name in self._storage.files:
            # Under a final name a plain file is somebody's own, and is taken for the right one by its length.
            return
        if kind in _CONTENTS and kind not in _KEPT and name.endswith(".part"):
            # Bytes that were fetched are not looked at again, so nobody can tell that they are others by now.
            return
        if os.path.lexists(path):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        try:
            _PLANTS[kind](self, path, before)
        except (PermissionError, OSError):
            return
        self._tally.count("plants")
        self._what.append(f"{kind} at {name}")
        status = path.lstat()
        self._planted[name] = (status.st_dev, status.st_ino)

    def _clear(self, name: str, mark: tuple[int, int]) -> None:
        path = self.folder / name
        if os.path.lexists(path) and (path.lstat().st_dev, path.lstat().st_ino) == mark:
            shutil.rmtree(path) if stat.S_ISDIR(path.lstat().st_mode) else path.unlink()

    def _check(self, text: str) -> bool:
        """Verify the directory, in a thread that may hang; whether it did not."""
        found: list[BaseException | None] = []

        def check() -> None:
            try:
                verify(self.folder)
            except BaseException as error:
                found.append(error)
            else:
                found.append(None)

        thread = threading.Thread(target=check, daemon=True)
        thread.start()
        thread.join(yard.PATIENCE / 4)
        self._tally.count("checks")
        if thread.is_alive():
            self._tally.fault("hung", f"verify: {text}")
            return False
        if found[0] is not None:
            yard.judge(self._tally, found[0], f"verify: {text}")
        return True

    def _look_at_kinds(self, text: str) -> None:
        for name in self._storage.files:
            status = (self.folder / name).lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
                self._tally.fault("wrong files", f"{text}: {name} is no plain file of its own")

    def _look_outside(self, text: str) -> None:
        names = sorted(path.name for path in self.outside.iterdir())
        if names != sorted(self.others):
            self._tally.fault("outside touched", f"{text}: there are {', '.join(names)}")
        for name, expected in self.others.items():
            path = self.outside / name
            if path.exists() and path.read_bytes() != expected:
                self._tally.fault("outside touched", f"{text}: {name} has other content")
                self.others[name] = path.read_bytes()


def _fifo(garden: _Garden, path: Path, before: bytes) -> None:
    os.mkfifo(path)


def _socket(garden: _Garden, path: Path, before: bytes) -> None:
    # A path may be too long for the address of a socket, so it is bound under a short one.
    short = path.parent.parent / "s"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(short))
    listener.close()
    short.rename(path)


def _link(goal: str) -> Callable[[_Garden, Path, bytes], None]:
    def plant(garden: _Garden, path: Path, before: bytes) -> None:
        path.symlink_to(goal)

    return plant


def _hard_link(garden: _Garden, path: Path, before: bytes) -> None:
    path.hardlink_to(garden.victim)


def _hard_link_of_it(garden: _Garden, path: Path, before: bytes) -> None:
    """What was there, as a further name of a file elsewhere."""
    name = f"elsewhere-{len(garden.others)}"
    garden.others[name] = before or _OUTSIDE
    (garden.outside / name).write_bytes(garden.others[name])
    path.hardlink_to(garden.outside / name)


def _device(garden: _Garden, path: Path, before: bytes) -> None:
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))


def _directory(garden: _Garden, path: Path, before: bytes) -> None:
    path.mkdir()
    (path / "inside").write_bytes(b"x")


def _giant(garden: _Garden, path: Path, before: bytes) -> None:
    with path.open("wb") as file:
        file.write(before)
        file.truncate(_GIANT)


def _bytes(data: bytes) -> Callable[[_Garden, Path, bytes], None]:
    def plant(garden: _Garden, path: Path, before: bytes) -> None:
        path.write_bytes(data)

    return plant


def _damaged(garden: _Garden, path: Path, before: bytes) -> None:
    data = bytearray(before or b'{"tickhaul": 1, "files": {}}')
    for _ in range(garden._roll.randrange(1, 8)):
        data[garden._roll.randrange(len(data))] = garden._roll.randrange(256)
    path.write_bytes(data)


def _manifest_of(name: str, value: str) -> bytes:
    return b'{"tickhaul": 1, "files": {"' + name.encode() + b'": ' + value.encode() + b"}}"


_ENTRY = '{"export": "e", "artifact": "a", "bytes": 5, "checked": [], "finished_at": "x", "etag": null}'
_CONTENTS: dict[str, Callable[[_Garden, Path, bytes], None]] = {
    "a giant file": _giant,
    "garbage": _bytes(content(70_000)),
    "nothing": _bytes(b""),
    "damage": _damaged,
    "deep JSON": _bytes(b'{"tickhaul":' + b"[" * 500_000),
    "a huge number": _bytes(b'{"tickhaul": 1, "files": ' + b"9" * 100_000 + b"}\n"),
    "a huge length": _bytes(_manifest_of("part-0.bin", _ENTRY.replace("5", "1" + "0" * 4000))),
    "a negative length": _bytes(_manifest_of("part-0.bin", _ENTRY.replace("5", "-5"))),
    "another's path": _bytes(_manifest_of("../outside/victim", _ENTRY)),
    "a lone surrogate": _bytes(_manifest_of("\\ud800", _ENTRY)),
    "a NUL": _bytes(_manifest_of("a\\u0000b", _ENTRY)),
    "a long name": _bytes(_manifest_of("a" * 5000, _ENTRY)),
    "not UTF-8": _bytes(b'{"tickhaul": 1, "files": {"\xff\xfe": 1}}'),
    "wrong types": _bytes(b'{"tickhaul": true, "files": [1, {}, null]}\n{"done": "x"}\n[]\n'),
    "wide JSON": _bytes(b"[" + b"{}," * 2_000_000 + b"{}]"),
    "a hard link of it": _hard_link_of_it,
}
#: What leaves the bytes of a part file as they were, or too few of them.
_KEPT = ("a giant file", "a hard link of it", "nothing")
_PLANTS: dict[str, Callable[[_Garden, Path, bytes], None]] = {
    **_CONTENTS,
    "a FIFO": _fifo,
    "a socket": _socket,
    "a device": _device,
    "a directory": _directory,
    "a hard link": _hard_link,
    "a link to an endless device": _link("/dev/zero"),
    "a link elsewhere": _link("../outside/victim"),
    "a link to a new file elsewhere": _link("../outside/new"),
    "a link to itself": _link("itself"),
    "a link to a directory": _link("../outside"),
}
