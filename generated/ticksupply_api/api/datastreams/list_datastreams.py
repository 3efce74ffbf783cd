from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ... import errors
from ...models.datastream_page import DatastreamPage
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    exchange: str | Unset = UNSET,
    instrument: str | Unset = UNSET,
    stream_type: str | Unset = UNSET,
    wire_format: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["exchange"] = exchange

    params["instrument"] = instrument

    params["stream_type"] = stream_type

    params["wire_format"] = wire_format

    params["limit"] = limit

    params["page_token"] = page_token

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/datastreams",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> DatastreamPage | None:
    if 200 <= response.status_code <= 299:
        response_2xx = DatastreamPage.from_dict(response.json())

        return response_2xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[DatastreamPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    exchange: str | Unset = UNSET,
    instrument: str | Unset = UNSET,
    stream_type: str | Unset = UNSET,
    wire_format: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> Response[DatastreamPage]:
    """List datastreams

     Datastreams across all exchanges, a page at a time. Every filter is optional.

    Args:
        exchange (str | Unset): Free text.
        instrument (str | Unset): Free text.
        stream_type (str | Unset): Free text.
        wire_format (str | Unset): Free text.
        limit (int | Unset): Page size of the catalog's lists.
        page_token (str | Unset): Opaque text that leads to a page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DatastreamPage]
    """

    kwargs = _get_kwargs(
        exchange=exchange,
        instrument=instrument,
        stream_type=stream_type,
        wire_format=wire_format,
        limit=limit,
        page_token=page_token,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    exchange: str | Unset = UNSET,
    instrument: str | Unset = UNSET,
    stream_type: str | Unset = UNSET,
    wire_format: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> DatastreamPage | None:
    """List datastreams

     Datastreams across all exchanges, a page at a time. Every filter is optional.

    Args:
        exchange (str | Unset): Free text.
        instrument (str | Unset): Free text.
        stream_type (str | Unset): Free text.
        wire_format (str | Unset): Free text.
        limit (int | Unset): Page size of the catalog's lists.
        page_token (str | Unset): Opaque text that leads to a page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DatastreamPage
    """

    return sync_detailed(
        client=client,
        exchange=exchange,
        instrument=instrument,
        stream_type=stream_type,
        wire_format=wire_format,
        limit=limit,
        page_token=page_token,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    exchange: str | Unset = UNSET,
    instrument: str | Unset = UNSET,
    stream_type: str | Unset = UNSET,
    wire_format: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> Response[DatastreamPage]:
    """List datastreams

     Datastreams across all exchanges, a page at a time. Every filter is optional.

    Args:
        exchange (str | Unset): Free text.
        instrument (str | Unset): Free text.
        stream_type (str | Unset): Free text.
        wire_format (str | Unset): Free text.
        limit (int | Unset): Page size of the catalog's lists.
        page_token (str | Unset): Opaque text that leads to a page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DatastreamPage]
    """

    kwargs = _get_kwargs(
        exchange=exchange,
        instrument=instrument,
        stream_type=stream_type,
        wire_format=wire_format,
        limit=limit,
        page_token=page_token,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    exchange: str | Unset = UNSET,
    instrument: str | Unset = UNSET,
    stream_type: str | Unset = UNSET,
    wire_format: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> DatastreamPage | None:
    """List datastreams

     Datastreams across all exchanges, a page at a time. Every filter is optional.

    Args:
        exchange (str | Unset): Free text.
        instrument (str | Unset): Free text.
        stream_type (str | Unset): Free text.
        wire_format (str | Unset): Free text.
        limit (int | Unset): Page size of the catalog's lists.
        page_token (str | Unset): Opaque text that leads to a page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DatastreamPage
    """

    return (
        await asyncio_detailed(
            client=client,
            exchange=exchange,
            instrument=instrument,
            stream_type=stream_type,
            wire_format=wire_format,
            limit=limit,
            page_token=page_token,
        )
    ).parsed
