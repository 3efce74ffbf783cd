"""An answer becomes the model it promises or exactly one exception."""

from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul import errors
from tickhaul._core import bodies, operations
from tickhaul._core.answers import Answer, describe, read_error, read_success
from tickhaul.net.redaction import MASK
from tickhaul.net.secrets import Secret

KEY = "sk_live_hunter2"
SECRET = Secret(KEY)
JSON = {"content-type": "application/json", "x-request-id": "req_1"}
HTML = {"content-type": "text/html", "x-request-id": "req_1"}


def answer(status: int, body: object = b"", headers: dict[str, str] | None = None) -> Answer:
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers=JSON if headers is None else headers, body=written, duration=0.1)


def envelope(code: object, message: object = "words", **more: object) -> dict[str, object]:
    return {"error": {"code": code, "message": message, **more}}


def error_of(given: Answer, attempts: int = 1, retry_after: float | None = None) -> errors.ApiError:
    return read_error(given, SECRET, attempts=attempts, retry_after=retry_after)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"),
    [
        (400, envelope("invalid_argument"), errors.InvalidArgumentError, "invalid_argument", "words"),
        (401, envelope("unauthenticated"), errors.AuthenticationError, "unauthenticated", "words"),
        (402, envelope("payment_required"), errors.PaymentRequiredError, "payment_required", "words"),
        (403, envelope("permission_denied"), errors.PermissionDeniedError, "permission_denied", "words"),
        (404, envelope("not_found"), errors.NotFoundError, "not_found", "words"),
        (408, envelope("request_timeout"), errors.RequestTimeoutError, "request_timeout", "words"),
        (409, envelope("already_exists"), errors.ConflictError, "already_exists", "words"),
        (429, envelope("rate_limited"), errors.RateLimitError, "rate_limited", "words"),
        (500, envelope("internal"), errors.ServerError, "internal", "words"),
        (503, envelope("unavailable"), errors.ServerError, "unavailable", "words"),
        # A code that this version does not know: the status decides.
        (400, envelope("too_clever"), errors.InvalidArgumentError, "too_clever", "words"),
        (418, envelope("teapot"), errors.ApiError, "teapot", "words"),
        (599, envelope("strange"), errors.ServerError, "strange", "words"),
        # Code and status disagree: the code is the stable part.
        (400, envelope("not_found"), errors.NotFoundError, "not_found", "words"),
        (500, envelope("rate_limited"), errors.RateLimitError, "rate_limited", "words"),
        # Bodies that are not the envelope, or not all of it.
        (404, envelope("not_found", None), errors.NotFoundError, "not_found", "status 404 without"),
        (404, {"error": {"code": "not_found"}}, errors.NotFoundError, "not_found", "status 404 without"),
        (404, envelope("not_found", ""), errors.NotFoundError, "not_found", "status 404 without"),
        (404, envelope(None), errors.NotFoundError, "unknown", "words"),
        (404, envelope(404), errors.NotFoundError, "unknown", "words"),
        (404, envelope(["not_found"]), errors.NotFoundError, "unknown", "words"),
        (404, envelope(""), errors.NotFoundError, "unknown", "words"),
        (404, {"error": "not found"}, errors.NotFoundError, "unknown", "status 404 without"),
        (404, {"error": None}, errors.NotFoundError, "unknown", "status 404 without"),
        (404, {"error": []}, errors.NotFoundError, "unknown", "status 404 without"),
        (404, {"message": "words"}, errors.NotFoundError, "unknown", "status 404 without"),
        (404, [], errors.NotFoundError, "unknown", "status 404 without"),
        (404, None, errors.NotFoundError, "unknown", "status 404 without"),
        (404, "words", errors.NotFoundError, "unknown", "status 404 without"),
        (404, b"", errors.NotFoundError, "unknown", r"\(application/json, 0 bytes\)"),
        (503, b'{"error": {"co', errors.ServerError, "unknown", r"\(application/json, 14 bytes\)"),
        (503, b"\xff\xfe\xfd", errors.ServerError, "unknown", "status 503 without"),
        (503, b"[" * 100_000, errors.ServerError, "unknown", "status 503 without"),
        (503, b"9" * 5000, errors.ServerError, "unknown", "status 503 without"),
    ],
)
def test_an_error_is_of_the_kind_its_code_or_else_its_status_says(
    status: int, body: object, kind: type[errors.ApiError], code: str, message: str
) -> None:
    error = error_of(answer(status, body))
    assert type(error) is kind
    assert error.code == code
    assert error.status == status
    assert error.request_id == "req_1"
    with pytest.raises(kind, match=message):
        raise error


