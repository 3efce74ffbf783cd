"""Every planted drift is found, and nothing else is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tickhaul.contract.document import installed
from tickhaul_sandbox import Sandbox

from tests.contract.drifts import DRIFTS
from tests.contract.services import SETTINGS, checked, furnish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tickhaul.contract import Report

    from tests.contract.drifts import Drift
    from tests.contract.proxy import Plant

    Batches = Callable[[str], Report]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def batches() -> Iterator[Batches]:
    with Sandbox(SETTINGS) as sandbox:
        furnish(sandbox)

        @cache
        def report(batch: str) -> Report:
            plants: dict[str, list[Plant]] = {}
            for drift in DRIFTS:
                if drift.batch == batch:
                    plants.setdefault(drift.operation, []).append(drift.plant)
            return checked(sandbox, plants, write=batch.startswith("write"))

        yield report


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: f"{drift.operation}: {drift.name}")
def test_a_planted_drift_is_found(drift: Drift, batches: Batches) -> None:
    found = [(f.operation, f.kind, f.where) for f in batches(drift.batch).findings]
    assert ((*drift.seen, drift.operation)[0], drift.kind, drift.where) in found


def test_every_planted_drift_is_listed_in_the_documentation() -> None:
    page = (ROOT / "docs" / "contract.md").read_text("utf-8")
    rows = [f"| `{d.operation}` | {d.name} | `{d.kind}` | `{d.where}` |" for d in DRIFTS]
    assert page.split("|---|---|---|---|\n")[1].split("\n\n")[0].splitlines() == rows
    assert f"{len(DRIFTS)} drifts are planted" in page


def test_no_drift_can_be_taken_for_another() -> None:
    assert len({(d.operation, d.name) for d in DRIFTS}) == len(DRIFTS)
    planted = [(d.batch, d.operation, d.kind, d.where) for d in DRIFTS]
    assert [one for one in planted if planted.count(one) > 1] == []


@pytest.mark.parametrize("batch", sorted({drift.batch for drift in DRIFTS}))
def test_nothing_is_found_where_nothing_drifts(batch: str, batches: Batches) -> None:
    planted = {name for drift in DRIFTS if drift.batch == batch for name in (drift.operation, *drift.seen)}
    report = batches(batch)
    strangers = [f for f in report.findings if f.operation not in planted]
    assert strangers == []
    assert report.exit_code() == 1
    # A service that refuses to delete keeps what was made.
    assert report.left == () or "delete_export" in planted


def test_a_service_that_does_not_drift_is_found_clean(batches: Batches) -> None:
    report = batches("write none")
    assert report.findings == []
    assert report.exit_code() == 0
    assert [checked.open for checked in report.operations if checked.open] == []
    assert all(checked.statuses[installed().operations[checked.operation].success] for checked in report.operations)
