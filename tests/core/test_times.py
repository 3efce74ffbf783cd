"""Moments in all accepted forms become exact nanoseconds, and nothing else does."""

from __future__ import annotations

import calendar
import time
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any, Self, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tickhaul._core.times import TimeLike, to_datetime, to_ns, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

SECOND = 10**9
#: 2024-03-31T12:34:56.123456789Z.
NOW = 1_711_888_496_123_456_789
#: 2024-01-15T10:00:00Z.
TEN = 1_705_312_800 * SECOND

#: The stubs take literal units only.
datetime64: Any = np.datetime64


class Interval(timedelta):
    """What subtraction gives that is no longer the standard library's: it divides by its own kind only."""

    start: datetime | None = None
    months = 1

    def __floordiv__(self, other: Any) -> Any:
        raise AttributeError(f"{type(other).__name__} object has no attribute '_to_microseconds'")

    __mod__ = __truediv__ = __sub__ = __rsub__ = __add__ = __neg__ = __mul__ = __floordiv__  # type: ignore[assignment]


class Duration(Interval):
    """A duration whose parts have the sign of the whole, with months beside them."""

    def __new__(cls, months: int = 0, **parts: float) -> Self:
        self = super().__new__(cls, hours=months * 720 + parts.pop("hours", 0), **parts)
        self.months = months
        return self

    def __getattribute__(self, name: str) -> Any:
        if name == "start":
            raise AttributeError(name)
        return super().__getattribute__(name)

    @property
    def days(self) -> int:
        return int(self.total_seconds() / 86_400)

    @property
    def seconds(self) -> int:
        return int(self.total_seconds()) - self.days * 86_400

    @property
    def microseconds(self) -> int:
        return int(self.total_seconds() % 1 * 10**6)


class Moment(datetime):
    """A datetime whose arithmetic gives durations of its own."""

    def __sub__(self, other: Any) -> Any:
        return Interval(1)

    __rsub__ = __add__ = __radd__ = __sub__

    def replace(self, *_: Any, **__: Any) -> Any:
        raise TypeError("use set()")

    def utcoffset(self) -> Interval | None:
        offset = super().utcoffset()
        return None if offset is None else Interval(seconds=offset.total_seconds())

    def date(self) -> Any:
        return Day(self.year, self.month, self.day)


class Day(date):
    """A date of that kind."""

    def __sub__(self, other: Any) -> Any:
        return Interval(1)

    def toordinal(self) -> Any:
        raise TypeError("use days()")

    __rsub__ = __add__ = __radd__ = __sub__


nanoseconds = st.integers(-(2**63), 2**63 - 1)
#: Integers that are not taken for seconds, milli- or microseconds.
plain_nanoseconds = nanoseconds.filter(lambda ns: not 10**9 <= abs(ns) < 10**17)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
earliest, latest = datetime(1678, 1, 1), datetime(2261, 12, 31)  # noqa: DTZ001 (bounds are naive)
moments = st.datetimes(earliest, latest) | st.datetimes(earliest, latest, timezones=offsets | st.timezones())


def seconds_of(moment: datetime) -> int:
    """Whole seconds since 1970 by the calendar module, for comparison."""
    return calendar.timegm(moment.utctimetuple())


