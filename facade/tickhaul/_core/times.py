"""Moments, as exact nanoseconds since the Unix epoch.

A float cannot hold today's nanoseconds: whatever passes through one is wrong by up to a quarter of a microsecond. So
every conversion here is integer arithmetic.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from operator import index
from typing import TYPE_CHECKING, Protocol, Self, SupportsIndex, TypeAlias, cast

from tickhaul._threads import load

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_DAY = 86_400 * 10**9
_MICROSECOND = timedelta(microseconds=1)
_INT64 = range(-(2**63), 2**63)
#: Integers in between read as nanoseconds are 1970 to 1973, and as seconds, milli- or microseconds the present age.
_WRONG_UNIT = range(10**9, 10**17)

#: A fraction with more digits than the parser has room for.
_FRACTION = re.compile(r"(?P<head>.*[.,]\d{6})(?P<rest>\d+)(?P<zone>.*)", re.ASCII)
#: The time of day in ISO 8601, after a date.
_CLOCK = re.compile(
    r".{7,10}\D(?P<hour>\d\d):?\d\d:?(?P<second>\d\d)([.,]\d+)?(z|[+-][\d:]+)?", re.ASCII | re.IGNORECASE
)
_NANOSECONDS = re.compile(r"[+-]?\d{9,19}", re.ASCII)
_RELATIVE = re.compile(r"(?P<sign>[+-])\s*(?P<count>\d{1,12})\s*(?P<unit>[a-z]+)", re.ASCII | re.IGNORECASE)
_YEAR_MONTH = re.compile(r"(?P<year>\d{4})(-(?P<month>\d{2}))?", re.ASCII)
_UNITS = {
    "second": "seconds",
    "sec": "seconds",
    "s": "seconds",
    "minute": "minutes",
    "min": "minutes",
    "hour": "hours",
    "h": "hours",
    "day": "days",
    "d": "days",
    "week": "weeks",
    "w": "weeks",
    "month": "months",
    "year": "years",
    "y": "years",
}
_TEXTS = "'2024-01-15T10:00Z', '2024-01-15', '2024-01', '-1month', '-90min', 'now'"
_FORMS = (
    "a datetime (naive means UTC), a date (its midnight UTC), a timedelta (back from now), int nanoseconds since 1970, "
    f"numpy.datetime64, pandas.Timestamp, or text such as {_TEXTS}"
)


class _Datetime64(Protocol):
    """What `numpy.datetime64` has, described so that numpy need not be imported."""

    @property
    def dtype(self) -> object: ...

    def astype(self, dtype: str, /) -> Self: ...

    def __int__(self) -> int: ...


#: Whatever stands for a moment: see `to_ns`.
TimeLike: TypeAlias = datetime | date | timedelta | SupportsIndex | str | _Datetime64


def to_ns(value: TimeLike, *, now: int) -> int:
    """Nanoseconds since the Unix epoch.

    Args:
        value: a ``datetime`` (naive means UTC, never the machine's zone), a ``date`` (its midnight UTC, also as an
            end), a ``timedelta`` (that long before now), an ``int`` (nanoseconds already), ``numpy.datetime64``,
            ``pandas.Timestamp``, or text: ISO 8601 with up to nine fractional digits, a year or year and month (its
            first instant), ``now``, or an offset from now such as ``-1month`` or ``-90min``. A text of nine digits or
            more is nanoseconds, as the service takes it (docs: exports/create-export). Subclasses such as pendulum's
            are taken for what they are in the standard library.
        now: the present, in nanoseconds.

    Raises:
        ValueError: the text or number is no moment, or one that 64 bits cannot hold; it is within a leap second, which
            nanoseconds since 1970 do not count; or it is a duration of months or years, whose length varies.
        TypeError: the value is of another type.
    """
    try:
        ns = _convert(value, now)
    except OverflowError:
        raise _outside(value) from None
    if ns not in _INT64:
        raise _outside(value)
    return ns


def _outside(value: object) -> ValueError:
    return ValueError(f"time {value!r} is outside the years 1677 to 2262 that 64-bit nanoseconds can hold")


def plain_date(value: date) -> date:
    """A date of the standard library, without what a subclass makes of its arithmetic.

    Raises:
        OverflowError: the calendar of the standard library, the years 1 to 9999, has no such day.
    """
    try:
        return date(value.year, value.month, value.day)
    except ValueError as error:
        # A pandas.Timestamp may be of any year.
        raise OverflowError(str(error)) from None


def timedelta_ns(value: timedelta) -> int:
    """The nanoseconds in a timedelta, those included that a pandas Timedelta keeps beside its microseconds.

    Raises:
        ValueError: it has months or years, as pendulum's durations may.
    """
    # In their total a month counts 30 days. An interval has both too, but a beginning from which its length is known.
    if (getattr(value, "months", 0) or getattr(value, "years", 0)) and not hasattr(value, "start"):
        raise ValueError(f"{value!r} has months or years, whose length varies; pass days, or text such as '-1month'")
    return _microseconds(value) * 1000 + _past_microsecond(value)


def to_datetime(ns: int) -> datetime:
    """An aware UTC datetime; the digits past the microsecond are cut, as a datetime has no room for them."""
    return _EPOCH + timedelta(microseconds=ns // 1000)


def to_text(ns: int) -> str:
    """ISO 8601 in UTC with all nine fractional digits (none when they are all zero)."""
    text = to_datetime(ns - ns % 1_000_000_000).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = ns % 1_000_000_000
    return f"{text}.{fraction:09d}Z" if fraction else f"{text}Z"


def _convert(value: TimeLike, now: int) -> int:
    if isinstance(value, str):
        return _from_text(value, now)
    if isinstance(value, datetime):
        if value != value:  # noqa: PLR0124 (pandas' "not a time" is a datetime that differs from itself)
            raise ValueError(f"time {value!r} is no moment; expected {_FORMS}")
        return _from_datetime(value) + _past_microsecond(value)
    if isinstance(value, date):
        return _midnight(value)
    if isinstance(value, timedelta):
        return now - timedelta_ns(value)
    if type(value).__module__ == "numpy" and type(value).__name__ == "datetime64":
        return _from_datetime64(cast("_Datetime64", value))
    # numpy's booleans are called `bool` too (`bool_` before numpy 2), and its older ones have the method as well.
    if isinstance(value, SupportsIndex) and type(value).__name__ not in ("bool", "bool_"):
        # An array has the method too, and refuses to be one number.
        with suppress(TypeError):
            return _checked_unit(value, index(value))
    raise TypeError(f"time {value!r} is a {type(value).__name__}; expected {_FORMS}")


def _from_datetime(value: datetime) -> int:
    # Field by field, because a subclass may have arithmetic of its own; and as numbers, because a datetime near the ends
    # of the calendar cannot be moved to UTC.
    within = ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond
    offset = value.utcoffset()
    return _midnight(value) + (within - (0 if offset is None else _microseconds(offset))) * 1000


def _midnight(value: date) -> int:
    return (plain_date(value).toordinal() - _EPOCH_DAY) * _DAY


def _microseconds(value: timedelta) -> int:
    # The standard library's own division, whatever a subclass makes of it.
    return timedelta.__floordiv__(value, _MICROSECOND)


def _past_microsecond(value: object) -> int:
    """The nanoseconds that a pandas Timestamp or Timedelta keeps beside its microseconds."""
    digits: int = getattr(value, "nanosecond", 0) or getattr(value, "nanoseconds", 0)
    return digits


def _from_datetime64(value: _Datetime64) -> int:
    try:
        exact = value.astype("datetime64[ns]")
        # numpy rounds and, before 2.5, wraps around without a word; its "not a time" differs from itself.
        if exact.astype(str(value.dtype)) == value:
            return int(exact.astype("int64"))
    except OverflowError:
        pass
    raise ValueError(f"time {value!r} is not a whole number of nanoseconds that 64 bits can hold")


def _checked_unit(value: object, ns: int) -> int:
    if abs(ns) in _WRONG_UNIT:
        raise ValueError(
            f"time {value!r} is {to_text(ns)} when read as nanoseconds; it looks like another unit: "
            "multiply seconds by 10**9, milliseconds by 10**6, microseconds by 10**3"
        )
    return ns


def _from_text(text: str, now: int) -> int:
    stripped = text.strip()
    if stripped.lower() == "now":
        return now
    if _NANOSECONDS.fullmatch(stripped):
        return _checked_unit(text, int(stripped))
    if relative := _RELATIVE.fullmatch(stripped):
        return _shift(text, now, _offset(text, relative))
    if period := _YEAR_MONTH.fullmatch(stripped):
        return _from_datetime(_start_of(text, period))
    return _from_iso(text, stripped)


def _from_iso(text: str, stripped: str) -> int:
    load("dateutil.parser")
    from dateutil.parser import isoparse  # noqa: PLC0415 (loaded with the first text, not with the package)

    rest = ""
    if fraction := _FRACTION.fullmatch(stripped):
        # The parser would drop these without a word; they are put back as an integer.
        rest = fraction["rest"]
        stripped = fraction["head"] + fraction["zone"]
    if len(rest) > 3:
        raise ValueError(f"time {text!r} has {6 + len(rest)} fractional digits; nanoseconds are nine at most")
    past = int(rest.ljust(3, "0"))
    clock = _CLOCK.fullmatch(stripped)
    if clock and clock["second"] == "60":
        raise ValueError(
            f"time {text!r} is in a leap second, which nanoseconds since 1970 do not count; "
            "pass second 59, or second 00 of the next minute"
        )
    # 24:00 is the end of its day, with nothing after it.
    if not (clock and clock["hour"] == "24" and past):
        with suppress(ValueError):
            return _from_datetime(isoparse(stripped)) + past
    raise ValueError(f"time {text!r} is not understood; expected text such as {_TEXTS}")


def _start_of(text: str, period: re.Match[str]) -> datetime:
    try:
        return datetime(int(period["year"]), int(period["month"] or 1), 1, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"time {text!r}: {error}") from None


def _offset(text: str, relative: re.Match[str]) -> relativedelta:
    load("dateutil.relativedelta")
    from dateutil.relativedelta import relativedelta  # noqa: PLC0415 (as above)

    unit = relative["unit"].lower()
    name = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if name is None:
        raise ValueError(
            f"time {text!r}: unknown unit {unit!r}; expected one of {', '.join(sorted(set(_UNITS.values())))}"
        )
    count = int(relative["sign"] + relative["count"])
    return relativedelta(**{name: count})  # type: ignore[arg-type]  # the stubs want literal keyword names


def _shift(text: str, now: int, offset: relativedelta) -> int:
    try:
        return _from_datetime(to_datetime(now) + offset) + now % 1000
    except (ValueError, OverflowError):
        raise ValueError(f"time {text!r} leaves the calendar, which has the years 1 to 9999") from None
