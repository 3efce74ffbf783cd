"""A folder is checked against its manifest, and its gzip and Parquet files for damage."""

from __future__ import annotations

import gzip
import json
import random
import threading
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul.errors import StorageError, TransferError
from tickhaul.transfer import thrift, verify
from tickhaul.transfer.parquet import ParquetError, check_parquet
from tickhaul.transfer.thrift import Reader, ThriftError

from tests.transfer.hauls import content, haul
from tests.transfer.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path


def brought(folder: Path, files: dict[str, bytes], *, hashed: bool = False) -> None:
    with Storage(files) as storage:
        haul(storage, folder, hash=hashed)


def parquet_bytes(folder: Path, rows: int = 50_000) -> bytes:
    duckdb = pytest.importorskip("duckdb")
    path = folder / "made.parquet"
    query = f"SELECT range AS id, range * 1.5 AS price, 'BTC' || (range % 7) AS symbol FROM range({rows})"
    duckdb.sql(f"COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 20000)")
    data = path.read_bytes()
    path.unlink()
    return data


def problem(folder: Path, name: str) -> str | None:
    return {file.filename: file.problem for file in verify(folder).files}[name]


def test_a_folder_as_it_arrived_is_in_order(tmp_path: Path) -> None:
    files = {
        "a.csv.gz": gzip.compress(content(500_000)),
        "b.csv": b"plain\n",
        "c.parquet": parquet_bytes(tmp_path),
        "zeros.csv.gz": gzip.compress(bytes(50_000_000)),
    }
    brought(tmp_path, files, hashed=True)
    seen: list[str] = []
    found = verify(tmp_path, on_file=lambda check: seen.append(check.filename))
    assert found.ok
    assert found.unfinished == ()
    assert seen == sorted(files)
    assert {file.filename: file.checked for file in found.files} == {
        "a.csv.gz": ("size", "sha256", "gzip"),
        "b.csv": ("size", "sha256"),
        "c.parquet": ("size", "sha256", "parquet"),
        "zeros.csv.gz": ("size", "sha256", "gzip"),
    }


def test_a_folder_without_a_manifest_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"no tickhaul\.json"):
        verify(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"files": 3}', '{"files": {"a": {"bytes": "x"}}}'])
def test_a_manifest_that_is_none_of_ours_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "tickhaul.json").write_text(text)
    with pytest.raises(StorageError, match=r"no tickhaul\.json"):
        verify(tmp_path)


def test_missing_short_and_replaced_files_are_told(tmp_path: Path) -> None:
    brought(tmp_path, {"a": b"12345", "b": b"12345", "c": b"12345"})
    (tmp_path / "a").unlink()
    (tmp_path / "b").write_bytes(b"1234")
    (tmp_path / "c").unlink()
    (tmp_path / "c").mkdir()
    found = verify(tmp_path)
    assert not found.ok
    assert [file.problem for file in found.files] == ["it is missing", "it has 4 bytes, not 5", "it is no plain file"]


def test_one_changed_bit_is_found_by_the_hash(tmp_path: Path) -> None:
    brought(tmp_path, {"a.csv": content(1000)}, hashed=True)
    data = bytearray((tmp_path / "a.csv").read_bytes())
    data[500] ^= 1
    (tmp_path / "a.csv").write_bytes(data)
    assert problem(tmp_path, "a.csv") == "it does not have the SHA-256 it had"


def test_without_a_hash_gzip_damage_is_found_by_gzip_itself(tmp_path: Path) -> None:
    files = {
        "flipped.gz": gzip.compress(content(300_000)),
        "cut.gz": gzip.compress(content(300_000)),
        "tailed.gz": gzip.compress(b"x"),
        "empty.gz": b"",
        "two.gz": gzip.compress(b"one") + gzip.compress(b"two"),
    }
    damaged = bytearray(files["flipped.gz"])
    damaged[150_000] ^= 0x10
    files["flipped.gz"] = bytes(damaged)
    files["cut.gz"] = files["cut.gz"][:-5]
    files["tailed.gz"] += b"garbage"
    brought(tmp_path, files)
    found = {file.filename: file.problem for file in verify(tmp_path).files}
    assert found["two.gz"] is None
    assert found["cut.gz"] == "its gzip data ends too early"
    assert found["empty.gz"] == "it is empty, which no gzip file is"
    for name in ("flipped.gz", "tailed.gz"):
        assert (found[name] or "").startswith("its gzip data is damaged"), name


