"""Where the columns of an answer lie in its bytes.

Parsing an answer as one message builds all of its columns in memory at once, several times the size of the answer. What
is large, the lists, is therefore only located here and parsed one by one, in pieces. This reads the layout every
serialiser writes; whatever is legal but unusual (a column twice, a list in two parts) is refused as odd, and protobuf
itself brings the answer into the usual form first.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING

from tickhaul.xythub.errors import TableError
from tickhaul.xythub.framing import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.message import Message

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}
_VARINT_BYTES = 10
#: Tags and lengths have 32 bits.
_SHORT_VARINT_BYTES = 5
#: Columns, and what is beside them: far above what any table has, and an object is made for each.
_MOST_FIELDS = 1 << 14
_LARGEST_REST = 16 << 20
#: DataResponse.data, Table.columns, and the two halves of a map's entry; the same in both contracts.
_DATA = 2
_COLUMNS = 1
_KEY, _VALUE = 1, 2


class OddLayout(Exception):  # noqa: N818 (a finding that stays inside the package)
    """The bytes are malformed, or legal but not laid out the usual way."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A column's place in an answer.

    Attributes:
        name: the column's name.
        member: the number of the list's kind in ``ValueList``; 0 when the list has no kind.
        content: the bytes of the list message.
    """

    name: str
    member: int
    content: memoryview


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    wire_type: int
    whole: memoryview
    content: memoryview


def find_columns(body: memoryview) -> tuple[list[Slot], bytes]:
    """The columns of a ``DataResponse``, and the bytes of everything else in it.

    Raises:
        OddLayout: it is malformed or unusual.
        TableError: it has more columns, or more beside them, than any table.
    """
    slots: dict[str, Slot] = {}
    rest: list[memoryview] = []
    fields = count(1)
    for field in _fields(body):
        _check_count(next(fields))
        if field.number != _DATA:
            rest.append(field.whole)
            continue
        if field.wire_type != _LENGTH:
            raise OddLayout
        for entry in _fields(field.content):
            _check_count(next(fields))
            if entry.number == _COLUMNS:
                slot = _read_entry(entry)
                if slot.name in slots:
                    raise OddLayout
                slots[slot.name] = slot
    if sum(map(len, rest)) > _LARGEST_REST:
        raise TableError(f"expected at most {_LARGEST_REST:,} bytes beside the columns, found more")
    return list(slots.values()), b"".join(rest)


def _check_count(fields: int) -> None:
    if fields > _MOST_FIELDS:
        raise TableError(f"expected at most {_MOST_FIELDS:,} columns and other fields, found more")


def straighten(response_type: type[Message], body: memoryview, *, offset: int) -> bytes:
    """The same answer in the usual layout, by protobuf itself.

    Args:
        response_type: the class of the answer.
        body: its bytes.
        offset: where they were found, for the error.

    Raises:
        FramingError: it is malformed.
    """
    message = parse(response_type, body, offset=offset)
    message.DiscardUnknownFields()
    return message.SerializeToString()


def only_content(content: memoryview) -> memoryview:
    """What the one field of a list message holds, packed; nothing for an empty list.

    Raises:
        OddLayout: the list is in parts, or not packed.
    """
    if not content:
        return content
    # Two tell enough: a list that is not packed has a field for each of its numbers.
    (field, *more) = islice(_fields(content), 2)
    if more or field.number != 1 or field.wire_type != _LENGTH:
        raise OddLayout
    return field.content


def _read_entry(entry: _Field) -> Slot:
    parts = _messages(entry, most=3)
    if len(parts) != 2:
        raise OddLayout
    key, value = parts
    if (key.number, value.number) != (_KEY, _VALUE) or key.wire_type != _LENGTH:
        raise OddLayout
    try:
        name = str(key.content, "utf-8")
    except UnicodeDecodeError:
        raise OddLayout from None
    kinds = _messages(value, most=2)
    if not kinds:
        return Slot(name, 0, memoryview(b""))
    (kind, *more) = kinds
    if more or kind.wire_type != _LENGTH:
        raise OddLayout
    return Slot(name, kind.number, kind.content)


def _messages(field: _Field, most: int) -> list[_Field]:
    if field.wire_type != _LENGTH:
        raise OddLayout
    return list(islice(_fields(field.content), most))


def _fields(data: memoryview) -> Iterator[_Field]:
    at = 0
    while at < len(data):
        start = at
        tag, at = _read_varint(data, at, _SHORT_VARINT_BYTES)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == _LENGTH:
            length, at = _read_varint(data, at, _SHORT_VARINT_BYTES)
            end = at + length
        elif wire_type == _VARINT:
            end = _read_varint(data, at, _VARINT_BYTES)[1]
        elif wire_type in _WIDTHS:
            end = at + _WIDTHS[wire_type]
        else:
            raise OddLayout
        if number == 0 or tag >> 32 or end > len(data):
            raise OddLayout
        yield _Field(number, wire_type, data[start:end], data[at:end])
        at = end


def _read_varint(data: memoryview, at: int, most: int) -> tuple[int, int]:
    """A varint of at most so many bytes, and where it ends."""
    number = 0
    for index, byte in enumerate(data[at : at + most]):
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return number, at + index + 1
    raise OddLayout
