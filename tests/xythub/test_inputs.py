"""What people pass becomes what the service reads: days, times, parameters of any kind."""

from __future__ import annotations

import datetime as dt
import enum
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul import xythub
from tickhaul.xythub.contracts import find_contract
from tickhaul.xythub.generic import write_get
from tickhaul.xythub.moments import to_day, to_days, to_time, to_timestamp
from tickhaul.xythub.parameters import ParameterWriter
from tickhaul.xythub.values import read_value
from xythub_proto.v2_0_0 import types_pb2 as types

DAY = dt.date(2016, 5, 5)
naive = dt.datetime.fromisoformat
NINE = 9 * 3600 * 10**9
NEW, OLD = find_contract("2.0.0"), find_contract("1.1.2")


class Color(enum.Enum):
    RED = 1


class Days(dt.date):
    """A date with arithmetic of its own, as pendulum's."""

    def __sub__(self, other: Any) -> Any:
        raise AttributeError("days")


class Moment(dt.datetime):
    """A datetime that gives such dates."""

    def date(self) -> Days:
        return Days(self.year, self.month, self.day)


class Length(dt.timedelta):
    """A timedelta that divides in its own way, with months that have no certain length."""

    months = 0

    def __floordiv__(self, other: Any) -> Any:
        raise AttributeError("_to_microseconds")


class Month(Length):
    months = 1


class TestDays:
    @pytest.mark.parametrize(
        "value",
        [
            DAY,
            "2016-05-05",
            " 2016.05.05 ",
            naive("2016-05-05"),
            dt.datetime(2016, 5, 5, tzinfo=dt.UTC),
            pd.Timestamp("2016-05-05"),
            Days(2016, 5, 5),
            Moment(2016, 5, 5, tzinfo=dt.UTC),
            np.datetime64("2016-05-05"),
            np.datetime64("2016-05-05T00:00:00.000000000"),
        ],
    )
    def test_a_day_is_taken_in_many_forms(self, value: Any) -> None:
        assert to_day("day", value) == DAY
        assert to_days("day", value) == 16926

    @pytest.mark.parametrize(
        "value",
        [
            "2016-05.05",
            "05.05.2016",
            "2016-02-30",
            "",
            naive("2016-05-05T01:00"),
            pd.Timestamp("2016-05-05 00:00:00.000000001"),
            pd.NaT,
            pd.Timestamp(np.datetime64("20000-01-01", "s")),
            np.datetime64("2016-05-05T01"),
            np.datetime64("NaT", "ns"),
            np.datetime64(12_000, "Y"),
            np.datetime64(10**17, "Y"),
        ],
    )
    def test_what_is_no_day_is_refused(self, value: Any) -> None:
        with pytest.raises(ValueError, match="day="):
            to_day("day", value)

    @pytest.mark.parametrize("value", [20160505, None, dt.time(9), np.timedelta64(1, "D")])
    def test_what_is_of_another_type_is_refused(self, value: Any) -> None:
        with pytest.raises(TypeError, match="day="):
            to_day("day", value)


class TestTimes:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            (dt.time(9), NINE),
            (dt.time(9, 0, 0, 1), NINE + 1000),
            (dt.timedelta(hours=9), NINE),
            (pd.Timedelta(hours=9, nanoseconds=7), NINE + 7),
            (Length(hours=9, microseconds=1), NINE + 1000),
            (np.timedelta64(9, "h"), NINE),
            ("9:00", NINE),
            ("09:00:00", NINE),
            ("09:00:00.000000007", NINE + 7),
            ("24:00", 24 * 3600 * 10**9),
            ("00:00:00.5", 500_000_000),
        ],
    )
    def test_a_time_of_day_is_taken_in_many_forms_and_exactly(self, value: Any, wanted: int) -> None:
        assert to_time("time", value) == wanted

    @pytest.mark.parametrize(
        "value",
        [
            "9",
            "24:01",
            "09:60",
            "09:00:60",
            "09:00:00.1234567891",
            dt.timedelta(microseconds=-1),
            dt.timedelta(days=2),
            Month(hours=9),
            dt.time(9, tzinfo=dt.UTC),
            np.timedelta64("NaT", "ns"),
            np.timedelta64(1, "ps"),
        ],
    )
    def test_what_is_no_time_of_day_is_refused(self, value: Any) -> None:
        with pytest.raises(ValueError, match="time="):
            to_time("time", value)

    @pytest.mark.parametrize("value", [9, 9.0, None, DAY])
    def test_what_is_of_another_type_is_refused(self, value: Any) -> None:
        with pytest.raises(TypeError, match="time="):
            to_time("time", value)

    @given(st.integers(0, 86_400 * 10**9 - 1))
    def test_every_nanosecond_of_a_day_can_be_said(self, ns: int) -> None:
        seconds, rest = divmod(ns, 10**9)
        text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:09}"
        assert to_time("time", text) == to_time("time", np.timedelta64(ns, "ns")) == ns

    def test_a_moment_without_a_zone_is_utc(self) -> None:
        assert to_timestamp(naive("1970-01-01")) == 0
        assert to_timestamp(pd.Timestamp("1970-01-01 00:00:00.000000001")) == 1
        assert to_timestamp(np.datetime64("1970-01-01T00:00:00.000000001")) == 1


def write(name: str, value: object, contract: Any = NEW, **options: Any) -> Any:
    return ParameterWriter(contract, xythub.Settings(**options)).write(name, value)


