"""Reading Thrift's compact protocol, as far as Parquet's metadata needs it: structs as field numbers and values."""

from __future__ import annotations

Value = bool | int | bytes | list["Value"] | dict[int, "Value"] | None

_DEPTH = 32
_MOST_VALUES = 5_000_000  # 16 MiB of real metadata have some four million


class ThriftError(ValueError):
    """The bytes are no compact Thrift, or end too early."""


class Reader:
    """A cursor over bytes.

    Attributes:
        at: the position of the next byte.
    """

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at
        self._left = _MOST_VALUES

    def struct(self, depth: int = 0) -> dict[int, Value]:
        """Read a struct: its fields by their numbers.

        Raises:
            ThriftError: it is none.
        """
        fields: dict[int, Value] = {}
        number = 0
        while head := self._byte():
            delta, kind = head >> 4, head & 0x0F
            number = number + delta if delta else self._zigzag()
            fields[number] = kind == 1 if kind in {1, 2} else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Value:
        if depth > _DEPTH:
            raise ThriftError("nested too deeply")
        self._left -= 1
        if self._left < 0:
            raise ThriftError(f"more than {_MOST_VALUES:,} values")
        match kind:
            case 1 | 2 | 3:  # a boolean or a byte, where it is an element of a list
                return self._byte()
            case 4 | 5 | 6:
                return self._zigzag()
            case 7:
                return self._take(8)
            case 8:
                return self._take(self._varint())
            case 9 | 10:
                return self._list(depth + 1)
            case 11:
                self._skip_map(depth + 1)
                return None
            case 12:
                return self.struct(depth + 1)
            case _:
                raise ThriftError(f"no type {kind}")

    def _list(self, depth: int) -> list[Value]:
        head = self._byte()
        count = head >> 4
        if count == 15:
            count = self._varint()
        if count > len(self._data):
            raise ThriftError("a list longer than the data")
        return [self._value(head & 0x0F, depth) for _ in range(count)]

    def _skip_map(self, depth: int) -> None:
        count = self._varint()
        if not count:
            return
        kinds = self._byte()
        for _ in range(count):
            self._value(kinds >> 4, depth)
            self._value(kinds & 0x0F, depth)

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise ThriftError("a number that does not end")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, count: int) -> bytes:
        piece = self._data[self.at : self.at + count]
        if len(piece) != count:
            raise ThriftError("the data ends too early")
        self.at += count
        return piece
