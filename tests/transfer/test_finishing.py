"""From the last byte to the final name, and what is remembered on the way."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul._files import replace
from tickhaul.errors import StorageError
from tickhaul.transfer import TransferCanceled, arrival, disk, finish, linux, manifest, sidecar
from tickhaul.transfer.checksums import digest_of
from tickhaul.transfer.manifest import Entry, add_to_manifest, read_manifest

from tests.transfer.hauls import KIB, assert_arrived, assert_nothing_false, content, haul, names_in
from tests.transfer.storage import Answer, Request, Storage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class CancelAt:
    """Stalls at a byte of a file, and cancels when it gets there."""

    def __init__(self, position: int) -> None:
        self.cancel = threading.Event()
        self._position = position

    def __call__(self, request: Request, answer: Answer) -> Answer:
        if not self.cancel.is_set() and request.span is not None and request.span[0] >= self._position:
            answer.cut, answer.then, answer.after = 100, "stall", self.cancel.set
        return answer


def test_what_is_written_is_confirmed_on_the_way_and_counts_after_a_power_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "_CONFIRM_SIZE", 200 * KIB)
    confirmed = threading.Event()
    synced = sidecar.Sidecar.synced

    def tell(self: sidecar.Sidecar, mark: int) -> None:
        synced(self, mark)
        confirmed.set()

    monkeypatch.setattr(sidecar.Sidecar, "synced", tell)
    stall = CancelAt(640 * KIB)

    def after_a_confirmation(request: Request, answer: Answer) -> Answer:
        if request.span is not None and request.span[0] >= 640 * KIB:
            assert confirmed.wait(20)
        return stall(request, answer)

    with Storage({"a": content(1024 * KIB)}, after_a_confirmation) as storage:
        with pytest.raises(TransferCanceled):
            haul(storage, tmp_path, connections=1, cancel=stall.cancel, silence=60)
        # The machine starts anew: what was not confirmed may never have reached the disk.
        monkeypatch.setattr(sidecar, "boot_id", lambda: "after the power failure")
        before = storage.sent["a"]
        (file,) = haul(storage, tmp_path)
        assert file.resumed
        assert 1024 * KIB - before < storage.sent["a"] - before < 1024 * KIB
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("fsync", [True, False])
def test_with_and_without_confirmation_a_transfer_ends_the_same(tmp_path: Path, fsync: bool) -> None:
    stall = CancelAt(512 * KIB)
    with Storage({"a": content(1024 * KIB), "b": content(10)}, stall) as storage:
        with pytest.raises(TransferCanceled):
            haul(storage, tmp_path, connections=1, cancel=stall.cancel, silence=60, fsync=fsync)
        haul(storage, tmp_path, fsync=fsync)
    assert_arrived(storage, tmp_path)


def test_a_file_that_was_whole_and_nameless_needs_no_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tickhaul.transfer.disk import PartFile

    def fail(self: PartFile, _: Path) -> None:
        raise StorageError("no name today")

    with Storage({"a": content(300 * KIB), "b": content(10 * KIB)}) as storage:
        with monkeypatch.context() as patch:
            patch.setattr(PartFile, "publish", fail)
            with pytest.raises(StorageError, match="no name today"):
                haul(storage, tmp_path, hash=True, connections=1)
        assert names_in(tmp_path) != []
        fetched = {request.name for request in storage.requests}
        before = len(storage.requests)
        files = haul(storage, tmp_path, hash=True)
        again = {request.name for request in storage.requests[before:]}
        assert "a" in fetched - again or "b" in fetched - again
    assert any(file.resumed for file in files)
    assert_arrived(storage, tmp_path)


def test_a_file_that_was_there_and_is_gone_before_it_is_hashed_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def removed(path: Path, *rest: Any) -> bytes:  # Any: handed through
        monkeypatch.setattr(finish, "digest_of", digest_of)
        path.unlink()
        return digest_of(path, *rest)

    with Storage({"a": content(300 * KIB)}) as storage:
        haul(storage, tmp_path)
        monkeypatch.setattr(finish, "digest_of", removed)
        (file,) = haul(storage, tmp_path, hash=True)
    assert not file.already_there
    assert file.sha256 is not None
    assert_arrived(storage, tmp_path)


def removing(folder: Path, *, times: int) -> Callable[[Request, Answer], Answer]:
    """Removes the part files, as a person tidying up might, whenever the last part of a file is sent."""
    left = [times]

    def fault(request: Request, answer: Answer) -> Answer:
        if left[0] and request.name == "a" and (request.span is None or request.span[1] == 300 * KIB):
            left[0] -= 1
            for path in folder.glob("a.*.part"):
                path.unlink()
        return answer

    return fault


@pytest.mark.parametrize("hashed", [True, False])
def test_a_part_file_somebody_removed_is_fetched_again(tmp_path: Path, hashed: bool) -> None:
    with Storage({"a": content(300 * KIB)}) as storage:
        storage.fault = removing(tmp_path, times=2)
        haul(storage, tmp_path, connections=1, hash=hashed)
    assert_arrived(storage, tmp_path)


def test_part_files_somebody_keeps_removing_are_an_error(tmp_path: Path) -> None:
    with Storage({"a": content(300 * KIB), "b": content(10)}) as storage:
        storage.fault = removing(tmp_path, times=99)
        with pytest.raises(StorageError, match="something keeps removing the part files of a"):
            haul(storage, tmp_path, connections=1)
        storage.fault = None
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_a_replaced_file_is_never_described_falsely(tmp_path: Path) -> None:
    with Storage({"a": content(1000, "old")}) as storage:
        haul(storage, tmp_path)
        storage.files["a"] = content(1000, "new")
        haul(storage, tmp_path, resume=False, hash=True)
    assert_arrived(storage, tmp_path)
    entry = read_manifest(tmp_path)["a"]
    assert (entry.etag, entry.sha256 is not None) == (storage.etag("a"), True)


def entry(artifact: str) -> Entry:
    return Entry("exp_1", artifact, 1, None, None, None, (), "2026-01-01T00:00:00+00:00")


@pytest.mark.skipif(os.name == "nt", reason="directories cannot be locked")
def test_writers_of_the_manifest_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_PATIENCE", 60.0)

    def write(index: int) -> None:
        for step in range(5):
            add_to_manifest(tmp_path, {f"{index}-{step}": entry(f"art_{index}")}, fsync=False)

    threads = [threading.Thread(target=write, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_manifest(tmp_path)) == 20
    assert names_in(tmp_path) == ["tickhaul.json"]


@pytest.mark.skipif(os.name == "nt", reason="directories cannot be locked")
def test_a_writer_of_the_manifest_that_was_stopped_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_PATIENCE", 0.01)
    with disk.taking_turns(tmp_path):
        add_to_manifest(tmp_path, {"a": entry("art_1")}, fsync=False)
    assert read_manifest(tmp_path) == {"a": entry("art_1")}


def test_what_another_process_writes_over_the_manifest_at_that_moment_is_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(source: Path, target: Path) -> None:
        monkeypatch.undo()
        replace(source, target)
        other = {"tickhaul": 1, "files": {"b": entry("art_2")._asdict()}}
        (tmp_path / "fresh").write_text(json.dumps(other))
        replace(tmp_path / "fresh", target)

    monkeypatch.setattr(manifest, "replace", overtaken)
    add_to_manifest(tmp_path, {"a": entry("art_1")}, fsync=False)
    assert read_manifest(tmp_path) == {"a": entry("art_1"), "b": entry("art_2")}


def test_a_manifest_has_a_line_for_each_file(tmp_path: Path) -> None:
    entries = {name: entry(f"art_{name}") for name in ("b", "\u00fc", '"', "a")}
    add_to_manifest(tmp_path, entries, fsync=False)
    lines = (tmp_path / "tickhaul.json").read_text("utf-8").splitlines()
    assert [line.partition(": {")[0] for line in lines[1:-1]] == ['"\\""', '"a"', '"b"', '"\u00fc"']
    assert json.loads("\n".join(lines))["files"]["a"]["artifact"] == "art_a"
    assert read_manifest(tmp_path) == entries


@pytest.mark.parametrize("marks", [",", "{", "[", '\\,"[', "\u00fc{"])
def test_names_of_marks_make_no_manifest_that_is_none(tmp_path: Path, marks: str) -> None:
    entries = {f"{marks * 60}{index}": entry(f"art_{index}") for index in range(20)}
    add_to_manifest(tmp_path, entries, fsync=False)
    assert read_manifest(tmp_path) == entries
    assert set(json.loads((tmp_path / "tickhaul.json").read_text("utf-8"))["files"]) == set(entries)
    add_to_manifest(tmp_path, {"b": entry("art_b")}, fsync=False)
    assert read_manifest(tmp_path) == entries | {"b": entry("art_b")}
    assert names_in(tmp_path) == ["tickhaul.json"]


def test_a_manifest_keeps_what_it_has_and_drops_what_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "tickhaul.json").write_text('{"tickhaul": 1, "files": {"x": {"bytes": "?"}, "y": 3}}')
    add_to_manifest(tmp_path, {"a": entry("art_1")}, fsync=False)
    assert list(json.loads((tmp_path / "tickhaul.json").read_text())["files"]) == ["a"]


@pytest.mark.parametrize("text", ['{"tickhaul": 1, "files', '{"mine": 1}', "[]", '{"files": {}}', '{"tickhaul": 1}'])
def test_a_file_that_is_no_manifest_is_kept_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str) -> None:
    (tmp_path / "tickhaul.json").write_text(text)
    add_to_manifest(tmp_path, {"a": entry("art_1")}, fsync=False)
    add_to_manifest(tmp_path, {"b": entry("art_2")}, fsync=False)
    assert list(read_manifest(tmp_path)) == ["a", "b"]
    (aside,) = tmp_path.glob("tickhaul.json.*.unreadable")
    assert aside.read_text() == text
    assert [aside.name in record.getMessage() for record in caplog.records] == [True]


def test_a_manifest_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "tickhaul.json").mkdir()
    with (
        Storage({"a": b"1"}) as storage,
        pytest.raises(StorageError, match=r"cannot use .*tickhaul\.json: it is a directory.*move it away"),
    ):
        haul(storage, tmp_path)
    assert_nothing_false(storage, tmp_path)


@pytest.mark.parametrize(
    ("numbers", "done"), [([0], True), ([errno.EINTR, 0], True), ([errno.EOPNOTSUPP], False), ([errno.ENOSYS], False)]
)
def test_room_is_reserved_where_the_file_system_can(
    monkeypatch: pytest.MonkeyPatch, numbers: list[int], done: bool
) -> None:
    left = list(numbers)

    def call(*_: int) -> int:
        number = left.pop(0)
        ctypes.set_errno(number)
        return -1 if number else 0

    monkeypatch.setattr(linux, "_call", lambda *_: call)
    assert linux.reserve(3, 100) is done
    assert left == []


def test_room_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*_: int) -> int:
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(linux, "_call", lambda *_: call)
    with pytest.raises(OSError, match="No space left"):
        linux.reserve(3, 100)


def test_a_call_the_system_lacks_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    linux._call.cache_clear()
    assert linux._call("no_such_call") is None
    linux._call.cache_clear()