FORMS: list[tuple[Any, int]] = [
    (datetime(2024, 1, 15, 10, tzinfo=UTC), TEN),
    (datetime(2024, 1, 15, 10), TEN),  # noqa: DTZ001 (naive on purpose)
    (datetime(2024, 1, 15, 11, tzinfo=timezone(timedelta(hours=1))), TEN),
    (datetime(2024, 1, 15, 5, tzinfo=ZoneInfo("America/New_York")), TEN),
    (date(2024, 1, 15), TEN - 36_000 * SECOND),
    (timedelta(minutes=1), NOW - 60 * SECOND),
    (timedelta(minutes=-1), NOW + 60 * SECOND),
    (timedelta(0), NOW),
    (TEN, TEN),
    (0, 0),
    (-1, -1),
    (2**63 - 1, 2**63 - 1),
    (-(2**63), -(2**63)),
    (np.int64(TEN), TEN),
    (np.array(TEN), TEN),
    (np.datetime64("2024-01-15T10:00"), TEN),
    (np.datetime64("2024-01-15T10:00:00.000000001"), TEN + 1),
    (np.datetime64("2024-01-15"), TEN - 36_000 * SECOND),
    (np.datetime64("2024"), 1_704_067_200 * SECOND),
    (pd.Timestamp("2024-01-15T10:00:00.000000001"), TEN + 1),
    (pd.Timestamp("2024-01-15T10:00:00.000000001+01:00"), TEN + 1 - 3600 * SECOND),
    (pd.Timedelta(1, "ns"), NOW - 1),
    (pd.Timedelta(-1, "ns"), NOW + 1),
    (Moment(2024, 1, 15, 10, tzinfo=UTC), TEN),
    (Moment(2024, 1, 15, 10), TEN),
    (Moment(2024, 1, 15, 11, 0, 0, 1, tzinfo=timezone(timedelta(hours=1))), TEN + 1000),
    (Day(2024, 1, 15), TEN - 36_000 * SECOND),
    (Interval(days=40, microseconds=1), NOW - 40 * 86_400 * SECOND - 1000),
    (Duration(minutes=1), NOW - 60 * SECOND),
    (Duration(hours=-1, microseconds=-1), NOW + 3600 * SECOND + 1000),
    ("2024-01-15T10:00:00Z", TEN),
    ("2024-01-15T10:00Z", TEN),
    ("2024-01-15T10Z", TEN),
    ("2024-01-15T10:00", TEN),
    ("2024-01-15 10:00", TEN),
    ("  2024-01-15T10:00Z\n", TEN),
    ("2024-01-15t10:00:00z", TEN),
    ("2024-01-15T11:00+01:00", TEN),
    ("2024-01-15T11:00+01", TEN),
    ("20240115T100000Z", TEN),
    ("20240115T100000.123456789Z", TEN + 123_456_789),
    ("20240115T100000,1234567+0000", TEN + 123_456_700),
    ("2024-01-15T10:00:00.1Z", TEN + 100_000_000),
    ("2024-01-15T10:00:00.123456789Z", TEN + 123_456_789),
    ("2024-01-15T10:00:00,123456789", TEN + 123_456_789),
    ("2024-01-15T11:30:00.000000001+01:30", TEN + 1),
    ("2024-01-14T24:00:00Z", TEN - 36_000 * SECOND),
    ("2024-01-14T24:00:00.000000000Z", TEN - 36_000 * SECOND),
    ("2024-01-15", TEN - 36_000 * SECOND),
    ("20240115", TEN - 36_000 * SECOND),
    ("2024-W03-1", TEN - 36_000 * SECOND),
    ("2024-01", 1_704_067_200 * SECOND),
    ("2024", 1_704_067_200 * SECOND),
    ("1970-01-01T00:00:00.000000001Z", 1),
    ("1969-12-31T23:59:59.999999999Z", -1),
    ("1705312800000000000", TEN),
    ("+1705312800000000000", TEN),
    ("-1705312800000000000", -TEN),
    ("now", NOW),
    ("NOW", NOW),
    ("-1month", 1_709_210_096_123_456_789),  # 29 February: the last day March has in common
    ("-1 months", 1_709_210_096_123_456_789),
    ("- 90 min", NOW - 5400 * SECOND),
    ("-1h", NOW - 3600 * SECOND),
    ("+2days", NOW + 172_800 * SECOND),
    ("-1D", NOW - 86_400 * SECOND),
    ("-2w", NOW - 14 * 86_400 * SECOND),
    ("-1y", 1_680_266_096_123_456_789),
    ("-0s", NOW),
]


