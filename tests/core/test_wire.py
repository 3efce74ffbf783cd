"""A call in the form it has on the wire."""

from __future__ import annotations

import json
import traceback
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul._core import operations
from tickhaul._core.schemas import content_body
from tickhaul._core.wire import Stamp, WireRequest
from tickhaul.net.secrets import Secret
from ticksupply_api.models import CreateExportRequest, CreateSubscriptionRequest

KEY = "sk_live_hunter2"
STAMP = Stamp("api.example:8443", Secret(KEY), "tickhaul/0 python/3")
UUID = "6f1c9a34-3f1e-4f7a-9b65-0c8c9f2f9a11"

texts = st.text(min_size=1).filter(lambda text: text.isprintable() and text not in (".", ".."))


def export(**fields: Any) -> CreateExportRequest:
    return CreateExportRequest(datastream_id=1, start_time="1", end_time="2", **fields)


def test_a_read_carries_who_and_what_and_nothing_else() -> None:
    request = STAMP.write(operations.GET_EXPORT, {"id": "exp_1"}, None)
    assert (request.method, request.path, request.target) == ("GET", "/v1/exports/exp_1", b"/v1/exports/exp_1")
    headers, body = request.reveal()
    assert body is None
    assert headers == [
        (b"Host", b"api.example:8443"),
        (b"User-Agent", b"tickhaul/0 python/3"),
        (b"Accept", b"application/json"),
        (b"Accept-Encoding", b"gzip"),
        (b"X-Api-Key", KEY.encode()),
    ]


@pytest.mark.parametrize(
    ("operation", "arguments", "key", "more"),
    [
        (
            operations.CREATE_SUBSCRIPTION,
            {"body": CreateSubscriptionRequest(123)},
            UUID,
            [(b"Content-Type", b"application/json"), (b"Content-Length", b"21"), (b"Idempotency-Key", UUID.encode())],
        ),
        # Without a body a POST says so, else some proxies wait for one.
        (
            operations.PAUSE_SUBSCRIPTION,
            {"id": "sub_1"},
            UUID,
            [(b"Content-Length", b"0"), (b"Idempotency-Key", UUID.encode())],
        ),
        (
            operations.CREATE_DRAFT,
            {"id": "sch_1", "body": None},
            UUID,
            [(b"Content-Length", b"0"), (b"Idempotency-Key", UUID.encode())],
        ),
        (operations.DELETE_EXPORT, {"id": "exp_1"}, UUID, [(b"Idempotency-Key", UUID.encode())]),
        (
            operations.UPDATE_DRAFT,
            {"id": "sch_1", "body": content_body([{"output_column": "a"}], None, None)},
            None,
            [(b"Content-Type", b"application/json"), (b"Content-Length", b"35")],
        ),
    ],
)
def test_a_write_describes_its_body_and_carries_its_key(
    operation: Any, arguments: dict[str, object], key: str | None, more: list[tuple[bytes, bytes]]
) -> None:
    request = STAMP.write(operation, arguments, key)
    assert list(request.headers)[4:] == more
    length = dict(request.headers).get(b"Content-Length", b"0")
    assert len(request.reveal()[1] or b"") == int(length)


def test_requests_do_not_share_their_headers() -> None:
    first = STAMP.write(operations.DELETE_EXPORT, {"id": "exp_1"}, UUID)
    second = STAMP.write(operations.GET_EXPORT, {"id": "exp_1"}, None)
    assert len(first.headers) == len(second.headers) + 1


def test_a_body_is_a_snapshot() -> None:
    body = export(schema="raw")
    request = STAMP.write(operations.CREATE_EXPORT, {"body": body}, UUID)
    body.schema = "normalized"
    body.additional_properties["more"] = 1
    assert json.loads(request.reveal()[1] or b"") == {
        "datastream_id": 1,
        "start_time": "1",
        "end_time": "2",
        "schema": "raw",
    }


