"""The fields of a message are counted before it is parsed."""

from __future__ import annotations

from typing import Any

import pytest
from tickhaul._core.deadline import Deadline, DeadlinePassed
from tickhaul.xythub import weighing
from tickhaul.xythub.weighing import is_heavy
from xythub_proto.v1_1_2 import api_data_pb2 as data
from xythub_proto.v1_1_2 import api_lookup_pb2 as lookup
from xythub_proto.v2_0_0 import types_pb2 as types

COUNTED: dict[str, tuple[Any, bytes, int]] = {
    "texts": (types.StringList, b"\x0a\x00" * 9, 9),
    "texts with a tag written long": (types.StringList, b"\x8a\x80\x00\x00" * 9, 9),
    "texts with a length written long": (types.StringList, b"\x0a\x81\x00a" * 9, 9),
    "dates": (types.DateList, b"\x0a\x00" * 9, 9),
    "cells": (types.MixedList, b"\x0a\x02\x08\x01" * 9, 18),
    "lists in a cell": (types.MixedList, b"\x0a\x14\x72\x12\x7a\x10" + b"\x0a\x00" * 8, 11),
    "chunks": (data.TickDataResponse, b"\x52\x00" * 9, 9),
    "rows in a chunk": (data.TickDataResponse, b"\x52\x12" + b"\x52\x00" * 9, 10),
    "texts in a row": (lookup.OverviewDatasetsResponse, b"\x52\x12" + b"\x3a\x00" * 9, 10),
    "what is unknown among them": (types.StringList, b"\x0a\x00\x9b\x01\x0a\x00\x9c\x01\x18\xff\x01\x0a\x00" * 3, 18),
    "fixed widths among them": (types.StringList, b"\x0a\x00\x1d\x0a\x0a\x0a\x0a\x19" + b"\x0a" * 8 + b"\x0a\x00", 4),
}


@pytest.mark.parametrize(("kind", "body", "fields"), COUNTED.values(), ids=COUNTED)
def test_each_field_counts(kind: Any, body: bytes, fields: int) -> None:
    kind.FromString(body)
    assert is_heavy(kind.DESCRIPTOR, body, 1)
    assert [most for most in range(1, 20) if is_heavy(kind.DESCRIPTOR, body, most)][-1] < fields
    assert not is_heavy(kind.DESCRIPTOR, body, fields)


LIGHT: dict[str, tuple[Any, bytes]] = {
    "numbers, packed": (types.IntegerList, b"\x0a\x14" + b"\x0a" * 20),
    "numbers, one by one": (types.IntegerList, b"\x08\x01" * 20),
    "a text that looks like many": (types.StringList, b"\x0a\x14" + b"\x0a" * 20),
    "a length beyond the end": (types.StringList, b"\x0a\x15" + b"\x0a" * 20),
    "a varint that does not end": (types.StringList, b"\x08" + b"\x8a" * 20),
    "the end within a field": (types.StringList, b"\x0a\x12" + b"\x0a" * 18 + b"\x0a"),
}


@pytest.mark.parametrize(("kind", "body"), LIGHT.values(), ids=LIGHT)
def test_what_is_packed_or_malformed_is_not_heavy(kind: Any, body: bytes) -> None:
    assert not is_heavy(kind.DESCRIPTOR, body, 2)


def test_a_message_nested_too_deep_is_left_to_protobuf() -> None:
    body = b""
    for _ in range(60):
        for tag in (b"\x7a", b"\x72", b"\x0a"):
            length = len(body)
            body = tag + (bytes([length]) if length < 0x80 else bytes([length & 0x7F | 0x80, length >> 7])) + body
    assert not is_heavy(types.MixedList.DESCRIPTOR, body, 110)


def test_it_counts_with_an_eye_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "_STRIDE", 4)
    with pytest.raises(DeadlinePassed):
        Deadline(0, lambda: 0).run(lambda: is_heavy(types.DateList.DESCRIPTOR, b"\x0a\x00" * 9, 8))
