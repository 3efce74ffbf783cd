"""What the account records."""

from typing import Annotated

import typer

from tickhaul.cli.asking import sure
from tickhaul.cli.groups import group
from tickhaul.cli.options import IdempotencyKey, Json, Limit, Target, WireFormat, Yes, examples
from tickhaul.cli.output import show_done, show_list, show_one
from tickhaul.cli.session import connect
from tickhaul.cli.tables import NEW_SUBSCRIPTION, SPAN, SUBSCRIPTION
from tickhaul.cli.targets import check_target, resolve

subscriptions = group("Subscriptions: what the account has recorded from now on.")

_PAGE = 100

Subscription = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="The subscription's id, sub_...")]


@subscriptions.command("list", epilog=examples("tickhaul subscriptions list --limit 10"))
def list_subscriptions(limit: Limit = None, as_json: Json = False) -> None:
    """List the subscriptions, active and paused."""
    with connect() as client:
        found = client.subscriptions.list(max_items=limit, page_size=min(limit or _PAGE, _PAGE))
        show_list(found, SUBSCRIPTION, as_json=as_json)


@subscriptions.command("get", epilog=examples("tickhaul subscriptions get sub_550e8400e29b41d4a716446655440000"))
def get_subscription(subscription: Subscription, as_json: Json = False) -> None:
    """Show one subscription."""
    with connect() as client:
        show_one(client.subscriptions.get(subscription), SUBSCRIPTION, as_json=as_json)


@subscriptions.command(
    "create",
    epilog=examples("tickhaul subscriptions create binance BTCUSDT trades", "tickhaul subscriptions create 123 --json"),
)
def create_subscription(
    target: Target, wire_format: WireFormat = None, idempotency_key: IdempotencyKey = None, as_json: Json = False
) -> None:
    """Start recording a datastream at once."""
    checked = check_target(target, wire_format)
    with connect() as client:
        made = client.subscriptions.create(resolve(client, checked, wire_format), idempotency_key=idempotency_key)
        show_one(made, NEW_SUBSCRIPTION, as_json=as_json)


@subscriptions.command("ensure", epilog=examples("tickhaul subscriptions ensure binance BTCUSDT trades"))
def ensure_subscription(target: Target, wire_format: WireFormat = None, as_json: Json = False) -> None:
    """Have a datastream recorded: subscribe, resume, or leave it as it is."""
    checked = check_target(target, wire_format)
    with connect() as client:
        found = client.subscriptions.ensure(resolve(client, checked, wire_format))
        show_one(found, SUBSCRIPTION, as_json=as_json)


@subscriptions.command("pause", epilog=examples("tickhaul subscriptions pause sub_550e8400e29b41d4a716446655440000"))
def pause_subscription(subscription: Subscription, as_json: Json = False) -> None:
    """Stop recording, and keep what was recorded."""
    with connect() as client:
        client.subscriptions.pause(subscription)
    show_done(subscription, "paused", as_json=as_json)


@subscriptions.command("resume", epilog=examples("tickhaul subscriptions resume sub_550e8400e29b41d4a716446655440000"))
def resume_subscription(subscription: Subscription, as_json: Json = False) -> None:
    """Record again, in a new span."""
    with connect() as client:
        client.subscriptions.resume(subscription)
    show_done(subscription, "resumed", as_json=as_json)


@subscriptions.command("delete", epilog=examples("tickhaul subscriptions delete sub_550e8400e29b41d4a716446655440000"))
def delete_subscription(subscription: Subscription, yes: Yes = False, as_json: Json = False) -> None:
    """Stop recording and drop what was recorded.

    It can no longer be exported then; `pause` keeps it. Asks first at a terminal.
    """
    sure(f"Delete {subscription}? What it recorded can no longer be exported; `pause` keeps that.", yes=yes)
    with connect() as client:
        client.subscriptions.delete(subscription)
    show_done(subscription, "deleted", as_json=as_json)


@subscriptions.command("spans", epilog=examples("tickhaul subscriptions spans sub_550e8400e29b41d4a716446655440000"))
def list_spans(subscription: Subscription, as_json: Json = False) -> None:
    """List the stretches of time in which a subscription recorded, oldest first."""
    with connect() as client:
        show_list(client.subscriptions.list_spans(subscription), SPAN, as_json=as_json)
