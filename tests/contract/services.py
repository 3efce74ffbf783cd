"""A sandbox with something in it, and a check of it that does not wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from tickhaul._core.origin import read_key, read_origin
from tickhaul.contract.document import installed
from tickhaul.contract.session import Session
from tickhaul.contract.walk import run
from tickhaul.contract.wire import Wire
from tickhaul_sandbox import Settings

from tests.contract.proxy import DriftingProxy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.contract import Report
    from tickhaul_sandbox import Sandbox

    from tests.contract.proxy import Plant

SETTINGS = Settings(minute_limit=10**6, hour_limit=10**6, messages_per_minute=6, export_seconds=1)


def furnish(sandbox: Sandbox) -> None:
    """Give the account something of everything that can be read."""
    with httpx.Client(base_url=sandbox.base_url, headers={"X-Api-Key": sandbox.api_key}) as http:

        def make(path: str, body: object = None) -> dict[str, str]:
            answer = http.post(path, json=body)
            assert answer.is_success, answer.text
            made: dict[str, str] = answer.json() if answer.content else {}
            return made

        subscriptions = [make("/v1/subscriptions", {"datastream_id": stream}) for stream in (123, 124, 125)]
        make(f"/v1/subscriptions/{subscriptions[0]['id']}/pause")
        end = sandbox.clock.now_ns()
        for _ in range(2):
            make("/v1/exports", {"datastream_id": 123, "start_time": end - 600 * 10**9, "end_time": end})
        columns = [{"output_column": "received", "meta": {"value": "collection_timestamp_ns"}}]
        schema = make("/v1/export-schemas", {"name": "mine", "stream_category": "trade", "columns": columns})
        make(f"/v1/export-schemas/{schema['id']}/draft")
    sandbox.clock.advance(60)


def checked(
    sandbox: Sandbox,
    plants: dict[str, list[Plant]] | None = None,
    *,
    write: bool = False,
    timeout: float = 10,
    deadline: float = 1000,
    sleep: Callable[[float], None] | None = None,
) -> Report:
    """Check a sandbox whose answers drift; where the check would wait, the sandbox's clock is advanced instead."""
    with DriftingProxy(sandbox.base_url, plants or {}) as proxy:
        origin = read_origin(proxy.base_url, allow_plain_http=False)
        with Wire(origin, timeout) as wire:
            key = read_key(sandbox.api_key)
            session = Session(installed(), wire, key, deadline=deadline, sleep=sleep or sandbox.clock.advance)
            return run(session, str(origin), write=write)
