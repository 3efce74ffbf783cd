"""A table: named columns of one length, and what it can be turned into."""

from __future__ import annotations

from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, overload

from tickhaul._threads import load
from tickhaul.xythub.errors import TableError
from tickhaul.xythub.tables.columns import kind_name

if TYPE_CHECKING:
    import os
    from collections.abc import Container, Mapping

    import numpy.typing as npt
    import pandas as pd
    import polars as pl
    import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types

    from tickhaul.xythub.tables.columns import Column


class Table:
    """Columns of one length.

    Nulls are real nulls in whatever it is turned into, and days, times of day and timestamps have the types for them.
    Times are as the service sends them: which time zone they are in is not stated (reference: xyt-hub section 6.2).

    Args:
        columns: the columns by name, in order.
        meta: what the answer says beside the table.
        request_id: the id the service gave the request, or ``None``.
        reference_id: the id the client gave it, or ``None``.
        warning: what the service warns of, such as an unknown symbol, or ``None``.

    Attributes:
        columns: as above.
        row_count: how many rows there are.
        meta: as above.
        request_id: as above.
        reference_id: as above.
        warning: as above.

    Raises:
        TableError: the columns are not of one length.
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        *,
        meta: Mapping[str, object] | None = None,
        request_id: str | None = None,
        reference_id: str | None = None,
        warning: str | None = None,
    ) -> None:
        self.columns: Mapping[str, Column] = MappingProxyType(dict(columns))
        self.row_count = _common_length(self.columns)
        self.meta = MappingProxyType(dict(meta or {}))
        self.request_id = request_id
        self.reference_id = reference_id
        self.warning = warning

    @property
    def column_names(self) -> list[str]:
        """The names of the columns in order.

        Generic answers have none on the wire: columns the vendor documents come in the order in which it lists them,
        others after them by name.
        """
        return list(self.columns)

    def __len__(self) -> int:
        return self.row_count

    def __repr__(self) -> str:
        described = ", ".join(f"{name} {kind_name(column)}" for name, column in self.columns.items())
        return f"<Table of {self.row_count} rows: {described or 'no columns'}>"

    def without(self, names: Container[str]) -> Table:
        """This table without some of its columns; names it does not have do not matter.

        Args:
            names: the columns to leave out.
        """
        return Table(
            {name: column for name, column in self.columns.items() if name not in names},
            meta=self.meta,
            request_id=self.request_id,
            reference_id=self.reference_id,
            warning=self.warning,
        )

    def to_arrow(self, *, dictionary: bool | None = None) -> pa.Table:
        """An Arrow table, which shares its numbers' memory with this one.

        Integers are ``int64``, days ``date32``, times of day ``time32[ms]`` or ``time64[ns]``, timestamps
        ``timestamp[ns]``. A mixed column whose cells are all text, booleans, integers or floats, or all lists of one of
        these, has that type; any other is JSON text.

        Args:
            dictionary: whether strings are dictionary-encoded; ``None`` for those of long columns that repeat.

        Raises:
            TableError: a time of day lies outside of a day.
            ModuleNotFoundError: pyarrow is not installed.
        """
        load("tickhaul.xythub.tables.as_arrow")
        from tickhaul.xythub.tables.as_arrow import to_arrow  # noqa: PLC0415 (only what is asked for is loaded)

        return to_arrow(self, dictionary=dictionary)

    def to_pandas(self, *, dictionary: bool | None = None) -> pd.DataFrame:
        """A pandas frame.

        Integers are ``Int64``, days ``datetime64[s]``, times of day ``timedelta64`` since midnight, timestamps
        ``datetime64[ns]``, dictionary-encoded strings ``category``, mixed columns objects.

        Args:
            dictionary: whether strings are categories; ``None`` for those of long columns that repeat.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        load("tickhaul.xythub.tables.as_pandas")
        from tickhaul.xythub.tables.as_pandas import to_pandas  # noqa: PLC0415 (as above)

        return to_pandas(self, dictionary=dictionary)

    def to_polars(self, *, dictionary: bool | None = None) -> pl.DataFrame:
        """A polars frame.

        Integers are ``Int64``, days ``Date``, times of day ``Time``, timestamps ``Datetime("ns")``, dictionary-encoded
        strings ``Categorical``. Mixed columns are as in `to_arrow`.

        Args:
            dictionary: whether strings are categorical; ``None`` for those of long columns that repeat.

        Raises:
            TableError: a time of day lies outside of a day.
            ModuleNotFoundError: polars is not installed.
        """
        load("tickhaul.xythub.tables.as_polars")
        from tickhaul.xythub.tables.as_polars import to_polars  # noqa: PLC0415 (as above)

        return to_polars(self, dictionary=dictionary)

    def to_numpy(self) -> dict[str, npt.NDArray[Any]]:
        """The columns as numpy arrays by name; numbers share their memory with this table and are read-only.

        Integers are ``int64``, a masked array where there are nulls, and doubles ``float64``, null as NaN. Days,
        times of day since midnight, and timestamps are ``datetime64[D]``, ``timedelta64[ms]`` or ``[ns]`` and
        ``datetime64[ns]``, null as NaT. Strings and mixed cells are objects.
        """
        load("tickhaul.xythub.tables.as_numpy")
        from tickhaul.xythub.tables.as_numpy import to_numpy  # noqa: PLC0415 (as above)

        return to_numpy(self)

    @overload
    def to_csv(self, target: None = None) -> str: ...
    @overload
    def to_csv(self, target: str | os.PathLike[str] | IO[str]) -> None: ...
    def to_csv(self, target: str | os.PathLike[str] | IO[str] | None = None) -> str | None:
        """The table as CSV: a line of names, then a line for each row.

        Null is empty, days are ``2019-10-02``, times of day ``09:00:00.000000000`` with the digits of their unit,
        timestamps both joined by a ``T``, booleans ``true`` and ``false``, lists and objects JSON.

        Args:
            target: a path, written as UTF-8, or a text file opened with ``newline=""``; ``None`` for a string. A file
                that is there is replaced when all of the new one is written, and not before.
        """
        load("tickhaul.xythub.tables.as_text")
        from tickhaul.xythub.tables.as_text import to_csv  # noqa: PLC0415 (as above)

        return to_csv(self, target)

    @overload
    def to_json(self, target: None = None) -> str: ...
    @overload
    def to_json(self, target: str | os.PathLike[str] | IO[str]) -> None: ...
    def to_json(self, target: str | os.PathLike[str] | IO[str] | None = None) -> str | None:
        """The table as a JSON array with an object for each row, one to a line.

        Days and times are as in `to_csv`, null is ``null``, and an infinite number, for which JSON has no form, is text.

        Args:
            target: a path, written as UTF-8, or an open text file; ``None`` for a string. A file that is there is
                replaced when all of the new one is written, and not before.
        """
        load("tickhaul.xythub.tables.as_text")
        from tickhaul.xythub.tables.as_text import to_json  # noqa: PLC0415 (as above)

        return to_json(self, target)


def _common_length(columns: Mapping[str, Column]) -> int:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        first, *others = lengths.items()
        name, length = next((name, length) for name, length in others if length != first[1])
        raise TableError(
            f"columns have different lengths: {first[0]!r} has {first[1]} rows and {name!r} has {length}", column=name
        )
    return next(iter(lengths.values()), 0)
