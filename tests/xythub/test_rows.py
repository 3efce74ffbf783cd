"""Rows of typed answers become columns that hold what protobuf says the rows hold."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul._core.deadline import Deadline, DeadlinePassed
from tickhaul.xythub import rows as rows_module
from tickhaul.xythub.errors import TableError
from tickhaul.xythub.framing import frame, read_delimited_from
from tickhaul.xythub.rows import read_rows
from xythub_proto.v1_1_2 import api_data_pb2 as data
from xythub_proto.v1_1_2 import api_lookup_pb2 as lookup
from xythub_proto.v1_1_2 import types_pb2 as types

from tests.xythub.answers import INT32, INT64, by_numpy

#: The number of the rows in every response of the contract.
ROWS = 10
RESPONSES: list[Any] = [
    getattr(module, name)
    for module in (data, lookup)
    for name, descriptor in module.DESCRIPTOR.message_types_by_name.items()
    if name.endswith("Response") and ROWS in descriptor.fields_by_number
]
EPOCH = dt.date(1970, 1, 1)

SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_DOUBLE: st.floats(),
    FieldDescriptor.TYPE_INT64: INT64,
    FieldDescriptor.TYPE_INT32: INT32,
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_STRING: st.text(max_size=8),
}
DATES = st.dates().map(lambda day: types.Date(year=day.year, month=day.month, day=day.day)) | st.just(types.Date())
TIMES = st.builds(types.Time, milliseconds=st.integers(0, 86_399_999), nanoseconds=st.integers(0, 999_999))


def one(field: Any) -> st.SearchStrategy[Any]:
    """What a field of a row may hold."""
    if field.message_type is not None:
        known = {"Date": DATES, "Time": TIMES}.get(field.message_type.name)
        return known if known is not None else messages(field.message_type)
    if field.enum_type is not None:
        # Members that a later version may have come as numbers.
        return st.sampled_from([*field.enum_type.values_by_number, 99])
    return SCALARS[field.type]


@st.composite
def messages(draw: st.DrawFn, descriptor: Any) -> Any:
    """A message with any of its fields."""
    modules = {"api_data": data, "api_lookup": lookup, "types": types}
    found: Any = modules[descriptor.file.name.rpartition("/")[2].removesuffix(".proto")]
    for name in descriptor.full_name.removeprefix(f"{descriptor.file.package}.").split("."):
        found = getattr(found, name)
    message = found()
    for field in descriptor.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(one(field), max_size=3)))
        elif draw(st.booleans()):
            value = draw(one(field))
            if field.message_type is not None:
                getattr(message, field.name).CopyFrom(value)
            else:
                setattr(message, field.name, value)
    return message


def cell(row: Any, field: Any) -> object:
    """What a cell is by protobuf's own account: nulls as ``None``, days and times as integers."""
    value = getattr(row, field.name)
    if field.is_repeated:
        return [single(part, field) for part in value]
    if field.message_type is not None and field.message_type.name == "Time" and not row.HasField(field.name):
        return None
    return single(value, field)


def single(value: Any, field: Any) -> object:
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else str(value)
    if field.message_type is None:
        return None if value == -(2**63) or (isinstance(value, float) and math.isnan(value)) else value
    if field.message_type.name == "Date":
        return (dt.date(value.year, value.month, value.day) - EPOCH).days if value.year else None
    if field.message_type.name == "Time":
        return value.milliseconds * 10**6 + value.nanoseconds
    return {inner.name: cell(value, inner) for inner in value.DESCRIPTOR.fields}


@pytest.mark.parametrize("response", RESPONSES, ids=lambda kind: kind.DESCRIPTOR.name)
def test_a_table_has_the_cells_of_its_rows(response: Any) -> None:
    body = response.DESCRIPTOR.fields_by_number[ROWS]
    series = body.message_type.fields_by_name.get("series")
    fields = (series or body).message_type.fields

    @settings(max_examples=25)
    @given(messages(response.DESCRIPTOR))
    def check(answer: Any) -> None:
        table = read_rows(read_delimited_from(response, frame(answer)))
        found = by_numpy(table)
        rows = getattr(answer, body.name)
        if series is not None:
            assert found.pop("symbol") == [chunk.symbol for chunk in rows for _ in chunk.series]
            rows = [row for chunk in rows for row in chunk.series]
        assert table.row_count == len(rows)
        assert found == {field.name: [cell(row, field) for row in rows] for field in fields}
        assert table.warning == (answer.header.warning_message or None)

    check()


def test_all_responses_with_rows_are_asked_about() -> None:
    assert len(RESPONSES) == 16


def test_rows_are_read_with_an_eye_on_the_clock() -> None:
    answer = data.TickDataResponse(chunks=[{"symbol": "A", "series": [{}]}])
    with pytest.raises(DeadlinePassed):
        Deadline(0, lambda: 0).run(lambda: read_rows(answer))


def test_a_symbol_too_long_to_stand_in_each_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = data.TickDataResponse(chunks=[{"symbol": "ABCD", "series": [{}, {}]}])
    monkeypatch.setattr(rows_module, "_LARGEST_SYMBOLS", 8)
    assert read_rows(answer).row_count == 2
    monkeypatch.setattr(rows_module, "_LARGEST_SYMBOLS", 7)
    with pytest.raises(TableError, match="too long to repeat"):
        read_rows(answer)