@pytest.mark.parametrize(("value", "ns"), FORMS, ids=repr)
def test_every_accepted_form_is_exact(value: Any, ns: int) -> None:
    read = to_ns(value, now=NOW)
    assert read == ns
    assert type(read) is int


def test_the_type_of_all_these_can_be_built_upon() -> None:
    # In an annotation that is evaluated, as without `from __future__ import annotations`.
    assert date in get_args(TimeLike | None)
    assert type(None) in get_args(TimeLike | None)


@given(plain_nanoseconds)
def test_an_integer_is_nanoseconds_already(ns: int) -> None:
    assert to_ns(ns, now=NOW) == ns
    assert to_ns(np.int64(ns), now=NOW) == ns


@pytest.mark.parametrize("sign", [1, -1])
def test_integers_of_1970_to_1973_are_taken_for_another_unit(sign: int) -> None:
    for ns in (10**9 - 1, 10**17):
        assert to_ns(sign * ns, now=NOW) == sign * ns
    for ns in (10**9, 10**17 - 1):
        with pytest.raises(ValueError, match="looks like another unit"):
            to_ns(sign * ns, now=NOW)


@given(st.integers(10**17, 2**63 - 1), st.sampled_from(["", "+", "-"]))
def test_a_long_number_as_text_is_nanoseconds(ns: int, sign: str) -> None:
    assert to_ns(f"{sign}{ns}", now=NOW) == int(f"{sign}{ns}")


@given(nanoseconds)
def test_text_holds_every_digit(ns: int) -> None:
    assert to_ns(to_text(ns), now=NOW) == ns


@given(nanoseconds)
def test_a_datetime_is_floored_to_the_microsecond(ns: int) -> None:
    moment = to_datetime(ns)
    assert moment.tzinfo is UTC
    assert seconds_of(moment) * 10**6 + moment.microsecond == ns // 1000


@given(moments)
def test_a_datetime_is_exact_to_its_microsecond(moment: datetime) -> None:
    assert to_ns(moment, now=NOW) == seconds_of(moment) * SECOND + moment.microsecond * 1000


@given(moments)
def test_iso_text_means_what_the_datetime_means(moment: datetime) -> None:
    offset = moment.utcoffset()
    if offset is not None and offset % timedelta(minutes=1):
        # Local mean times of old have seconds in their offset, for which ISO 8601 has no form.
        moment = moment.astimezone(UTC)
    assert to_ns(moment.isoformat(), now=NOW) == to_ns(moment, now=NOW)


@given(st.integers(0, 2**33), st.text("0123456789", min_size=1, max_size=9), st.sampled_from(".,"))
def test_a_fraction_keeps_all_its_digits(seconds: int, digits: str, mark: str) -> None:
    extended = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    basic = datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%S")
    expected = seconds * SECOND + int(digits.ljust(9, "0"))
    assert to_ns(f"{extended}{mark}{digits}Z", now=NOW) == expected
    assert to_ns(f"{basic}{mark}{digits}Z", now=NOW) == expected


@given(st.dates(date(1678, 1, 1), date(2261, 12, 31)))
def test_a_date_is_its_midnight(day: date) -> None:
    assert to_ns(day, now=NOW) == calendar.timegm(day.timetuple()) * SECOND
    assert to_ns(day.isoformat(), now=NOW) == to_ns(day, now=NOW)


@given(st.timedeltas(timedelta(days=-80_000), timedelta(days=80_000)))
def test_a_timedelta_counts_back_from_now(delta: timedelta) -> None:
    microseconds = (delta.days * 86_400 + delta.seconds) * 10**6 + delta.microseconds
    assert to_ns(delta, now=NOW) == NOW - microseconds * 1000


