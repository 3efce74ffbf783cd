"""How much a message would become, told from its bytes.

Two bytes are an empty message, which takes some sixty once it is parsed and more as a Python object. So the fields are
counted first: those of the messages that have others, or texts, repeated in them. What is packed counts as one field.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor

from tickhaul._core.deadline import look

if TYPE_CHECKING:
    # Its class depends on how protobuf is built.
    Descriptor = Any

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}
#: Fields between two looks at the clock.
_STRIDE = 1 << 16
#: As deep as protobuf goes.
_DEEPEST = 100
_LONGEST_VARINT = 10


def is_heavy(kind: Descriptor, body: bytes, most: int) -> bool:
    """Whether a message has more fields than it may have. Where it is malformed, only what comes before counts.

    Args:
        kind: what the message is.
        body: its bytes.
        most: how many fields it may have.

    Raises:
        DeadlinePassed: the time of the call is up.
    """
    # Each of them begins with its tag, and counting bytes takes no time. Few are few, wherever else the byte may be.
    if len(body) <= 2 * most or sum(map(body.count, _tags(kind))) <= most:
        return False
    parts = _parts(kind)
    at, end, fields = 0, len(body), 0
    around: list[tuple[int, dict[int, Descriptor]]] = []
    try:
        while True:
            while at >= end:
                if not around:
                    return False
                end, parts = around.pop()
            fields += 1
            if fields > most:
                return True
            if not fields % _STRIDE:
                look()
            number, at, after = _read_field(body, at)
            if after > end or len(around) > _DEEPEST:
                return False
            inner = parts.get(number)
            if inner is None:
                at = after
            else:
                around.append((end, parts))
                end, parts = after, _parts(inner)
    except IndexError:
        return False


@cache
def _tags(kind: Descriptor) -> frozenset[int]:
    """What the fields begin with that become objects, in a message and its parts: the first bytes of their tags."""
    kinds = [kind] if _repeats(kind) else []
    for known in kinds:
        kinds += [inner for inner in _parts(known).values() if inner not in kinds]
    fields = (field for known in kinds for field in known.fields if field.message_type is not None or _is_list(field))
    first = {field.number << 3 & 0x7F | _LENGTH for field in fields}
    # A tag may be written longer than it needs to be.
    return frozenset(byte | more for byte in first for more in (0, 0x80))


@cache
def _parts(kind: Descriptor) -> dict[int, Descriptor]:
    """The fields of a message that are messages with something repeated in them, by number."""
    messages = {field.number: field.message_type for field in kind.fields if field.message_type is not None}
    return {number: inner for number, inner in messages.items() if _repeats(inner)}


def _repeats(kind: Descriptor, *around: Descriptor) -> bool:
    """Whether messages or texts are repeated in a message, at any depth."""
    known = (None, kind, *around)
    return any(
        _is_list(field) or (field.message_type not in known and _repeats(field.message_type, kind, *around))
        for field in kind.fields
    )


def _is_list(field: Any) -> bool:
    return bool(field.is_repeated) and (field.message_type is not None or field.type == FieldDescriptor.TYPE_STRING)


def _read_field(body: bytes, at: int) -> tuple[int, int, int]:
    """A field's number, and where its content begins and ends; the number 0 when its content is only a number."""
    tag, at = _read_varint(body, at) if body[at] > 0x7F else (body[at], at + 1)
    wire_type = tag & 7
    if wire_type == _LENGTH:
        length, at = _read_varint(body, at) if body[at] > 0x7F else (body[at], at + 1)
        return tag >> 3, at, at + length
    if wire_type == _VARINT:
        return 0, at, _read_varint(body, at)[1]
    # What is between the ends of a group, which no contract has, counts like what is around it.
    return 0, at, at + _WIDTHS.get(wire_type, 0)


def _read_varint(body: bytes, at: int) -> tuple[int, int]:
    number = 0
    for index in range(_LONGEST_VARINT):
        number |= (body[at + index] & 0x7F) << (7 * index)
        if body[at + index] < 0x80:
            return number, at + index + 1
    raise IndexError
