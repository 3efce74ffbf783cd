"""A request as an operation sees it, and what it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Never

from tickhaul_sandbox.errors import invalid_argument, refused

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.requests import Request

    from tickhaul_sandbox.accounts import Account
    from tickhaul_sandbox.catalog import Datastream
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.service import Service

INT64_MAX = (1 << 63) - 1


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body of a request.

    Args:
        request: The request.
        limit: How many bytes it may have; no more than that is held.

    Raises:
        ApiError: 400 if it has more.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise invalid_argument("Request body is too large", {"max_bytes": limit})
    return bytes(body)


@dataclass(frozen=True)
class Call:
    """One request, authenticated and admitted.

    Attributes:
        service: The whole sandbox.
        account: Whose key it came with.
        operation: The name of the operation.
        path: The parameters of the path, decoded.
        query: The parameters of the query; of a repeated one the last.
        body: The body as it came.
    """

    service: Service
    account: Account
    operation: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def fields(self, *known: str) -> JsonObject:
        """Return the JSON object in the body.

        Args:
            known: The fields it may have; others are refused if the settings say so.

        Raises:
            ApiError: 400 if the body is not a JSON object.
        """
        try:
            # Decoded here, for the decoder would also take UTF-16, and told of what is no JSON, for it would take NaN.
            value: Json = json.loads(self.body.decode("utf-8"), parse_constant=_no_json)
        except (ValueError, RecursionError):
            raise invalid_argument("Malformed JSON in the request body") from None
        if not isinstance(value, dict):
            raise invalid_argument("The request body must be a JSON object")
        if self.service.settings.nulls == "absent":
            value = {name: item for name, item in value.items() if item is not None}
        self.check_known(value, known)
        return value

    def check_known(self, value: JsonObject, known: Collection[str]) -> None:
        """Pass if an object has no fields but known ones, or the settings let others be.

        Raises:
            ApiError: 400 otherwise.
        """
        unknown = sorted(set(value) - set(known))
        if unknown and self.service.settings.unknown_fields == "reject":
            raise invalid_argument(f"Unknown field: {unknown[0]}")

    def datastream(self, datastream_id: int) -> Datastream:
        """Return a datastream.

        Raises:
            ApiError: 404, or what the settings say, if there is none.
        """
        stream = self.service.catalog.datastream(datastream_id)
        if stream is None:
            raise refused(self.service.settings.unknown_datastream, f"Datastream {datastream_id} not found")
        return stream


@dataclass(frozen=True)
class Answer:
    """What is sent back.

    Attributes:
        status: HTTP status.
        body: The JSON body, `None` for none.
        headers: Headers beyond those of every answer.
    """

    status: int
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Return the body as it is sent; empty if there is none."""
        if self.status == 204:
            return b""
        return json.dumps(self.body, separators=(",", ":")).encode()


def _no_json(constant: str) -> Never:
    raise ValueError(constant)


def positive_id(value: Json, name: str) -> int:
    """Return a positive 64-bit integer from a body.

    Raises:
        ApiError: 400 if it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= INT64_MAX:
        raise invalid_argument(f"Invalid {name}: must be a positive integer")
    return value


def positive_id_text(text: str | None, name: str) -> int:
    """Return a positive 64-bit integer from a query.

    Raises:
        ApiError: 400 if it is none.
    """
    digits = text is not None and text.isascii() and text.isdigit() and len(text) <= 19
    return positive_id(int(text) if digits and text else None, name)
