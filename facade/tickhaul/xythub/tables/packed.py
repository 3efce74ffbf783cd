"""Packed numbers become arrays: whole columns, and no Python object for any number.

Doubles lie in the answer as they lie in memory. Integers are varints, and nothing decodes those faster than protobuf's
own parser; fed a long column whole it spends most of its time and memory on growing its buffer, so it gets the column
in pieces that fit the processor's cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from google.protobuf.message import DecodeError

from tickhaul._core.deadline import look
from tickhaul.xythub.tables.layout import OddLayout
from tickhaul.xythub.varints import varint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

_PIECE = 128 * 1024
_LONGEST_VARINT = 10
_FIELD_1_PACKED = b"\x0a"

S = TypeVar("S", bound=np.generic)


class _Numbers(Protocol):
    """A message whose only field is repeated numbers."""

    @property
    def values(self) -> object: ...


def read_doubles(packed: memoryview) -> npt.NDArray[np.float64]:
    """The doubles of a packed field.

    Raises:
        OddLayout: their bytes are not a whole number of doubles.
    """
    if len(packed) % 8:
        raise OddLayout
    return np.frombuffer(packed, "<f8").astype(np.float64)


def read_varints(packed: memoryview, parse: Callable[[bytes], _Numbers], dtype: type[S]) -> npt.NDArray[S]:
    """The integers or booleans of a packed field.

    Args:
        packed: the field's content.
        parse: parses a list message of their kind.
        dtype: what numpy calls them.

    Raises:
        OddLayout: the bytes are malformed.
    """
    signed = np.frombuffer(packed, np.int8)
    # The last byte of each varint is the one without its high bit, so these are as many as there are numbers.
    pieces = [signed[start : start + _PIECE] for start in range(0, len(signed), _PIECE)]
    found = np.empty(sum(int(np.count_nonzero(piece >= 0)) for piece in pieces), dtype)
    at = 0
    for piece in _pieces(packed):
        try:
            values = np.asarray(parse(b"".join((_FIELD_1_PACKED, varint(len(piece)), piece))).values)
        except DecodeError:
            raise OddLayout from None
        found[at : at + len(values)] = values
        at += len(values)
    return found


def _pieces(packed: memoryview) -> Iterator[memoryview]:
    start = 0
    while start < len(packed):
        end = min(start + _PIECE, len(packed))
        earliest = max(start, end - _LONGEST_VARINT)
        while end > earliest and packed[end - 1] >= 0x80:
            end -= 1
        if end == earliest:
            raise OddLayout
        look()
        yield packed[start:end]
        start = end
