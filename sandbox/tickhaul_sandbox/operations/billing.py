"""The operation of billing."""

from __future__ import annotations

from tickhaul_sandbox import billing
from tickhaul_sandbox.wire import Answer, Call


async def get_summary(call: Call) -> Answer:
    """Answer `GET /v1/billing/summary`."""
    # Asking for the jobs waits for files that simulated time says are ready; what they came to is billed.
    await call.account.exports.all()
    return Answer(200, billing.summary(call.service.settings, call.account, call.service.clock.now_ns()))
