"""Python values become the parameters of a generic request.

The kinds of values are stated for some parameters and proposed for most (reference: xyt-hub section 9.3): days go as days,
times of day as nanoseconds, moments as timestamps, enumerations by their names, and what is ``None`` not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from tickhaul.xythub.moments import to_days, to_time, to_timestamp

if TYPE_CHECKING:
    from tickhaul.xythub.contracts import Contract
    from tickhaul.xythub.settings import Settings

_INT64 = range(-(2**63), 2**63)


class ParameterWriter:
    """Writes parameters.

    Args:
        contract: the version of the messages.
        settings: which parameters are days and times.
    """

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self._contract = contract
        self._types = contract.types
        self._settings = settings

    # The message is of the contract's own class; so in all methods below.
    def write(self, name: str, value: object) -> Any:
        """The ``Value`` of a parameter.

        Args:
            name: the parameter's name.
            value: text, a boolean, a number, an enumeration's member, a day, a time of day, a moment, or a list or a
                mapping of these; numpy's and pandas' scalars are taken too.

        Raises:
            ValueError: the value is out of range.
            TypeError: the value is of a type the service has no word for.
        """
        if isinstance(value, Mapping):
            fields = {str(key): self.write(str(key), part) for key, part in value.items() if part is not None}
            return self._types.Value(object=self._types.ValueObject(fields=fields))
        if isinstance(value, np.ndarray):
            value = list(value)
        if isinstance(value, Sequence | AbstractSet) and not isinstance(value, str | bytes):
            return self._types.Value(list=self._list([self.write(name, part) for part in value]))
        member, content = self._scalar(name, value)
        return self._types.Value(**{member: content})

    def _list(self, values: list[Any]) -> Any:
        """The values in the one list that is made for their kind, or in a mixed one."""
        kinds = {value.WhichOneof("type") for value in values} or {"string_value"}
        (kind, *others) = kinds
        member, message = _LISTS.get(kind, ("mixed_list", "MixedList")) if not others else ("mixed_list", "MixedList")
        parts = values if member == "mixed_list" else [getattr(value, kind) for value in values]
        found = self._types.ValueList()
        getattr(found, member).CopyFrom(getattr(self._types, message)(values=parts))
        return found

    def _scalar(self, name: str, value: object) -> tuple[str, object]:
        days, times = self._settings.day_parameters, self._settings.time_parameters
        if isinstance(value, Enum):
            return "string_value", value.name
        if isinstance(value, str) and name not in days | times:
            return "string_value", str(value)
        # Python's booleans are integers, and so are numpy's durations.
        if isinstance(value, bool | np.bool_):
            return "bool_value", bool(value)
        if isinstance(value, time | timedelta | np.timedelta64) or (isinstance(value, str) and name in times):
            return "nanoseconds_value", to_time(name, value)
        if isinstance(value, float | np.floating):
            return "double_value", float(value)
        if isinstance(value, int | np.integer):
            return "integer_value", _checked(name, int(value))
        if _is_day(value) or (isinstance(value, str | datetime | np.datetime64) and name in days):
            return "days_value", to_days(name, value)
        if isinstance(value, datetime | np.datetime64):
            if self._contract.epoch:
                raise TypeError(f"{name}={value!r}: contract {self._contract.version} has no moments")
            return "timestamp_value", to_timestamp(value)
        raise TypeError(
            f"{name}={value!r}: expected text, a boolean, a number, a day, a time, a moment, or a list or a mapping of "
            f"these, not {type(value).__name__}"
        )


_LISTS = {
    "string_value": ("string_list", "StringList"),
    "integer_value": ("integer_list", "IntegerList"),
    "double_value": ("double_list", "DoubleList"),
    "bool_value": ("bool_list", "BoolList"),
    "days_value": ("days_list", "DaysList"),
    "nanoseconds_value": ("nanoseconds_list", "NanosecondsList"),
    "timestamp_value": ("timestamps_list", "TimestampsList"),
}


def _is_day(value: object) -> TypeGuard[date | np.datetime64]:
    if isinstance(value, np.datetime64):
        return np.datetime_data(value.dtype)[0] == "D"
    return isinstance(value, date) and not isinstance(value, datetime)


def _checked(name: str, value: int) -> int:
    if value not in _INT64:
        raise ValueError(f"{name}={value}: expected an integer of 64 bits")
    return value
