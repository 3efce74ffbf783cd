"""A body as it arrives: every cut of it, every coding, every bound."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul._core.bodies import Body, is_framed
from tickhaul._core.deadline import Deadline
from tickhaul._core.retry import Loss, Lost

if TYPE_CHECKING:
    from collections.abc import Iterable

FOREVER = Deadline(None, lambda: 0.0)
CONTENT = b'{"items": [' + b", ".join(b'"tick %d"' % number for number in range(300)) + b"]}"


def read(
    pieces: Iterable[bytes], *codings: str, limit: int = 1_000_000, until: Deadline = FOREVER, framed: bool = True
) -> bytes | Lost:
    body = Body(codings, limit=limit, until=until, framed=framed)
    for piece in pieces:
        if not body.take(piece):
            break
    return body.content()


def cut(data: bytes, *places: int) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


places = st.lists(st.integers(min_value=0, max_value=10_000), max_size=6)


@given(content=st.binary(max_size=3000), where=places, coding=st.sampled_from([(), ("",), ("identity",)]))
def test_a_plain_body_is_what_arrived(content: bytes, where: list[int], coding: tuple[str, ...]) -> None:
    assert read(cut(content, *where), *coding) == content


@given(
    contents=st.lists(st.binary(max_size=2000), min_size=1, max_size=4),
    where=places,
    coding=st.sampled_from(["gzip", "GZIP", " gzip ", "x-gzip", "gzip, identity"]),
)
def test_all_members_of_a_gzip_stream_are_one_body(contents: list[bytes], where: list[int], coding: str) -> None:
    packed = b"".join(gzip.compress(content) for content in contents)
    assert read(cut(packed, *where), coding) == b"".join(contents)


@given(
    contents=st.lists(st.binary(max_size=500), min_size=1, max_size=3),
    where=places,
    end=st.integers(min_value=0, max_value=10_000),
)
def test_a_gzip_stream_cut_anywhere_but_between_members_is_lost(
    contents: list[bytes], where: list[int], end: int
) -> None:
    members = [gzip.compress(content) for content in contents]
    packed = b"".join(members)
    whole = {sum(map(len, members[: count + 1])): b"".join(contents[: count + 1]) for count in range(len(members))}
    end %= len(packed) + 1
    found = read(cut(packed[:end], *where), "gzip")
    if end in whole:
        assert found == whole[end]
    else:
        assert isinstance(found, Lost)
        assert found.loss is Loss.MAYBE_DONE
        assert found.text == "the response's gzip stream ends before its end"


@pytest.mark.parametrize(
    "damaged",
    [
        b"not gzip",
        gzip.compress(CONTENT)[:-8] + b"\0" * 8,
        gzip.compress(CONTENT) + b"more",
        zlib.compress(CONTENT),
    ],
    ids=["no gzip", "wrong checksum", "text behind it", "zlib"],
)
def test_a_damaged_gzip_stream_is_lost(damaged: bytes) -> None:
    found = read([damaged], "gzip")
    assert isinstance(found, Lost)
    assert found.loss is Loss.MAYBE_DONE
    assert found.text.startswith("the response's gzip stream is damaged: ")


@pytest.mark.parametrize("pieces", [[b"\0\0\0\0"], [b"\0", b"\0\0"], [b"\0", gzip.compress(CONTENT)]], ids=len)
def test_zeros_behind_a_gzip_stream_are_padding(pieces: list[bytes]) -> None:
    found = read([gzip.compress(CONTENT) + pieces[0], *pieces[1:]], "gzip")
    assert found in (CONTENT, CONTENT * 2)


@pytest.mark.parametrize(
    ("status", "headers", "framed"),
    [
        (200, {"Content-Length": "2"}, True),
        (200, {"transfer-encoding": "chunked"}, True),
        (204, {}, True),
        (205, {}, True),
        (200, {}, False),
        (201, {"Connection": "close"}, False),
        (206, {"Content-Length": "2"}, False),
        (206, {"Content-Length": "2", "Content-Range": "bytes 0-1/4"}, False),
        (200, {"Content-Length": "2", "content-range": "bytes 0-1/4"}, False),
    ],
)
def test_a_response_tells_where_it_ends_or_does_not(status: int, headers: dict[str, str], framed: bool) -> None:
    assert is_framed(status, [(name.encode(), value.encode()) for name, value in headers.items()]) is framed


@pytest.mark.parametrize("content", [b"{}", b"[]", b' {"a": [1]} '])
def test_without_a_length_a_whole_document_is_whole(content: bytes) -> None:
    assert read([content], framed=False) == content


@pytest.mark.parametrize(
    "content", [b"", b'{"a": [1]', b"[1, 2", b"12", b'"text"', b"time,price\n", b"\xff", b"[" * 100_000]
)
def test_without_a_length_anything_else_is_lost(content: bytes) -> None:
    found = read([content], framed=False)
    assert isinstance(found, Lost)
    assert found.loss is Loss.MAYBE_DONE


@pytest.mark.parametrize(
    "codings",
    [
        ("deflate",),
        ("br",),
        ("zstd",),
        ("compress",),
        ("gzip, gzip",),
        ("gzip", "gzip"),
        ("br, gzip",),
        ("aws-chunked",),
    ],
    ids=str,
)
def test_a_coding_nobody_asked_for_is_said_and_nothing_is_unpacked(codings: tuple[str, ...]) -> None:
    found = read([gzip.compress(CONTENT)], *codings)
    assert isinstance(found, Lost)
    assert found.loss is Loss.HOPELESS
    assert found.text == f"the response is encoded as {', '.join(codings)!r}, and only gzip was asked for"


@pytest.mark.parametrize("packed", [False, True])
def test_the_limit_counts_what_arrives_and_what_it_unpacks_to(packed: bool) -> None:
    content = gzip.compress(CONTENT) if packed else CONTENT
    codings = ("gzip",) if packed else ()
    assert read([content], *codings, limit=len(CONTENT)) == CONTENT
    found = read([content], *codings, limit=len(CONTENT) - 1)
    assert isinstance(found, Lost)
    assert found.loss is Loss.HOPELESS
    assert found.text == f"the response has more than {len(CONTENT) - 1:,} bytes, the most this client takes"


def test_members_that_unpack_to_nothing_are_bounded_too() -> None:
    empty = gzip.compress(b"")
    found = read([empty] * 100, "gzip", limit=50 * len(empty))
    assert isinstance(found, Lost)
    assert found.loss is Loss.HOPELESS


@pytest.mark.parametrize(
    ("codings", "pieces"),
    [
        (("gzip",), [gzip.compress(b" " * 200_000_000)]),
        ((), [b" "] * 300_000),
    ],
    ids=["few bytes that stand for many", "many pieces of one byte"],
)
def test_no_more_memory_is_used_than_the_limit_allows(codings: tuple[str, ...], pieces: list[bytes]) -> None:
    tracemalloc.start()
    try:
        read(pieces, *codings, limit=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


def test_the_clock_is_looked_at_while_unpacking() -> None:
    looks = iter([0.0] + [1.0] * 3 + [11.0] * 3)
    until = Deadline(10.0, lambda: next(looks))
    found = read([gzip.compress(b" " * 50_000_000)], "gzip", limit=100_000_000, until=until)
    assert isinstance(found, Lost)
    assert found.text == "the response was not unpacked before the deadline"
