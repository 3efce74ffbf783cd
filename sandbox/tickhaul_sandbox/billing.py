"""Billing: the summary, and the operations a billing state forbids.

Source: docs billing/get-billing-summary; section 9 of the API reference.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.errors import payment_required
from tickhaul_sandbox.times import billing_period, format_instant

if TYPE_CHECKING:
    from tickhaul_sandbox.accounts import Account
    from tickhaul_sandbox.jsontypes import JsonObject
    from tickhaul_sandbox.settings import Settings

_GIB = 1 << 30
_RECORDING = frozenset({"subscriptions.create", "subscriptions.resume"})
_REASONS = {
    "GRACE": "Payment is overdue: new recording is restricted during the grace period",
    "SUSPENDED": "Account is suspended",
    "NONE": "No active plan",
}


def require(settings: Settings, account: Account, operation: str) -> None:
    """Pass if the account's billing state allows an operation.

    Raises:
        ApiError: 402 if it does not, or a trial's cap is reached.
    """
    state = account.access_status
    if operation in settings.billing_blocks.get(state, frozenset()):
        raise payment_required(_REASONS.get(state, "Plan limit reached"), {"access_status": state})
    if state == "TRIALING" and operation in _RECORDING:
        recording = sum(subscription.status == "active" for subscription in account.subscriptions.all())
        if recording >= settings.trial_streams:
            raise payment_required("Trial limit reached: too many streams", {"max_streams": settings.trial_streams})


def summary(settings: Settings, account: Account, now_ns: int) -> JsonObject:
    """Return the BillingSummary object of the API."""
    state = account.access_status
    subscribed = state != "NONE"
    began, ends = billing_period(now_ns)
    exported = account.exports.exported_bytes(began)
    extra = max(0, exported - settings.included_export_gb * _GIB)
    return {
        "access_status": state,
        # No source says how long grace is; until the end of the period, it does not move with each day.
        "grace_until": format_instant(ends) if state == "GRACE" else None,
        "plan_code": ("trial" if state == "TRIALING" else settings.plan_code) if subscribed else None,
        "current_period_end": format_instant(ends) if subscribed else None,
        "usage": {
            "extra_stream_minutes_total": _extra_minutes(settings, account, began),
            "export_gb_total": _decimal_text(Decimal(exported) / _GIB),
            "export_gb_extra": -(-extra // _GIB),
        },
    }


def _extra_minutes(settings: Settings, account: Account, began_ns: int) -> int:
    """Return the minutes of this period in which streams beyond the plan's were recording, each stream counted.

    What was recorded was used, whatever became of it: deleting a subscription takes nothing back.
    """
    steps: list[tuple[int, int]] = []
    for start, end in account.subscriptions.metered(began_ns):
        steps += [(start, 1), (end, -1)]
    total = running = seen = 0
    for instant, step in sorted(steps):
        total += max(0, running - settings.included_streams) * (instant - seen)
        running, seen = running + step, instant
    return total // (60 * SECOND)


def _decimal_text(value: Decimal) -> str:
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return text or "0"
