"""Tables as polars frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tickhaul.xythub.extras import load
from tickhaul.xythub.tables.as_numpy import string_list
from tickhaul.xythub.tables.cells import as_json, common_type
from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers, check_times
from tickhaul.xythub.tables.strings import Coded

if TYPE_CHECKING:
    import polars as pl

    from tickhaul.xythub.tables.columns import Column
    from tickhaul.xythub.tables.strings import Plain
    from tickhaul.xythub.tables.table import Table


def to_polars(table: Table, *, dictionary: bool | None) -> pl.DataFrame:
    """See `Table.to_polars`."""
    polars = load("polars", "polars", "Table.to_polars")
    # By name, for a frame calls a nameless series something else.
    series = {name: _Conversion(polars, name, dictionary).convert(column) for name, column in table.columns.items()}
    frame: pl.DataFrame = polars.DataFrame(series)
    return frame


class _Conversion:
    def __init__(self, polars: Any, name: str, dictionary: bool | None) -> None:
        self._polars = polars
        self._name = name
        self._dictionary = dictionary

    def convert(self, column: Column) -> pl.Series:
        if isinstance(column, Numbers):
            return self._numbers(column)
        if isinstance(column, Mixed):
            return self._mixed(column)
        return self._coded(column) if isinstance(column, Coded) else self._plain(column)

    def _numbers(self, column: Numbers) -> pl.Series:
        polars = self._polars
        series: pl.Series = polars.Series(self._name, column.array)
        nulls = column.nulls()
        if nulls is not None:
            series = series.set(polars.Series(nulls), None)
        if column.kind in (Kind.TIME_MS, Kind.TIME_NS):
            check_times(self._name, column)
        if column.kind is Kind.TIME_MS:
            series = series.cast(polars.Int64) * 1_000_000
        types = {
            Kind.DATE: polars.Date,
            Kind.TIME_MS: polars.Time,
            Kind.TIME_NS: polars.Time,
            Kind.TIMESTAMP: polars.Datetime("ns"),
        }
        return series.cast(types[column.kind]) if column.kind in types else series

    def _coded(self, column: Coded) -> pl.Series:
        polars = self._polars
        series: pl.Series = polars.Series(column.words, dtype=polars.String)
        if self._dictionary is not False:
            series = series.cast(polars.Categorical)
        return series.gather(column.codes.astype(np.uint32)).alias(self._name)

    def _plain(self, column: Plain) -> pl.Series:
        series: pl.Series = self._polars.Series(self._name, string_list(column), dtype=self._polars.String)
        return series.cast(self._polars.Categorical) if self._dictionary else series

    def _mixed(self, column: Mixed) -> pl.Series:
        polars = self._polars
        found = common_type(column.cells)
        cells: list[object] = column.cells
        kind = polars.String
        if found is None:
            cells = [as_json(cell) for cell in cells]
        else:
            kind = {str: polars.String, bool: polars.Boolean, int: polars.Int64, float: polars.Float64}[found[0]]
            kind = polars.List(kind) if found[1] else kind
        series: pl.Series = polars.Series(self._name, cells, dtype=kind)
        return series
