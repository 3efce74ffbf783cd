"""Operations of subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul_sandbox import billing
from tickhaul_sandbox.pages import SMALL
from tickhaul_sandbox.wire import Answer, Call, positive_id

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json


async def create(call: Call) -> Answer:
    """Answer `POST /v1/subscriptions`."""
    service = call.service
    fields = call.fields("datastream_id")
    datastream_id = positive_id(fields.get("datastream_id"), "datastream_id")
    billing.require(service.settings, call.account, call.operation)
    return Answer(201, call.account.subscriptions.create(call.datastream(datastream_id)).detail_body())


async def list_own(call: Call) -> Answer:
    """Answer `GET /v1/subscriptions`."""
    direction = -1 if call.service.settings.list_order == "newest" else 1
    chosen = sorted(
        ((direction * item.created_ns, item.subscription_id, item) for item in call.account.subscriptions.all()),
        key=lambda entry: entry[:2],
    )
    page = call.service.paginator.cut(
        chosen, lambda entry: entry[:2], call.query, SMALL, f"subscriptions/{call.account.name}"
    )
    shown = call.service.settings.show_datastream
    items: list[Json] = [item.body(show_datastream=shown) for _, _, item in page.items]
    return Answer(
        200, {"items": items, "total": page.total, "limit": page.limit, "next_page_token": page.next_page_token}
    )


async def get(call: Call) -> Answer:
    """Answer `GET /v1/subscriptions/{id}`."""
    subscription = call.account.subscriptions.get(call.path["id"])
    return Answer(200, subscription.body(show_datastream=call.service.settings.show_datastream))


async def delete(call: Call) -> Answer:
    """Answer `DELETE /v1/subscriptions/{id}`."""
    call.account.subscriptions.delete(call.path["id"])
    return Answer(204)


async def pause(call: Call) -> Answer:
    """Answer `POST /v1/subscriptions/{id}/pause`."""
    call.account.subscriptions.pause(call.path["id"])
    return Answer(204)


async def resume(call: Call) -> Answer:
    """Answer `POST /v1/subscriptions/{id}/resume`."""
    # Resuming what is active changes nothing, so there is nothing to pay for.
    if call.account.subscriptions.get(call.path["id"]).status == "paused":
        billing.require(call.service.settings, call.account, call.operation)
    call.account.subscriptions.resume(call.path["id"])
    return Answer(204)


async def list_spans(call: Call) -> Answer:
    """Answer `GET /v1/subscriptions/{id}/spans`."""
    return Answer(200, [span.body() for span in call.account.subscriptions.get(call.path["id"]).spans])
