"""What differs between the versions of xyt hub's contract, beside the messages themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from xythub_proto.v1_1_2 import api_data_pb2 as old_data
from xythub_proto.v1_1_2 import types_pb2 as old_types
from xythub_proto.v2_0_0 import api_data_pb2 as new_data
from xythub_proto.v2_0_0 import types_pb2 as new_types

from tickhaul.xythub.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

#: From 1970-01-01 to 2000-01-01 in nanoseconds: 10,957 days.
_MILLENNIUM = 946_684_800_000_000_000
_NO_DAY = -(2**31)


@dataclass(frozen=True, slots=True)
class Contract:
    """A version of the contract.

    Attributes:
        version: its number.
        data: the module with ``DataRequest`` and ``DataResponse``.
        types: the module with ``Value`` and the lists.
        epoch: nanoseconds from 1970 to the moment its timestamps count from (reference: xyt-hub section 6.2).
        read_dates: the days since 1970 of ``Date`` messages, null for empty ones; raises `TableError` for one that is in
            no calendar.
    """

    version: str
    # Modules of two versions have no common type; what is used of them is the same in both.
    data: Any
    types: Any
    epoch: int
    read_dates: Callable[[Iterable[Any]], npt.NDArray[np.int32]]


def _read_days(dates: Iterable[Any]) -> npt.NDArray[np.int32]:
    return np.fromiter((date.days for date in dates), np.int32)


def _read_calendar(dates: Iterable[Any]) -> npt.NDArray[np.int32]:
    numbers = (number for date in dates for number in (date.year, date.month, date.day))
    parts = np.fromiter(numbers, np.int64).reshape(-1, 3)
    year, month, day = parts.T
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    firsts = months.astype("datetime64[D]").astype(np.int64)
    lengths = (months + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64) - firsts
    days = firsts + day - 1
    # A date that was not sent has nothing in it.
    absent = ~parts.any(axis=1)
    real = (year >= 0) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= lengths) & (days < 2**31)
    wrong = np.flatnonzero(~(absent | real))
    if len(wrong):
        shown = "-".join(map(str, parts[wrong[0]].tolist()))
        raise TableError(f"expected days of the calendar, found {shown} (year-month-day)")
    return np.where(absent, _NO_DAY, days).astype(np.int32)


_CONTRACTS = {
    "2.0.0": Contract("2.0.0", new_data, new_types, 0, _read_days),
    "1.1.2": Contract("1.1.2", old_data, old_types, _MILLENNIUM, _read_calendar),
}


def find_contract(version: str) -> Contract:
    """The contract of a version.

    Raises:
        ValueError: there is none of that number.
    """
    if version not in _CONTRACTS:
        raise ValueError(f"contract={version!r}: expected one of {', '.join(_CONTRACTS)}")
    return _CONTRACTS[version]