@pytest.mark.parametrize("status", [429, 499, 500, 502, 503, 520, 525, 530, 599, 999])
def test_a_page_of_a_proxy_is_judged_by_its_status(status: int) -> None:
    page = b"<html><body>Bad gateway</body></html>"
    error = error_of(answer(status, page, HTML), attempts=3, retry_after=2.0)
    assert type(error) is (
        errors.RateLimitError if status == 429 else errors.ServerError if status >= 500 else errors.ApiError
    )
    assert error.code == "unknown"
    assert error.message == f"status {status} without the service's error body (text/html, {len(page)} bytes)"
    assert (error.attempts, error.retry_after, error.details) == (3, 2.0, {})


def test_an_answer_without_any_header_still_is_an_error() -> None:
    error = error_of(answer(500, b"", {}))
    assert error.request_id is None
    assert error.message == "status 500 without the service's error body (no content type, 0 bytes)"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://other.example/login?sig=hunter3", "https://other.example/login"),
        ("/exports/a.csv?X-Amz-Signature=hunter3", "/exports/a.csv"),
        (None, "nowhere"),
    ],
)
def test_a_redirect_is_an_error_that_says_where_to_without_its_query(
    status: int, location: str | None, shown: str
) -> None:
    error = error_of(answer(status, b"", {} if location is None else {"location": location}))
    assert type(error) is errors.ApiError
    assert error.message == f"the service redirects to {shown!r}; check base_url"


@pytest.mark.parametrize("details", [None, [], "text", 5, True])
def test_details_that_are_no_object_are_left_out(details: object) -> None:
    assert error_of(answer(400, envelope("invalid_argument", details=details))).details == {}


def test_details_are_kept_as_they_are() -> None:
    details = {"max_columns": 100, "provided": 142, "names": ["a", None, {"b": 1.5}]}
    assert error_of(answer(400, envelope("invalid_argument", details=details))).details == details


def test_an_error_holds_no_secret_that_the_service_echoes() -> None:
    url = "https://s3.example/a?X-Amz-Signature=hunter3"
    body = envelope(
        f"code_{KEY}", f"no key {KEY} for {url}", details={KEY: [KEY, url], "url": url, "quoted": f'"{KEY}"'}
    )
    error = error_of(answer(400, body, JSON | {"location": url, "x-request-id": f"req_{KEY}"}))
    shown = f"{error} {error!r} {vars(error)}"
    assert "hunter" not in shown
    assert error.details["url"] == f"https://s3.example/a?{MASK}"


@pytest.mark.parametrize("key", ["1", "a", '"', "{", "error", "code", "message"])
def test_a_key_that_is_part_of_everything_still_gives_one_error(key: str) -> None:
    body = envelope("invalid_argument", "message 1 a", details={"a": 1, "error": 'x"y"'})
    error = read_error(answer(400, body), Secret(key), attempts=1, retry_after=None)
    assert type(error) is errors.InvalidArgumentError


@pytest.mark.parametrize(
    ("given_answer", "words"),
    [
        (answer(503, b"<html>", HTML), "503"),
        (answer(503, envelope("unavailable")), "503 unavailable"),
        (answer(418, envelope("teapot")), "418 teapot"),
    ],
)
def test_an_answer_in_a_few_words(given_answer: Answer, words: str) -> None:
    assert describe(given_answer) == words


@pytest.mark.parametrize(("status", "success"), [(199, False), (200, True), (204, True), (299, True), (300, False)])
def test_a_success_is_known_by_its_status(status: int, success: bool) -> None:
    assert answer(status).is_success is success


def test_a_success_is_exactly_the_model() -> None:
    body = [{"code": "binance", "display_name": "Binance", "new": 1}]
    (exchange,) = read_success(operations.LIST_EXCHANGES, answer(200, body), SECRET, attempts=1)
    assert exchange.code == "binance"
    assert exchange.additional_properties == {"new": 1}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"deleted": true}'])
def test_where_no_body_is_promised_none_is_read(status: int, body: bytes) -> None:
    result: object = read_success(operations.DELETE_EXPORT, answer(status, body), SECRET, attempts=1)
    assert result is None