@given(st.integers(-(2**62), 2**62), st.sampled_from([None, "UTC", "Asia/Kolkata", "America/New_York"]))
def test_a_pandas_timestamp_keeps_its_nanoseconds(ns: int, zone: str | None) -> None:
    moment = pd.Timestamp(ns, tz="UTC").tz_convert(zone)
    assert to_ns(moment, now=NOW) == ns


@given(st.integers(-(2**61), 2**61))
def test_a_pandas_timedelta_keeps_its_nanoseconds(ns: int) -> None:
    assert to_ns(pd.Timedelta(ns, "ns"), now=NOW) == NOW - ns


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_numpy_datetime_keeps_its_nanoseconds(ns: int) -> None:
    assert to_ns(np.datetime64(ns, "ns"), now=NOW) == ns


@given(st.integers(-9_223_200_000, 9_223_372_035), st.sampled_from([("s", 1), ("m", 60), ("h", 3600), ("D", 86_400)]))
def test_a_numpy_datetime_of_a_coarser_unit_is_exact(seconds: int, unit: tuple[str, int]) -> None:
    name, length = unit
    count = int(seconds / length)
    assert to_ns(datetime64(count, name), now=NOW) == count * length * SECOND


@given(
    st.integers(-(2**63), 2**63 - 1).filter(lambda count: abs(count) > 9_223_372_036),
    st.sampled_from(["s", "m", "h", "D", "W", "M", "Y"]),
)
@example(2**62, "D")  # wraps to 1970
@example(2_635_249_153_387_078_803, "W")  # wraps to five days, by way of days
def test_a_numpy_datetime_that_nanoseconds_cannot_hold_is_refused(count: int, unit: str) -> None:
    with pytest.raises(ValueError, match="not a whole number of nanoseconds"):
        to_ns(datetime64(count, unit), now=NOW)


@pytest.fixture(params=["Asia/Kolkata", "America/New_York", "UTC"])
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this platform does not take its zone from TZ")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_zone")
def test_the_zone_of_the_machine_does_not_matter() -> None:
    for value, ns in FORMS:
        assert to_ns(value, now=NOW) == ns
    assert to_text(TEN) == "2024-01-15T10:00:00Z"
    assert to_datetime(TEN) == datetime(2024, 1, 15, 10, tzinfo=UTC)


class _Nowhere(tzinfo):
    """A zone without an offset, which makes a datetime naive by Python's definition."""

    def utcoffset(self, _: datetime | None) -> None:
        return None

    dst = tzname = utcoffset


