from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ... import errors
from ...models.availability import Availability
from ...types import UNSET, Response

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    datastream_id: int,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["datastream_id"] = datastream_id

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/availability",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Availability | None:
    if 200 <= response.status_code <= 299:
        response_2xx = Availability.from_dict(response.json())

        return response_2xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Availability]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    datastream_id: int,
) -> Response[Availability]:
    """Show what has been recorded of a datastream

     The time ranges in which the service has collected a datastream, with an estimate of the rows in
    each. The id must be
    a positive integer.

    Args:
        datastream_id (int): Id of a datastream, a positive number.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Availability]
    """

    kwargs = _get_kwargs(
        datastream_id=datastream_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    datastream_id: int,
) -> Availability | None:
    """Show what has been recorded of a datastream

     The time ranges in which the service has collected a datastream, with an estimate of the rows in
    each. The id must be
    a positive integer.

    Args:
        datastream_id (int): Id of a datastream, a positive number.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Availability
    """

    return sync_detailed(
        client=client,
        datastream_id=datastream_id,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    datastream_id: int,
) -> Response[Availability]:
    """Show what has been recorded of a datastream

     The time ranges in which the service has collected a datastream, with an estimate of the rows in
    each. The id must be
    a positive integer.

    Args:
        datastream_id (int): Id of a datastream, a positive number.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Availability]
    """

    kwargs = _get_kwargs(
        datastream_id=datastream_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    datastream_id: int,
) -> Availability | None:
    """Show what has been recorded of a datastream

     The time ranges in which the service has collected a datastream, with an estimate of the rows in
    each. The id must be
    a positive integer.

    Args:
        datastream_id (int): Id of a datastream, a positive number.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Availability
    """

    return (
        await asyncio_detailed(
            client=client,
            datastream_id=datastream_id,
        )
    ).parsed