@pytest.mark.parametrize(
    ("operation", "body", "problem"),
    [
        (operations.GET_EXPORT, b"", "the body is empty"),
        (operations.GET_EXPORT, b"{", "JSONDecodeError: Expecting property name"),
        (operations.GET_EXPORT, b"<html>", "JSONDecodeError: Expecting value"),
        (operations.GET_EXPORT, b"{}", "the field 'id' is missing"),
        (operations.GET_EXPORT, b"[]", "TypeError: ExportJob: expected an object, got list"),
        (operations.GET_EXPORT, b"null", "TypeError: ExportJob: expected an object, got NoneType"),
        (operations.GET_EXPORT, b'"text"', "TypeError"),
        (operations.GET_EXPORT, b"[" * 100_000, "RecursionError"),
        (operations.GET_EXPORT, b"9" * 5000, "ValueError: Exceeds the limit"),
        (operations.GET_EXPORT, b"\xff\xfe{}", "Error: "),
        (operations.GET_EXPORT, b'{"id": 5}', "TypeError: ExportJob.id: expected a string, got int"),
        (operations.LIST_EXCHANGES, b"null", "TypeError: expected an array, not NoneType|TypeError"),
        (operations.LIST_EXCHANGES, b"{}", "TypeError: expected an array, not dict"),
        (operations.LIST_EXCHANGES, b'""', "TypeError: expected an array, not str"),
        (operations.LIST_EXCHANGES, b"[null]", "TypeError: Exchange: expected an object, got NoneType"),
        (operations.LIST_EXCHANGES, b"[{}]", "the field 'code' is missing"),
        (operations.LIST_EXPORTS, b'{"items": null}', "TypeError"),
    ],
)
def test_a_success_that_does_not_fit_is_a_decode_error(operation: Any, body: bytes, problem: str) -> None:
    with pytest.raises(errors.ResponseDecodeError, match=problem) as caught:
        read_success(operation, answer(200, body), SECRET, attempts=2)
    error = caught.value
    assert str(error).startswith(f"{operation.name}: the service answered 200 but the body does not fit: ")
    assert (error.status, error.request_id, error.attempts) == (200, "req_1", 2)
    assert error.body_excerpt == SECRET.excerpt(body)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("body", [b"[[],[],[]]", b"[{},{},[]]"])
def test_a_success_of_too_many_arrays_and_objects_is_not_parsed(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_MOST_CONTAINERS", 3)
    with pytest.raises(errors.ResponseDecodeError, match="holds more than 3 arrays and objects"):
        read_success(operations.LIST_EXCHANGES, answer(200, body), SECRET, attempts=1)


def test_a_decode_error_holds_no_secret_of_the_body() -> None:
    url = "https:\\/\\/s3.example\\/a?X-Amz-Signature=hunter3\\u0026b=hunter4"
    body = f'{{"echo": "{KEY}", "id": "exp_1", "artifacts": [{{"url": "{url}", "created_at": "{KEY} {url}"}}]}}'
    with pytest.raises(errors.ResponseDecodeError) as caught:
        read_success(operations.GET_EXPORT_DOWNLOAD, answer(200, body.encode()), SECRET, attempts=1)
    error = caught.value
    shown = f"{error} {error!r} {vars(error)} {''.join(traceback.format_exception(error))}"
    assert "hunter" not in shown
    assert "s3.example" in error.body_excerpt


def test_a_decode_error_names_a_value_that_does_not_fit_without_its_secret() -> None:
    body = {
        "id": "exp_1",
        "datastream_id": 1,
        "start_time": 1,
        "end_time": 2,
        "format": "csv",
        "status": "queued",
        "created_at": f"never {KEY} https://h/p?sig=hunter3",
    }
    with pytest.raises(errors.ResponseDecodeError, match=r"ExportJob\.created_at: not an RFC 3339 time") as caught:
        read_success(operations.GET_EXPORT, answer(200, body), SECRET, attempts=1)
    assert "hunter" not in str(caught.value)


json_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["error", "code", "message"]), inner),
    max_leaves=10,
)


@given(st.integers(100, 999), json_documents.map(lambda part: json.dumps(part).encode()) | st.binary(max_size=40))
def test_any_answer_but_a_success_gives_one_api_error(status: int, body: bytes) -> None:
    error = error_of(answer(status, body))
    assert isinstance(error, errors.ApiError)
    assert error.status == status
    assert error.code
    assert error.message
    assert describe(answer(status, body)).startswith(f"{status}")


@given(
    st.sampled_from([operation for operation in operations.ALL if operation.has_body]),
    json_documents.map(lambda part: json.dumps(part).encode()) | st.binary(max_size=40),
)
def test_any_body_of_a_success_gives_a_model_or_one_decode_error(operation: Any, body: bytes) -> None:
    try:
        result = read_success(operation, answer(200, body), SECRET, attempts=1)
    except errors.ResponseDecodeError as error:
        assert error.__context__ is None  # noqa: PT017 (a model is a right answer too)
    else:
        assert result is not None
