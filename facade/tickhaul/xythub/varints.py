"""Protocol Buffers' integers of variable length."""

from __future__ import annotations


def varint(number: int) -> bytes:
    """A non-negative integer, seven bits a byte, the lowest first.

    Args:
        number: 0 or more.
    """
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)