_PIECE = 1024 * 1024  # bytes that are read at once
_MEMBER = gzip.compress(content(1000))
_UP_TO_A_PIECE = bytes(_PIECE - len(_MEMBER))


@pytest.mark.parametrize(
    ("data", "damage"),
    [
        (_MEMBER + b"\0", None),
        (_MEMBER + bytes(511), None),
        (_MEMBER + bytes(3 * _PIECE), None),
        (_MEMBER + _UP_TO_A_PIECE + b"\0", None),
        (_MEMBER + bytes(7) + _MEMBER, None),
        (_MEMBER + _UP_TO_A_PIECE + bytes(7) + _MEMBER + bytes(7), None),
        (_MEMBER * 3, None),
        (gzip.compress(b"") + _MEMBER, None),
        (gzip.compress(bytes(9_000_000)) + bytes(9), None),
        (_MEMBER + bytes(511) + b"xy", "its gzip data is damaged: "),
        (_MEMBER + _UP_TO_A_PIECE + b"\0xy", "its gzip data is damaged: "),
        (bytes(512), "its gzip data is damaged: "),
        (b"\0" + _MEMBER, "its gzip data is damaged: "),
        (_MEMBER[:-8] + bytes(8), "its gzip data is damaged: "),
        (_MEMBER[:-4] + bytes(4), "its gzip data is damaged: "),
        (_MEMBER[:-8], "its gzip data ends too early"),
        (_MEMBER[:-1], "its gzip data ends too early"),
        (_MEMBER[:9], "its gzip data ends too early"),
        (_MEMBER + _MEMBER[:-1], "its gzip data ends too early"),
        (_MEMBER + bytes(7) + _MEMBER[:3], "its gzip data ends too early"),
        (b"", "it is empty, which no gzip file is"),
    ],
    ids=range(21),
)
def test_what_stands_after_a_gzip_member(tmp_path: Path, data: bytes, damage: str | None) -> None:
    brought(tmp_path, {"a.gz": data})
    assert (problem(tmp_path, "a.gz") or "").startswith(damage or "")
    assert (problem(tmp_path, "a.gz") is None) == (damage is None)


def test_a_manifest_cannot_make_verify_read_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    brought(folder, {"a": b"12345"})
    (tmp_path / "secret").write_bytes(b"12345")
    manifest = json.loads((folder / "tickhaul.json").read_text())
    manifest["files"]["../secret"] = manifest["files"]["a"]
    (folder / "tickhaul.json").write_text(json.dumps(manifest))
    assert "not allowed in a name" in (problem(folder, "../secret") or "")


def test_part_files_are_told_and_do_no_harm(tmp_path: Path) -> None:
    brought(tmp_path, {"a": b"1"})
    for name in ("b.01234567.part", "tickhaul.json.01234567.part", "b.01234567-89abcdef.part", "notes.part"):
        (tmp_path / name).write_bytes(b"")
    found = verify(tmp_path)
    assert found.ok
    assert found.unfinished == ("b.01234567.part",)


def test_a_verification_can_be_canceled(tmp_path: Path) -> None:
    brought(tmp_path, {"a": b"1"}, hashed=True)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(TransferError, match="canceled"):
        verify(tmp_path, cancel=cancel)


def test_parquet_that_is_cut_stitched_or_foreign_is_found(tmp_path: Path) -> None:
    whole = parquet_bytes(tmp_path)
    path = tmp_path / "x.parquet"
    path.write_bytes(whole)
    check_parquet(path)
    cases = {
        "too short": b"PAR1",
        "does not begin and end": whole[:-1],
        "longer than the file": whole[:-8] + (2**31).to_bytes(4, "little") + b"PAR1",
        "encrypted": whole[:-4] + b"PARE",
    }
    for text, data in cases.items():
        path.write_bytes(data)
        with pytest.raises(ParquetError, match=text):
            check_parquet(path)
    # A piece taken out of the middle, with head and tail as they were.
    path.write_bytes(whole[:2000] + whole[3000:])
    with pytest.raises(ParquetError):
        check_parquet(path)


def test_parquet_with_a_page_header_overwritten_is_found(tmp_path: Path) -> None:
    whole = parquet_bytes(tmp_path)
    path = tmp_path / "x.parquet"
    path.write_bytes(whole[:4] + bytes(40) + whole[44:])
    with pytest.raises(ParquetError):
        check_parquet(path)


