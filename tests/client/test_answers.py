"""What each kind of answer ends in: the model the method promises, or one error that tells what happened."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING

import pytest
from tickhaul import (
    ApiError,
    AuthenticationError,
    ConflictError,
    InvalidArgumentError,
    NetworkError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ResponseDecodeError,
    ServerError,
)

from tests.support import bodies
from tests.support.behaviours import answer, body, done, drip, error, head, html, last, raw, whole, zipped
from tests.support.clock import FakeClock
from tests.support.faces import KEY

if TYPE_CHECKING:
    from tests.support.behaviours import Step
    from tests.support.faces import Connect
    from tests.support.server import Serve

EXP = bodies.EXPORT_ID


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_argument", InvalidArgumentError),
        (401, "unauthenticated", AuthenticationError),
        (402, "payment_required", PaymentRequiredError),
        (403, "permission_denied", PermissionDeniedError),
        (404, "not_found", NotFoundError),
        (408, "request_timeout", RequestTimeoutError),
        (409, "already_exists", ConflictError),
        (429, "rate_limited", RateLimitError),
        (500, "internal", ServerError),
        (503, "unavailable", ServerError),
        (418, "teapot", ApiError),
        (404, "some_new_code", NotFoundError),
        (599, "some_new_code", ServerError),
    ],
)
def test_an_error_has_the_type_of_its_code_or_else_of_its_status_and_tells_all_the_service_said(
    status: int, code: str, kind: type[ApiError], serve: Serve, connect: Connect
) -> None:
    details = {"field": "datastream_id", "allowed": [1, 2], "nested": {"deep": None}}
    server = serve(
        error(status, code, "no such thing", details=details, headers={"X-Request-Id": "req_7f8e9d0c1b2a3456"})
    )
    with pytest.raises(ApiError) as caught:
        connect(server, max_retries=0).exports.get(EXP)
    found = caught.value
    assert type(found) is kind
    assert (found.status, found.code, found.message) == (status, code, "no such thing")
    assert (found.details, found.request_id, found.attempts) == (details, "req_7f8e9d0c1b2a3456", 1)
    assert str(found) == f"no such thing ({status} {code}, request req_7f8e9d0c1b2a3456)"
    for twin in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
        assert (type(twin), vars(twin), str(twin)) == (kind, vars(found), str(found))


@pytest.mark.parametrize("status", [502, 503, 504, 520, 599])
def test_a_proxys_page_is_a_server_error_after_the_retries(status: int, serve: Serve, connect: Connect) -> None:
    server = serve(otherwise=html(status))
    with pytest.raises(ServerError, match=rf"status {status} without the service's error body \(text/html") as caught:
        connect(server, clock=FakeClock(), max_retries=1).exports.get(EXP)
    assert (caught.value.code, caught.value.status, caught.value.attempts) == ("unknown", status, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'"error"',
        b'{"error": "no envelope"}',
        b'{"error": {"code": "c"}}',
        b'{"error": {"code": null, "message": null}}',
        b"\xff\xfe",
        b'{"error": ' * 2000,
    ],
    ids=repr,
)
def test_an_error_whose_body_is_no_envelope_still_has_its_status(
    content: bytes, serve: Serve, connect: Connect
) -> None:
    server = serve(body(content, 404))
    with pytest.raises(NotFoundError) as caught:
        connect(server).exports.get(EXP)
    assert caught.value.status == 404


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
def test_a_redirect_is_not_followed_for_the_key_would_go_along(status: int, serve: Serve, connect: Connect) -> None:
    elsewhere = serve()
    server = serve(last(raw(_redirect(status, f"{elsewhere.url}/v1/exports/x?token=1"))))
    with pytest.raises(ApiError, match="check base_url") as caught:
        connect(server).exports.get(EXP)
    assert caught.value.status == status
    assert elsewhere.connections == 0


def _redirect(status: int, location: str) -> bytes:
    return f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


TRUNCATED = json.dumps(bodies.job()).encode()[:-20]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (body(TRUNCATED, 200), "JSONDecodeError"),
        (body(b"", 200), "the body is empty"),
        (html(200), "JSONDecodeError"),
        (body(b"null", 200), "an object"),
        (body(b"[]", 200), "an object"),
        (answer({**bodies.job(), "start_time": 1.5}), "an integer"),
        (answer({**bodies.job(), "start_time": "soon"}), "not an integer"),
        (answer({**bodies.job(), "created_at": "soon"}), "not an RFC 3339 time"),
        (answer({"id": EXP}), "the field 'datastream_id' is missing"),
        (body(b"[" * 100_000, 200), "RecursionError"),
        (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "the body is empty"),
    ],
    ids=["truncated", "empty", "HTML", "null", "array", "float", "text", "moment", "field", "deep", "204"],
)
def test_a_success_that_does_not_fit_the_contract_is_said_so_and_not_repeated(
    reply: Step, problem: str, serve: Serve, connect: Connect
) -> None:
    server = serve(reply)
    with pytest.raises(
        ResponseDecodeError, match=f"exports.get: the service answered 20[04] but .*{problem}"
    ) as caught:
        connect(server).exports.get(EXP)
    found = caught.value
    assert found.attempts == 1
    assert len(found.body_excerpt) <= 501
    assert found.__cause__ is None
    assert found.__context__ is None
    twin = pickle.loads(pickle.dumps(found))
    assert vars(twin) == vars(found)


@pytest.mark.parametrize("content", [b"{}", b'"text"', b"7", b'{"items": []}'])
def test_a_list_that_is_no_list_is_not_an_empty_one(content: bytes, serve: Serve, connect: Connect) -> None:
    server = serve(body(content, 200))
    with pytest.raises(ResponseDecodeError):
        connect(server).exchanges.list()


@pytest.mark.parametrize("status", [200, 201, 202, 206])
def test_any_success_with_the_promised_body_is_a_success(status: int, serve: Serve, connect: Connect) -> None:
    server = serve(answer(bodies.job(), status))
    assert connect(server).exports.create(123, 1, 2).id == EXP


@pytest.mark.parametrize("reply", [done(), body(b"", 200), html(200), answer({"ok": True}, 202)])
def test_where_no_body_is_promised_none_is_read(reply: Step, serve: Serve, connect: Connect) -> None:
    connect(serve(reply)).exports.cancel(EXP)


def test_values_and_fields_this_version_does_not_know_are_kept(serve: Serve, connect: Connect) -> None:
    server = serve(answer({**bodies.job("paused-for-lunch"), "format": "arrow", "priority": 7}))
    job = connect(server).exports.get(EXP)
    assert (job.status, job.format) == ("paused-for-lunch", "arrow")
    assert job.additional_properties == {"priority": 7}


def test_nanoseconds_are_exact_whether_they_come_as_numbers_or_as_text(serve: Serve, connect: Connect) -> None:
    exact = 1_705_312_800_000_000_001
    server = serve(answer(bodies.job()), answer({**bodies.job(), "start_time": str(exact)}))
    client = connect(server)
    assert client.exports.get(EXP).start_time == client.exports.get(EXP).start_time == exact


def test_a_large_answer_arrives_whole(serve: Serve, connect: Connect) -> None:
    many = [{**bodies.INSTRUMENT, "symbol": f"SYMBOL-{number:06d}"} for number in range(20_000)]
    server = serve(zipped(bodies.page(many)), answer(bodies.page(many)))
    client = connect(server)
    for _ in range(2):
        (page,) = client.exchanges.list_instruments("binance").pages()
        assert page.items[-1].symbol == "SYMBOL-019999"


def test_an_answer_that_comes_byte_by_byte_or_in_chunks_is_an_answer(serve: Serve, connect: Connect) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    server = serve(drip(whole([]), every=0), raw(chunked), raw(early + whole([])))
    client = connect(server)
    assert [client.exchanges.list() for _ in range(3)] == [[], [], []]
    assert server.connections == 1


def test_an_answer_without_a_length_ends_with_the_connection(serve: Serve, connect: Connect) -> None:
    server = serve(last(raw(b"HTTP/1.0 200 OK\r\n\r\n[]")))
    assert connect(server).exchanges.list() == []


def test_a_part_without_a_length_is_asked_for_again(serve: Serve, connect: Connect) -> None:
    server = serve(last(raw(b'HTTP/1.1 200 OK\r\n\r\n[{"code": "bin')), last(raw(b"HTTP/1.1 200 OK\r\n\r\n[]")))
    assert connect(server, clock=FakeClock()).exchanges.list() == []
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "step",
    [
        raw(head(204, {"Content-Encoding": "gzip"}, None)),
        raw(head(204, {"Content-Encoding": "br"}, None)),
        raw(head(200, {"Content-Encoding": "gzip"}, 0)),
        body(b"gone", headers={"Content-Encoding": "br"}),
        last(raw(b"HTTP/1.1 200 OK\r\n\r\n")),
    ],
    ids=["204 in gzip", "204 in br", "nothing in gzip", "a body in br", "no length"],
)
def test_a_body_that_nobody_reads_may_be_anything(step: Step, serve: Serve, connect: Connect) -> None:
    connect(serve(step)).exports.delete(f"exp_{1:032x}")


def test_headers_without_end_are_given_up(serve: Serve, connect: Connect) -> None:
    server = serve(last(raw(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: y\r\n" * 20_000)))
    with pytest.raises(NetworkError, match="RemoteProtocolError"):
        connect(server, max_retries=0).exchanges.list()


@pytest.mark.parametrize("start", [0, 440, 490])
def test_of_a_head_that_makes_no_sense_the_start_is_shown_without_the_key(
    start: int, serve: Serve, connect: Connect
) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"x " * (start // 2) + KEY.encode() + b" y" * 40_000 + b"\r\n\r\n"
    with pytest.raises(NetworkError) as caught:
        connect(serve(otherwise=raw(head)), max_retries=0).exchanges.list()
    told = str(caught.value)
    assert "illegal header line" in told
    assert len(told) < 700
    assert KEY[:8] not in told
