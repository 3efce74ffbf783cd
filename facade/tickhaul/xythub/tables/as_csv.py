"""Tables as CSV, with the standard library alone."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from tickhaul.xythub.tables.as_numpy import string_objects, temporal
from tickhaul.xythub.tables.cells import as_text
from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers, check_times
from tickhaul.xythub.tables.strings import Coded, Plain

if TYPE_CHECKING:
    import numpy.typing as npt

    from tickhaul.xythub.tables.columns import Column
    from tickhaul.xythub.tables.table import Table

#: Rows that are text at the same time.
_ROWS = 65_536
_TIMES = (Kind.TIME_MS, Kind.TIME_NS)
_DATE_CHARACTERS = len("1970-01-01T")


def to_csv(table: Table, target: str | os.PathLike[str] | IO[str] | None) -> str | None:
    """See `Table.to_csv`."""
    if target is None:
        text = io.StringIO(newline="")
        _write(table, text)
        return text.getvalue()
    if isinstance(target, str | os.PathLike):
        with Path(target).open("w", encoding="utf-8", newline="") as file:
            _write(table, file)
    else:
        _write(table, target)
    return None


def _write(table: Table, file: IO[str]) -> None:
    for name, column in table.columns.items():
        if isinstance(column, Numbers) and column.kind in _TIMES:
            check_times(name, column)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.column_names)
    for start in range(0, table.row_count, _ROWS):
        cells = [_texts(_part(column, start, start + _ROWS)) for column in table.columns.values()]
        writer.writerows(zip(*cells, strict=True))


def _part(column: Column, start: int, stop: int) -> Column:
    if isinstance(column, Numbers):
        return Numbers(column.kind, column.array[start:stop])
    if isinstance(column, Mixed):
        return Mixed(column.cells[start:stop])
    if isinstance(column, Coded):
        return Coded(column.codes[start:stop], column.words)
    offsets = column.offsets[start : stop + 1]
    return Plain(offsets - offsets[0], column.data[offsets[0] : offsets[-1]])


def _texts(column: Column) -> list[object]:
    """The cells as the writer takes them: text, or numbers it writes in their shortest exact form."""
    if isinstance(column, Mixed):
        return [as_text(value) for value in column.cells]
    if not isinstance(column, Numbers):
        return list(string_objects(column))
    if column.kind is Kind.BOOLEAN:
        return ["true" if value else "false" for value in column.array]
    cells = (_numbers if column.kind in (Kind.INTEGER, Kind.DOUBLE) else _temporal)(column)
    nulls = column.nulls()
    if nulls is not None:
        cells[nulls] = ""
    return list(cells)


def _numbers(column: Numbers) -> npt.NDArray[np.object_]:
    return column.array.astype(object)


def _temporal(column: Numbers) -> npt.NDArray[np.object_]:
    moments = temporal(column)
    if column.kind in _TIMES:
        # As the time of the first day, whose date is cut off.
        moments = np.datetime64(0, "D") + moments
    texts = np.datetime_as_string(moments)
    if column.kind in _TIMES:
        texts = np.array([text[_DATE_CHARACTERS:] for text in texts.tolist()], object)
    return texts.astype(object)
