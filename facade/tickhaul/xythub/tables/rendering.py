"""Tables as text formats need them: row after row, every cell a text, a number, a boolean or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tickhaul.xythub.tables.as_numpy import string_objects, temporal
from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers, check_times
from tickhaul.xythub.tables.strings import Coded, Plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from tickhaul.xythub.tables.columns import Column
    from tickhaul.xythub.tables.table import Table

#: Rows that are rendered at the same time.
_ROWS = 65_536
_TIMES = (Kind.TIME_MS, Kind.TIME_NS)
_DATE_CHARACTERS = len("1970-01-01T")


def check(table: Table) -> None:
    """Refuse a table that cannot be rendered.

    Raises:
        TableError: a time of day lies outside of a day.
    """
    for name, column in table.columns.items():
        if isinstance(column, Numbers) and column.kind in _TIMES:
            check_times(name, column)


def render(table: Table) -> Iterator[tuple[object, ...]]:
    """The rows of a checked table, their days and times as ISO 8601 text, null as ``None``, mixed cells as they are."""
    for start in range(0, table.row_count, _ROWS):
        cells = [_cells(_part(column, start, start + _ROWS)) for column in table.columns.values()]
        yield from zip(*cells, strict=True)


def _part(column: Column, start: int, stop: int) -> Column:
    if isinstance(column, Numbers):
        return Numbers(column.kind, column.array[start:stop])
    if isinstance(column, Mixed):
        return Mixed(column.cells[start:stop])
    if isinstance(column, Coded):
        return Coded(column.codes[start:stop], column.words)
    offsets = column.offsets[start : stop + 1]
    return Plain(offsets - offsets[0], column.data[offsets[0] : offsets[-1]])


def _cells(column: Column) -> list[object]:
    if isinstance(column, Mixed):
        return column.cells
    if not isinstance(column, Numbers):
        return list(string_objects(column))
    cells = column.array.astype(object) if column.kind in _AS_THEY_ARE else _texts(column)
    nulls = column.nulls()
    if nulls is not None:
        cells[nulls] = None
    return list(cells)


_AS_THEY_ARE = (Kind.INTEGER, Kind.DOUBLE, Kind.BOOLEAN)


def _texts(column: Numbers) -> npt.NDArray[np.object_]:
    moments = temporal(column)
    if column.kind in _TIMES:
        # As the time of the first day, whose date is cut off.
        moments = np.datetime64(0, "D") + moments
    texts = np.datetime_as_string(moments)
    if column.kind in _TIMES:
        texts = np.array([text[_DATE_CHARACTERS:] for text in texts.tolist()], object)
    return texts.astype(object)