def test_a_body_is_compact_and_text_beyond_ascii_is_itself() -> None:
    request = STAMP.write(operations.CREATE_EXPORT, {"body": export(schema="größe 値")}, UUID)
    assert b'"schema":"' + "größe 値".encode() + b'"' in (request.reveal()[1] or b"")
    assert b", " not in (request.reveal()[1] or b"")


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        ("a\ud800", ValueError, r"exports\.create: the body holds half a character \(a lone surrogate\)"),
        (float("nan"), ValueError, r"exports\.create: the body cannot be written as JSON: Out of range float"),
        (float("inf"), ValueError, r"exports\.create: the body cannot be written as JSON: Out of range float"),
        (object(), TypeError, r"exports\.create: the body cannot be written as JSON: Object of type object"),
        ({1, 2}, TypeError, r"exports\.create: the body cannot be written as JSON: Object of type set"),
    ],
)
def test_what_json_cannot_hold_is_refused_before_anything_is_sent(
    value: object, error: type[Exception], expected: str
) -> None:
    body = export()
    body.additional_properties["extra"] = value
    with pytest.raises(error, match=expected) as caught:
        STAMP.write(operations.CREATE_EXPORT, {"body": body}, UUID)
    # Nobody gets the key by way of a traceback that shows local values.
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("tickhaul")]
    assert ours
    assert not any(KEY in repr(frame.f_locals) for frame in ours)


def test_a_body_that_holds_itself_is_refused() -> None:
    body = export()
    body.additional_properties["extra"] = body.additional_properties
    with pytest.raises(ValueError, match="the body cannot be written as JSON: Circular reference"):
        STAMP.write(operations.CREATE_EXPORT, {"body": body}, UUID)


def test_what_a_query_cannot_hold_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match=r"datastreams\.list: .*holds half a character") as caught:
        STAMP.write(operations.LIST_DATASTREAMS, {"exchange": "a\ud800"}, None)
    assert "'exchange': 'a\\ud800'" in str(caught.value)


def test_what_is_not_given_is_not_sent() -> None:
    arguments: dict[str, object] = {"exchange": None, "instrument": "BTC", "limit": None, "page_token": None}
    request = STAMP.write(operations.LIST_DATASTREAMS, arguments, None)
    assert request.target == b"/v1/datastreams?instrument=BTC"
    assert STAMP.write(operations.LIST_DATASTREAMS, {}, None).target == b"/v1/datastreams"


@given(
    exchange=texts,
    search=st.none() | texts,
    quote=st.none() | texts,
    limit=st.none() | st.integers(1, 1000),
    token=st.none() | st.text(min_size=1).filter(lambda text: text.isprintable()),
)
def test_any_text_travels_as_one_part_of_the_path_or_the_query(
    exchange: str, search: str | None, quote: str | None, limit: int | None, token: str | None
) -> None:
    arguments: dict[str, object] = {
        "exchange": exchange,
        "search": search,
        "quote": quote,
        "limit": limit,
        "page_token": token,
    }
    request = STAMP.write(operations.LIST_INSTRUMENTS, arguments, None)
    target = request.target.decode("ascii")
    parts = urlsplit(target)
    assert not set(target) - set(map(chr, range(0x21, 0x7F)))
    assert parts.path == request.path
    assert [unquote(step) for step in parts.path.split("/")] == ["", "v1", "exchanges", exchange, "instruments"]
    given_ones = {name: str(part) for name, part in arguments.items() if part is not None and name != "exchange"}
    assert dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))) == given_ones


def test_a_request_shows_neither_its_headers_nor_its_body() -> None:
    request = STAMP.write(operations.CREATE_EXPORT, {"body": export()}, UUID)
    assert isinstance(request, WireRequest)
    assert KEY not in repr(STAMP)
    assert KEY not in repr(request)
    assert KEY not in repr([getattr(request, name) for name in WireRequest.__slots__])
