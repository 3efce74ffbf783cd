"""The command where something around it is not as usual: directories, limits, names, memory."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tickhaul.cli import failures

from tests.cli.test_streams import HAUL, redirected

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul_sandbox import Sandbox

    from tests.cli.conftest import Ran

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
GONE = "the current directory has been removed; change to another"


@posix
@pytest.mark.parametrize("environment", [{"HOME": "/nowhere"}, {"TMPDIR": "/nowhere", "XDG_CACHE_HOME": "/nowhere"}])
def test_no_home_and_no_place_for_temporary_files_is_needed(
    sandbox: Sandbox, tmp_path: Path, environment: dict[str, str]
) -> None:
    done = redirected("", sandbox, *HAUL, tmp_path, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.glob("*.gz"))


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="file names are Unicode there")
def test_a_name_that_is_no_text_is_a_name(tickhaul: Callable[..., Ran], tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"d\xff")
    ran = tickhaul(*HAUL, folder)
    assert (ran.code, ran.err) == (0, "")
    assert "d\\udcff" in ran.out
    assert Path(tickhaul("verify", folder, "--json").document["folder"]) == folder
    key = folder / os.fsdecode(b"\xfe")
    key.write_bytes(b"\xff")
    ran = tickhaul("--api-key-file", key, "exchanges")
    assert (ran.code, "\\udcfe is not UTF-8 text" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("instruments", "binance", "--search", "\udcff"),
        ("exports", "get", "exp_\udcff"),
        ("datastreams", "--wire-format", "\udcff"),
        (*HAUL, "out", "--schema", "\udcff"),
        ("exports", "create", "123", "--from", "\udcff", "--to", "now"),
        ("exports", "create", "123", "--from", "-1h", "--to", "now", "--format-option", "x=\udcff"),
        ("--base-url", "http://\udcff", "exchanges"),
        ("availability", "9" * 5000),
    ],
    ids=range(8),
)
def test_words_that_can_be_no_part_of_a_request_are_wrong_usage(
    tickhaul: Callable[..., Ran], words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = tickhaul(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("tickhaul: ")
    # Nothing was sent that could have created an export.
    assert "may have been created" not in ran.err
    assert "set_int_max_str_digits" not in ran.err


@posix
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("exchanges",), 0, ""),
        (("contract", "check", "--junit", "report.xml"), 1, GONE),
        (("schemas", "create", "schema.json"), 2, "schema.json cannot be read as JSON: No such file or directory"),
        (("verify", "."), 1, ". has no tickhaul.json"),
        (("sandbox", "--port", "0", "--state", "file"), 1, "sandbox: file: cannot be used (No such file or directory)"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)
def test_a_directory_that_was_removed_is_no_traceback(
    tickhaul: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    ran = tickhaul(*words)
    assert ran.code == code
    assert said in ran.err


@posix
@pytest.mark.parametrize(
    ("limit", "code", "said"),
    [("-n 16", 0, ""), ("-f 0", 1, "a limit of this process, allows"), ("-n 5", 1, "open files")],
)
def test_a_limit_of_the_process_is_no_traceback(
    sandbox: Sandbox, tmp_path: Path, limit: str, code: int, said: str
) -> None:
    done = redirected("", sandbox, *HAUL, tmp_path, before=f"ulimit {limit}; ")
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_device_without_an_end_is_no_key(offline: Callable[..., Ran]) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("needs /dev/zero")
    ran = offline("--api-key-file", "/dev/zero", "exchanges")
    assert (ran.code, ran.err) == (2, "tickhaul: /dev/zero has more than 16,777,216 bytes\n")


@pytest.mark.parametrize(
    ("error", "said", "code"),
    [
        (OSError(errno.EIO, "Input/output error", "key"), "key: Input/output error", 1),
        (PermissionError(errno.EACCES, "Permission denied", "key"), "key: Permission denied", 1),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files", 1),
        (OSError("cannot write x: Is a directory"), "cannot write x: Is a directory", 1),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "No such file or directory", 1),
        (OSError(), "OSError", 1),
        (MemoryError(), "there is not enough memory", 1),
        (ValueError(), "ValueError", 2),
    ],
    ids=range(8),
)
def test_an_error_of_the_system_is_told_in_words(
    tickhaul: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, error: Exception, said: str, code: int
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr("tickhaul._sync.resources.billing.Billing.get_summary", failing)
    ran = tickhaul("billing", "--json")
    assert (ran.code, ran.out) == (code, "")
    assert ran.error == {"kind": type(error).__name__, "message": said, "exit_code": code} | (
        {"filename": "key"} if getattr(error, "filename", None) else {}
    )
    assert failures.words(error) == said


def test_a_key_file_that_fails_while_it_is_read_is_named(
    offline: Callable[..., Ran],
) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("needs a file that cannot be read")
    ran = offline("--api-key-file", "/proc/self/mem", "exchanges")
    assert (ran.code, ran.err) == (1, "tickhaul: /proc/self/mem: Input/output error\n")
