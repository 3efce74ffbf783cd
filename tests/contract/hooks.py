"""What schemathesis has to know about the service beyond its contract."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import schemathesis
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from schemathesis import Case, HookContext, Response
    from schemathesis.core.failures import Failure

#: Refusals of requests that fit the contract's schemas: rules that no schema can say, or of which no source says how
#: they go (`x-tickhaul-unknown` in the contract) and where the sandbox takes the strict reading.
REFUSALS = (
    # A token is opaque, and a made-up one leads nowhere.
    r"Invalid page_token",
    # The job is in the wrong state.
    r"Export \w+ has not succeeded",
    r"Export \w+ cannot be canceled",
    # Two fields that do not go together.
    r"Invalid range: (start_time must be before end_time|too long)",
    r"Invalid format_options: unknown key",
    r"Invalid schema: .* is not for ",
    r"Invalid columns\[\d+\]: exactly one of meta and data",
    r"Invalid derive\..*: tag_field and value_field must differ",
    r"Duplicate output_column",
    # Times outside what is recorded.
    r"Invalid \w+: must not be (in the future|before 1970)",
    # A pattern cannot tell the thirtieth of February.
    r"Invalid (start|end)_time: must be nanoseconds since the epoch or an ISO 8601 time",
    # Names, paths and expressions inside a schema.
    r"Invalid name: must start with",
    r"Invalid (columns|unfold|derive).*: must be (a text of 1 to|names joined by dots|a list with at least)",
    r"Invalid columns\[\d+\]\.data: must name at least one exchange",
    r"Invalid (columns|unfold|derive).*: unknown field",
    r"Invalid columns\[\d+\]\.data\..*\.json\.type: must be decimal",
    r"Invalid transform",
)


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Give every call a key of its own: with that of the contract's example only the first would have an effect."""
    headers: MutableMapping[str, Any] = case.headers or {}
    try:
        uuid.UUID(str(headers.get("Idempotency-Key")))
    except ValueError:
        # None, or one that is wrong on purpose.
        return
    headers["Idempotency-Key"] = str(uuid.uuid4())


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Drop the failures that are refusals for a known reason."""
    if isinstance(failure, EnsureResourceAvailability):
        # Publishing a draft, or a version at once, ends it without a DELETE.
        return "/draft" not in case.path
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return True
    message = response.json()["error"]["message"]
    if isinstance(case.body, dict) and isinstance(case.body.get("datastream_id"), float):
        # To JSON Schema 1.0 is an integer, to a strict reader it is none.
        return not message.startswith("Invalid datastream_id: ")
    return not any(re.match(refusal, message, re.DOTALL) for refusal in REFUSALS)
