"""What the account may do and has used."""

from tickhaul.cli.groups import single
from tickhaul.cli.options import Json, examples
from tickhaul.cli.output import show_one
from tickhaul.cli.session import connect
from tickhaul.cli.tables import BILLING

billing = single("Plan, access and usage of the account.")


@billing.command("get", epilog=examples("tickhaul billing", "tickhaul billing --json"))
def get_billing(as_json: Json = False) -> None:
    """Show the account's plan, its access state and this period's usage."""
    with connect() as client:
        show_one(client.billing.get_summary(), BILLING, as_json=as_json)
