"""A file's name holds what it held, or all of what is new; and what cannot be replaced is written through."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tickhaul._files import check_target, replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions, links and pipes")
NOBODY = 65534


def write(path: Path, content: bytes) -> None:
    check_target(path)
    with replacing(path) as file:
        file.write(content)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_a_new_file_has_the_permissions_new_files_have(tmp_path: Path) -> None:
    write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert os.name == "nt" or mode_of(tmp_path / "a") == 0o640
    assert names_in(tmp_path) == ["a"]


@posix
@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o755, 0o440])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(mode)
    with replacing(tmp_path / "a") as file:
        file.write(b"new")
        (part,) = (path for path in tmp_path.iterdir() if path.name != "a")
        assert mode_of(part) & ~mode == 0
        assert (tmp_path / "a").read_bytes() == b"old"
    assert mode_of(tmp_path / "a") == mode
    assert names_in(tmp_path) == ["a"]


@posix
def test_a_file_that_is_replaced_keeps_its_owner_where_that_is_allowed(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o4755)
    os.chown(tmp_path / "a", NOBODY, NOBODY)
    write(tmp_path / "a", b"new")
    status = (tmp_path / "a").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (NOBODY, NOBODY, 0o755)


# Version 2 of a POSIX ACL: tag, permissions and number of each entry; user 65534 may read.
ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry)
    for entry in [(1, 6, 0xFFFFFFFF), (2, 4, NOBODY), (4, 0, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
)
#: Version 2 of file capabilities: cap_net_raw.
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="this system has no extended attributes")
@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("user.origin", b"here", True),
        ("system.posix_acl_access", ACL, True),
        # As setuid: it was given to other content.
        ("security.capability", CAPABILITY, False),
    ],
)
def test_a_file_that_is_replaced_keeps_its_attributes(tmp_path: Path, name: str, value: bytes, kept: bool) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"no {name} here: {error}")
    mode = mode_of(path)
    write(path, b"new")
    assert (name in os.listxattr(path)) is kept
    assert not kept or os.getxattr(path, name) == value
    assert mode_of(path) == mode


@pytest.mark.parametrize("name", ["n" * 255, "\u65e5" * 85])
def test_a_name_may_be_as_long_as_a_name_can_be(tmp_path: Path, name: str) -> None:
    for content in (b"1", b"22"):
        write(tmp_path / name, content)
    assert (tmp_path / name).read_bytes() == b"22"
    assert names_in(tmp_path) == [name]


def test_two_writers_of_one_process_id_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with replacing(path) as first:
        first.write(b"1" * 100_000)
        with replacing(path) as second:
            second.write(b"2" * 100_000)
            first.write(b"1" * 100_000)
            second.write(b"2" * 100_000)
        assert path.read_bytes() == b"2" * 200_000
        first.write(b"1" * 100_000)
    assert path.read_bytes() == b"1" * 300_000
    assert names_in(tmp_path) == ["a"]


@pytest.mark.parametrize("ending", [ValueError, KeyboardInterrupt, GeneratorExit, OSError])
@pytest.mark.parametrize("before", [b"what was there", None])
def test_whatever_ends_the_writing_leaves_what_was_there(
    tmp_path: Path, ending: type[BaseException], before: bytes | None
) -> None:
    path = tmp_path / "a"
    if before is not None:
        path.write_bytes(before)

    def broken() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise ending

    with pytest.raises(ending):
        broken()
    assert names_in(tmp_path) == ([] if before is None else ["a"])
    assert before is None or path.read_bytes() == before


@posix
def test_an_interrupt_while_the_file_is_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = os.open

    def interrupted(*args: object) -> int:
        os.close(made(*args))  # type: ignore[arg-type]  # what it was called with
        raise KeyboardInterrupt

    monkeypatch.setattr("tickhaul._files.opening.os.open", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a", b"new")
    assert names_in(tmp_path) == []


def test_a_file_that_has_the_temporary_name_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "0")
    (tmp_path / ".tickhaul-0.part").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        write(tmp_path / "a", b"new")
    assert (tmp_path / ".tickhaul-0.part").read_bytes() == b"mine"


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_told_to_end_removes_what_it_began(tmp_path: Path, number: int) -> None:
    program = (
        "import signal, sys, pathlib\n"
        "from tickhaul._files import replacing\n"
        "signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with replacing(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'half')\n"
        "    print('begun', flush=True)\n"
        "    signal.pause()\n"
    )
    (tmp_path / "a").write_bytes(b"old")
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path / "a"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"begun\n"
        assert len(names_in(tmp_path)) == 2
        running.send_signal(number)
    assert names_in(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_is_told_under_the_name_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(
        "tickhaul._files.atomic.os.fsync" if call == "fsync" else "tickhaul._files.atomic.os.replace", full
    )
    with pytest.raises(OSError, match="No space left") as caught:
        write(path, b"new")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


@posix
def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to(real / "a")
    for content in (b"first", b"second"):
        write(tmp_path / "one", content)
        assert (real / "a").read_bytes() == content
    assert (tmp_path / "one").is_symlink()
    assert names_in(real) == ["a"]


@posix
def test_other_names_of_the_file_keep_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    os.link(tmp_path / "a", tmp_path / "b")
    write(tmp_path / "a", b"new")
    assert (tmp_path / "b").read_bytes() == b"old"


class TestThrough:
    """What cannot be replaced."""

    @posix
    def test_a_pipe_is_written_to(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        read: list[bytes] = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
        reader.start()
        write(pipe, b"new")
        reader.join(30)
        assert read == [b"new"]
        assert pipe.is_fifo()

    @posix
    def test_a_device_is_written_to(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(os.devnull)
        for path in (Path(os.devnull), tmp_path / "link"):
            write(path, b"new")
        assert Path(os.devnull).is_char_device()
        assert names_in(tmp_path) == ["link"]

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system has no names for open files")
    @pytest.mark.parametrize("linked", [False, True])
    def test_an_open_file_is_added_to(self, tmp_path: Path, linked: bool) -> None:
        log = tmp_path / "log"
        with log.open("wb", buffering=0) as file:
            file.write(b"old ")
            name = Path(f"/proc/self/fd/{file.fileno()}")
            if linked:
                (tmp_path / "link").symlink_to(name)
                name = tmp_path / "link"
            write(name, b"new")
        assert log.read_bytes() == b"old new"

    @pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="this system has no memory to share")
    def test_a_file_in_shared_memory_is_a_file(self) -> None:
        path = Path(f"/dev/shm/tickhaul-test-{os.getpid()}")
        try:
            for _ in range(2):
                write(path, b"new")
            assert path.read_bytes() == b"new"
        finally:
            path.unlink(missing_ok=True)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A directory on a disk of 1 MiB, and a file in another one of which a single file is mounted there."""
    folder, source = tmp_path / "disk", tmp_path / "small"
    folder.mkdir()
    source.mkdir()
    mount = shutil.which("mount")
    mounts: list[Path] = []

    def run(*words: object) -> None:
        if mount is None or subprocess.run([mount, *map(str, words)], check=False, capture_output=True).returncode:
            pytest.skip("may not mount here")
        mounts.append(Path(str(words[-1])))

    try:
        run("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
        run("-t", "tmpfs", "-o", "size=1m", "tmpfs", source)
        (source / "a").write_bytes(b"what was there, and is longer")
        (folder / "a").touch()
        run("--bind", source / "a", folder / "a")
        yield folder, source
    finally:
        for place in reversed(mounts):
            subprocess.run(["umount", place], check=True)


def read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


class TestMounts:
    """A single file that is mounted, as containers have it."""

    @pytest.mark.parametrize("locked", [False, True])
    def test_it_is_written_through_with_all_of_the_content(self, mounted: tuple[Path, Path], locked: bool) -> None:
        folder, source = mounted
        if locked:
            read_only(folder)
        inode = (folder / "a").stat().st_ino
        write(folder / "a", b"new")
        assert (source / "a").read_bytes() == b"new"
        assert (folder / "a").stat().st_ino == inode
        assert names_in(folder) == ["a"]

    @pytest.mark.parametrize("locked", [False, True])
    def test_what_ends_the_writing_leaves_what_was_there(self, mounted: tuple[Path, Path], locked: bool) -> None:
        folder, source = mounted
        if locked:
            read_only(folder)

        def broken() -> None:
            with replacing(folder / "a") as file:
                file.write(b"half")
                raise KeyError("half")

        with pytest.raises(KeyError):
            broken()
        assert (source / "a").read_bytes() == b"what was there, and is longer"
        assert names_in(folder) == ["a"]

    @pytest.mark.parametrize("locked", [False, True])
    def test_a_full_disk_leaves_what_was_there(self, mounted: tuple[Path, Path], locked: bool) -> None:
        folder, source = mounted
        if locked:
            read_only(folder)
        with pytest.raises(OSError, match="No space left on device") as caught:
            write(folder / "a", b"x" * (2 << 20))
        assert caught.value.filename == str(folder / "a")
        assert (source / "a").read_bytes() == b"what was there, and is longer"
        assert names_in(folder) == ["a"]

    def test_a_full_disk_behind_the_mount_leaves_what_was_there(self, mounted: tuple[Path, Path]) -> None:
        folder, source = mounted
        (source / "filler").write_bytes(b"x" * (900 << 10))
        with pytest.raises(OSError, match="No space left on device"):
            write(folder / "a", b"x" * (500 << 10))
        assert (source / "a").read_bytes() == b"what was there, and is longer"
        assert names_in(folder) == ["a"]

    def test_a_file_beside_it_is_replaced(self, mounted: tuple[Path, Path]) -> None:
        folder, _ = mounted
        write(folder / "b", b"old")
        inode = (folder / "b").stat().st_ino
        write(folder / "b", b"new")
        assert (folder / "b").stat().st_ino != inode

    @pytest.mark.parametrize("user", [0, NOBODY])
    def test_a_mount_that_is_read_only_is_told_before(self, mounted: tuple[Path, Path], user: int) -> None:
        folder, _ = mounted
        for parent in (folder, *folder.parents[:3]):
            parent.chmod(parent.stat().st_mode | 0o055)
        os.chown(folder, user, user)
        subprocess.run(["mount", "-o", "remount,bind,ro", folder / "a"], check=True)
        os.seteuid(user)
        try:
            with pytest.raises(OSError, match="Read-only file system") as caught:
                check_target(folder / "a")
        finally:
            os.seteuid(0)
        assert caught.value.filename == str(folder / "a")

    def test_a_new_file_in_a_read_only_place_is_told_before(self, mounted: tuple[Path, Path]) -> None:
        folder, _ = mounted
        read_only(folder)
        with pytest.raises(PermissionError, match="it cannot be written"):
            check_target(folder / "b")


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory like /tmp with a file of root's that all may write, for a process that is not root."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("needs root, to be somebody else")
    folder = tmp_path_factory.mktemp("shared")
    for parent in (folder, *folder.parents[:3]):
        parent.chmod(parent.stat().st_mode | 0o055)
    folder.chmod(0o1777)
    for name, mode in (("a", 0o666), ("b", 0o644)):
        (folder / name).write_bytes(b"old")
        (folder / name).chmod(mode)
    os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(0)


def test_a_file_of_somebody_else_in_a_directory_like_tmp_is_written_through(shared: Path) -> None:
    write(shared / "a", b"new")
    assert (shared / "a").read_bytes() == b"new"
    assert (shared / "a").stat().st_uid == 0
    with pytest.raises(PermissionError, match="it cannot be written"):
        check_target(shared / "b")
    assert names_in(shared) == ["a", "b"]


def test_a_file_in_a_directory_that_takes_no_new_ones_is_written_through(shared: Path) -> None:
    os.seteuid(0)
    shared.chmod(0o755)
    os.seteuid(NOBODY)
    write(shared / "a", b"new")
    assert (shared / "a").read_bytes() == b"new"
    for name in ("b", "c"):
        with pytest.raises(PermissionError, match="it cannot be written"):
            check_target(shared / name)
        with pytest.raises(PermissionError):
            write(shared / name, b"new")
    assert names_in(shared) == ["a", "b"]


def test_a_file_that_is_immutable_is_told_before(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    chattr = shutil.which("chattr")
    if chattr is None or subprocess.run([chattr, "+i", path], check=False, capture_output=True).returncode:
        pytest.skip("may not make a file immutable here")
    try:
        with pytest.raises(PermissionError, match="Operation not permitted") as caught:
            check_target(path)
        assert caught.value.filename == str(path)
    finally:
        subprocess.run([chattr, "-i", path], check=True)


def test_a_file_of_a_read_only_mode_is_replaced_in_a_directory_of_ones_own(shared: Path) -> None:
    folder = shared / "own"
    folder.mkdir()
    (folder / "a").write_bytes(b"old")
    (folder / "a").chmod(0o444)
    write(folder / "a", b"new")
    assert (folder / "a").read_bytes() == b"new"
    assert mode_of(folder / "a") == 0o444


def test_looking_at_a_file_changes_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    before = path.stat()
    check_target(path)
    assert path.stat() == before
    assert path.read_bytes() == b"old"


@posix
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nowhere/a", "No such file"),
        ("file/a", "Not a directory"),
        ("loop", "Too many levels"),
        ("folder", "it is a directory"),
        ("n" * 256, "name too long"),
        ("link", "No such file"),
    ],
)
def test_what_is_in_the_way_is_told_before_the_work(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "a")
    before = names_in(tmp_path)
    with pytest.raises(OSError, match=f"(?i){text}"):
        check_target(tmp_path / name)
    assert names_in(tmp_path) == before
