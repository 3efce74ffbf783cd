"""Days and times of day, as people write them, become numbers.

Times of day are taken in whatever unit keeps them exact and become nanoseconds since midnight; which time zone the
service means is not stated (reference: xyt-hub section 6.2), so none is converted.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Protocol, Self, TypeAlias

from tickhaul._core.times import plain_date, timedelta_ns, to_ns

_EPOCH = date(1970, 1, 1)
_DAY_NS = 86_400 * 10**9
#: The forms of the vendor's libraries: `2016.05.05` and `2016-05-05` (reference: xyt-hub section 6.3).
_DAY = re.compile(r"(\d{4})([.-])(\d{2})\2(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?", re.ASCII)


class _NumpyScalar(Protocol):
    """What numpy's dates and durations have, described so that numpy need not be imported."""

    @property
    def dtype(self) -> object: ...

    def astype(self, dtype: str, /) -> Self: ...

    def __int__(self) -> int: ...


#: Whatever stands for a day: see `to_day`.
DayLike: TypeAlias = "date | str | _NumpyScalar"
#: Whatever stands for a time of day: see `to_time`.
TimeOfDay: TypeAlias = "time | timedelta | str | _NumpyScalar"


def to_day(name: str, value: DayLike) -> date:
    """A day.

    Args:
        name: the parameter's name, for errors.
        value: a ``date``; a ``datetime``, ``pandas.Timestamp`` or ``numpy.datetime64`` at midnight; or text such as
            ``2016-05-05`` or ``2016.05.05``.

    Raises:
        ValueError: it is no day, or a moment within one.
        TypeError: it is of another type.
    """
    if isinstance(value, datetime):
        # Of pandas' "not a time" none of these is a number.
        nanosecond: object = getattr(value, "nanosecond", 0)
        if (value.hour, value.minute, value.second, value.microsecond, nanosecond) != (0, 0, 0, 0, 0):
            raise ValueError(f"{name}={value!r}: expected a day, not a moment within one")
    if isinstance(value, str):
        if (match := _DAY.fullmatch(value.strip())) is None:
            raise ValueError(f"{name}={value!r}: expected a day such as '2016-05-05' or '2016.05.05'")
        try:
            return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError as error:
            raise ValueError(f"{name}={value!r}: {error}") from None
    try:
        if isinstance(value, date):
            return plain_date(value)
        if _is_numpy(value, "datetime64"):
            days = value.astype("datetime64[D]")
            if days != value:
                raise ValueError(f"{name}={value!r}: expected a day, not a moment within one")
            return _EPOCH + timedelta(days=int(days.astype("int64")))
    except OverflowError:
        raise ValueError(f"{name}={value!r}: expected a day of the years 1 to 9999") from None
    raise TypeError(f"{name}={value!r}: expected a date or text such as '2016-05-05', not {type(value).__name__}")


def to_days(name: str, value: DayLike) -> int:
    """A day as the number of days since 1970-01-01; see `to_day`."""
    return (to_day(name, value) - _EPOCH).days


def to_time(name: str, value: TimeOfDay) -> int:
    """A time of day in nanoseconds since midnight.

    Args:
        name: the parameter's name, for errors.
        value: a ``time`` without a zone; a ``timedelta``, ``pandas.Timedelta`` or ``numpy.timedelta64`` since midnight;
            or text such as ``09:00``, ``09:00:00`` or ``09:00:00.000``, with up to nine digits.

    Raises:
        ValueError: it is no time of day. Midnight at the day's end, 24:00, is one.
        TypeError: it is of another type.
    """
    ns = _nanoseconds(name, value)
    if not 0 <= ns <= _DAY_NS:
        raise ValueError(f"{name}={value!r}: expected a time from 00:00 to 24:00")
    return ns


def to_timestamp(value: datetime | _NumpyScalar) -> int:
    """A moment in nanoseconds since 1970-01-01 00:00 UTC; a naive one is taken as UTC.

    Args:
        value: a ``datetime``, ``pandas.Timestamp`` or ``numpy.datetime64``.

    Raises:
        ValueError: 64 bits cannot hold it.
    """
    # None of these is relative to the present, so any will do.
    return to_ns(value, now=0)


def _nanoseconds(name: str, value: TimeOfDay) -> int:
    if isinstance(value, timedelta):
        try:
            return timedelta_ns(value)
        except ValueError as error:
            raise ValueError(f"{name}={error}") from None
    if isinstance(value, time):
        if value.tzinfo is not None:
            raise ValueError(f"{name}={value!r}: expected a time without a zone; the service's is not stated")
        return (((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond) * 1000
    if isinstance(value, str):
        if (match := _TIME.fullmatch(value.strip())) is None or int(match[2]) > 59 or int(match[3] or 0) > 59:
            raise ValueError(f"{name}={value!r}: expected a time such as '09:00:00.000'")
        seconds = (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3] or 0)
        return seconds * 10**9 + int((match[4] or "").ljust(9, "0"))
    if _is_numpy(value, "timedelta64"):
        exact = value.astype("timedelta64[ns]")
        if exact.astype(str(value.dtype)) != value:
            raise ValueError(f"{name}={value!r}: expected a whole number of nanoseconds")
        return int(exact.astype("int64"))
    raise TypeError(f"{name}={value!r}: expected a time or text such as '09:00:00', not {type(value).__name__}")


def _is_numpy(value: object, name: str) -> bool:
    return type(value).__module__ == "numpy" and type(value).__name__ == name
