"""Whatever a table is turned into, its cells are the same."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given
from hypothesis import strategies as st
from tickhaul.xythub.framing import frame
from tickhaul.xythub.tables.cells import common_type
from tickhaul.xythub.tables.columns import Mixed
from tickhaul.xythub.tables.decode import read_table

from tests.xythub.answers import DAY_NULL, INT32, INT64, INTEGER_NULL, answer, scalars

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tickhaul.xythub.tables.table import Table

    Cells = Mapping[str, list[object]]

#: Times of day are those that every type for them holds.
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "string_list": st.text(max_size=20),
    "integer_list": INT64,
    "double_list": st.floats(),
    "bool_list": st.booleans(),
    "days_list": INT32,
    "milliseconds_list": st.one_of(st.integers(0, 86_399_999), st.just(DAY_NULL)),
    "nanoseconds_list": st.one_of(st.integers(0, 86_400 * 10**9 - 1), st.just(INTEGER_NULL)),
    "timestamps_list": INT64,
}
#: How many of the unit a library counts in make one of numpy's.
POLARS_UNITS = {"milliseconds_list": 10**6}
PANDAS_UNITS = {"days_list": 86_400}


@st.composite
def tables(draw: st.DrawFn, members: Mapping[str, st.SearchStrategy[Any]] = MEMBERS) -> Table:
    """Tables whose columns are named after the kind of list they came in."""
    rows = draw(st.integers(0, 6))
    kinds = draw(st.lists(st.sampled_from(sorted(members)), min_size=1, max_size=5))
    columns = {
        f"{kind} {number}": (kind, draw(st.lists(members[kind], min_size=rows, max_size=rows)))
        for number, kind in enumerate(kinds)
    }
    return read_table(frame(answer(**columns)))


@given(tables())
def test_numbers_and_texts_are_the_same_in_every_library(table: Table) -> None:
    wanted = {name: _plain(array) for name, array in table.to_numpy().items()}
    assert _of_arrow(table) == wanted
    assert _of_polars(table) == _in_units(wanted, POLARS_UNITS)
    assert _of_pandas(table) == _in_units(wanted, PANDAS_UNITS)


@given(tables())
def test_text_formats_say_what_numpy_says(table: Table) -> None:
    wanted = {name: _texts(array) for name, array in table.to_numpy().items()}
    names, *rows = csv.reader(io.StringIO(table.to_csv(), newline=""))
    assert names == table.column_names
    assert rows == [list(row) for row in zip(*wanted.values(), strict=True)]
    for row, document in zip(rows, json.loads(table.to_json()), strict=True):
        assert [_written(cell) for cell in document.values()] == row


@given(tables({"mixed_list": scalars}))
def test_mixed_cells_are_the_same_and_as_text_they_are_json(table: Table) -> None:
    arrow = _of_arrow(table)
    assert _of_polars(table) == arrow
    documents = json.loads(table.to_json())
    for name, column in table.columns.items():
        assert isinstance(column, Mixed)
        if common_type(column.cells) is None:
            read = [None if text is None else _strictly(text) for text in arrow[name]]
            assert read == [row[name] for row in documents]


def _plain(cells: Iterable[Any]) -> list[object]:
    """Cells that compare: nulls as ``None``, days and times as numbers."""
    return [None if _is_null(cell) else _number(cell) for cell in cells]


def _is_null(cell: Any) -> bool:
    return cell is np.ma.masked or bool(pd.isna(cell))


def _number(cell: Any) -> object:
    if isinstance(cell, np.datetime64 | np.timedelta64):
        return int(cell.astype(np.int64))
    return cell.item() if isinstance(cell, np.generic) else cell


def _in_units(cells: Cells, units: Mapping[str, int]) -> Cells:
    return {
        name: [
            cell * units[kind] if isinstance(cell, int) and (kind := name.partition(" ")[0]) in units else cell
            for cell in column
        ]
        for name, column in cells.items()
    }


def _of_arrow(table: Table) -> Cells:
    arrow = table.to_arrow()
    columns = {name: arrow[name] for name in table.column_names}
    return {
        name: (column.cast(f"int{column.type.bit_width}") if pa.types.is_temporal(column.type) else column).to_pylist()
        for name, column in columns.items()
    }


def _of_polars(table: Table) -> Cells:
    columns = table.to_polars().to_dict()
    return {
        name: (column.to_physical() if column.dtype.is_temporal() else column).to_list()
        for name, column in columns.items()
    }


def _of_pandas(table: Table) -> Cells:
    columns = {str(name): column for name, column in table.to_pandas().items()}
    # As numpy's, for pandas' own have the years of Python's.
    return {
        name: _plain(column.to_numpy() if column.dtype.kind in "mM" else column.array)
        for name, column in columns.items()
    }


def _texts(array: Any) -> list[str]:
    """Cells of numpy as text: days and times as numpy itself writes them."""
    if array.dtype.kind == "m":
        digits = {"ms": 3, "ns": 9}[np.datetime_data(array.dtype)[0]]
        moments = np.datetime64(0, "D") + array
        return ["" if np.isnat(moment) else str(moment)[-9 - digits :] for moment in moments]
    if array.dtype.kind == "M":
        return ["" if np.isnat(moment) else str(moment) for moment in array]
    return ["" if _is_null(cell) else _written(cell) for cell in array.tolist()]


def _written(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if cell is None else str(cell)


def _strictly(text: object) -> object:
    """A JSON document without the numbers that JSON does not have."""

    def refuse(name: str) -> object:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(str(text), parse_constant=refuse)
