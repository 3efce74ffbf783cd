"""What faults do to an answer."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from email.utils import formatdate
from typing import TYPE_CHECKING

from tickhaul_sandbox.errors import ApiError
from tickhaul_sandbox.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul_sandbox.faults import Fault
    from tickhaul_sandbox.jsontypes import Json

_PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
_HTML = {"content-type": "text/html; charset=utf-8", "server": "sandbox-proxy"}


def html_503(fault: Fault) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an overloaded proxy."""
    retry_after = fault.text("retry-after")
    headers = {**_HTML, **({"retry-after": retry_after} if retry_after else {})}
    return 503, headers, _PAGE.format(title="503 Service Temporarily Unavailable").encode()


def html_520(fault: Fault) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of a proxy that did not understand its origin."""
    del fault
    return 520, dict(_HTML), _PAGE.format(title="520: Web server is returning an unknown error").encode()


def interrupt(faults: Mapping[str, Fault]) -> None:
    """Raise the error that is to be the answer, if there is one.

    Raises:
        ApiError: The 429 of `rate-limit` or the error of `error`.
    """
    storm = faults.get("rate-limit")
    if storm is not None:
        seconds = round(storm.number("retry-after"))
        message = f"Rate limit exceeded. Retry after {seconds} seconds."
        raise ApiError(429, "rate_limited", message, headers=retry_after(storm))
    error = faults.get("error")
    if error is not None:
        raise ApiError(round(error.number("status")), error.text("code"), error.text("message"))


def retry_after(storm: Fault) -> dict[str, str]:
    """Return the `Retry-After` header of a storm in the form it is to have."""
    seconds = round(storm.number("retry-after"))
    return {
        "seconds": {"Retry-After": str(seconds)},
        "date": {"Retry-After": formatdate(time.time() + seconds, usegmt=True)},
        "none": {},
    }[storm.text("form")]


def body(answer: Answer, faults: Mapping[str, Fault], query: Mapping[str, str]) -> bytes:
    """Return the body of an answer after the faults have been at it."""
    value = answer.body
    if not {"missing-field", "unknown-enum", "repeated-page"}.isdisjoint(faults):
        value = deepcopy(value)
    if "missing-field" in faults:
        _remove(value, faults["missing-field"].text("field"))
    if "unknown-enum" in faults:
        fault = faults["unknown-enum"]
        _replace(value, fault.text("field"), fault.text("value"))
    if "repeated-page" in faults and isinstance(value, dict) and "next_page_token" in value:
        value["next_page_token"] = query.get("page_token") or value["next_page_token"]
    encoded = Answer(answer.status, value).encode()
    if "malformed-json" in faults and encoded:
        # Cut inside a string or a number, as a buggy serializer would, but with an honest length.
        encoded = encoded[: max(1, len(encoded) * 2 // 3)]
        if _is_json(encoded):
            encoded += b"{"
    return encoded


def part(encoded: bytes, fault: Fault) -> bytes:
    """Return as much of a body as is sent before the connection ends; never all of it."""
    wanted = round(fault.number("bytes"))
    return encoded[: min(wanted if wanted >= 0 else len(encoded) // 2, max(0, len(encoded) - 1))]


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _remove(value: Json, field: str) -> None:
    """Remove a field, given as a dotted path; without one, the first field of the (first) object."""
    if isinstance(value, list):
        for item in value:
            _remove(item, field)
    elif isinstance(value, dict):
        head, _, rest = (field or next(iter(value), "")).partition(".")
        if rest:
            _remove(value.get(head), rest)
        else:
            value.pop(head, None)


def _replace(value: Json, field: str, replacement: str) -> None:
    """Replace a field wherever it occurs, given as a dotted path from there."""
    if isinstance(value, list):
        for item in value:
            _replace(item, field, replacement)
    elif isinstance(value, dict):
        head, _, rest = field.partition(".")
        for name, item in value.items():
            if name == head and not rest:
                value[name] = replacement
            else:
                _replace(item, rest if name == head else field, replacement)
