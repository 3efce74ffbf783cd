"""Frames there and back, cut anywhere, and everything that is none."""

from __future__ import annotations

import pickle
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul import TickhaulError
from tickhaul.xythub.errors import FramingError
from tickhaul.xythub.framing import (
    FrameReader,
    Marker,
    frame,
    read_body,
    read_delimited_from,
    read_frames,
    write_delimited_to,
)
from xythub_proto.v2_0_0.api_data_pb2 import DataRequest, DataResponse
from xythub_proto.v2_0_0.types_pb2 import UUID

from tests.xythub.vectors import FRAMES, REQUEST_HEX, VECTORS

if TYPE_CHECKING:
    from google.protobuf.message import Message

markers = st.sampled_from(Marker)
uuids = st.text(max_size=300).map(lambda text: UUID(value=text))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces, cut at the given places; empty pieces included."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_of_the_reference_is_read_and_written_exactly(name: str) -> None:
    message, wanted = VECTORS[name]
    assert message.SerializeToString(deterministic=True).hex() == wanted
    assert type(message).FromString(bytes.fromhex(wanted)).SerializeToString(deterministic=True).hex() == wanted
    for marker in Marker:
        framed = frame(message, marker=marker)
        assert framed.hex().endswith(wanted)
        assert read_delimited_from(type(message), framed).SerializeToString(deterministic=True).hex() == wanted


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_of_the_reference_is_read_and_written_exactly(name: str) -> None:
    message, wanted = FRAMES[name]
    buffer = BytesIO()
    write_delimited_to(message, buffer, marker=Marker(bytes.fromhex(wanted)[0]))
    assert buffer.getvalue().hex() == wanted
    assert read_delimited_from(type(message), bytes.fromhex(wanted)) == message


def test_the_marker_of_the_samples_is_the_default() -> None:
    buffer = BytesIO()
    write_delimited_to(FRAMES["request, marker A"][0], buffer)
    assert buffer.getvalue() == bytes.fromhex("fa4c" + REQUEST_HEX)


def test_a_marker_may_be_its_number_and_any_other_is_refused() -> None:
    message = FRAMES["request, marker A"][0]
    assert frame(message, marker=0xFF) == frame(message, marker=Marker.FIXED)  # type: ignore[arg-type]  # it is an IntEnum's
    with pytest.raises(ValueError, match="7 is not a valid Marker"):
        frame(message, marker=7)  # type: ignore[arg-type]  # as above


@given(uuids, markers)
def test_what_is_written_is_read_back(message: Message, marker: Marker) -> None:
    framed = frame(message, marker=marker)
    assert read_delimited_from(UUID, framed) == message
    assert read_delimited_from(UUID, bytearray(framed)) == message
    assert read_delimited_from(UUID, memoryview(framed)) == message


@given(st.lists(st.tuples(uuids, markers), max_size=5), st.lists(st.integers(min_value=0), max_size=12))
def test_a_stream_of_frames_is_read_however_it_is_cut(frames: list[tuple[Message, Marker]], places: list[int]) -> None:
    stream = b"".join(frame(message, marker=marker) for message, marker in frames)
    assert list(read_frames(UUID, cut(stream, places))) == [message for message, _ in frames]


@given(uuids, markers, st.data())
def test_a_frame_that_ends_anywhere_before_its_end_is_refused(
    message: Message, marker: Marker, data: st.DataObject
) -> None:
    framed = frame(message, marker=marker)
    short = framed[: data.draw(st.integers(0, len(framed) - 1))]
    with pytest.raises(FramingError):
        read_delimited_from(UUID, short)
    if short:
        with pytest.raises(FramingError):
            list(read_frames(UUID, [short]))


@given(st.binary(max_size=64))
def test_any_bytes_are_a_message_or_a_framing_error(data: bytes) -> None:
    whole: list[Message] | None
    try:
        whole = [read_delimited_from(DataResponse, data)]
    except FramingError:
        whole = None
    try:
        streamed = list(read_frames(DataResponse, [data[i : i + 1] for i in range(len(data))]))
    except FramingError:
        streamed = None
    if whole is not None:
        assert streamed is not None
        assert [m.SerializeToString() for m in streamed] == [m.SerializeToString() for m in whole]


