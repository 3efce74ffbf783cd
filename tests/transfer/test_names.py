"""A service may name a file, and nothing else."""

from __future__ import annotations

import ntpath
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul.errors import UnsafeFilenameError
from tickhaul.transfer import RemoteFile, download
from tickhaul.transfer.names import check_distinct, check_name, temporary_stem

from tests.transfer.hauls import content, options
from tests.transfer.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "",
    ".",
    "..",
    "../evil",
    "..\\evil",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:evil",
    "C:\\evil",
    "\\\\server\\share",
    "file:stream",
    "a\0b",
    "a\nb",
    "a\x1b[31m",
    "a\x7f",
    "a\x85",
    "a\u2028b",
    "a\u202egpj.exe",
    "a\ud800",
    "a\u200bb",
    "con",
    "NUL",
    "nul.csv",
    "CON .csv",
    "com1.csv.gz",
    "LPT\u00b9",
    "conout$",
    "a.",
    "a ",
    " a",
    ".bashrc",
    "-rf",
    "~",
    "~root",
    "a*",
    "a?",
    "a<b",
    'a"b',
    "a|b",
    "a" * 256,
    "\u00e9" * 128,
    "tickhaul.json",
    "Tickhaul.JSON",
    "a.part",
    "a.PART",
    "a.01234567.part.jsonl",
]

HARMLESS = [
    "binance_BTCUSDT_trades_part_2024010100.csv.gz",
    "a",
    "a b.csv",
    "a..b",
    "console.csv",
    "nullable.csv",
    "com10.csv",
    "\u65e5\u672c.parquet",
    "caf\u00e9.csv",
    "a" * 255,
    "part",
    "x.part.csv",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(UnsafeFilenameError) as caught:
        check_name(name)
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()
    assert caught.value.filename is not None


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_names_are_taken_as_they_are(name: str) -> None:
    assert check_name(name) == name


@given(st.text(max_size=30))
def test_whatever_passes_is_one_plain_component_everywhere(name: str) -> None:
    try:
        check_name(name)
    except UnsafeFilenameError:
        return
    assert PurePosixPath(name).parts == (name,)
    windows = PureWindowsPath(name)
    assert windows.parts == (name,)
    assert not windows.drive
    # Python 3.13 moved the question; ours covers more names (streams, wildcards), so this is one half only.
    reserved = getattr(ntpath, "isreserved", None)
    assert not (reserved(name) if reserved is not None else windows.is_reserved())


@pytest.mark.parametrize("names", [("a", "a"), ("a.csv", "A.CSV"), ("caf\u00e9", "cafe\u0301"), ("\u00df", "SS")])
def test_names_that_are_one_file_somewhere_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(UnsafeFilenameError, match="alike"):
        check_distinct(names)


def test_distinct_names_pass() -> None:
    check_distinct(["a", "b", "a.b"])


@pytest.mark.parametrize("name", [*HARMLESS, "\u65e5" * 85])
def test_temporary_names_fit_into_a_folder(name: str) -> None:
    stem = temporary_stem(name)
    assert len(f"{stem}.01234567-01234567.part.jsonl".encode()) <= 255
    assert stem == name or len(name.encode()) > 200
    assert temporary_stem("a" * 254 + "b") != temporary_stem("a" * 254 + "c")


@pytest.mark.parametrize("name", ["../evil", "sub/evil", "/tmp/evil"])
def test_one_hostile_name_among_many_and_nothing_is_fetched(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    with Storage({"good": content(10)}) as storage:
        files = [*storage.listing(), RemoteFile("art_2", name, 10, storage.url("good"))]
        with pytest.raises(UnsafeFilenameError):
            download(files, folder, refresh=lambda: files, export_id="exp_1", options=options())
        assert storage.requests == []
    assert not folder.exists()
    assert list(tmp_path.iterdir()) == []
