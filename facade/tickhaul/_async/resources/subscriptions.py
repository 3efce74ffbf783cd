"""Subscriptions: what the account has recorded from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul._core import operations
from tickhaul._core.arguments import datastream_id, subscription_id
from tickhaul._threads import load
from tickhaul.errors import ConflictError

if TYPE_CHECKING:
    import builtins
    from uuid import UUID

    from tickhaul._async.caller import AsyncCaller
    from tickhaul._async.pages import AsyncPages
    from tickhaul.models import Datastream, Span, Subscription, SubscriptionDetail

#: docs: guides/pagination.
_USUAL, _LARGEST = 50, 100


class AsyncSubscriptions:
    """Subscriptions and their recording spans.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def create(
        self, datastream: int | Datastream, *, idempotency_key: str | UUID | None = None
    ) -> SubscriptionDetail:
        """Start recording a datastream at once.

        A deleted subscription to it comes back under its old id, without its old spans
        (docs: guides/subscription-lifecycle).

        Args:
            datastream: the datastream or its id.
            idempotency_key: a UUID; without it a fresh one, kept through all retries of this call.

        Returns:
            The new subscription. Its ``spans`` are still empty; `list_spans` shows the one just opened.

        Raises:
            PaymentRequiredError: the plan does not allow another.
            TickhaulError: see the module `tickhaul.errors`.
        """
        load("ticksupply_api.models.create_subscription_request")
        from ticksupply_api.models import CreateSubscriptionRequest  # noqa: PLC0415 (models load with their first use)

        return await self._caller.call(
            operations.CREATE_SUBSCRIPTION,
            idempotency_key=idempotency_key,
            body=CreateSubscriptionRequest(datastream_id=datastream_id(datastream)),
        )

    async def ensure(self, datastream: int | Datastream) -> Subscription:
        """See to it that a datastream is being recorded: subscribe, resume, or leave it as it is.

        Args:
            datastream: the datastream or its id.

        Returns:
            The active subscription.

        Raises:
            PaymentRequiredError: the plan does not allow it.
            TickhaulError: see the module `tickhaul.errors`.
        """
        wanted = datastream_id(datastream)
        # Looked for first: what a second POST for a recorded datastream does is not stated, a list harms nothing.
        found = await self._find(wanted)
        if found is None:
            try:
                created = await self.create(wanted)
            except ConflictError:
                # Somebody else was faster.
                found = await self._find(wanted)
                if found is None:
                    raise
            else:
                return await self.get(created.id)
        if found.status != "active":
            await self.resume(found.id)
            found = await self.get(found.id)
        return found

    def list(
        self, *, max_items: int | None = None, page_size: int | None = None, page_token: str | None = None
    ) -> AsyncPages[Subscription]:
        """The account's subscriptions, active and paused, page by page.

        Args:
            max_items: stop after so many; ``None`` for all.
            page_size: items a page, 1 to 100; ``None`` for the service's 50.
            page_token: go on from an earlier page's ``next_page_token``.

        Raises:
            ValueError: an argument is out of range.
        """
        return self._caller.pages(
            operations.LIST_SUBSCRIPTIONS,
            usual=_USUAL,
            largest=_LARGEST,
            max_items=max_items,
            page_size=page_size,
            page_token=page_token,
        )

    async def get(self, subscription: str | Subscription | SubscriptionDetail) -> Subscription:
        """One subscription as it is now.

        Args:
            subscription: the subscription or its id.

        Raises:
            NotFoundError: this account has no such subscription.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return await self._caller.call(operations.GET_SUBSCRIPTION, id=subscription_id(subscription))

    async def delete(
        self,
        subscription: str | Subscription | SubscriptionDetail,
        *,
        idempotency_key: str | UUID | None = None,
    ) -> None:
        """Stop recording and drop all spans: what was recorded can no longer be exported.

        Files of earlier exports stay (docs: guides/subscription-lifecycle). To stop recording and keep the spans,
        `pause`.

        Args:
            subscription: the subscription or its id.
            idempotency_key: a UUID; without it a fresh one.

        Raises:
            NotFoundError: this account has no such subscription.
            TickhaulError: see the module `tickhaul.errors`.
        """
        await self._caller.call(
            operations.DELETE_SUBSCRIPTION, idempotency_key=idempotency_key, id=subscription_id(subscription)
        )

    async def pause(
        self,
        subscription: str | Subscription | SubscriptionDetail,
        *,
        idempotency_key: str | UUID | None = None,
    ) -> None:
        """Stop recording and keep what was recorded. Pausing what is paused changes nothing.

        Args:
            subscription: the subscription or its id.
            idempotency_key: a UUID; without it a fresh one.

        Raises:
            NotFoundError: this account has no such subscription.
            TickhaulError: see the module `tickhaul.errors`.
        """
        await self._caller.call(
            operations.PAUSE_SUBSCRIPTION, idempotency_key=idempotency_key, id=subscription_id(subscription)
        )

    async def resume(
        self,
        subscription: str | Subscription | SubscriptionDetail,
        *,
        idempotency_key: str | UUID | None = None,
    ) -> None:
        """Record again, in a new span. Resuming what is active changes nothing.

        Args:
            subscription: the subscription or its id.
            idempotency_key: a UUID; without it a fresh one.

        Raises:
            NotFoundError: this account has no such subscription, or it was deleted.
            PaymentRequiredError: the plan does not allow it.
            TickhaulError: see the module `tickhaul.errors`.
        """
        await self._caller.call(
            operations.RESUME_SUBSCRIPTION, idempotency_key=idempotency_key, id=subscription_id(subscription)
        )

    async def list_spans(self, subscription: str | Subscription | SubscriptionDetail) -> builtins.list[Span]:
        """When a subscription recorded, oldest first; the last ``ended_at`` is ``None`` while it still does.

        Args:
            subscription: the subscription or its id.

        Raises:
            NotFoundError: this account has no such subscription.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return await self._caller.call(operations.LIST_SUBSCRIPTION_SPANS, id=subscription_id(subscription))

    async def _find(self, wanted: int) -> Subscription | None:
        async for known in self.list(page_size=_LARGEST):
            if known.datastream_id == wanted and known.status != "deleted":
                return known
        return None
