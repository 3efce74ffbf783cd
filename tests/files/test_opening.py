"""Only regular files are opened, and for writing only those with one name."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tickhaul._files import (
    UnsafeFileError,
    create_new,
    kind_of,
    open_directory,
    open_regular,
    read_regular,
    reading,
    regular_size,
)

posix = pytest.mark.skipif(os.name == "nt", reason="there are no such files in folders")
ACCESS = [os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND]


def opened(path: Path, flags: int) -> bytes:
    handle = open_regular(path, flags)
    try:
        assert not os.get_inheritable(handle)
        return os.pread(handle, 10, 0) if flags != ACCESS[2] else path.read_bytes()
    finally:
        os.close(handle)


@posix
@pytest.mark.parametrize("flags", ACCESS)
def test_a_regular_file_is_opened(tmp_path: Path, flags: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"123")
    assert opened(path, flags) == b"123"
    assert read_regular(path, most=3) == b"123"
    assert regular_size(path) == 3
    with reading(path) as file:
        assert file.read() == b"123"


@posix
@pytest.mark.parametrize("flags", ACCESS)
@pytest.mark.parametrize("kind", ["a FIFO", "a symbolic link", "a directory", "a device"])
def test_nothing_else_is_opened(tmp_path: Path, flags: int, kind: str) -> None:
    path = tmp_path / "a"
    match kind:
        case "a FIFO":
            os.mkfifo(path)
        case "a symbolic link":
            (tmp_path / "real").write_bytes(b"")
            path.symlink_to(tmp_path / "real")
        case "a directory":
            path.mkdir()
        case _:
            path = Path(os.devnull)
    with pytest.raises(UnsafeFileError, match=f"it is {kind}, not a regular file") as caught:
        open_regular(path, flags)
    assert caught.value.filename == str(path)
    with pytest.raises(UnsafeFileError, match=f"it is {kind}"):
        regular_size(path)


@posix
@pytest.mark.parametrize("kind", ["a FIFO", "a symbolic link", "a directory"])
def test_what_takes_a_files_place_between_the_look_and_the_opening_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path, real = tmp_path / "a", tmp_path / "real"
    path.write_bytes(b"")
    real.write_bytes(b"")
    looked = os.lstat(path)
    path.unlink()
    match kind:
        case "a FIFO":
            os.mkfifo(path)
        case "a symbolic link":
            path.symlink_to(real)
        case _:
            path.mkdir()
    monkeypatch.setattr("tickhaul._files.opening.os.lstat", lambda _: looked)
    for flags in ACCESS:
        with pytest.raises(OSError, match=r"it is a|Too many levels|No such device|Is a directory"):
            open_regular(path, flags)


@posix
def test_a_file_with_a_second_name_is_read_and_not_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    os.link(tmp_path / "a", tmp_path / "b")
    assert opened(tmp_path / "b", os.O_RDONLY) == b"123"
    for flags in ACCESS[1:]:
        with pytest.raises(UnsafeFileError, match="it is a hard link, one of 2 names"):
            open_regular(tmp_path / "b", flags)


def test_more_than_is_wanted_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1234")
    with pytest.raises(UnsafeFileError, match="it has 4 bytes, and 3 are the most"):
        read_regular(tmp_path / "a", most=3)


def test_what_is_not_there_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        regular_size(tmp_path / "a")


@posix
def test_a_new_file_is_new(tmp_path: Path) -> None:
    os.close(create_new(tmp_path / "a"))
    (tmp_path / "link").symlink_to(tmp_path / "b")
    os.mkfifo(tmp_path / "fifo")
    for name in ("a", "link", "fifo"):
        with pytest.raises(FileExistsError):
            create_new(tmp_path / name)
    assert not (tmp_path / "b").exists()


@posix
def test_a_directory_is_one(tmp_path: Path) -> None:
    os.close(open_directory(tmp_path))
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(NotADirectoryError):
        open_directory(tmp_path / "fifo")


def test_every_kind_of_file_has_a_name() -> None:
    assert kind_of(os.lstat(__file__).st_mode) == "a regular file"
    assert kind_of(0) == "a special file"


@posix
def test_the_flags_a_system_lacks_are_not_missed(tmp_path: Path) -> None:
    """Loaded anew in a system that has none of them, the module works as far as it can."""
    import subprocess

    (tmp_path / "a").write_bytes(b"123")
    program = (
        "import os, sys, pathlib\n"
        "for name in ('CLOEXEC', 'NOFOLLOW', 'NONBLOCK', 'NOCTTY', 'DIRECTORY'):\n"
        "    delattr(os, 'O_' + name)\n"
        "from tickhaul._files import UnsafeFileError, read_regular, replacing\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "assert read_regular(folder / 'a', most=3) == b'123'\n"
        "with replacing(folder / 'a') as file:\n"
        "    file.write(b'4')\n"
        "(folder / 'link').symlink_to('a')\n"
        "try:\n"
        "    read_regular(folder / 'link', most=3)\n"
        "except UnsafeFileError:\n"
        "    sys.exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a").read_bytes() == b"4"
