"""Answers of contract 1.1.2, which are lists of rows, become tables of columns.

Each answer repeats one message: rows as they are, or a chunk for each symbol with the rows in it. The columns are the
fields of those messages. A number that was not sent is zero, for proto3 does not tell; a day or a time that was not sent
is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from google.protobuf.descriptor import FieldDescriptor

from tickhaul._core.deadline import watched
from tickhaul.xythub.contracts import find_contract
from tickhaul.xythub.errors import TableError
from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers
from tickhaul.xythub.tables.strings import plain
from tickhaul.xythub.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from google.protobuf.message import Message

    from tickhaul.xythub.tables.columns import Column

    # The rows are messages of many classes, whose fields are looked up by name; and a descriptor's class depends on
    # how protobuf is built.
    Rows = Sequence[Any]
    Descriptor = Any
    Field = Any

_CONTRACT = find_contract("1.1.2")
_HEADER = "header"
_SERIES = "series"
_NUMBERS: dict[int, tuple[Kind, type[np.generic]]] = {
    FieldDescriptor.TYPE_DOUBLE: (Kind.DOUBLE, np.float64),
    FieldDescriptor.TYPE_INT64: (Kind.INTEGER, np.int64),
    FieldDescriptor.TYPE_INT32: (Kind.INTEGER, np.int64),
    FieldDescriptor.TYPE_BOOL: (Kind.BOOLEAN, np.bool_),
}
_NO_TIME = -(2**63)
#: Characters of the symbols of all rows; in the answer each stands once for all of its rows.
_LARGEST_SYMBOLS = 256 << 20


def read_rows(answer: Message) -> Table:
    """The table in an answer of a typed operation.

    Args:
        answer: a response message of contract 1.1.2.

    Returns:
        The table. Whatever else the answer says is in its ``meta``.

    Raises:
        TableError: there is a date in it that is in no calendar.
    """
    fields: Sequence[Field] = answer.DESCRIPTOR.fields
    # The number 10 is that of the rows in every response of this contract (reference: xyt-hub sections 5.3 and 5.4).
    (body,) = (field for field in fields if field.number == 10)
    header: Any = getattr(answer, _HEADER)
    meta = {
        field.name: _plain(getattr(answer, field.name), field)
        for field in fields
        if field.name not in (_HEADER, body.name)
    }
    if header.HasField("total_rows"):
        meta["total_rows"] = header.total_rows
    return Table(
        _columns(getattr(answer, body.name), body.message_type),
        meta=meta,
        request_id=header.request_id.value or None,
        reference_id=header.reference_id.value or None,
        warning=header.warning_message or None,
    )


def _columns(messages: Rows, kind: Descriptor) -> dict[str, Column]:
    if _SERIES not in kind.fields_by_name:
        return {field.name: _column(messages, field) for field in kind.fields}
    rows = [row for chunk in watched(messages) for row in watched(chunk.series)]
    if sum(len(chunk.symbol) * len(chunk.series) for chunk in watched(messages)) > _LARGEST_SYMBOLS:
        raise TableError("expected symbols, found texts too long to repeat in each row", column="symbol")
    symbols = plain([chunk.symbol for chunk in watched(messages) for _ in chunk.series])
    series = kind.fields_by_name[_SERIES].message_type
    return {"symbol": symbols, **{field.name: _column(rows, field) for field in series.fields}}


def _column(rows: Rows, field: Field) -> Column:
    name = field.name
    if field.is_repeated:
        return Mixed([_plain(getattr(row, name), field) for row in watched(rows)])
    if field.message_type is not None:
        try:
            return _MOMENTS[field.message_type.name](rows, name)
        except TableError as error:
            raise error.at(name) from None
    if field.enum_type is not None:
        return plain([_enum_name(getattr(row, name), field) for row in watched(rows)])
    if field.type == FieldDescriptor.TYPE_STRING:
        return plain([getattr(row, name) for row in watched(rows)])
    kind, dtype = _NUMBERS[field.type]
    return Numbers(kind, np.fromiter((getattr(row, name) for row in watched(rows)), dtype, len(rows)))


def _dates(rows: Rows, name: str) -> Column:
    return Numbers(Kind.DATE, _CONTRACT.read_dates(getattr(row, name) for row in watched(rows)))


def _times(rows: Rows, name: str) -> Column:
    nanoseconds = (_nanoseconds(getattr(row, name)) if row.HasField(name) else _NO_TIME for row in watched(rows))
    return Numbers(Kind.TIME_NS, np.fromiter(nanoseconds, np.int64, len(rows)))


_MOMENTS: dict[str, Callable[[Rows, str], Column]] = {"Date": _dates, "Time": _times}


def _plain(value: Any, field: Field) -> object:
    """A field as Python values."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        content = field.message_type.fields_by_name["value"]
        return {key: _single(value[key], content) for key in watched(value)}
    if field.is_repeated:
        return [_single(part, field) for part in watched(value)]
    return _single(value, field)


def _single(value: Any, field: Field) -> object:
    if field.enum_type is not None:
        return _enum_name(value, field)
    if field.message_type is None:
        return value
    if field.message_type.name == "Date":
        days = int(_CONTRACT.read_dates([value])[0])
        return None if days == -(2**31) else np.datetime64(days, "D")
    return {inner.name: _plain(getattr(value, inner.name), inner) for inner in value.DESCRIPTOR.fields}


def _nanoseconds(value: Any) -> int:
    nanoseconds: int = value.milliseconds * 1_000_000 + value.nanoseconds
    return nanoseconds


def _enum_name(number: int, field: Field) -> str:
    """The name of an enum's number, or the number where this contract has no name for it."""
    known = field.enum_type.values_by_number.get(number)
    return str(number) if known is None else str(known.name)
