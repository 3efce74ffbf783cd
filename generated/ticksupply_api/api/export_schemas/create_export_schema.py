from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ... import errors
from ...models.schema import Schema
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.create_schema_request import CreateSchemaRequest


def _get_kwargs(
    *,
    body: CreateSchemaRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/export-schemas",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Schema | None:
    if 200 <= response.status_code <= 299:
        response_2xx = Schema.from_dict(response.json())

        return response_2xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Schema]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateSchemaRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[Schema]:
    """Create an export schema

     Creates a schema and publishes it as version 1. A name is unique within the account and stream
    category, and may be
    used again in another category. The name of a built-in schema of the same category is refused.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateSchemaRequest): A new export schema.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Schema]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CreateSchemaRequest,
    idempotency_key: str | Unset = UNSET,
) -> Schema | None:
    """Create an export schema

     Creates a schema and publishes it as version 1. A name is unique within the account and stream
    category, and may be
    used again in another category. The name of a built-in schema of the same category is refused.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateSchemaRequest): A new export schema.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Schema
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateSchemaRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[Schema]:
    """Create an export schema

     Creates a schema and publishes it as version 1. A name is unique within the account and stream
    category, and may be
    used again in another category. The name of a built-in schema of the same category is refused.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateSchemaRequest): A new export schema.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Schema]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CreateSchemaRequest,
    idempotency_key: str | Unset = UNSET,
) -> Schema | None:
    """Create an export schema

     Creates a schema and publishes it as version 1. A name is unique within the account and stream
    category, and may be
    used again in another category. The name of a built-in schema of the same category is refused.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateSchemaRequest): A new export schema.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Schema
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
