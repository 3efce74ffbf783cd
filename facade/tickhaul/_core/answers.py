"""An answer becomes exactly one thing: the model the operation promises, or one exception.

The status is judged before the body is read: a proxy's HTML page with status 503 is a 503, whatever a JSON parser would
say of it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from tickhaul import errors
from tickhaul._core.bodies import check_density

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul._core.service import Action
    from tickhaul.net.secrets import Secret

T = TypeVar("T")

#: docs: guides/error-handling. The code is the stable part of an error; the status decides where it is not known.
_BY_CODE: dict[str, type[errors.ApiError]] = {
    "invalid_argument": errors.InvalidArgumentError,
    "unauthenticated": errors.AuthenticationError,
    "payment_required": errors.PaymentRequiredError,
    "permission_denied": errors.PermissionDeniedError,
    "not_found": errors.NotFoundError,
    "request_timeout": errors.RequestTimeoutError,
    "already_exists": errors.ConflictError,
    "rate_limited": errors.RateLimitError,
    "internal": errors.ServerError,
    "unavailable": errors.ServerError,
}
_BY_STATUS: dict[int, type[errors.ApiError]] = {
    400: errors.InvalidArgumentError,
    401: errors.AuthenticationError,
    402: errors.PaymentRequiredError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    408: errors.RequestTimeoutError,
    409: errors.ConflictError,
    429: errors.RateLimitError,
}
_UNKNOWN = "unknown"
_CODE = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A complete HTTP answer. It has no ``repr`` of its own, because its body may hold presigned URLs.

    Attributes:
        status: the HTTP status, any number.
        headers: by lower-case name; of a repeated header the last value.
        body: the decoded bytes.
        duration: seconds from sending the request to the last byte.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration: float

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id")


@dataclass(frozen=True, slots=True)
class _Envelope:
    code: str
    message: str
    details: dict[str, object]


def read_error(answer: Answer, secret: Secret, *, attempts: int, retry_after: float | None) -> errors.ApiError:
    """The exception an unsuccessful answer stands for.

    Args:
        answer: the answer, not a success.
        secret: the API key, removed from whatever the service echoes.
        attempts: how many times the request was sent.
        retry_after: seconds the service asked to wait, or ``None``.
    """
    envelope = _read_envelope(answer)
    kind = _BY_CODE.get(envelope.code) or error_of_status(answer.status)
    return kind(
        secret.scrub(envelope.message),
        code=secret.scrub(envelope.code),
        status=answer.status,
        details=secret.scrub_object(envelope.details),
        request_id=_request_id(answer, secret),
        retry_after=retry_after,
        attempts=attempts,
    )


def error_of_status(status: int) -> type[errors.ApiError]:
    """The class of the exception an HTTP status stands for, where nothing says it better."""
    return _BY_STATUS.get(status) or (errors.ServerError if status >= 500 else errors.ApiError)


def describe(answer: Answer) -> str:
    """An unsuccessful answer in a few words, for histories and logs."""
    code = _read_envelope(answer).code
    # Anything else is no code, and a line break in it would forge a line of a log.
    return f"{answer.status} {code}" if code != _UNKNOWN and _CODE.fullmatch(code) else f"{answer.status}"


def read_success(operation: Action[T], answer: Answer, secret: Secret, *, attempts: int) -> T:
    """The model a successful answer holds; ``None`` for operations that promise no body.

    Raises:
        ResponseDecodeError: the body is not what the contract says.
    """
    if not operation.has_body:
        # Some of these write a courtesy body; the contract gives it no meaning.
        return cast("T", None)
    problem: str
    try:
        return _parse(operation, answer)
    except KeyError as error:
        problem = secret.scrub(f"the field {error} is missing")
    except (ValueError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        problem = secret.scrub(f"{type(error).__name__}: {error}") if answer.body else "the body is empty"
    # Outside the handler, so that the exception carries no context that holds the body.
    raise errors.ResponseDecodeError(
        f"{operation.name}: the service answered {answer.status} but the body does not fit: {problem}",
        status=answer.status,
        body_excerpt=secret.excerpt(answer.body),
        request_id=_request_id(answer, secret),
        attempts=attempts,
    )


def _request_id(answer: Answer, secret: Secret) -> str | None:
    return None if answer.request_id is None else secret.scrub(answer.request_id)


def _parse(operation: Action[T], answer: Answer) -> T:
    check_density(answer.body)
    document = json.loads(answer.body)
    result = operation.parse(_Body(answer.status, document))
    if isinstance(result, list) and not isinstance(document, list):
        # The generated loop over an array is content with whatever else is empty.
        raise TypeError(f"expected an array, not {type(document).__name__}")
    return result


class _Body:
    """What the generated parsers read of a response."""

    __slots__ = ("_document", "status_code")

    def __init__(self, status_code: int, document: object) -> None:
        self.status_code = status_code
        self._document = document

    def json(self) -> object:
        return self._document


def _read_envelope(answer: Answer) -> _Envelope:
    try:
        error = json.loads(answer.body)["error"]
        code, message, details = error["code"], error.get("message"), error.get("details")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        code = message = details = None
    return _Envelope(
        code if isinstance(code, str) and code else _UNKNOWN,
        message if isinstance(message, str) and message else describe_status(answer),
        details if isinstance(details, dict) else {},
    )


def describe_status(answer: Answer, setting: str = "base_url") -> str:
    """An unsuccessful answer without an error body in words.

    Args:
        answer: the answer.
        setting: what a redirect is a reason to check.
    """
    if 300 <= answer.status < 400:
        # Following would hand the API key to whatever host the answer names.
        # Shown without its query, which a relative address may have as well.
        place = answer.headers.get("location", "nowhere").partition("?")[0]
        return f"the service redirects to {place!r}; check {setting}"
    kind = answer.headers.get("content-type", "no content type")
    return f"status {answer.status} without the service's error body ({kind}, {len(answer.body)} bytes)"