# bytes, part of what was expected, what was found, at which byte
MALFORMED = {
    "nothing": ("", "a frame", "no bytes at all", 0),
    "a wrong marker": ("0a28", "0xfa or 0xff", "0a 28", 0),
    "a page of HTML": ("3c68746d6c3e", "0xfa or 0xff", "3c 68 74 6d 6c 3e ('<html>')", 0),
    "only a marker": ("fa", "a whole length", "fa", 0),
    "a truncated varint": ("fa8080", "a whole length", "fa 80 80", 0),
    "an over-long varint": ("fa808080808001", "at most 5 bytes", "80 80 80 80 80 …", 1),
    "a truncated fixed length": ("ff000000", "a whole length", "ff 00 00 00", 0),
    "a negative fixed length": ("ffffffffff", "0 to 1073741824 bytes", "-1", 1),
    "a negative varint32": ("faffffffff0f", "0 to 1073741824 bytes", "4294967295", 1),
    "a huge length": ("ff7fffffff", "0 to 1073741824 bytes", "2147483647", 1),
    "a short body": ("fa050a", "5 bytes of message", "1", 2),
    "a short body after a fixed length": ("ff0000000500", "5 bytes of message", "1", 5),
    "trailing bytes": ("fa0000", "0 bytes of message", "1", 2),
    "a second frame": ("fa00fa00", "0 bytes of message", "2", 2),
    "a body that is no message": ("fa02ffff", "a xyt.v2_0_0.DataRequest", "2 bytes that are none", 2),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_input_is_an_error_that_says_what_was_expected_and_found(name: str) -> None:
    data, expected, found, offset = MALFORMED[name]
    with pytest.raises(FramingError) as caught:
        read_delimited_from(DataRequest, bytes.fromhex(data))
    error = caught.value
    assert expected in error.expected
    assert error.found.startswith(found)
    assert error.offset == offset
    assert error.expected in str(error)
    assert error.found in str(error)


def test_a_framing_error_is_one_of_ours_and_survives_pickle() -> None:
    with pytest.raises(FramingError) as caught:
        read_delimited_from(DataRequest, b"")
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, (TickhaulError, ValueError))
    assert vars(again) == vars(caught.value)
    assert str(again) == str(caught.value)


def test_a_padded_varint_of_at_most_five_bytes_is_a_length() -> None:
    assert read_delimited_from(DataRequest, bytes.fromhex("fa8080808000")) == DataRequest()


@pytest.mark.parametrize("marker", Marker)
def test_the_limit_is_inclusive(marker: Marker) -> None:
    framed = frame(UUID(value="1234"), marker=marker)
    assert read_delimited_from(UUID, framed, limit=6).value == "1234"
    with pytest.raises(FramingError, match="0 to 5 bytes, found 6"):
        read_delimited_from(UUID, framed, limit=5)


@pytest.mark.parametrize("start", ["fa8080808004", "ff40000000"])
def test_a_length_beyond_the_limit_is_refused_before_the_body_arrives(start: str) -> None:
    reader = FrameReader(UUID, limit=(1 << 30) - 1)
    reader.feed(bytes.fromhex(start))
    with pytest.raises(FramingError, match="found 1073741824"):
        list(reader)


def test_the_body_is_found_without_being_copied() -> None:
    framed = frame(UUID(value="1234"))
    assert read_body(framed).obj is framed


def test_a_reader_gives_the_good_messages_before_a_bad_one() -> None:
    good = frame(UUID(value="good"))
    reader = FrameReader(UUID)
    reader.feed(good + b"\x00")
    messages = iter(reader)
    assert next(messages).value == "good"
    with pytest.raises(FramingError) as caught:
        next(messages)
    assert caught.value.offset == len(good)


def test_a_reader_goes_on_after_a_frame_that_holds_no_such_message() -> None:
    reader = FrameReader(UUID)
    reader.feed(b"\xfa\x02\xff\xff" + frame(UUID(value="next")))
    with pytest.raises(FramingError, match="does not parse"):
        next(iter(reader))
    assert list(reader) == [UUID(value="next")]
    reader.finish()


def test_offsets_of_a_stream_count_from_its_start() -> None:
    good = frame(UUID(value="good"))
    with pytest.raises(FramingError) as ended:
        list(read_frames(UUID, [good, good[:4]]))
    assert ended.value.offset == len(good) + 2
    with pytest.raises(FramingError) as unparsed:
        list(read_frames(UUID, [good, b"\xfa\x02\xff", b"\xff"]))
    assert unparsed.value.offset == len(good) + 2


def test_a_stream_without_frames_is_empty() -> None:
    assert list(read_frames(UUID, [])) == []
    assert list(read_frames(UUID, [b"", b""])) == []
