"""Tables as Arrow's, sharing memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tickhaul.xythub.extras import load
from tickhaul.xythub.tables.cells import as_json, common_type
from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers, check_times
from tickhaul.xythub.tables.strings import Coded

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

    from tickhaul.xythub.tables.columns import Column
    from tickhaul.xythub.tables.strings import Plain
    from tickhaul.xythub.tables.table import Table

_INT32_MAX = 2**31 - 1


def to_arrow(table: Table, *, dictionary: bool | None) -> pa.Table:
    """See `Table.to_arrow`."""
    arrow = load("pyarrow", "arrow", "Table.to_arrow")
    arrays = [_Conversion(arrow, name, dictionary).convert(column) for name, column in table.columns.items()]
    if not arrays:
        # A table of no columns keeps its number of rows, which is none.
        return arrow.table({})
    return arrow.Table.from_arrays(arrays, names=table.column_names)


class _Conversion:
    def __init__(self, arrow: Any, name: str, dictionary: bool | None) -> None:
        self._arrow = arrow
        self._name = name
        self._dictionary = dictionary

    def convert(self, column: Column) -> Any:
        if isinstance(column, Numbers):
            return self._numbers(column)
        if isinstance(column, Mixed):
            return self._mixed(column)
        return self._coded(column) if isinstance(column, Coded) else self._plain(column)

    def _numbers(self, column: Numbers) -> Any:
        arrow = self._arrow
        if column.kind is Kind.BOOLEAN:
            return arrow.array(column.array)
        if column.kind in (Kind.TIME_MS, Kind.TIME_NS):
            check_times(self._name, column)
        types = {
            Kind.INTEGER: arrow.int64(),
            Kind.DOUBLE: arrow.float64(),
            Kind.DATE: arrow.date32(),
            Kind.TIME_MS: arrow.time32("ms"),
            Kind.TIME_NS: arrow.time64("ns"),
            Kind.TIMESTAMP: arrow.timestamp("ns"),
        }
        nulls = column.nulls()
        if nulls is None:
            return self._array(types[column.kind], len(column), [None, column.array], 0)
        valid = np.packbits(~nulls, bitorder="little")
        return self._array(types[column.kind], len(column), [valid, column.array], int(np.count_nonzero(nulls)))

    def _array(self, kind: Any, length: int, buffers: list[npt.NDArray[Any] | None], nulls: int) -> Any:
        wrapped = [None if buffer is None else self._arrow.py_buffer(buffer) for buffer in buffers]
        return self._arrow.Array.from_buffers(kind, length, wrapped, nulls)

    def _coded(self, column: Coded) -> Any:
        arrow = self._arrow
        codes = self._array(arrow.int32(), len(column), [None, column.codes], 0)
        words = arrow.array(column.words, arrow.string())
        encoded = arrow.DictionaryArray.from_arrays(codes, words)
        return encoded.dictionary_decode() if self._dictionary is False else encoded

    def _plain(self, column: Plain) -> Any:
        arrow = self._arrow
        small = int(column.offsets[-1]) <= _INT32_MAX
        offsets = column.offsets.astype(np.int32) if small else column.offsets
        kind = arrow.string() if small else arrow.large_string()
        array = self._array(kind, len(column), [None, offsets, column.data], 0)
        return array.dictionary_encode() if self._dictionary else array

    def _mixed(self, column: Mixed) -> Any:
        arrow = self._arrow
        found = common_type(column.cells)
        if found is None:
            return arrow.array([as_json(cell) for cell in column.cells], arrow.string())
        kind = {str: arrow.string(), bool: arrow.bool_(), int: arrow.int64(), float: arrow.float64()}[found[0]]
        return arrow.array(column.cells, arrow.list_(kind) if found[1] else kind)
