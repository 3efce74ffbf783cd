"""The sandbox, searched by schemathesis for answers that the contract does not allow.

First operation by operation, then along the links of the contract, each of which is to be followed.
`SCHEMATHESIS_SECONDS` is how long it may search by operation; 0 leaves all of it out. `SCHEMATHESIS_SEED` has it search elsewhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tickhaul_sandbox import Clock, Sandbox, Settings

from tests.spec.contract import OPERATIONS, follow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytest.importorskip("schemathesis")

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "20"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "20240115"))
KEY = "key_contract.search"
# 2024-01-15T10:30:00Z; the settings beside this file hold ranges of the hour before.
START = 1_705_314_600_000_000_000
#: How long one round of following links takes at most, and how many rounds there may be until all were followed.
LINK_SECONDS = 12
_ROUNDS = 5
_LINK_HOOKS = "tests.contract.link_hooks"
#: How many resources of each kind there are from the start: more than a search deletes.
STOCK = 40
COLUMNS = [{"output_column": "received", "meta": {"value": "collection_timestamp_ns"}}]


class RunningClock(Clock):
    """Time that starts at a known instant and runs on, so that jobs come to their end."""

    def __init__(self) -> None:
        self._began = time.monotonic_ns()

    @property
    def advanced_ns(self) -> int:
        return 0

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


def settings_file(folder: Path, ids: dict[str, list[str]], hooks: str) -> Path:
    dictionaries = [f"[dictionaries.{kind}]\nvalues = {json.dumps(values)}\n" for kind, values in ids.items()]
    file = folder / "schemathesis.toml"
    text = (HERE / file.name).read_text("utf-8").replace("tests.contract.hooks", hooks)
    file.write_text("\n".join([text, *dictionaries]), "utf-8")
    return file


def searched() -> Sandbox:
    settings = Settings(
        api_keys=(KEY,),
        minute_limit=10**9,
        hour_limit=10**9,
        # A job can be canceled before, and its files be had after.
        export_seconds=SECONDS / 3,
        messages_per_minute=6,
        recorded_requests=10**6,
    )
    return Sandbox(settings, clock=RunningClock())


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with searched() as running:
        yield running


@dataclass(frozen=True)
class Search:
    """What schemathesis said, and the links it followed: `SOURCE -> [STATUS] LINK -> TARGET`."""

    code: int
    said: str
    links: frozenset[str]


def search(sandbox: Sandbox, folder: Path, hooks: str, seconds: float, seed: int, *options: str) -> Search:
    file = settings_file(folder, stock(sandbox), hooks)
    sandbox.requests.clear()
    # Measuring the search would only slow it down.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command: list[str | Path] = [sys.executable, "-m", "schemathesis.cli", "--config-file", file]
    command += ["run", ROOT / "spec" / "openapi.yaml", f"--url={sandbox.base_url}"]
    command += [f"--max-time={seconds:g}", f"--seed={seed}", "--report=ndjson", f"--report-dir={folder}", *options]
    # Whatever it leaves behind does not end up in the checkout.
    ran = subprocess.run(
        command, cwd=folder, env=environment | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    events = [json.loads(line) for report in folder.glob("*.ndjson") for line in report.read_text("utf-8").splitlines()]
    scenarios = [event["ScenarioFinished"]["recorder"] for event in events if "ScenarioFinished" in event]
    steps = [case.get("transition") for scenario in scenarios for case in scenario.get("cases", {}).values()]
    return Search(ran.returncode, ran.stdout + ran.stderr, frozenset(step["id"] for step in steps if step))


def declared_links() -> set[str]:
    """All links of the contract, as schemathesis names them."""
    by_name = {operation.name: f"{operation.method.upper()} {operation.path}" for operation in OPERATIONS}
    return {
        f"{by_name[operation.name]} -> [{operation.success[0]}] {name} -> {by_name[follow(link)['operationId']]}"
        for operation in OPERATIONS
        for name, link in operation.success[1].get("links", {}).items()
    }


def along(links: Iterable[str]) -> list[str]:
    """The options for a search that only takes links, and only those of the parts of the API that these are in."""
    parts = {link.rsplit(" ", 1)[1].split("/")[2].replace("-", "_") for link in links}
    return ["--phases=stateful", "--mode=positive", *(f"--include-tag={part}" for part in sorted(parts))]


searching = pytest.mark.skipif(SECONDS == 0, reason="SCHEMATHESIS_SECONDS is 0")


@searching
@pytest.mark.timeout(SECONDS + 120)
def test_schemathesis_finds_no_answer_that_the_contract_does_not_allow(sandbox: Sandbox, tmp_path: Path) -> None:
    done = search(sandbox, tmp_path, "tests.contract.hooks", SECONDS, SEED, "--phases=examples,coverage,fuzzing")
    asked = {request.operation for request in sandbox.requests} - {"unknown"}
    assert done.code == 0, done.said
    assert len(asked) == len(OPERATIONS)


@searching
@pytest.mark.timeout(_ROUNDS * (LINK_SECONDS + 60))
def test_schemathesis_follows_every_link_and_finds_nothing_behind_it(tmp_path: Path) -> None:
    missing = declared_links()
    # Which links it takes is for chance to say, and how many it gets to for the machine.
    for number in range(_ROUNDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        with searched() as sandbox:
            done = search(sandbox, folder, _LINK_HOOKS, LINK_SECONDS, SEED + number, *along(missing))
        assert done.code == 0, done.said
        missing -= done.links
        if not missing:
            break
    assert missing == set()


@searching
@pytest.mark.parametrize(
    ("fault", "options", "where"),
    [
        (
            "missing-field:billing.get_summary:field=usage",
            ["--phases=coverage", "--include-operation-id=get_billing_summary"],
            "GET /v1/billing/summary",
        ),
        ("error:subscriptions.get:status=418", along(["GET /v1/subscriptions"]), "/v1/subscriptions/sub_"),
    ],
)
def test_schemathesis_finds_a_planted_fault(
    sandbox: Sandbox, tmp_path: Path, fault: str, options: list[str], where: str
) -> None:
    sandbox.faults.add(fault)
    done = search(sandbox, tmp_path, _LINK_HOOKS, LINK_SECONDS, SEED, "--max-failures=1", *options)
    assert done.code == 1
    assert where in done.said
