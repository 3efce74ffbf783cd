"""What somebody planted in the target directory: never followed, never waited for, never overwritten in place."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tickhaul._files import UnsafeFileError
from tickhaul.errors import StorageError
from tickhaul.transfer import TransferCanceled, checksums, manifest, parquet, sidecar, verify
from tickhaul.transfer.folder import sidecar_path

from tests.transfer.hauls import KIB, assert_arrived, content, digest, haul, names_in
from tests.transfer.storage import Answer, Request, Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such files in folders")

NAME = "a.csv.gz"
PART = f"{NAME}.0123abcd.part"
SIDECAR = f"{PART}.jsonl"
MANIFEST = "tickhaul.json"
OUTSIDE = b"somebody else's content"


def a_fifo(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(path.parent)  # a socket's address is short, a test's folder is not
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)
        os.close(here)


def a_device(path: Path) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except OSError:
        pytest.skip("may not make devices here")


def a_link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_link_to_a_fifo(path: Path) -> None:
    os.mkfifo(path.parent.parent / "fifo")
    path.symlink_to(path.parent.parent / "fifo")


def a_link_to_a_file(path: Path) -> None:
    path.symlink_to(outside(path))


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent.parent / "nothing")


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def a_hard_link(path: Path) -> None:
    os.link(outside(path), path)


def outside(path: Path) -> Path:
    file = path.parent.parent / "outside"
    if not file.exists():
        file.write_bytes(OUTSIDE)
    return file


def gigabytes(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(8 << 30)


def nested(path: Path) -> None:
    path.write_text('{"tickhaul": 1, "files": ' + "[" * 500_000)


def other_text(path: Path) -> None:
    path.write_bytes(b'{"tickhaul": 1, "artifact": "\xff\xfe", "files": {"\xff": 1}}\n' * 3)


LINKS: list[Callable[[Path], None]] = [
    *(a_fifo, a_socket, a_device, a_link_to_a_device, a_link_to_a_fifo, a_link_to_a_file, a_link_to_nothing),
    a_link_to_itself,
]


def many_values(path: Path) -> None:
    path.write_text('{"tickhaul": 1, "files": [' + '{"a":{}},' * 100_000 + "{}]}")


ODD: list[Callable[[Path], None]] = [*LINKS, gigabytes, nested, many_values, other_text]
planted = pytest.mark.parametrize("plant", ODD, ids=lambda plant: plant.__name__)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "in"
    folder.mkdir()
    yield folder
    file = tmp_path / "outside"
    assert not file.exists() or file.read_bytes() == OUTSIDE


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage({NAME: content(600 * KIB)}) as storage:
        yield storage


@planted
def test_what_is_no_manifest_is_kept_aside(folder: Path, storage: Storage, plant: Callable[[Path], None]) -> None:
    plant(folder / MANIFEST)
    before = os.lstat(folder / MANIFEST)
    haul(storage, folder)
    (aside,) = folder.glob("tickhaul.json.*.unreadable")
    assert os.path.samestat(os.lstat(aside), before)
    aside.unlink()
    assert_arrived(storage, folder)
    assert stat.S_ISREG(os.lstat(folder / MANIFEST).st_mode)


@planted
def test_what_is_no_manifest_is_told_by_a_verification(folder: Path, plant: Callable[[Path], None]) -> None:
    plant(folder / MANIFEST)
    with pytest.raises(StorageError, match=r"has no tickhaul\.json with files in it, .*against: it (is|has) "):
        verify(folder)


def test_a_manifest_of_more_values_than_one_has_is_not_parsed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many_values(folder / MANIFEST)
    monkeypatch.setattr(json, "loads", None)
    assert manifest.look_at_manifest(folder)[1] == "it has more values than a manifest of its length"


def test_a_directory_in_place_of_the_manifest_is_told(folder: Path, storage: Storage) -> None:
    (folder / MANIFEST).mkdir()
    for act in (lambda: haul(storage, folder), lambda: verify(folder)):
        with pytest.raises(StorageError, match=r"tickhaul\.json: it is a directory, not a regular file; move it away"):
            act()
    assert storage.requests == []


@pytest.mark.parametrize("plant", LINKS, ids=lambda plant: plant.__name__)
def test_a_final_name_of_something_else_is_told(folder: Path, plant: Callable[[Path], None]) -> None:
    name = "a.csv"
    with Storage({name: content(1000)}) as storage:
        haul(storage, folder, hash=True)
        (folder / name).unlink()
        plant(folder / name)
        before = os.lstat(folder / name)
        assert [file.problem for file in verify(folder).files] == ["it is no plain file"]
        asked = len(storage.requests)
        with pytest.raises(StorageError, match="in the way: it is no plain file"):
            haul(storage, folder)
        assert len(storage.requests) == asked
        assert os.path.samestat(os.lstat(folder / name), before)
        haul(storage, folder, resume=False)
        assert_arrived(storage, folder)
        assert verify(folder).ok


def begun(storage: Storage, folder: Path) -> tuple[Path, Path]:
    """A part file and its sidecar of a transfer that was canceled."""
    cancel = threading.Event()

    def stall(request: Request, answer: Answer) -> Answer:
        if not cancel.is_set() and request.span is not None and request.span[0] > 0:
            answer.cut, answer.then, answer.after = 1000, "stall", cancel.set
        return answer

    storage.fault = stall
    with pytest.raises(TransferCanceled):
        haul(storage, folder, cancel=cancel, silence=60, connections=1)
    storage.fault = None
    (part,) = folder.glob("*.part")
    return part, sidecar_path(part)


@planted
def test_what_is_no_sidecar_is_not_believed(folder: Path, storage: Storage, plant: Callable[[Path], None]) -> None:
    part, memory = begun(storage, folder)
    memory.unlink()
    plant(memory)
    (file,) = haul(storage, folder)
    assert not file.resumed
    assert not part.exists()
    assert_arrived(storage, folder)


@pytest.mark.parametrize("plant", LINKS, ids=lambda plant: plant.__name__)
def test_what_is_no_part_file_is_not_gone_on_with(
    folder: Path, storage: Storage, plant: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    part, _ = begun(storage, folder)
    part.unlink()
    plant(part)
    (file,) = haul(storage, folder)
    assert not file.resumed
    assert f"{part} is not a part file that can be resumed (it is a" in caplog.text
    assert_arrived(storage, folder)


@pytest.mark.parametrize("resume", [True, False])
def test_a_part_file_with_a_second_name_is_not_written_to(folder: Path, storage: Storage, resume: bool) -> None:
    part, _ = begun(storage, folder)
    snapshot = folder.parent / "snapshot"
    os.link(part, snapshot)
    before = digest(snapshot.read_bytes())
    (file,) = haul(storage, folder, resume=resume)
    assert not file.resumed
    assert digest(snapshot.read_bytes()) == before
    assert_arrived(storage, folder)


def test_a_manifest_entry_is_told_in_one_line(folder: Path, storage: Storage) -> None:
    (folder / NAME).write_bytes(b"12345")
    entry = {"export": "e", "artifact": "\ud800\n\x1b[31m" + "z" * 100_000, "bytes": 5, "finished_at": "x"}
    (folder / MANIFEST).write_text(json.dumps({"tickhaul": 1, "files": {NAME: entry}}))
    with pytest.raises(
        StorageError, match=r"is in the way: it is the file of artifact \\ud800\\n\\x1b\[31mz+\.\.\.;"
    ) as caught:
        haul(storage, folder)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("size", [600 * KIB, 5])
def test_another_files_content_under_a_part_files_name_is_not_written_to(
    folder: Path, storage: Storage, size: int
) -> None:
    victim = folder.parent / "victim"
    victim.write_bytes(b"x" * size)
    os.link(victim, folder / PART)
    head = {"tickhaul": 1, "artifact": storage.listing()[0].id, "bytes": 600 * KIB, "etag": storage.etag(NAME)}
    lines = [head | {"boot": sidecar.boot_id()}, {"done": [0, 5]}, {"synced": 1}]
    (folder / SIDECAR).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    haul(storage, folder)
    assert victim.read_bytes() == b"x" * size
    assert_arrived(storage, folder)


def test_a_part_file_with_a_second_name_of_another_artifact_is_left_alone(folder: Path, storage: Storage) -> None:
    os.link(outside(folder / PART), folder / PART)
    head = {"tickhaul": 1, "artifact": "art_other", "bytes": 5, "etag": None, "last_modified": None, "boot": None}
    (folder / SIDECAR).write_text(json.dumps(head) + "\n")
    haul(storage, folder)
    assert names_in(folder) == [NAME, PART, SIDECAR, MANIFEST]


@pytest.mark.parametrize(
    "planted_mark", [{"etag": '"\ud800"'}, {"etag": '"\u20ac"'}, {"etag": '"\r\nX: 1"'}, {"last_modified": "\u20ac"}]
)
def test_a_mark_that_cannot_be_a_header_does_not_keep_a_file_from_coming(
    folder: Path, storage: Storage, planted_mark: dict[str, str]
) -> None:
    _, memory = begun(storage, folder)
    head, *lines = memory.read_text().splitlines(keepends=True)
    unmarked = json.loads(head) | {"etag": None}
    memory.write_text("".join([json.dumps(unmarked | planted_mark) + "\n", *lines]))
    (file,) = haul(storage, folder)
    assert not file.resumed
    assert_arrived(storage, folder)


@pytest.mark.parametrize("span", [(-5, 10), (10, 2), (1 << 70, 1 << 71), (600 * KIB - 1, 600 * KIB + 5)])
def test_a_checksum_of_what_cannot_be_in_the_file_does_not_keep_it_from_coming(
    folder: Path, storage: Storage, span: tuple[int, int]
) -> None:
    _, memory = begun(storage, folder)
    with memory.open("a") as file:
        file.write(json.dumps({"claim": ["x-amz-checksum-crc32", "MTIzNA==", span]}) + "\n")
    haul(storage, folder)
    assert_arrived(storage, folder)


def test_a_folder_with_a_part_files_name_is_left_alone(folder: Path, storage: Storage) -> None:
    (folder / PART).mkdir()
    (folder / SIDECAR).mkdir()
    haul(storage, folder)
    assert names_in(folder) == [NAME, PART, SIDECAR, MANIFEST]


@pytest.mark.parametrize("name", [MANIFEST, SIDECAR, PART])
def test_what_may_not_be_read_is_told_or_left(folder: Path, storage: Storage, name: str) -> None:
    (folder / PART).write_bytes(b"1")
    (folder / name).write_text("secret")
    (folder / name).chmod(0)
    with contextlib.suppress(PermissionError):
        (folder / name).read_bytes()
        pytest.skip("nothing is forbidden to this user")
    if name == MANIFEST:
        with pytest.raises(StorageError, match=r"cannot read .*tickhaul\.json: Permission denied"):
            haul(storage, folder)
        assert storage.requests == []
    else:
        haul(storage, folder)
        assert (folder / NAME).read_bytes() == storage.files[NAME]


def test_a_manifest_with_text_utf_8_has_no_form_for_is_kept(folder: Path, storage: Storage) -> None:
    entry = {"export": "\ud800", "artifact": "\udfff", "bytes": 1, "finished_at": "\ud83d", "etag": "\\\ud800"}
    (folder / MANIFEST).write_text(json.dumps({"tickhaul": 1, "files": {"\udcff": entry}}))
    haul(storage, folder)
    files = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    assert files.keys() == {NAME, "\udcff"}
    assert entry.items() <= files["\udcff"].items()


def test_the_manifest_keeps_its_permissions(folder: Path, storage: Storage) -> None:
    (folder / MANIFEST).write_text('{"tickhaul": 1, "files": {}}')
    (folder / MANIFEST).chmod(0o640)
    haul(storage, folder)
    assert stat.S_IMODE((folder / MANIFEST).stat().st_mode) == 0o640


def test_a_manifest_that_could_not_be_read_again_is_not_written(
    folder: Path, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "_LARGEST", 100)
    with pytest.raises(StorageError, match=r"tickhaul\.json would have more than 100 bytes; use another folder"):
        haul(storage, folder)
    assert (folder / NAME).read_bytes() == storage.files[NAME]


def test_a_file_that_turns_into_something_else_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    for read in (
        lambda: checksums.digest_of(path, checksums.Crc32(), None),
        lambda: parquet.check_parquet(path),
    ):
        with pytest.raises(UnsafeFileError, match="it is a FIFO"):
            read()
    assert sidecar.recall(path, "art_1") is None


def test_a_parquet_footer_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    length = 3 << 30
    with path.open("wb") as file:
        file.write(b"PAR1")
        file.seek(4 + length)
        file.write(length.to_bytes(4, "little") + b"PAR1")
    with pytest.raises(parquet.ParquetError, match="its footer has 3,221,225,472 bytes"):
        parquet.check_parquet(path)


words = st.sampled_from(
    [
        b'{"tickhaul": 1',
        b', "files": {',
        b', "artifact": "x"',
        b', "bytes": ',
        b"1e999",
        b"9" * 30,
        b"-1",
        b'"\\ud800"',
        b"}",
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(words | st.binary(max_size=9), max_size=9).map(b"".join), also=st.binary(max_size=50))
def test_whatever_is_in_our_own_files_the_download_arrives(
    storage: Storage, tmp_path_factory: pytest.TempPathFactory, written: bytes, also: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / MANIFEST).write_bytes(written)
    (folder / SIDECAR).write_bytes(written + b"\n" + also)
    (folder / PART).write_bytes(also)
    haul(storage, folder, fsync=False)
    assert (folder / NAME).read_bytes() == storage.files[NAME]
    assert verify(folder).ok in {True, False}