# the parameter, its value, the member it travels as, and what it holds
WRITTEN: list[tuple[str, object, str, object]] = [
    ("isin", "DE000A1EWWW0", "string_value", "DE000A1EWWW0"),
    ("data_type", Color.RED, "string_value", "RED"),
    ("flag", True, "bool_value", True),
    ("flag", np.bool_(False), "bool_value", False),
    ("page_limit", 7, "integer_value", 7),
    ("page_limit", np.int32(-7), "integer_value", -7),
    ("size", 1.5, "double_value", 1.5),
    ("size", np.float32(1.5), "double_value", 1.5),
    ("dateFrom", "2016.05.05", "days_value", 16926),
    ("dateFrom", pd.Timestamp("2016-05-05"), "days_value", 16926),
    ("anything", DAY, "days_value", 16926),
    ("anything", np.datetime64("2016-05-05"), "days_value", 16926),
    ("from_time", "09:00", "nanoseconds_value", NINE),
    ("anything", dt.time(9), "nanoseconds_value", NINE),
    ("anything", pd.Timedelta(hours=9), "nanoseconds_value", NINE),
    ("anything", np.timedelta64(9, "h"), "nanoseconds_value", NINE),
    ("from_datetime", naive("2016-05-05"), "timestamp_value", 16926 * 86_400 * 10**9),
    ("from_datetime", np.datetime64("2016-05-05T00"), "timestamp_value", 16926 * 86_400 * 10**9),
]


@pytest.mark.parametrize(("name", "value", "member", "content"), WRITTEN)
def test_a_value_travels_as_the_member_made_for_it(name: str, value: object, member: str, content: object) -> None:
    written = write(name, value)
    assert written.WhichOneof("type") == member
    assert getattr(written, member) == content


# the value, the list it travels as, and what it holds
LISTS: list[tuple[object, str, list[object]]] = [
    (["a", "b"], "string_list", ["a", "b"]),
    (("a",), "string_list", ["a"]),
    ({"a"}, "string_list", ["a"]),
    ([], "string_list", []),
    (np.array(["a", "b"]), "string_list", ["a", "b"]),
    ([Color.RED], "string_list", ["RED"]),
    ([1, 2], "integer_list", [1, 2]),
    (np.array([1, 2]), "integer_list", [1, 2]),
    ([1.5], "double_list", [1.5]),
    ([True, False], "bool_list", [True, False]),
    ([DAY], "days_list", [16926]),
    ([dt.time(9)], "nanoseconds_list", [NINE]),
    ([naive("1970-01-01")], "timestamps_list", [0]),
]


@pytest.mark.parametrize(("value", "member", "content"), LISTS)
def test_a_list_travels_as_the_list_made_for_its_kind(value: object, member: str, content: list[object]) -> None:
    written = write("x", value)
    assert written.list.WhichOneof("list_type") == member
    assert list(getattr(written.list, member).values) == content


def test_days_in_a_list_are_read_by_the_parameters_name() -> None:
    assert list(write("date", ["2016-05-05", DAY]).list.days_list.values) == [16926, 16926]


def test_lists_of_several_kinds_and_objects_are_mixed() -> None:
    written = write("x", [1, "a", [2], {"b": 3, "c": None}])
    cells = getattr(written.list.mixed_list, "values")  # noqa: B009 (a field, not the method of a frame)
    assert [value.WhichOneof("type") for value in cells] == [
        "integer_value",
        "string_value",
        "list",
        "object",
    ]
    assert read_value(written, NEW) == [1, "a", [2], {"b": 3}]


@pytest.mark.parametrize("value", [None, b"bytes", object(), [None], 1j, 2**63, -(2**63) - 1])
def test_what_the_service_has_no_word_for_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError), match="x="):
        write("x", value)


def test_the_old_contract_has_no_moments() -> None:
    with pytest.raises(TypeError, match=r"contract 1\.1\.2 has no moments"):
        write("x", naive("2016-05-05"), OLD)
    assert write("day", naive("2016-05-05"), OLD).days_value == 16926


plain = st.recursive(
    st.text(max_size=8)
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.dates(dt.date(1, 1, 1)).map(np.datetime64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_whatever_is_written_is_read_back(value: object) -> None:
    written = write("x", value)
    assert read_value(types.Value.FromString(written.SerializeToString()), NEW) == value


def test_null_in_every_kind_is_none() -> None:
    nulls = {
        "integer_value": -(2**63),
        "double_value": math.nan,
        "days_value": -(2**31),
        "milliseconds_value": -(2**31),
    }
    nulls |= {"nanoseconds_value": -(2**63), "timestamp_value": -(2**63)}
    for member, content in nulls.items():
        assert read_value(types.Value(**{member: content}), NEW) is None  # type: ignore[arg-type]  # of its own kind each
    assert read_value(OLD.types.Value(date_value=OLD.types.Date()), OLD) is None


def test_a_generic_request_leaves_the_callers_parameters_alone() -> None:
    parameters = {"source": "LC", "nothing": None, "day": "2016-05-05"}
    path, request = write_get("x", parameters, xythub.Settings())
    assert path == "/get/x"
    assert set(request.parameters) == {"source", "day"}
    assert parameters == {"source": "LC", "nothing": None, "day": "2016-05-05"}


def test_a_source_in_the_path_must_be_a_name() -> None:
    settings_ = xythub.Settings(get_path="/{source}/get/{endpoint}")
    assert write_get("x", {"source": "ETF-LC"}, settings_)[0] == "/ETF-LC/get/x"
    for source in (None, "..", 7):
        with pytest.raises((ValueError, TypeError), match="source"):
            write_get("x", {"source": source}, settings_)