def test_a_datetime_whose_zone_has_no_offset_is_naive_and_means_utc() -> None:
    assert to_ns(datetime(2024, 1, 15, 10, tzinfo=_Nowhere()), now=NOW) == TEN


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "expected text such as"),
        ("yesterday", "expected text such as"),
        ("2024-1-5", "expected text such as"),
        ("2024-02-30", "expected text such as"),
        ("2024-13", "month must be in 1..12"),
        ("0000", "year 0 is out of range"),
        ("2024-01-15T10:30.5Z", "expected text such as"),  # half a minute, not half a second
        ("2024-01-14T24:00:00.5Z", "expected text such as"),
        ("2024-01-14T24:00:00.000000001Z", "expected text such as"),
        (
            "2016-12-31T23:59:60Z",
            "leap second, which nanoseconds since 1970 do not count; pass second 59, or second 00",
        ),
        ("2016-12-31T23:59:60.123456789Z", "leap second"),
        ("2016-12-31 23:59:60", "leap second"),
        ("20161231T235960,5+0000", "leap second"),
        ("2017-01-01T05:29:60+05:30", "leap second"),
        ("2016-W52-6t23:59:60z", "leap second"),
        ("2016-12-31T23:59:61Z", "expected text such as"),
        ("9999-12-31T23:59:59-05:00", "outside the years 1677 to 2262"),
        ("9999-12-31T24:00:00Z", "outside the years 1677 to 2262"),
        ("0001-01-01T00:00:00+05:00", "outside the years 1677 to 2262"),
        (Moment.max.astimezone(timezone(timedelta(hours=-5))), "outside the years 1677 to 2262"),
        (pd.Timestamp(np.datetime64("20000-01-01", "s")), "outside the years 1677 to 2262"),
        (pd.Timestamp(np.datetime64("-5000-01-01", "s")), "outside the years 1677 to 2262"),
        (Duration(months=1, days=2), "has months or years, whose length varies; pass days, or text such as '-1month'"),
        ("2024-01-15T10:00:00.1234567890Z", "10 fractional digits; nanoseconds are nine at most"),
        ("2024-01-15T10:00:00.123456789.1Z", "expected text such as"),
        ("2024-01-15T25:00Z", "expected text such as"),
        ("10:00", "expected text such as"),
        ("0001-01-01T00:00+14:00", "outside the years 1677 to 2262"),
        ("1677-09-21T00:12:43Z", "outside the years 1677 to 2262"),
        ("2262-04-11T23:47:16.854775808Z", "outside the years 1677 to 2262"),
        ("9" * 20, "expected text such as"),
        ("9" * 19, "outside the years 1677 to 2262"),
        ("9" * 5000, "expected text such as"),
        ("-1", "expected text such as"),
        ("-1m", "unknown unit 'm'; expected one of days, hours, minutes"),
        ("-1ms", "unknown unit 'ms'"),
        ("-1 fortnight", "unknown unit 'fortnight'"),
        ("-9999years", "leaves the calendar"),
        ("+999999999999years", "leaves the calendar"),
        ("-" + "9" * 5000 + "s", "expected text such as"),
        ("-1000years", "outside the years 1677 to 2262"),
        ("2024-01-15T10:00:00\u0660", "expected text such as"),
        ("\u0662\u0660\u0662\u0664", "expected text such as"),
        (1_705_312_800, "looks like another unit: multiply seconds by 10"),
        (1_705_312_800_000, "looks like another unit"),
        (1_705_312_800_000_000, "looks like another unit"),
        (-1_705_312_800, "looks like another unit"),
        ("1705312800", "looks like another unit"),
        (2**63, "outside the years 1677 to 2262"),
        (-(2**63) - 1, "outside the years 1677 to 2262"),
        (datetime.min.replace(tzinfo=UTC), "outside the years 1677 to 2262"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))), "outside the years 1677 to 2262"),
        (date.max, "outside the years 1677 to 2262"),
        (timedelta.max, "outside the years 1677 to 2262"),
        (np.datetime64("NaT", "ns"), "not a whole number of nanoseconds"),
        (np.datetime64(1, "ps"), "not a whole number of nanoseconds"),
        (pd.NaT, "is no moment; expected a datetime"),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_what_is_no_moment_is_named_in_the_error(value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as caught:
        to_ns(value, now=NOW)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 1.5, float("nan"), 1.7e18, b"2024", [2024], (2024, 1), object()),
        *(np.array([1, 2]), np.float64(1), np.timedelta64(5, "s"), np.bool_(True), pd.NA),
    ],
    ids=repr,
)
def test_another_type_is_a_type_error_that_says_what_is_expected(value: Any) -> None:
    with pytest.raises(TypeError, match=f"is an? {type(value).__name__}; expected a datetime") as caught:
        to_ns(value, now=NOW)
    assert repr(value) in str(caught.value)


@given(st.text() | st.from_regex(r"\A[-+]?[0-9]{1,12}[-:.,TZW+ 0-9a-z]{0,24}\Z"))
def test_any_text_is_a_moment_or_a_value_error_that_names_it(text: str) -> None:
    try:
        ns = to_ns(text, now=NOW)
    except ValueError as error:
        assert repr(text) in str(error)  # noqa: PT017 (a moment is a right answer too)
    else:
        assert -(2**63) <= ns < 2**63
