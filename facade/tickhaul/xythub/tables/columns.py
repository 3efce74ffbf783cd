"""Columns as they come off the wire: whole arrays, with the numbers that stand for null still in them.

Facts (reference: xyt-hub section 6.1): null is -2**63 in integers and NaN in doubles. For days, times of day and
timestamps no null is stated; the same habit, the smallest number of the type, is taken for one. Strings and booleans
have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tickhaul.xythub.errors import TableError
from tickhaul.xythub.tables.strings import Coded, Plain

if TYPE_CHECKING:
    import numpy.typing as npt

_INT32_NULL = -(2**31)
_INT64_NULL = -(2**63)
_MILLISECONDS_A_DAY = 86_400_000
_NANOSECONDS_A_DAY = _MILLISECONDS_A_DAY * 1_000_000


class Kind(Enum):
    """What the numbers of a column are."""

    INTEGER = "integer"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    """Days since 1970-01-01."""
    TIME_MS = "time[ms]"
    """Milliseconds since midnight."""
    TIME_NS = "time[ns]"
    """Nanoseconds since midnight."""
    TIMESTAMP = "timestamp[ns]"
    """Nanoseconds since 1970-01-01 00:00, whatever the contract counts from."""


_NULLS = {
    Kind.INTEGER: _INT64_NULL,
    Kind.DATE: _INT32_NULL,
    Kind.TIME_MS: _INT32_NULL,
    Kind.TIME_NS: _INT64_NULL,
    Kind.TIMESTAMP: _INT64_NULL,
}
_DAYS = {Kind.TIME_MS: _MILLISECONDS_A_DAY, Kind.TIME_NS: _NANOSECONDS_A_DAY}


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of numbers.

    Attributes:
        kind: what they are.
        array: the numbers, not to be written to.
    """

    kind: Kind
    # Which type of number it holds depends on the kind.
    array: npt.NDArray[Any]

    def __post_init__(self) -> None:
        self.array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.array)

    def nulls(self) -> npt.NDArray[np.bool_] | None:
        """Where the column is null; ``None`` when it is nowhere."""
        if self.kind is Kind.BOOLEAN:
            return None
        found: npt.NDArray[np.bool_] = (
            np.isnan(self.array) if self.kind is Kind.DOUBLE else self.array == _NULLS[self.kind]
        )
        return found if found.any() else None


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """A column whose cells are Python values of any kind.

    Attributes:
        cells: the cells; ``None`` for null.
    """

    cells: list[object]

    def __len__(self) -> int:
        return len(self.cells)


Strings: TypeAlias = Coded | Plain
Column: TypeAlias = Numbers | Coded | Plain | Mixed


def check_times(name: str, column: Numbers) -> None:
    """Refuse times of day that a type for those cannot hold.

    Args:
        name: the column's name, for the error.
        column: a column of times of day.

    Raises:
        TableError: some lie before midnight, or 24 hours and more after it.
    """
    # Read without their sign, negative numbers are large ones; null is negative too.
    unsigned = column.array.view(f"u{column.array.itemsize}")
    nulls = np.count_nonzero(column.array == _NULLS[column.kind])
    outside = np.count_nonzero(unsigned >= _DAYS[column.kind]) - nulls
    if outside:
        raise TableError(
            f"column {name!r} has {outside} times of day outside of a day, which no type for times of day holds; "
            "to_numpy and to_pandas give them as durations since midnight",
            column=name,
        )


def kind_name(column: Column) -> str:
    """What a column holds, in a word."""
    if isinstance(column, Numbers):
        return column.kind.value
    return "mixed" if isinstance(column, Mixed) else "string"
