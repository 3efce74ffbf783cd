from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as _quote

from ... import errors
from ...models.schema import Schema
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.schema_content import SchemaContent


def _get_kwargs(
    id: str,
    *,
    body: SchemaContent,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/export-schemas/{id}/draft".format(
            id=_quote(str(id), safe=""),
        ),
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
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: SchemaContent,
) -> Response[Schema]:
    """Replace the draft of an export schema

     Replaces the content of the existing draft; without a draft the answer is `404`. Leaving out
    `unfold` or `derive`,
    or sending null, clears it. PUT takes no idempotency key.

    Args:
        id (str): Id of an export schema. Treat it as opaque.
        body (SchemaContent): The whole new content of an export schema. What is left out or null
            is cleared.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Schema]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: SchemaContent,
) -> Schema | None:
    """Replace the draft of an export schema

     Replaces the content of the existing draft; without a draft the answer is `404`. Leaving out
    `unfold` or `derive`,
    or sending null, clears it. PUT takes no idempotency key.

    Args:
        id (str): Id of an export schema. Treat it as opaque.
        body (SchemaContent): The whole new content of an export schema. What is left out or null
            is cleared.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Schema
    """

    return sync_detailed(
        id=id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: SchemaContent,
) -> Response[Schema]:
    """Replace the draft of an export schema

     Replaces the content of the existing draft; without a draft the answer is `404`. Leaving out
    `unfold` or `derive`,
    or sending null, clears it. PUT takes no idempotency key.

    Args:
        id (str): Id of an export schema. Treat it as opaque.
        body (SchemaContent): The whole new content of an export schema. What is left out or null
            is cleared.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Schema]
    """

    kwargs = _get_kwargs(
        id=id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: SchemaContent,
) -> Schema | None:
    """Replace the draft of an export schema

     Replaces the content of the existing draft; without a draft the answer is `404`. Leaving out
    `unfold` or `derive`,
    or sending null, clears it. PUT takes no idempotency key.

    Args:
        id (str): Id of an export schema. Treat it as opaque.
        body (SchemaContent): The whole new content of an export schema. What is left out or null
            is cleared.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Schema
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
            body=body,
        )
    ).parsed
