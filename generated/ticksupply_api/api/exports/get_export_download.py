from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as _quote

from ... import errors
from ...models.download import Download
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/exports/{id}/download".format(
            id=_quote(str(id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Download | None:
    if 200 <= response.status_code <= 299:
        response_2xx = Download.from_dict(response.json())

        return response_2xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Download]:
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
) -> Response[Download]:
    """Get the download addresses of an export

     Presigned addresses of the files of a succeeded job. They are valid for five minutes; call again for
    new ones. Fetch
    them without the API key: the signature in the address is the permission.

    Args:
        id (str): Id of an export job. Treat it as opaque.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Download]
    """

    kwargs = _get_kwargs(
        id=id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Download | None:
    """Get the download addresses of an export

     Presigned addresses of the files of a succeeded job. They are valid for five minutes; call again for
    new ones. Fetch
    them without the API key: the signature in the address is the permission.

    Args:
        id (str): Id of an export job. Treat it as opaque.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Download
    """

    return sync_detailed(
        id=id,
        client=client,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Download]:
    """Get the download addresses of an export

     Presigned addresses of the files of a succeeded job. They are valid for five minutes; call again for
    new ones. Fetch
    them without the API key: the signature in the address is the permission.

    Args:
        id (str): Id of an export job. Treat it as opaque.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Download]
    """

    kwargs = _get_kwargs(
        id=id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Download | None:
    """Get the download addresses of an export

     Presigned addresses of the files of a succeeded job. They are valid for five minutes; call again for
    new ones. Fetch
    them without the API key: the signature in the address is the permission.

    Args:
        id (str): Id of an export job. Treat it as opaque.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Download
    """

    return (
        await asyncio_detailed(
            id=id,
            client=client,
        )
    ).parsed
