"""Tables as pandas frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickhaul.xythub.extras import load
from tickhaul.xythub.tables.as_numpy import string_objects, temporal
from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers
from tickhaul.xythub.tables.strings import Coded

if TYPE_CHECKING:
    import pandas as pd

    from tickhaul.xythub.tables.columns import Column
    from tickhaul.xythub.tables.table import Table


def to_pandas(table: Table, *, dictionary: bool | None) -> pd.DataFrame:
    """See `Table.to_pandas`."""
    pandas = load("pandas", "pandas", "Table.to_pandas")
    columns = {name: _convert(pandas, column, dictionary) for name, column in table.columns.items()}
    # pandas copies: its frames may be written to, and this table's memory may not.
    frame: pd.DataFrame = pandas.DataFrame(columns, columns=pandas.Index(table.column_names, dtype=object), copy=True)
    return frame


def _convert(pandas: Any, column: Column, dictionary: bool | None) -> Any:
    if isinstance(column, Numbers):
        return _numbers(pandas, column)
    if isinstance(column, Mixed):
        return pandas.Series(column.cells, dtype=object)
    if isinstance(column, Coded) and dictionary is not False:
        return pandas.Categorical.from_codes(column.codes, column.words)
    objects = string_objects(column)
    return pandas.Categorical(objects) if dictionary else pandas.Series(objects, dtype="str")


def _numbers(pandas: Any, column: Numbers) -> Any:
    if column.kind in (Kind.DOUBLE, Kind.BOOLEAN):
        return column.array
    if column.kind is Kind.INTEGER:
        nulls = column.nulls()
        mask = column.array != column.array if nulls is None else nulls
        return pandas.arrays.IntegerArray(column.array, mask)
    values = temporal(column)
    # The coarsest unit of pandas is the second.
    return values.astype("datetime64[s]") if column.kind is Kind.DATE else values
