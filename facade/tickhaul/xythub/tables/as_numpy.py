"""Tables as numpy arrays."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers
from tickhaul.xythub.tables.strings import Coded

if TYPE_CHECKING:
    import numpy.typing as npt

    from tickhaul.xythub.tables.columns import Column, Strings
    from tickhaul.xythub.tables.strings import Plain
    from tickhaul.xythub.tables.table import Table

#: Types whose own "not a time" is the number that is null in a column of theirs.
_UNITS = {
    Kind.TIME_NS: "timedelta64[ns]",
    Kind.TIMESTAMP: "datetime64[ns]",
}
_WIDER_UNITS = {
    Kind.DATE: "datetime64[D]",
    Kind.TIME_MS: "timedelta64[ms]",
}


def to_numpy(table: Table) -> dict[str, npt.NDArray[Any]]:
    """See `Table.to_numpy`."""
    return {name: _convert(column) for name, column in table.columns.items()}


def string_objects(column: Strings) -> npt.NDArray[np.object_]:
    """The strings of a column as Python's; equal ones are the same object where the column has a dictionary."""
    if isinstance(column, Coded):
        words = np.empty(len(column.words), object)
        words[:] = column.words
        return words[column.codes]
    objects = np.empty(len(column), object)
    objects[:] = string_list(column)
    return objects


def string_list(column: Plain) -> list[str]:
    """The strings of a column without a dictionary."""
    data, offsets = column.data.tobytes(), column.offsets.tolist()
    if data.isascii():
        # Characters are bytes, so one decoding serves all.
        text = data.decode("ascii")
        return [text[start:end] for start, end in pairwise(offsets)]
    return [data[start:end].decode() for start, end in pairwise(offsets)]


def temporal(column: Numbers) -> npt.NDArray[Any]:
    """Days, times of day or timestamps in numpy's types, null as NaT."""
    if column.kind in _UNITS:
        return column.array.view(_UNITS[column.kind])
    nulls = column.nulls()
    converted = column.array.astype(_WIDER_UNITS[column.kind])
    if nulls is not None:
        converted[nulls] = "NaT"
    return converted


def _convert(column: Column) -> npt.NDArray[Any]:
    if isinstance(column, Numbers):
        return _numbers(column)
    if not isinstance(column, Mixed):
        return string_objects(column)
    objects = np.empty(len(column), object)
    objects[:] = column.cells
    return objects


def _numbers(column: Numbers) -> npt.NDArray[Any]:
    if column.kind in (Kind.DOUBLE, Kind.BOOLEAN):
        return column.array
    if column.kind is Kind.INTEGER:
        nulls = column.nulls()
        return column.array if nulls is None else np.ma.MaskedArray(column.array, nulls)
    return temporal(column)
