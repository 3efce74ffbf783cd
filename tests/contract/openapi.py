"""Requests and answers against the contract, by a reader that is not ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from tickhaul.contract.document import installed

from tests.spec.contract import CONTRACT, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.spec.contract import Operation

_SHOWN_CHARACTERS = 500
#: As in the contract; where a request really went does not matter here.
ORIGIN = CONTRACT["servers"][0]["url"]


@dataclass(frozen=True)
class Sent:
    """A request as it was sent.

    Attributes:
        method: HTTP method.
        target: path and query.
        headers: as pairs; names in any case.
        body: its bytes.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@cache
def reader() -> OpenAPI:
    return OpenAPI.from_dict(CONTRACT)


def wrong_with(sent: Sent) -> str | None:
    """What is wrong with a request; ``None`` when nothing is."""
    try:
        reader().validate_request(_request(sent))
    except OpenAPIError as error:
        return _said(error)
    return _unknown_parameter(sent) or _wrong_body(sent)


def wrong_with_answer(sent: Sent, status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """What is wrong with the answer to a request; ``None`` when nothing is."""
    media = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    response = MockResponse(data=body, status_code=status, headers=dict(headers), content_type=media)
    try:
        reader().validate_response(_request(sent), response)
    except OpenAPIError as error:
        return _said(error)
    return None


def operation_of(sent: Sent) -> Operation:
    """The operation a request is for."""
    path = urlsplit(sent.target).path.split("/")
    return next(
        operation
        for operation in OPERATIONS
        if operation.method == sent.method.lower() and _matches(operation.path.split("/"), path)
    )


def _matches(template: list[str], path: list[str]) -> bool:
    return len(template) == len(path) and all(
        part == wanted or wanted.startswith("{") for wanted, part in zip(template, path, strict=True)
    )


def _said(error: OpenAPIError) -> str:
    return f"{type(error).__name__}: {error}: {error.__cause__}"[:_SHOWN_CHARACTERS]


def _request(sent: Sent) -> MockRequest:
    parts = urlsplit(sent.target)
    headers = dict(sent.headers)
    media = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return MockRequest(ORIGIN, sent.method, parts.path, args=query, headers=headers, data=sent.body, content_type=media)


def _unknown_parameter(sent: Sent) -> str | None:
    # The reader leaves aside what the contract does not name.
    declared = {p["name"] for p in operation_of(sent).parameters if p["in"] == "query"}
    unknown = [name for name, _ in parse_qsl(urlsplit(sent.target).query) if name not in declared]
    return f"the contract does not name the parameters {unknown}" if unknown else None


def _wrong_body(sent: Sent) -> str | None:
    # The reader takes 1.0 for an integer, and leaves aside fields that the contract does not name.
    if not sent.body:
        return None
    body = operation_of(sent).body
    if body is None:
        return "the contract has no body here"
    schema = body["content"]["application/json"]["schema"]
    found = [f"{found.where} {found.message}" for found in installed().values.compare(schema, json.loads(sent.body))]
    return "; ".join(found) or None
