"""The operation of billing."""

from __future__ import annotations

from tickhaul_sandbox import billing
from tickhaul_sandbox.wire import Answer, Call


async def get_summary(call: Call) -> Answer:
    """Answer `GET /v1/billing/summary`."""
    return Answer(200, billing.summary(call.service.settings, call.account, call.service.clock.now_ns()))
