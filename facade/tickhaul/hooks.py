"""What a client tells about its calls while they run.

Pass functions as ``Client(on_request=…, on_retry=…, on_response=…)``. Each is called in the thread or task of the call,
before the next step is taken; one that raises ends the call with its own exception. None of the records holds a key,
a body or a query.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A request about to be sent.

    Attributes:
        operation: the method's name, such as ``exports.create``.
        method: the HTTP method.
        path: the URL's path, without its query.
        attempt: 1 for the first try.
        idempotency_key: the key it carries, the same on every try; ``None`` for operations that take none.
    """

    operation: str
    method: str
    path: str
    attempt: int
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class RetryInfo:
    """A request that will be sent again.

    Attributes:
        operation: the method's name.
        attempt: how many times it was sent so far.
        wait: seconds until it is sent again.
        cause: why, in words: a status with its code, or what happened to the connection.
        status: the HTTP status, or ``None`` when there was no answer.
        request_id: the answer's ``X-Request-Id``, or ``None``.
    """

    operation: str
    attempt: int
    wait: float
    cause: str
    status: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class ResponseInfo:
    """An answer, of whatever status.

    Attributes:
        operation: the method's name.
        status: the HTTP status.
        request_id: the ``X-Request-Id`` header, which support asks for; ``None`` when there was none.
        remaining_minute: requests left in this minute's quota, or ``None`` when not said.
        remaining_hour: requests left in this hour's quota, or ``None`` when not said.
        duration: seconds from sending the request to the last byte of the answer.
        attempt: which try it answers.
    """

    operation: str
    status: int
    request_id: str | None
    remaining_minute: int | None
    remaining_hour: int | None
    duration: float
    attempt: int
