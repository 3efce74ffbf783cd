"""The disk: checked before, full in the middle, and never given a name for what is not whole."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from tickhaul._files import atomic, replace, sync_directory
from tickhaul.errors import StorageError
from tickhaul.transfer import RemoteFile, disk, download, linux
from tickhaul.transfer.disk import PartFile, storage_error

from tests.transfer.hauls import KIB, assert_arrived, assert_nothing_false, content, haul, names_in, options
from tests.transfer.storage import Answer, Request, Storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHAPES: dict[str, dict[str, int]] = {
    "one_part": {"a": 100 * KIB},
    "many_parts": {"a": 1500 * KIB},
    "many_files": {f"file_{index}": 60 * KIB + index for index in range(20)},
}
CONNECTIONS, PART = 4, 128 * KIB


class FullDisk:
    """Makes every write fail once so many bytes were written, as a full disk does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        lock, write = threading.Lock(), PartFile._pwrite

        def limited(part: PartFile, data: memoryview, offset: int) -> int:
            with lock:
                taken = min(self.room, len(data))
                self.room -= taken
            if not taken:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(part, data[:taken], offset)

        monkeypatch.setattr(PartFile, "_pwrite", limited)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
def test_a_disk_that_fills_up_costs_nothing_that_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str, seed: int
) -> None:
    files = {name: content(size, name) for name, size in SHAPES[shape].items()}
    total = sum(map(len, files.values()))
    full = FullDisk(monkeypatch, total * (seed + 1) // 4)
    with Storage(files) as storage:
        with pytest.raises(StorageError, match="no room left for") as caught:
            haul(storage, tmp_path, connections=CONNECTIONS, part_size=PART)
        assert caught.value.filename in files
        assert_nothing_false(storage, tmp_path)
        full.room = 1 << 40
        haul(storage, tmp_path, connections=CONNECTIONS, part_size=PART)
        assert_arrived(storage, tmp_path)
        assert sum(storage.sent.values()) <= total + CONNECTIONS * PART


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    ("chunked", "mark", "kept"), [(False, True, True), (False, False, False), (True, True, False), (True, False, False)]
)
def test_a_full_disk_keeps_what_can_be_gone_on_with_and_promises_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, announced: bool, chunked: bool, mark: bool, kept: bool
) -> None:
    def described(request: Request, answer: Answer) -> Answer:
        if not mark:
            answer.headers.pop("ETag", None)
        answer.chunked = chunked
        return answer

    full = FullDisk(monkeypatch, 500 * KIB)
    kept = kept or (announced and mark)  # the listing told the length
    with Storage({"a": content(900 * KIB)}, described) as storage:

        def listing() -> list[RemoteFile]:
            return [file if announced else dataclasses.replace(file, size=None) for file in storage.listing()]

        def fetch() -> None:
            download(listing(), tmp_path, refresh=listing, export_id="exp_1", options=options())

        with pytest.raises(StorageError) as caught:
            fetch()
        assert str(caught.value).endswith("; make room and run again, which resumes from what could be kept")
        assert len(list(tmp_path.glob("a.*.part"))) == kept
        full.room = 1 << 40
        storage.sent.clear()
        fetch()
        assert_arrived(storage, tmp_path)
        assert (storage.sent["a"] < 900 * KIB) == kept


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if not mount or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a small file system here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_transfer_that_cannot_fit_is_refused_before_anything_is_fetched(small_disk: Path) -> None:
    with Storage({"a": content(1200 * KIB), "b": content(1200 * KIB)}) as storage:
        with pytest.raises(StorageError, match=r"has room for [\d,]+ bytes, and 2,457,600 are still to come"):
            haul(storage, small_disk)
        assert storage.requests == []
    assert names_in(small_disk) == []


def test_a_real_disk_that_fills_up_in_the_middle(small_disk: Path) -> None:
    filler = small_disk / "filler"

    def fill_up(request: Request, answer: Answer) -> Answer:
        if request.nth == 4:
            with filler.open("wb", buffering=0) as file:
                try:
                    while file.write(b"x" * 4096):
                        pass
                except OSError:
                    pass
        return answer

    files = {f"file_{index}": content(100 * KIB, index) for index in range(15)}
    with Storage(files, fill_up) as storage:
        with pytest.raises(StorageError, match="no room left for"):
            haul(storage, small_disk, connections=2)
        assert_nothing_false(storage, small_disk)
        filler.unlink()
        haul(storage, small_disk, connections=2)
    assert_arrived(storage, small_disk)


