"""The folder: what may be written into, what is kept, and what is cleared away."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tickhaul.errors import StorageError
from tickhaul.transfer import RemoteFile, download
from tickhaul.transfer.folder import Folder, There

from tests.transfer.hauls import KIB, assert_arrived, content, haul, names_in, options
from tests.transfer.storage import Answer, Request, Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage({"a.csv.gz": content(300 * KIB)}) as storage:
        yield storage


def test_missing_folders_are_made(tmp_path: Path, storage: Storage) -> None:
    haul(storage, tmp_path / "x" / "y")
    assert_arrived(storage, tmp_path / "x" / "y")


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path, storage: Storage) -> None:
    (tmp_path / "out").write_text("mine")
    for folder in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(StorageError, match="out is a file, not a folder"):
            haul(storage, folder)
    assert (tmp_path / "out").read_text() == "mine"
    assert storage.requests == []


@posix
@pytest.mark.parametrize("exists", [True, False])
def test_a_symlinked_folder_is_refused_with_the_name_to_use(tmp_path: Path, storage: Storage, exists: bool) -> None:
    elsewhere = tmp_path / "elsewhere"
    if exists:
        elsewhere.mkdir()
    (tmp_path / "out").symlink_to(elsewhere)
    with pytest.raises(StorageError, match=r"symbolic link to .*elsewhere"):
        haul(storage, tmp_path / "out")
    assert storage.requests == []
    assert not exists or names_in(elsewhere) == []


@posix
def test_a_folder_below_a_link_is_fine(tmp_path: Path, storage: Storage) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    haul(storage, tmp_path / "link" / "out")
    assert_arrived(storage, tmp_path / "real" / "out")


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder nobody may write into, and a process that is not root."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield locked
    finally:
        if root:
            os.seteuid(0)
        locked.chmod(0o755)
        shutil.rmtree(folder)


@posix
def test_a_read_only_folder_is_told_before_anything_is_fetched(unprivileged: Path, storage: Storage) -> None:
    for folder in (unprivileged, unprivileged / "deeper"):
        with pytest.raises(StorageError, match=r"cannot write .*locked"):
            haul(storage, folder)
    assert storage.requests == []
    assert names_in(unprivileged) == []


@posix
@pytest.mark.parametrize("resume", [True, False])
def test_a_final_name_that_is_a_link_is_never_written_through(tmp_path: Path, storage: Storage, resume: bool) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv.gz").symlink_to(outside)
    if resume:
        with pytest.raises(StorageError, match="in the way: it is no plain file"):
            haul(storage, folder)
    else:
        haul(storage, folder, resume=False)
        assert not (folder / "a.csv.gz").is_symlink()
        assert_arrived(storage, folder)
    assert outside.read_text() == "mine"


@posix
def test_planted_links_with_our_temporary_names_are_never_written_through(tmp_path: Path, storage: Storage) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.csv.gz.01234567.part", "a.csv.gz.89abcdef.part.jsonl", "tickhaul.json"):
        (folder / name).symlink_to(outside)
    haul(storage, folder)
    assert outside.read_text() == "mine"
    assert (folder / "a.csv.gz").read_bytes() == storage.files["a.csv.gz"]
    assert json.loads((folder / "tickhaul.json").read_text())["files"].keys() == {"a.csv.gz"}


@pytest.mark.parametrize("resume", [True, False])
def test_a_folder_with_the_files_name_is_told(tmp_path: Path, storage: Storage, resume: bool) -> None:
    (tmp_path / "a.csv.gz").mkdir()
    with pytest.raises(StorageError, match="in the way"):
        haul(storage, tmp_path, resume=resume)
    assert names_in(tmp_path) == ["a.csv.gz"]


def test_a_file_of_another_length_is_not_replaced_unasked(tmp_path: Path, storage: Storage) -> None:
    (tmp_path / "a.csv.gz").write_text("mine")
    unknown = [replace(file, size=None) for file in storage.listing()]
    with pytest.raises(StorageError, match=r"it is a file of 4 bytes, and no length is announced; .*restart"):
        download(unknown, tmp_path, refresh=lambda: unknown, export_id="exp_1", options=options())
    with pytest.raises(StorageError, match=r"in the way: it is a file of 4 bytes, and 307200 are announced; .*restart"):
        haul(storage, tmp_path)
    assert (tmp_path / "a.csv.gz").read_text() == "mine"
    assert storage.requests == []
    haul(storage, tmp_path, resume=False)
    assert_arrived(storage, tmp_path)


def test_a_file_of_another_artifact_is_not_taken_for_ours(tmp_path: Path) -> None:
    with Storage({"a": content(1000, "one")}) as storage:
        haul(storage, tmp_path)
        manifest = json.loads((tmp_path / "tickhaul.json").read_text())
        manifest["files"]["a"]["artifact"] = "art_other"
        (tmp_path / "tickhaul.json").write_text(json.dumps(manifest))
        with pytest.raises(StorageError, match="it is the file of artifact art_other"):
            haul(storage, tmp_path)
        haul(storage, tmp_path, resume=False)
    assert_arrived(storage, tmp_path)


def test_our_own_file_that_was_cut_short_is_fetched_again(tmp_path: Path, storage: Storage) -> None:
    haul(storage, tmp_path)
    with (tmp_path / "a.csv.gz").open("r+b") as file:
        file.truncate(1000)
    (file_again,) = haul(storage, tmp_path)
    assert not file_again.already_there
    assert_arrived(storage, tmp_path)


def test_a_file_the_manifest_does_not_know_is_taken_by_its_length_and_noted(tmp_path: Path, storage: Storage) -> None:
    (tmp_path / "a.csv.gz").write_bytes(storage.files["a.csv.gz"])
    (file,) = haul(storage, tmp_path)
    assert file.already_there
    assert storage.requests == []
    assert_arrived(storage, tmp_path)
    assert json.loads((tmp_path / "tickhaul.json").read_text())["files"]["a.csv.gz"]["bytes"] == 300 * KIB


def test_a_folder_below_a_link_that_leads_nowhere_is_told(tmp_path: Path, storage: Storage) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(StorageError, match="out is a link that leads nowhere"):
        haul(storage, tmp_path / "out" / "deeper")
    assert names_in(tmp_path) == ["out"]


def test_a_folder_removed_in_the_middle_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def remove(request: Request, answer: Answer) -> Answer:
        if request.nth == 3:
            shutil.rmtree(folder)
        return answer

    with (
        Storage({"a": content(900 * KIB), "b": b"1"}, remove) as storage,
        pytest.raises(StorageError, match=r"out.*No such file or directory"),
    ):
        haul(storage, folder)


def test_a_manifest_nested_beyond_reason_is_none(tmp_path: Path, storage: Storage) -> None:
    (tmp_path / "tickhaul.json").write_text("[" * 1_000_000)
    haul(storage, tmp_path)
    (aside,) = tmp_path.glob("*.unreadable")
    aside.unlink()
    assert_arrived(storage, tmp_path)


def test_a_manifest_of_a_newer_version_is_left_alone(tmp_path: Path, storage: Storage) -> None:
    newer = json.dumps({"tickhaul": 2, "files": {}, "more": "than we know"})
    (tmp_path / "tickhaul.json").write_text(newer)
    with pytest.raises(StorageError, match=r"tickhaul\.json is of a newer tickhaul"):
        haul(storage, tmp_path)
    assert (tmp_path / "tickhaul.json").read_text() == newer
    assert names_in(tmp_path) == ["tickhaul.json"]
    assert storage.requests == []


def test_exports_share_a_folder_and_its_manifest(tmp_path: Path) -> None:
    with Storage({"a": b"1"}) as first, Storage({"b": b"2"}) as second:
        haul(first, tmp_path)
        haul(second, tmp_path)
    manifest = json.loads((tmp_path / "tickhaul.json").read_text())
    assert sorted(manifest["files"]) == ["a", "b"]
    entry = manifest["files"]["a"]
    assert entry["export"] == "exp_1"
    assert entry["artifact"] == first.listing()[0].id
    assert entry["etag"] == first.etag("a")
    assert entry["finished_at"].endswith("+00:00")
    assert entry["sha256"] is None


def test_leftovers_of_other_artifacts_are_left_alone_and_useless_ones_are_not(tmp_path: Path, storage: Storage) -> None:
    head = {"tickhaul": 1, "artifact": "art_other", "bytes": 5, "etag": None, "last_modified": None, "boot": None}
    (tmp_path / "a.csv.gz.00000001.part").write_bytes(b"12345")
    (tmp_path / "a.csv.gz.00000001.part.jsonl").write_text(json.dumps(head) + "\n")
    (tmp_path / "a.csv.gz.00000002.part").write_bytes(b"no sidecar")
    (tmp_path / "a.csv.gz.00000003.part.jsonl").write_text("no part")
    (tmp_path / "tickhaul.json.00000004.part").write_text("torn")
    (tmp_path / "notes.part").write_text("not ours")
    haul(storage, tmp_path)
    assert names_in(tmp_path) == [
        "a.csv.gz",
        "a.csv.gz.00000001.part",
        "a.csv.gz.00000001.part.jsonl",
        "notes.part",
        "tickhaul.json",
    ]


def test_a_name_as_long_as_a_name_may_be_is_fetched_and_resumed(tmp_path: Path) -> None:
    import threading

    from tickhaul.transfer import TransferCanceled

    cancel = threading.Event()

    def stall(_: Request, answer: Answer) -> Answer:
        if not cancel.is_set():
            answer.cut, answer.then, answer.after = 50_000, "stall", cancel.set
        return answer

    name = "n" * 248 + ".csv.gz"
    with Storage({name: content(600 * KIB)}, stall) as storage:
        with pytest.raises(TransferCanceled):
            haul(storage, tmp_path, cancel=cancel, silence=60)
        (file,) = haul(storage, tmp_path)
    assert file.resumed
    assert_arrived(storage, tmp_path)


def test_a_file_is_seen_while_another_thread_looks_the_folder_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    folder, file, scan = Folder(tmp_path), RemoteFile("art_1", "a", 1, "https://storage.example/a"), os.scandir

    def look_meanwhile(where: Path) -> object:
        assert folder.look(file, path) is There.IT
        return scan(where)

    monkeypatch.setattr(os, "scandir", look_meanwhile)
    folder.reload()
    assert folder.look(file, path) is There.IT
