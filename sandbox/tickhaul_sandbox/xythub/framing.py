"""Frames: a marker, a length, a message (API reference, xyt hub, section 3)."""

from __future__ import annotations

VARINT, FIXED = 0xFA, 0xFF

#: Ways to spoil the frame of an answer, by name.
SPOILED = ("empty", "marker", "varint", "negative", "huge", "short", "trailing", "message")


class FrameError(ValueError):
    """A body that is no frame."""


def unframe(body: bytes) -> tuple[int, bytes]:
    """Return the marker and the message of a body.

    Raises:
        FrameError: If it is not exactly one frame.
    """
    if not body or body[0] not in (VARINT, FIXED):
        raise FrameError("Malformed message header")
    start = 5
    if body[0] == FIXED:
        length = int.from_bytes(body[1:5], "big", signed=True)
    else:
        length, shift, start = 0, 0, 1
        while True:
            if start >= len(body) or start > 5:
                raise FrameError("Malformed message length")
            byte = body[start]
            length |= (byte & 0x7F) << shift
            shift, start = shift + 7, start + 1
            if byte < 0x80:
                break
    if len(body) < start or length != len(body) - start:
        raise FrameError("The length of the message is not the announced one")
    return body[0], body[start:]


def frame(marker: int, message: bytes) -> bytes:
    """Return a message as a frame."""
    return bytes([marker]) + _length(marker, len(message)) + message


def spoil(how: str, marker: int, message: bytes) -> bytes:
    """Return a body that is malformed in a way of `SPOILED`.

    Raises:
        ValueError: If there is no such way.
    """
    good = frame(marker, message)
    bodies = {
        "empty": b"",
        "marker": b"\x0a" + good[1:],
        "varint": bytes([VARINT]) + b"\x80" * 6 + message,
        "negative": bytes([FIXED]) + b"\xff\xff\xff\xff" + message,
        "huge": bytes([FIXED]) + b"\x7f\xff\xff\xff" + message,
        "short": frame(marker, message + b"x")[:-1],
        "trailing": good + b"x",
        "message": frame(marker, b"\xff" * 12),
    }
    if how not in bodies:
        raise ValueError(f"how must be one of {', '.join(SPOILED)}, not {how!r}")
    return bodies[how]


def _length(marker: int, length: int) -> bytes:
    if marker == FIXED:
        return length.to_bytes(4, "big")
    groups = bytearray()
    while length > 0x7F:
        groups.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*groups, length])
