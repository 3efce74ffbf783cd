"""Checking files later."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ran


@pytest.fixture
def folder(tickhaul: Callable[..., Ran], tmp_path: Path) -> Path:
    """A folder of files just brought home."""
    ran = tickhaul(
        *("haul", "binance", "BTCUSDT", "trades", "--from", "-59min", "--to", "now", "--hash"),
        *("--out", tmp_path / "data"),
    )
    assert ran.code == 0
    return tmp_path / "data"


def test_whole_files_are_in_order(offline: Callable[..., Ran], folder: Path, terminal: Callable[[str], None]) -> None:
    terminal("stderr")
    ran = offline("verify", folder)
    assert ran.code == 0
    assert ran.lines[0].split() == ["FILE", "OK", "CHECKED", "PROBLEM"]
    assert all("yes  size, sha256, gzip" in line for line in ran.lines[1:])
    assert offline("verify", folder, "--json").document["ok"] is True


def test_a_damaged_file_fails_the_command(offline: Callable[..., Ran], folder: Path) -> None:
    file = next(folder.glob("*.gz"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    ran = offline("verify", folder, "--json")
    assert ran.code == 1
    assert [check["filename"] for check in ran.document["files"] if check["problem"]] == [file.name]
    assert ran.error["message"].startswith("not as they arrived: 1 of ")


@pytest.mark.parametrize("trouble", [errno.EPIPE, errno.ENOSPC])
def test_a_damaged_file_fails_the_command_though_nobody_reads_so(
    offline: Callable[..., Ran], folder: Path, monkeypatch: pytest.MonkeyPatch, trouble: int
) -> None:
    def gone(_: str) -> int:
        raise OSError(trouble, os.strerror(trouble))

    next(folder.glob("*.gz")).unlink()
    monkeypatch.setattr(sys.stdout, "write", gone)
    ran = offline("verify", folder)
    assert ran.code == 1
    assert ran.err.startswith("tickhaul: not as they arrived: 1 of ")


def test_unfinished_files_are_mentioned(
    offline: Callable[..., Ran], folder: Path, terminal: Callable[[str], None]
) -> None:
    (folder / "more.csv.gz.0123abcd.part").write_bytes(b"")
    terminal("stderr")
    assert "1 file unfinished" in offline("verify", folder).err


def test_a_folder_without_a_manifest_cannot_be_checked(offline: Callable[..., Ran], tmp_path: Path) -> None:
    ran = offline("verify", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "nothing to check against" in ran.err


def test_a_folder_that_is_not_there_is_wrong_usage(offline: Callable[..., Ran], tmp_path: Path) -> None:
    assert offline("verify", tmp_path / "nowhere").code == 2
