"""The sandbox, searched by schemathesis for answers that the contract does not allow.

`SCHEMATHESIS_SECONDS` is how long it may search; 0 leaves it out. `SCHEMATHESIS_SEED` has it search elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tickhaul_sandbox import Clock, Sandbox, Settings

from tests.spec.contract import OPERATIONS

pytest.importorskip("schemathesis")

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "30"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "20240115"))
KEY = "key_contract.search"
# 2024-01-15T10:30:00Z; the settings beside this file hold ranges of the hour before.
START = 1_705_314_600_000_000_000
#: How many resources of each kind there are from the start: more than a search deletes.
STOCK = 40
COLUMNS = [{"output_column": "received", "meta": {"value": "collection_timestamp_ns"}}]


class RunningClock(Clock):
    """Time that starts at a known instant and runs on, so that jobs come to their end."""

    def __init__(self) -> None:
        self._began = time.monotonic_ns()

    def now_ns(self) -> int:
        return START + time.monotonic_ns() - self._began

    def advance(self, seconds: float) -> None:
        raise AssertionError("this clock runs by itself")


def stock(sandbox: Sandbox) -> dict[str, list[str]]:
    """Have the service make resources, and return their ids by kind."""
    ids: dict[str, list[str]] = {"subscriptions": [], "exports": [], "schemas": []}
    with httpx.Client(base_url=sandbox.base_url, headers={"X-Api-Key": KEY}, timeout=30) as http:

        def make(path: str, **body: object) -> str:
            answer = http.post(path, json=body)
            assert answer.is_success, answer.text
            return str(answer.json()["id"])

        for number in range(STOCK):
            stream = 1000 + number
            ids["subscriptions"].append(make("/v1/subscriptions", datastream_id=stream))
            ids["exports"].append(
                make("/v1/exports", datastream_id=stream, start_time=START - 60 * 10**9, end_time=START)
            )
            schema = make("/v1/export-schemas", name=f"stock {number}", stream_category="trade", columns=COLUMNS)
            make(f"/v1/export-schemas/{schema}/draft", columns=COLUMNS)
            ids["schemas"].append(schema)
    return ids


def settings_file(folder: Path, ids: dict[str, list[str]]) -> Path:
    dictionaries = [f"[dictionaries.{kind}]\nvalues = {json.dumps(values)}\n" for kind, values in ids.items()]
    file = folder / "schemathesis.toml"
    file.write_text("\n".join([(HERE / file.name).read_text("utf-8"), *dictionaries]), "utf-8")
    return file


@pytest.mark.skipif(SECONDS == 0, reason="SCHEMATHESIS_SECONDS is 0")
@pytest.mark.timeout(SECONDS + 120)
def test_schemathesis_finds_no_answer_that_the_contract_does_not_allow(tmp_path: Path) -> None:
    settings = Settings(
        api_keys=(KEY,),
        minute_limit=10**9,
        hour_limit=10**9,
        # A job can be canceled before, and its files be had after.
        export_seconds=SECONDS / 3,
        messages_per_minute=6,
        recorded_requests=10**6,
    )
    # Measuring the search would only slow it down.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    with Sandbox(settings, clock=RunningClock()) as sandbox:
        ids = stock(sandbox)
        sandbox.requests.clear()
        search: list[str | Path] = [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--config-file",
            settings_file(tmp_path, ids),
        ]
        search += ["run", ROOT / "spec" / "openapi.yaml", f"--url={sandbox.base_url}"]
        ran = subprocess.run(
            [*search, f"--max-time={SECONDS}", f"--seed={SEED}"],
            # Whatever it leaves behind does not end up in the checkout.
            cwd=tmp_path,
            env=environment | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        asked = {request.operation for request in sandbox.requests} - {"unknown"}
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(asked) == len(OPERATIONS)
