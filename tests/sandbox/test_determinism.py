"""Two runs with the same seed and the same requests see the same, faults included."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
from tickhaul_sandbox import ManualClock, Sandbox, Settings

from tests.sandbox.api import HOUR, START, Api, fetch, ok

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS = (
    "rate-limit:p=0.1",
    "error:exports.*:p=0.1",
    "missing-field:subscriptions.list:p=0.5",
    "unknown-enum:exports.get:p=0.3",
    "html-503:p=0.05",
    "malformed-json:p=0.05",
    "reset:p=0.05",
    "lost-answer:p=0.05",
    "truncated-body:p=0.05",
    "expired-url:p=0.3",
    "failed-export:p=0.3",
    "html-520:storage.get:p=0.3",
)
# Ports and the signatures over them differ from run to run, and the date is that of the machine.
URL = re.compile(r'http://127[^"]*')


def seen(seed: int) -> list[object]:
    """Return everything a caller sees in one run."""
    told: list[object] = []

    def note(ask: Callable[..., httpx.Response], *arguments: Any) -> Any:
        try:
            answer = ask(*arguments)
        except httpx.TransportError:
            # Whether a reset overtakes what was sent before it is the network's business.
            told.append("no answer")
            return {}
        headers = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length"}}
        text = URL.sub("", answer.text) if answer.headers["content-type"] != "binary/octet-stream" else ""
        told.append((answer.status_code, headers, text))
        try:
            return answer.json()
        except ValueError:
            return {}

    settings = Settings(seed=seed, export_seconds=10, messages_per_minute=6, faults=FAULTS)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        for number in range(15):
            note(api.post, "/subscriptions", {"datastream_id": 123 + number})
            order = {"datastream_id": 123, "start_time": START - HOUR, "end_time": START}
            created = note(api.post, "/exports", order)
            # At once, so that the files are made while time is advanced.
            sandbox.clock.advance(3600)
            path = f"/exports/{created.get('id')}"
            note(api.get, path)
            download = note(api.get, f"{path}/download")
            for artifact in download.get("artifacts", ()):
                note(fetch, artifact["url"])
            note(api.get, "/subscriptions")
        told += [(strike.spec, strike.operation) for strike in sandbox.faults.strikes]
    return told


def test_the_same_seed_and_requests_give_the_same_answers_and_faults() -> None:
    first = seen(7)
    assert seen(7) == first
    assert seen(8) != first


def test_a_job_ends_when_simulated_time_says_so_however_far_it_is_advanced_meanwhile() -> None:
    with Sandbox(Settings(export_seconds=10), clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        api.subscribe()
        paths = []
        for _ in range(5):
            paths.append(f"/exports/{api.export(START - HOUR, START)}")
            sandbox.clock.advance(1000)
        ends = [ok(api.get(path)) for path in paths]
    assert [job["finished_at"][11:19] for job in ends] == ["10:30:10", "10:46:50", "11:03:30", "11:20:10", "11:36:50"]
