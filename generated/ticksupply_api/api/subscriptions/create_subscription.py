from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ... import errors
from ...models.subscription_detail import SubscriptionDetail
from ...types import UNSET, Response, Unset

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.create_subscription_request import CreateSubscriptionRequest


def _get_kwargs(
    *,
    body: CreateSubscriptionRequest,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/subscriptions",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> SubscriptionDetail | None:
    if 200 <= response.status_code <= 299:
        response_2xx = SubscriptionDetail.from_dict(response.json())

        return response_2xx

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[SubscriptionDetail]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateSubscriptionRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[SubscriptionDetail]:
    """Subscribe to a datastream

     Starts recording a datastream for the account at once. The `spans` of the answer are always empty;
    read the first
    span from the list of spans. Subscribing again to a datastream whose subscription was deleted
    revives that
    subscription under its old id, with a new `created_at` and a fresh span; the old spans do not come
    back.

    Blocked by billing with `402` when the plan or the account's state does not allow another recording
    stream.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateSubscriptionRequest): What to subscribe to.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SubscriptionDetail]
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
    body: CreateSubscriptionRequest,
    idempotency_key: str | Unset = UNSET,
) -> SubscriptionDetail | None:
    """Subscribe to a datastream

     Starts recording a datastream for the account at once. The `spans` of the answer are always empty;
    read the first
    span from the list of spans. Subscribing again to a datastream whose subscription was deleted
    revives that
    subscription under its old id, with a new `created_at` and a fresh span; the old spans do not come
    back.

    Blocked by billing with `402` when the plan or the account's state does not allow another recording
    stream.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateSubscriptionRequest): What to subscribe to.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SubscriptionDetail
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateSubscriptionRequest,
    idempotency_key: str | Unset = UNSET,
) -> Response[SubscriptionDetail]:
    """Subscribe to a datastream

     Starts recording a datastream for the account at once. The `spans` of the answer are always empty;
    read the first
    span from the list of spans. Subscribing again to a datastream whose subscription was deleted
    revives that
    subscription under its old id, with a new `created_at` and a fresh span; the old spans do not come
    back.

    Blocked by billing with `402` when the plan or the account's state does not allow another recording
    stream.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateSubscriptionRequest): What to subscribe to.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[SubscriptionDetail]
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
    body: CreateSubscriptionRequest,
    idempotency_key: str | Unset = UNSET,
) -> SubscriptionDetail | None:
    """Subscribe to a datastream

     Starts recording a datastream for the account at once. The `spans` of the answer are always empty;
    read the first
    span from the list of spans. Subscribing again to a datastream whose subscription was deleted
    revives that
    subscription under its old id, with a new `created_at` and a fresh span; the old spans do not come
    back.

    Blocked by billing with `402` when the plan or the account's state does not allow another recording
    stream.

    Args:
        idempotency_key (str | Unset): A UUID in hyphenated, plain, braced or URN form.
        body (CreateSubscriptionRequest): What to subscribe to.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        SubscriptionDetail
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
