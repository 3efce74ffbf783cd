"""Frames: a marker, a length, a message. Requests and answers of xyt hub have the same form.

Facts (reference: xyt-hub section 3): after the marker 0xFA the length is a varint of one to five bytes, after 0xFF it is
a signed big-endian integer of four; it counts the message alone. An HTTP body holds one frame. The largest message is not
stated anywhere; protobuf itself ends at two gibibytes.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from google.protobuf.message import DecodeError, Message

from tickhaul.xythub.errors import FramingError
from tickhaul.xythub.varints import varint
from tickhaul.xythub.weighing import is_heavy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Bytes = bytes | bytearray | memoryview

M = TypeVar("M", bound=Message)

#: Bytes a message may have unless told otherwise.
DEFAULT_LIMIT = 1 << 30
#: Fields a message may have that become an object each: as many as fit in a client's usual limit at 32 bytes each, which
#: rows take at least.
MOST_FIELDS = 1 << 23
_VARINT_BYTES = 5
_FIXED_BYTES = 4
_SHOWN_BYTES = 8


class Marker(IntEnum):
    """The first byte of a frame, which says how the length is written."""

    VARINT = 0xFA
    FIXED = 0xFF


class Writable(Protocol):
    """What a frame can be written to."""

    def write(self, data: bytes, /) -> object:
        """Take all of the data."""


def write_delimited_to(message: Message, buffer: Writable, *, marker: Marker = Marker.VARINT) -> None:
    """Write a message as a frame, in one piece.

    Args:
        message: what to write.
        buffer: where to, such as ``io.BytesIO()`` or a file opened for writing bytes.
        marker: how to write the length; every sample of the vendor has a varint.

    Raises:
        ValueError: there is no such marker.
    """
    buffer.write(frame(message, marker=marker))


def frame(message: Message, *, marker: Marker = Marker.VARINT) -> bytes:
    """A message as a frame.

    Args:
        message: what to frame.
        marker: how to write the length.

    Raises:
        ValueError: there is no such marker.
    """
    # Also the number alone, which would pass for the other form below.
    marker = Marker(marker)
    # In one order of map entries, so that the same request is always the same bytes.
    body = message.SerializeToString(deterministic=True)
    size = len(body)
    length = size.to_bytes(_FIXED_BYTES, "big", signed=True) if marker is Marker.FIXED else varint(size)
    return b"".join((bytes([marker]), length, body))


def read_delimited_from(message_type: type[M], data: Bytes, *, limit: int = DEFAULT_LIMIT) -> M:
    """Read the one message of an HTTP body.

    Args:
        message_type: the class of the message, such as ``DataResponse``.
        data: the whole body: one frame with either marker, nothing before or after it.
        limit: bytes; a longer message is refused.

    Raises:
        FramingError: the data is no such frame, or its content no such message.
    """
    body = read_body(data, limit=limit)
    return parse(message_type, body, offset=memoryview(data).nbytes - len(body))


def read_body(data: Bytes, *, limit: int = DEFAULT_LIMIT) -> memoryview:
    """The message's bytes inside the one frame of an HTTP body, without copying them.

    Args:
        data: the whole body.
        limit: bytes; a longer message is refused.

    Raises:
        FramingError: the data is not exactly one frame.
    """
    view = memoryview(data).cast("B")
    header = _read_header(view, 0, limit)
    if header is None:
        raise _no_start(view)
    start, length = header
    if len(view) - start != length:
        message = "the frame ends early" if len(view) - start < length else "there are bytes after the frame"
        raise _wrong(message, f"{length} bytes of message", f"{len(view) - start}", start)
    return view[start:]


class FrameReader(Generic[M]):
    """Takes frames apart that arrive in chunks of any size, however they are cut.

    Feed it, then walk it for the messages that are complete; more may follow after the next chunk. Memory is taken for
    bytes that have arrived, never for bytes that are only announced.

    Args:
        message_type: the class of the messages.
        limit: bytes; a longer message is refused as soon as its length is known.
    """

    def __init__(self, message_type: type[M], *, limit: int = DEFAULT_LIMIT) -> None:
        self._message_type = message_type
        self._limit = limit
        self._waiting = bytearray()
        self._taken = 0

    def feed(self, chunk: Bytes) -> None:
        """Take the next bytes of the stream, any number of them."""
        self._waiting += chunk

    def __iter__(self) -> Iterator[M]:
        """The messages that are complete, each parsed when it is asked for.

        Raises:
            FramingError: the bytes that come next are no frame, and nothing can be read after that; or a frame holds no
                such message, and those after it can be read.
        """
        while (header := _read_header(self._waiting, self._taken, self._limit)) is not None:
            start, length = header
            end = start + length
            if len(self._waiting) < end:
                return
            with memoryview(self._waiting) as view:
                body = bytes(view[start:end])
            del self._waiting[:end]
            self._taken += end
            yield parse(self._message_type, body, offset=self._taken - length)

    def finish(self) -> None:
        """Say that no more will come.

        Raises:
            FramingError: a frame has begun and is not complete.
        """
        if not self._waiting:
            return
        header = _read_header(self._waiting, self._taken, self._limit)
        if header is None:
            raise _no_start(self._waiting, self._taken)
        start, length = header
        found = str(len(self._waiting) - start)
        raise _wrong("the frame ends early", f"{length} bytes of message", found, self._taken + start)


def read_frames(message_type: type[M], chunks: Iterable[Bytes], *, limit: int = DEFAULT_LIMIT) -> Iterator[M]:
    """The messages of a stream of frames.

    Args:
        message_type: the class of the messages.
        chunks: the stream's bytes in order, cut anywhere.
        limit: bytes; a longer message is refused as soon as its length is known.

    Raises:
        FramingError: the stream is something else, or ends inside a frame.
    """
    reader = FrameReader(message_type, limit=limit)
    for chunk in chunks:
        reader.feed(chunk)
        yield from reader
    reader.finish()


def parse(message_type: type[M], body: Bytes, *, offset: int = 0) -> M:
    """The message in a frame's body.

    Args:
        message_type: its class.
        body: its bytes.
        offset: where they were found, for the error.

    Raises:
        FramingError: they are no such message.
    """
    try:
        data = bytes(body)
        if is_heavy(message_type.DESCRIPTOR, data, MOST_FIELDS):
            problem = f"more than {MOST_FIELDS:,} rows, cells and other fields"
        else:
            return message_type.FromString(data)
    except DecodeError as error:
        problem = f"{len(body)} bytes that are none ({error})"
    # Outside the handler: the parser's own exception adds nothing.
    name = message_type.DESCRIPTOR.full_name
    raise _wrong("the frame's content does not parse", f"a {name}", problem, offset)


def _read_header(data: Bytes, offset: int, limit: int) -> tuple[int, int] | None:
    """Where a frame's body starts and how long it is; ``None`` while the bytes that say so are incomplete."""
    if not data:
        return None
    if data[0] == Marker.VARINT:
        length = 0
        for index, byte in enumerate(data[1 : 1 + _VARINT_BYTES]):
            length |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return 2 + index, _checked(length, limit, offset)
        if len(data) > _VARINT_BYTES:
            shown = bytes(data[1 : 1 + _VARINT_BYTES]).hex(" ")
            raise _wrong(
                "the length is too long", f"a varint of at most {_VARINT_BYTES} bytes", f"{shown} …", offset + 1
            )
        return None
    if data[0] == Marker.FIXED:
        if len(data) < 1 + _FIXED_BYTES:
            return None
        length = int.from_bytes(data[1 : 1 + _FIXED_BYTES], "big", signed=True)
        return 1 + _FIXED_BYTES, _checked(length, limit, offset)
    raise _wrong("this is no frame", "the marker 0xfa or 0xff", _shown(data), offset)


def _checked(length: int, limit: int, offset: int) -> int:
    if not 0 <= length <= limit:
        raise _wrong("the frame announces an impossible length", f"0 to {limit} bytes", f"{length}", offset + 1)
    return length


def _no_start(data: Bytes, offset: int = 0) -> FramingError:
    if not data:
        return _wrong("there is nothing to read", "a frame", "no bytes at all", offset)
    return _wrong("the frame ends inside its length", "a marker and a whole length", _shown(data), offset)


def _shown(data: Bytes) -> str:
    start = bytes(data[:_SHOWN_BYTES])
    more = " …" if len(data) > _SHOWN_BYTES else ""
    # A page of HTML in place of a frame is recognised at a glance by its text.
    text = f" ({start.decode('ascii')!r})" if start.isascii() and start.decode("ascii").isprintable() else ""
    return f"{start.hex(' ')}{more}{text}"


def _wrong(what: str, expected: str, found: str, offset: int) -> FramingError:
    message = f"{what}: expected {expected}, found {found} (at byte {offset})"
    return FramingError(message, expected=expected, found=found, offset=offset)
