"""What the answers of xyt hub mean.

Facts (reference: xyt-hub section 2.5): the body of an error is JSON with ``error_description``, which is a member of the
OAuth error object (RFC 6749, RFC 6750), so its ``error`` is looked for too. Which statuses there are is not stated; the
status decides the class of the exception as it does for Ticksupply.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeVar

from tickhaul import errors
from tickhaul._core.answers import describe_status, error_of_status

if TYPE_CHECKING:
    from tickhaul._core.answers import Answer
    from tickhaul._core.service import Action
    from tickhaul.net.secrets import Secret

T = TypeVar("T")

_UNKNOWN = "unknown"
_CODE = re.compile(r"[\w.-]{1,64}")
_EXCERPT = 4096


def describe(answer: Answer) -> str:
    """An unsuccessful answer in a few words, for histories and logs."""
    code, _ = _read_body(answer)
    return f"{answer.status}" if code == _UNKNOWN else f"{answer.status} {code}"


def read_error(answer: Answer, secret: Secret, *, attempts: int, retry_after: float | None) -> errors.ApiError:
    """The exception an unsuccessful answer stands for.

    Args:
        answer: the answer, not a success.
        secret: the client's secrets, removed from whatever the service echoes.
        attempts: how many times the request was sent.
        retry_after: seconds the service asked to wait, or ``None``.
    """
    code, description = _read_body(answer)
    return error_of_status(answer.status)(
        secret.scrub(description or describe_status(answer, "the settings")),
        code=secret.scrub(code),
        status=answer.status,
        request_id=None if answer.request_id is None else secret.scrub(answer.request_id),
        retry_after=retry_after,
        attempts=attempts,
    )


def read_success(operation: Action[T], answer: Answer, secret: Secret, *, attempts: int) -> T:
    """What a successful answer holds.

    Raises:
        ResponseDecodeError: the body is not what the operation promises; its cause says what was expected and found.
    """
    cause: ValueError | MemoryError
    try:
        return operation.parse(answer.body)
    except (ValueError, MemoryError) as error:
        # Without its frames, which hold the body.
        cause = error.with_traceback(None)
    problem = str(cause) or "there is not enough memory for what it holds"
    confidential = getattr(operation, "confidential", False)
    raise errors.ResponseDecodeError(
        f"{operation.name}: the service answered {answer.status} but the body does not fit: {secret.scrub(problem)}",
        status=answer.status,
        body_excerpt="" if confidential else secret.excerpt(answer.body[:_EXCERPT]),
        request_id=None if answer.request_id is None else secret.scrub(answer.request_id),
        attempts=attempts,
    ) from (None if confidential else cause)


def _read_body(answer: Answer) -> tuple[str, str]:
    """The error's code, and its words or nothing."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    members = body if isinstance(body, dict) else {}
    code, description = members.get("error"), members.get("error_description")
    return (
        code if isinstance(code, str) and _CODE.fullmatch(code) else _UNKNOWN,
        description if isinstance(description, str) else "",
    )