def test_what_an_earlier_run_reserved_counts_as_room(small_disk: Path) -> None:
    from tickhaul.transfer import TransferCanceled

    cancel = threading.Event()

    def stall(request: Request, answer: Answer) -> Answer:
        if not cancel.is_set() and request.span is not None and request.span[0] > 0:
            answer.cut, answer.then, answer.after = 100, "stall", cancel.set
        return answer

    with Storage({"a": content(1500 * KIB)}, stall) as storage:
        with pytest.raises(TransferCanceled):
            haul(storage, small_disk, cancel=cancel, silence=60)
        haul(storage, small_disk)
    assert_arrived(storage, small_disk)


def test_without_a_small_disk_room_is_checked_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=99_999))
    with Storage({"a": content(100_000)}) as storage, pytest.raises(StorageError, match="room for 99,999 bytes"):
        haul(storage, tmp_path)
    assert names_in(tmp_path) == []


def test_large_files_get_their_room_at_once(tmp_path: Path) -> None:
    part = PartFile.create(tmp_path / "x.part", "x")
    part.reserve(3_000_000)
    assert part.length == 3_000_000
    if sys.platform.startswith("linux"):
        assert part.allocated >= 3_000_000
    part.discard()
    assert names_in(tmp_path) == []


def test_without_a_call_for_it_room_is_not_taken_but_the_length_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "elsewhere")
    linux._call.cache_clear()
    part = PartFile.create(tmp_path / "x.part", "x")
    part.reserve(3_000_000)
    part.hasten(0, 1000)
    assert part.length == 3_000_000
    part.discard()
    linux._call.cache_clear()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "no room left"),
        (errno.EDQUOT, "no room left"),
        (errno.EROFS, "cannot write"),
        (errno.EACCES, "cannot write"),
        (errno.EFBIG, "larger than"),
        (errno.EIO, "the disk failed"),
    ],
)
def test_what_the_system_says_becomes_words_that_help(tmp_path: Path, number: int, text: str) -> None:
    error = storage_error(OSError(number, os.strerror(number)), "a", tmp_path)
    assert text in str(error)
    assert error.filename == "a"


def test_on_windows_a_rename_is_tried_again_while_a_scanner_holds_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("x")
    waits: list[float] = []

    def held(wait: float) -> None:
        waits.append(wait)
        if len(waits) == 3:
            monkeypatch.undo()

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "held")

    monkeypatch.setattr(atomic, "os", SimpleNamespace(name="nt", replace=refused))
    monkeypatch.setattr("tickhaul._files.atomic.time.sleep", held)
    replace(tmp_path / "a", tmp_path / "b")
    assert names_in(tmp_path) == ["b"]
    assert waits == sorted(waits)
    assert len(waits) == 3


def test_elsewhere_a_refused_rename_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr("tickhaul._files.atomic.os.replace", refused)
    with pytest.raises(PermissionError):
        replace(tmp_path / "a", tmp_path / "b")


def test_a_folder_whose_names_cannot_be_confirmed_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(_: int) -> None:
        raise OSError(errno.EINVAL, "no such thing here")

    monkeypatch.setattr(os, "fsync", unsupported)
    sync_directory(tmp_path)


def test_a_part_file_in_use_keeps_its_handle_after_it_is_closed(tmp_path: Path) -> None:
    part = PartFile.create(tmp_path / "x.part", "x")
    assert part.retain()
    part.close()
    part.write_at(memoryview(b"late"), 0)
    part.release()
    assert not part.retain()
    assert (tmp_path / "x.part").read_bytes() == b"late"


def test_a_part_file_somebody_works_on_cannot_be_claimed(tmp_path: Path) -> None:
    part = PartFile.create(tmp_path / "x.part", "x")
    assert PartFile.claim(part.path, "x") is None
    part.close()
    again = PartFile.claim(part.path, "x")
    assert again is not None
    again.close()
    assert PartFile.claim(tmp_path / "gone.part", "x") is None


def test_a_part_file_renamed_while_it_was_claimed_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.part"
    path.write_bytes(b"x")

    def lock_late(_: int) -> bool:
        path.rename(tmp_path / "x")
        return True

    monkeypatch.setattr(disk, "_lock", lock_late)
    assert PartFile.claim(path, "x") is None
