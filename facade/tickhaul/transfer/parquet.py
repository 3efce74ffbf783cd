"""Whether a Parquet file is in one piece: its footer, and every page of every column, without decoding any value.

What it finds: a cut or stitched file, a damaged footer, pages that do not follow one another, wrong counts, and damaged
data where the writer put checksums. What only a decoder, or a SHA-256, finds: damaged data without checksums.
"""

from __future__ import annotations

import os
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

from tickhaul._files import open_regular
from tickhaul.transfer.thrift import Reader, ThriftError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul.transfer.thrift import Value

_MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
_HEADER = 64 * 1024  # a page header is some tens of bytes, more with statistics
_LONGEST_FOOTER = 16 * 1024 * 1024  # that of a hundred thousand columns, over all row groups
_PIECE = 1024 * 1024


class ParquetError(ValueError):
    """The file is damaged; the text says where."""


def check_parquet(path: Path, *, stopped: Callable[[], bool] = lambda: False) -> None:
    """Walk through a Parquet file.

    Args:
        path: the file.
        stopped: asked now and then; once true, the walk is broken off.

    Raises:
        ParquetError: it is damaged.
        OSError: it cannot be read.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        try:
            footer, data_end = _footer(file)
            groups = _structs(footer, 4)
            columns = sorted(_column(chunk, data_end) for group in groups for chunk in _structs(group, 1))
            if any(this[0] < before[1] for before, this in pairwise(columns)):
                raise ParquetError("its columns overlap")
            for at, end, values in columns:
                _check_pages(file, at, end, values, stopped)
        except ThriftError as error:
            raise ParquetError(f"its metadata is damaged: {error}") from None
    rows = sum(_integer(group, 3) for group in groups)
    if rows != _integer(footer, 3):
        raise ParquetError(f"its row groups have {rows} rows, its footer says {_integer(footer, 3)}")


def _footer(file: BinaryIO) -> tuple[dict[int, Value], int]:
    size = file.seek(0, 2)
    if size < 12:
        raise ParquetError("it is too short")
    file.seek(0)
    head = file.read(4)
    file.seek(size - 8)
    tail = file.read(8)
    if _ENCRYPTED in {head, tail[4:]}:
        raise ParquetError("its footer is encrypted, so it cannot be checked")
    if head != _MAGIC or tail[4:] != _MAGIC:
        raise ParquetError("it does not begin and end as a Parquet file")
    start = size - 8 - int.from_bytes(tail[:4], "little")
    if start < 4:
        raise ParquetError("its footer is longer than the file")
    if size - 8 - start > _LONGEST_FOOTER:
        raise ParquetError(
            f"its footer has {size - 8 - start:,} bytes, and {_LONGEST_FOOTER:,} are the most that is read"
        )
    file.seek(start)
    reader = Reader(file.read(size - 8 - start))
    return reader.struct(), start


def _column(chunk: dict[int, Value], data_end: int) -> tuple[int, int, int]:
    """Where a column begins and ends, and how many values it has."""
    if 1 in chunk:
        raise ParquetError("a column is in another file")
    found = chunk.get(3)
    if not isinstance(found, dict):
        raise ParquetError("a column has no metadata")
    first = _integer(found, 9)
    dictionary = found.get(11)
    at = min(first, dictionary) if isinstance(dictionary, int) and dictionary > 0 else first
    end = at + _integer(found, 7)
    if not 4 <= at <= end <= data_end:
        raise ParquetError("a column lies outside of the file")
    return at, end, _integer(found, 5)


def _check_pages(file: BinaryIO, at: int, end: int, announced: int, stopped: Callable[[], bool]) -> None:
    values = 0
    while at < end:
        if stopped():
            return
        page, at = _page(file, at, end)
        headers = (page.get(5), page.get(8))  # of a data page in either version; a dictionary's values do not count
        values += sum(_integer(header, 1) for header in headers if isinstance(header, dict))
    if values != announced:
        raise ParquetError(f"a column's pages have {values} values, not {announced}")


def _page(file: BinaryIO, at: int, end: int) -> tuple[dict[int, Value], int]:
    """The header of the page at ``at``, and where the next one is."""
    file.seek(at)
    reader = Reader(file.read(min(_HEADER, end - at)))
    page = reader.struct()
    length = _integer(page, 3)
    data = at + reader.at
    if length < 0 or data + length > end:
        raise ParquetError("a page reaches beyond its column")
    checksum = page.get(4)
    if isinstance(checksum, int):
        file.seek(data)
        if _crc(file, length) != checksum & 0xFFFFFFFF:
            raise ParquetError("a page does not have its checksum")
    return page, data + length


def _crc(file: BinaryIO, length: int) -> int:
    value = 0
    while length > 0 and (piece := file.read(min(_PIECE, length))):
        value = zlib.crc32(piece, value)
        length -= len(piece)
    return value


def _structs(fields: dict[int, Value], number: int) -> list[dict[int, Value]]:
    found = fields.get(number, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ParquetError("its metadata has another form")
    return [item for item in found if isinstance(item, dict)]


def _integer(fields: dict[int, Value], number: int) -> int:
    found = fields.get(number)
    if not isinstance(found, int) or isinstance(found, bool):
        raise ParquetError("its metadata lacks a number")
    return found
