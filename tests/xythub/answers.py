"""Answers with tables, made up by hypothesis, and what they hold by protobuf's own account."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from xythub_proto.v2_0_0 import types_pb2 as types
from xythub_proto.v2_0_0.api_data_pb2 import DataResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.xythub.tables.table import Table

INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)
INTEGER_NULL = -(2**63)
DAY_NULL = -(2**31)

scalars = st.one_of(
    st.text(max_size=20).map(lambda value: types.Value(string_value=value)),
    INT64.map(lambda value: types.Value(integer_value=value)),
    st.floats().map(lambda value: types.Value(double_value=value)),
    st.booleans().map(lambda value: types.Value(bool_value=value)),
    INT32.map(lambda value: types.Value(days_value=value)),
    INT32.map(lambda value: types.Value(milliseconds_value=value)),
    INT64.map(lambda value: types.Value(nanoseconds_value=value)),
    INT64.map(lambda value: types.Value(timestamp_value=value)),
    INT32.map(lambda value: types.Value(date_value=types.Date(days=value))),
    st.just(types.Value()),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda v: types.Value(list=lists_of("mixed_list", v))),
        st.lists(st.text(max_size=5), max_size=3).map(lambda v: types.Value(list=lists_of("string_list", v))),
        st.lists(INT32, max_size=3).map(lambda v: types.Value(list=lists_of("milliseconds_list", v))),
        st.lists(INT64, max_size=3).map(lambda v: types.Value(list=lists_of("timestamps_list", v))),
        st.dictionaries(st.text(max_size=5), inner, max_size=3).map(
            lambda v: types.Value(object=types.ValueObject(fields=v))
        ),
    ),
    max_leaves=6,
)

#: By member of ``ValueList``: its message, and what may be in it.
MEMBERS: dict[str, tuple[Callable[..., Any], st.SearchStrategy[Any]]] = {
    "string_list": (types.StringList, st.text(max_size=150)),
    "integer_list": (types.IntegerList, INT64),
    "double_list": (types.DoubleList, st.floats()),
    "bool_list": (types.BoolList, st.booleans()),
    "date_list": (types.DateList, INT32.map(lambda days: types.Date(days=days))),
    "time_list": (
        types.TimeList,
        st.builds(types.Time, milliseconds=st.integers(0, 86_399_999), nanoseconds=st.integers(0, 999_999)),
    ),
    "days_list": (types.DaysList, INT32),
    "milliseconds_list": (types.MillisecondsList, INT32),
    "nanoseconds_list": (types.NanosecondsList, INT64),
    "timestamps_list": (types.TimestampsList, INT64),
    "mixed_list": (types.MixedList, values),
}


def lists_of(member: str, content: Any) -> types.ValueList:
    message = MEMBERS[member][0](values=content)
    found = types.ValueList()
    getattr(found, member).CopyFrom(message)
    return found


def answer(**columns: tuple[str, Any]) -> DataResponse:
    """An answer with these columns, each a member of ``ValueList`` and its values."""
    response = DataResponse()
    for name, (member, content) in columns.items():
        response.data.columns[name].CopyFrom(lists_of(member, content))
    return response


@st.composite
def answers(draw: st.DrawFn, most_rows: int = 12) -> DataResponse:
    """Answers whose columns have one length."""
    rows = draw(st.integers(0, most_rows))
    response = DataResponse()
    for name in draw(st.lists(st.text(max_size=8), unique=True, max_size=6)):
        member = draw(st.sampled_from(sorted(MEMBERS)))
        content = draw(st.lists(MEMBERS[member][1], min_size=rows, max_size=rows))
        response.data.columns[name].CopyFrom(lists_of(member, content))
    if draw(st.booleans()):
        response.header.request_id.value = draw(st.text(max_size=5))
        response.header.warning_message = draw(st.text(max_size=5))
    for name, value in draw(st.dictionaries(st.text(max_size=5), values, max_size=2)).items():
        response.meta[name].CopyFrom(value)
    return response


def by_protobuf(response: DataResponse) -> dict[str, list[object]]:
    """The columns as plain Python values, nulls as ``None``, times as integers."""
    found: dict[str, list[object]] = {}
    for name, column in response.data.columns.items():
        member = column.WhichOneof("list_type")
        content = [] if member is None else list(getattr(column, member).values)
        found[name] = [_plain(member, value) for value in content]
    return found


def by_numpy(table: Table) -> dict[str, list[object]]:
    """The same of a table, by way of its numpy arrays."""
    return {name: [_unpacked(cell) for cell in column.tolist()] for name, column in _integers(table).items()}


def _integers(table: Table) -> dict[str, Any]:
    columns = {}
    for name, column in table.to_numpy().items():
        if column.dtype.kind in "mM":
            numbers = column.astype(np.int64)
            columns[name] = np.array(
                [None if np.isnat(c) else n for c, n in zip(column, numbers.tolist(), strict=True)]
            )
        else:
            columns[name] = column
    return columns


def _unpacked(cell: object) -> object:
    if isinstance(cell, float) and math.isnan(cell):
        return None
    if isinstance(cell, np.datetime64 | np.timedelta64):
        return int(cell.astype(np.int64))
    if isinstance(cell, list):
        return [_unpacked(inner) for inner in cell]
    if isinstance(cell, dict):
        return {name: _unpacked(inner) for name, inner in cell.items()}
    return cell


def _plain(member: str | None, value: Any) -> object:
    if member == "mixed_list":
        return _value(value)
    if isinstance(value, types.Date):
        value = value.days
        member = "days_list"
    if isinstance(value, types.Time):
        return value.milliseconds * 10**6 + value.nanoseconds
    if member in ("days_list", "milliseconds_list") and value == DAY_NULL:
        return None
    if member in ("integer_list", "nanoseconds_list", "timestamps_list") and value == INTEGER_NULL:
        return None
    return None if isinstance(value, float) and math.isnan(value) else value


def _value(value: types.Value) -> object:
    kind = value.WhichOneof("type")
    if kind is None:
        return None
    if kind == "object":
        return {name: _value(field) for name, field in value.object.fields.items()}
    if kind == "list":
        member = value.list.WhichOneof("list_type")
        return [] if member is None else [_scalar(member, inner) for inner in getattr(value.list, member).values]
    return _scalar(kind.replace("timestamp", "timestamps").replace("_value", "_list"), getattr(value, kind))


def _scalar(member: str, content: Any) -> object:
    """Unlike those of a column, the milliseconds of a single value become nanoseconds."""
    plain = _plain(member, content)
    return plain * 10**6 if member == "milliseconds_list" and isinstance(plain, int) else plain
