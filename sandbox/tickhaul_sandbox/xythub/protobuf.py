"""As much of Protocol Buffers as the contracts need: messages as dictionaries, by tables of fields.

What is in a dictionary is written, defaults too, so that the members of a oneof can be told; what was not sent is not in
the dictionary.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A message. What its values are depends on its fields.
Message: TypeAlias = dict[str, Any]

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_INTEGERS = ("int32", "int64", "bool", "enum")
_SIGN = 1 << 63
_WRAP = 1 << 64


class WireError(ValueError):
    """Bytes that are no message."""


@dataclass(frozen=True)
class Field:
    """A field of a message.

    Attributes:
        name: Its name.
        number: Its number.
        kind: `string`, `int32`, `int64`, `bool`, `enum`, `double`, or the name of a message.
        repeated: Whether there may be several.
        is_map: Whether it is a map from texts to the kind.
    """

    name: str
    number: int
    kind: str
    repeated: bool = False
    is_map: bool = False


class Schema:
    """The messages of a contract.

    Args:
        text: A line for each message: its name, a colon, and its fields separated by commas, each a number, a name and
            a kind; `kind*` is repeated, `{kind}` a map.
    """

    def __init__(self, text: str) -> None:
        self._messages: dict[str, dict[int, Field]] = {}
        for line in filter(None, map(str.strip, text.replace("\n    ", " ").splitlines())):
            name, _, fields = line.partition(":")
            read = [_field(*item.split()) for item in fields.split(",") if item.strip()]
            self._messages[name] = {field.number: field for field in read}

    def encode(self, name: str, message: Mapping[str, Any]) -> bytes:
        """Return a message's bytes; fields that are `None` are left out."""
        fields = {field.name: field for field in self._messages[name].values()}
        parts = []
        for key, value in message.items():
            if value is not None:
                parts.append(self._encode_field(fields[key], value))
        return b"".join(parts)

    def decode(self, name: str, data: bytes) -> Message:
        """Return the message in some bytes, without the fields it does not know.

        Raises:
            WireError: If there is none.
        """
        fields, message = self._messages[name], Message()
        try:
            for number, wire_type, content in _fields(data):
                field = fields.get(number)
                if field is not None:
                    self._add(message, field, wire_type, content)
        except RecursionError:
            raise WireError("a message is nested too deeply") from None
        return message

    def _encode_field(self, field: Field, value: Any) -> bytes:
        if field.is_map:
            return b"".join(
                _block(field.number, _block(1, key.encode()) + _block(2, self.encode(field.kind, part)))
                for key, part in value.items()
            )
        if not field.repeated:
            return self._encode_one(field, value)
        if field.kind in _INTEGERS:
            return _block(field.number, b"".join(_varint(int(part)) for part in value)) if value else b""
        if field.kind == "double":
            return _block(field.number, struct.pack(f"<{len(value)}d", *value)) if value else b""
        return b"".join(self._encode_one(field, part) for part in value)

    def _encode_one(self, field: Field, value: Any) -> bytes:
        if field.kind in _INTEGERS:
            return _varint(field.number << 3 | _VARINT) + _varint(int(value))
        if field.kind == "double":
            return _varint(field.number << 3 | _FIXED64) + struct.pack("<d", value)
        return _block(field.number, value.encode() if field.kind == "string" else self.encode(field.kind, value))

    def _add(self, message: Message, field: Field, wire_type: int, content: int | bytes) -> None:
        if field.is_map:
            key, value = self._entry(field, content)
            message.setdefault(field.name, {})[key] = value
        elif field.repeated:
            message.setdefault(field.name, []).extend(self._several(field, wire_type, content))
        else:
            message[field.name] = self._single(field, wire_type, content)

    def _entry(self, field: Field, content: int | bytes) -> tuple[str, Message]:
        key, value = "", Message()
        for number, _, part in _fields(_bytes(content)):
            if number == 1:
                key = _text(part)
            elif number == 2:
                value = self.decode(field.kind, _bytes(part))
        return key, value

    def _several(self, field: Field, wire_type: int, content: int | bytes) -> list[Any]:
        if wire_type != _LENGTH or field.kind not in (*_INTEGERS, "double"):
            return [self._single(field, wire_type, content)]
        data = _bytes(content)
        if field.kind == "double":
            if len(data) % 8:
                raise WireError("a list of doubles is cut short")
            return list(struct.unpack(f"<{len(data) // 8}d", data))
        values, at = [], 0
        while at < len(data):
            number, at = _read_varint(data, at)
            values.append(_integer(field.kind, number))
        return values

    def _single(self, field: Field, wire_type: int, content: int | bytes) -> Any:
        if field.kind in _INTEGERS:
            if wire_type != _VARINT or not isinstance(content, int):
                raise WireError(f"{field.name} is no integer")
            return _integer(field.kind, content)
        if field.kind == "double":
            if wire_type != _FIXED64 or not isinstance(content, bytes):
                raise WireError(f"{field.name} is no double")
            return struct.unpack("<d", content)[0]
        return _text(content) if field.kind == "string" else self.decode(field.kind, _bytes(content))


def _field(number: str, name: str, kind: str) -> Field:
    return Field(name, int(number), kind.strip("*{}"), repeated=kind.endswith("*"), is_map=kind.startswith("{"))


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, wire_type = tag >> 3, tag & 7
        if number == 0:
            raise WireError("a field has no number")
        if wire_type == _VARINT:
            value, at = _read_varint(data, at)
            yield number, wire_type, value
            continue
        if wire_type == _LENGTH:
            length, at = _read_varint(data, at)
        elif wire_type in (_FIXED64, _FIXED32):
            length = 8 if wire_type == _FIXED64 else 4
        else:
            raise WireError(f"wire type {wire_type} is not used here")
        if at + length > len(data):
            raise WireError("a field is cut short")
        yield number, wire_type, data[at : at + length]
        at += length


def _integer(kind: str, number: int) -> int | bool:
    if kind == "bool":
        return bool(number)
    return number - _WRAP if number >= _SIGN else number


def _block(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    number %= _WRAP
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise WireError("a number is cut short")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number % _WRAP, at
    raise WireError("a number is too long")


def _bytes(content: int | bytes) -> bytes:
    if not isinstance(content, bytes):
        raise WireError("a message or a text is a number")
    return content


def _text(content: int | bytes) -> str:
    try:
        return _bytes(content).decode()
    except UnicodeDecodeError:
        raise WireError("a text is not UTF-8") from None
