from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ... import errors
from ...models.export_job import ExportJob
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.create_export_request import CreateExportRequest


def _get_kwargs(
    *,
    body: CreateExportRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/exports",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> ExportJob | None:
    if 200 <= response.status_code <= 299:
        response_2xx = ExportJob.from_dict(response.json())

        return response_2xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[ExportJob]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateExportRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ExportJob]:
    """Start an export

     Starts a job that writes a time range of a datastream to files. The account must have an active or
    paused
    subscription to the datastream; when it was deleted the answer is `403`. The data is clipped to
    where the
    requested range meets the subscription's spans. The content of the export schema is taken as it is
    now: publishing
    it again later does not change the job.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateExportRequest): What to export, and how.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ExportJob]
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
    body: CreateExportRequest,
    idempotency_key: str | Unset = UNSET,
) -> ExportJob | None:
    """Start an export

     Starts a job that writes a time range of a datastream to files. The account must have an active or
    paused
    subscription to the datastream; when it was deleted the answer is `403`. The data is clipped to
    where the
    requested range meets the subscription's spans. The content of the export schema is taken as it is
    now: publishing
    it again later does not change the job.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateExportRequest): What to export, and how.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExportJob
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateExportRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[ExportJob]:
    """Start an export

     Starts a job that writes a time range of a datastream to files. The account must have an active or
    paused
    subscription to the datastream; when it was deleted the answer is `403`. The data is clipped to
    where the
    requested range meets the subscription's spans. The content of the export schema is taken as it is
    now: publishing
    it again later does not change the job.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateExportRequest): What to export, and how.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ExportJob]
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
    body: CreateExportRequest,
    idempotency_key: str | Unset = UNSET,
) -> ExportJob | None:
    """Start an export

     Starts a job that writes a time range of a datastream to files. The account must have an active or
    paused
    subscription to the datastream; when it was deleted the answer is `403`. The data is clipped to
    where the
    requested range meets the subscription's spans. The content of the export schema is taken as it is
    now: publishing
    it again later does not change the job.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateExportRequest): What to export, and how.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExportJob
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
