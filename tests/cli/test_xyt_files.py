"""Where `tickhaul xyt ... --out FILE` writes, and what it leaves when it cannot."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tickhaul._files import replacing
from tickhaul_sandbox.xythub.settings import DEFAULT_CLIENT_SECRET, DEFAULT_KEY, DEFAULT_USER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox import Sandbox

    from tests.cli.conftest import Ran

BARS = ("ohlcv", "ZAL.XE", "--first", "2016-05-02", "--last", "2016-05-06")
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX permissions, links and pipes")


@pytest.fixture
def xyt(offline: Callable[..., Ran], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """The command with credentials and a sandbox to talk to."""
    for name, value in {
        "XYTHUB_USER": DEFAULT_USER,
        "XYTHUB_API_KEY": DEFAULT_KEY,
        "XYTHUB_CLIENT_SECRET": DEFAULT_CLIENT_SECRET,
        "XYTHUB_BASE_URL": sandbox.base_url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XYTHUB_PASSWORD", raising=False)
    return lambda *words: offline("xyt", *words)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_another_process_of_the_same_id_that_writes_the_same_file_does_not_mix_in(
    xyt: Callable[..., Ran], tmp_path: Path
) -> None:
    out = tmp_path / "a.csv"
    with replacing(out) as other:  # of another container, whose process has the same id
        other.write(b"other ")
        assert xyt(*BARS, "--out", out).code == 0
        assert out.read_text() == xyt(*BARS).out
        other.write(b"content")
    assert out.read_text() == "other content"
    assert names_in(tmp_path) == ["a.csv"]


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_file_that_is_replaced_keeps_its_permissions(xyt: Callable[..., Ran], tmp_path: Path, mode: int) -> None:
    out = tmp_path / "a.csv"
    out.write_text("old")
    out.chmod(mode)
    assert xyt(*BARS, "--out", out).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == mode
    assert out.read_text() == xyt(*BARS).out


@pytest.mark.parametrize("ending", [".csv", ".json", ".parquet"])
def test_a_name_may_be_as_long_as_a_name_can_be(xyt: Callable[..., Ran], tmp_path: Path, ending: str) -> None:
    name = "n" * (255 - len(ending)) + ending
    assert xyt(*BARS, "--out", tmp_path / name).code == 0
    assert names_in(tmp_path) == [name]


@posix
@pytest.mark.parametrize(
    ("name", "text"),
    [("n" * 256, "name too long"), ("socket", "it is a socket"), ("loop", "Too many levels"), ("file/a", "no folder")],
)
def test_what_cannot_be_written_is_told_before_anything_is_asked(
    xyt: Callable[..., Ran],
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
) -> None:
    import socket

    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    before = names_in(tmp_path)
    ran = xyt(*BARS, "--out", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"--out {name}: " in ran.err
    assert text.casefold() in ran.err.casefold()
    assert names_in(tmp_path) == before
    assert not len(sandbox.requests)


@posix
def test_a_read_only_directory_is_told_before_anything_is_asked(
    xyt: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    if os.access(locked, os.W_OK, effective_ids=True):
        pytest.skip("nothing is forbidden to this user")
    ran = xyt(*BARS, "--out", locked / "a.csv")
    assert (ran.code, ran.out) == (2, "")
    assert "it cannot be written" in ran.err
    assert not len(sandbox.requests)


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.parquet"])
def test_a_full_disk_is_told_with_the_name_and_leaves_what_was_there(
    xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    out = tmp_path / name
    out.write_text("what was there")
    monkeypatch.setattr("tickhaul._files.atomic.os.fsync", full)
    ran = xyt(*BARS, "--out", out)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"tickhaul: cannot write {out}: No space left on device; make room, or name another file\n"
    assert out.read_text() == "what was there"
    assert names_in(tmp_path) == [name]


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_leaves_what_was_there(
    xyt: Callable[..., Ran], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    del xyt
    (tmp_path / "a.csv").write_text("what was there")
    program = (
        "import os, sys\n"
        "from tickhaul._files import atomic\n"
        "from tickhaul.cli import main\n"
        f"atomic.os.fsync = lambda handle: os.kill(os.getpid(), {int(number)})\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    words = [sys.executable, "-c", program, "xyt", *BARS, "--out", str(tmp_path / "a.csv")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert (tmp_path / "a.csv").read_text() == "what was there"
    assert names_in(tmp_path) == ["a.csv"]
