"""What the account may do and has used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul._core import operations

if TYPE_CHECKING:
    from tickhaul._async.caller import AsyncCaller
    from tickhaul.models import BillingSummary


class AsyncBilling:
    """Plan, access and usage.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def get_summary(self) -> BillingSummary:
        """The account's plan, its access state and this period's usage.

        Returns:
            The summary; ``usage.export_gb_total`` is GiB as decimal text, exactly as the service counts it
            (docs: billing/get-billing-summary).

        Raises:
            TickhaulError: see the module `tickhaul.errors`.
        """
        return await self._caller.call(operations.GET_BILLING_SUMMARY)
