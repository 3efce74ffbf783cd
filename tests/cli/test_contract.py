"""`tickhaul contract check`, as a person and as a program use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox import Sandbox

    from tests.cli.conftest import Ran


def test_a_service_that_keeps_the_contract_is_0(tickhaul: Callable[..., Ran], tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    ran = tickhaul("contract", "check", "--junit", report)
    assert ran.code == 0
    assert ran.lines[-1].endswith("no difference")
    assert ET.parse(report).getroot().get("failures") in ("0", None)


def test_a_service_that_drifts_is_1_and_told_where(tickhaul: Callable[..., Ran], sandbox: Sandbox) -> None:
    sandbox.faults.add("missing-field:billing.get_summary:field=usage")
    ran = tickhaul("contract", "check", "--json")
    assert ran.code == 1
    assert "usage" in json.dumps(json.loads(ran.out))