def test_no_damage_to_parquet_metadata_ends_in_anything_but_a_verdict(tmp_path: Path) -> None:
    whole = parquet_bytes(tmp_path, rows=3000)
    path = tmp_path / "x.parquet"
    start = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    found = 0
    for seed in range(300):
        roll = random.Random(seed)
        data = bytearray(whole)
        data[roll.randrange(start, len(whole) - 8)] = roll.randrange(256)
        path.write_bytes(data)
        try:
            check_parquet(path)
        except ParquetError:
            found += 1
    assert found > 50  # much of a footer is names and statistics, which nothing contradicts


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_bytes_upset_the_thrift_reader(data: bytes) -> None:
    try:
        fields = Reader(data).struct()
    except ThriftError:
        return
    assert isinstance(fields, dict)


def varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def integer(number: int) -> bytes:
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def parquet_of(pages: bytes, columns: list[tuple[int, int]], *, values: int = 0) -> bytes:
    """A file of columns that begin somewhere and have a length."""
    group = b"\x19\xfc" + varint(len(columns))
    for at, length in columns:
        group += b"\x3c" + b"\x56" + integer(values) + b"\x26" + integer(length) + b"\x26" + integer(at) + b"\x00\x00"
    group += b"\x26" + integer(values) + b"\x00"
    return parquet_with(b"\x36" + integer(values) + b"\x19\x1c" + group + b"\x00", pages)


def parquet_with(footer: bytes, pages: bytes = b"") -> bytes:
    return b"PAR1" + pages + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def thrift_page(*, values: int, data: bytes, checksum: int | None) -> bytes:
    signed = None if checksum is None else checksum - (1 << 32) if checksum >> 31 else checksum
    page = b"\x15" + integer(0) + b"\x15" + integer(len(data)) + b"\x15" + integer(len(data))
    page += b"\x15" + integer(signed) + b"\x1c" if signed is not None else b"\x2c"
    page += b"\x15" + integer(values) + b"\x00" + b"\x00" + data
    return parquet_of(page, [(4, len(page))], values=values)


EMPTY_PAGE = b"\x35\x00\x00"


@pytest.mark.parametrize(
    ("footer", "text"),
    [
        pytest.param(b"\x19" * 5000, "nested too deeply", id="lists"),
        pytest.param(b"\x1b" + b"\x01\xbb" * 5000, "nested too deeply", id="maps"),
        pytest.param(b"\x1c" * 5000, "nested too deeply", id="structs"),
        pytest.param(b"\x49\xfc" + varint(2000) + bytes(2001), "more than 1,000 values", id="empty structs"),
    ],
)
def test_a_parquet_footer_that_costs_more_than_any_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, footer: bytes, text: str
) -> None:
    monkeypatch.setattr(thrift, "_MOST_VALUES", 1000)
    brought(tmp_path, {"a.parquet": parquet_with(footer)})
    assert problem(tmp_path, "a.parquet") == f"its metadata is damaged: {text}"


def test_parquet_columns_that_lie_on_one_another_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(parquet_of(EMPTY_PAGE * 4, [(10, 6), (4, 6), (10, 0)]))
    check_parquet(path)
    for columns in ([(4, 12), (4, 12)], [(7, 6), (4, 6)], [(4, 12), (7, 3), (10, 3)]):
        path.write_bytes(parquet_of(EMPTY_PAGE * 4, columns))
        with pytest.raises(ParquetError, match="its columns overlap"):
            check_parquet(path)
    path.write_bytes(parquet_of(EMPTY_PAGE * 4, [(10, -3)]))
    with pytest.raises(ParquetError, match="a column lies outside of the file"):
        check_parquet(path)


def test_a_walk_through_pages_can_be_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(parquet_of(EMPTY_PAGE * 1000, [(4, 3000)]))
    asked: list[None] = []

    def stopped() -> bool:
        asked.append(None)
        return len(asked) > 10

    check_parquet(path, stopped=stopped)
    assert len(asked) == 11


def test_page_checksums_are_checked_where_there_are_any(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    data = content(5000)
    path.write_bytes(thrift_page(values=10, data=data, checksum=zlib.crc32(data)))
    check_parquet(path)
    path.write_bytes(thrift_page(values=10, data=data, checksum=None))
    check_parquet(path)
    path.write_bytes(thrift_page(values=10, data=data, checksum=zlib.crc32(data) ^ 1))
    with pytest.raises(ParquetError, match="checksum"):
        check_parquet(path)
