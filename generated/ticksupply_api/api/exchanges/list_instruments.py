from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as _quote

from ... import errors
from ...models.instrument_page import InstrumentPage
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    exchange: str,
    *,
    search: str | Unset = UNSET,
    base: str | Unset = UNSET,
    quote: str | Unset = UNSET,
    instrument_type: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["search"] = search

    params["base"] = base

    params["quote"] = quote

    params["instrument_type"] = instrument_type

    params["limit"] = limit

    params["page_token"] = page_token

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/exchanges/{exchange}/instruments".format(
            exchange=_quote(str(exchange), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> InstrumentPage | None:
    if 200 <= response.status_code <= 299:
        response_2xx = InstrumentPage.from_dict(response.json())

        return response_2xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[InstrumentPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    exchange: str,
    *,
    client: AuthenticatedClient | Client,
    search: str | Unset = UNSET,
    base: str | Unset = UNSET,
    quote: str | Unset = UNSET,
    instrument_type: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> Response[InstrumentPage]:
    """List the instruments of an exchange

     The instruments of one exchange, a page at a time, narrowed by any of the filters.

    Args:
        exchange (str): Code of an exchange.
        search (str | Unset): Free text.
        base (str | Unset): Free text.
        quote (str | Unset): Free text.
        instrument_type (str | Unset): Free text.
        limit (int | Unset): Page size of the catalog's lists.
        page_token (str | Unset): Opaque text that leads to a page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[InstrumentPage]
    """

    kwargs = _get_kwargs(
        exchange=exchange,
        search=search,
        base=base,
        quote=quote,
        instrument_type=instrument_type,
        limit=limit,
        page_token=page_token,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    exchange: str,
    *,
    client: AuthenticatedClient | Client,
    search: str | Unset = UNSET,
    base: str | Unset = UNSET,
    quote: str | Unset = UNSET,
    instrument_type: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> InstrumentPage | None:
    """List the instruments of an exchange

     The instruments of one exchange, a page at a time, narrowed by any of the filters.

    Args:
        exchange (str): Code of an exchange.
        search (str | Unset): Free text.
        base (str | Unset): Free text.
        quote (str | Unset): Free text.
        instrument_type (str | Unset): Free text.
        limit (int | Unset): Page size of the catalog's lists.
        page_token (str | Unset): Opaque text that leads to a page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        InstrumentPage
    """

    return sync_detailed(
        exchange=exchange,
        client=client,
        search=search,
        base=base,
        quote=quote,
        instrument_type=instrument_type,
        limit=limit,
        page_token=page_token,
    ).parsed


async def asyncio_detailed(
    exchange: str,
    *,
    client: AuthenticatedClient | Client,
    search: str | Unset = UNSET,
    base: str | Unset = UNSET,
    quote: str | Unset = UNSET,
    instrument_type: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> Response[InstrumentPage]:
    """List the instruments of an exchange

     The instruments of one exchange, a page at a time, narrowed by any of the filters.

    Args:
        exchange (str): Code of an exchange.
        search (str | Unset): Free text.
        base (str | Unset): Free text.
        quote (str | Unset): Free text.
        instrument_type (str | Unset): Free text.
        limit (int | Unset): Page size of the catalog's lists.
        page_token (str | Unset): Opaque text that leads to a page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[InstrumentPage]
    """

    kwargs = _get_kwargs(
        exchange=exchange,
        search=search,
        base=base,
        quote=quote,
        instrument_type=instrument_type,
        limit=limit,
        page_token=page_token,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    exchange: str,
    *,
    client: AuthenticatedClient | Client,
    search: str | Unset = UNSET,
    base: str | Unset = UNSET,
    quote: str | Unset = UNSET,
    instrument_type: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    page_token: str | Unset = UNSET,
) -> InstrumentPage | None:
    """List the instruments of an exchange

     The instruments of one exchange, a page at a time, narrowed by any of the filters.

    Args:
        exchange (str): Code of an exchange.
        search (str | Unset): Free text.
        base (str | Unset): Free text.
        quote (str | Unset): Free text.
        instrument_type (str | Unset): Free text.
        limit (int | Unset): Page size of the catalog's lists.
        page_token (str | Unset): Opaque text that leads to a page.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        InstrumentPage
    """

    return (
        await asyncio_detailed(
            exchange=exchange,
            client=client,
            search=search,
            base=base,
            quote=quote,
            instrument_type=instrument_type,
            limit=limit,
            page_token=page_token,
        )
    ).parsed
