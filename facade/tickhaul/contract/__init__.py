"""Holding a running service against the contract.

    from tickhaul import contract

    report = contract.check("https://api.ticksupply.com", key)
    for finding in report.findings:
        print(finding.operation, finding.kind, finding.where, finding.message)

`check` walks over a service as a stranger would, operation by operation, and reports whatever an answer has that the
contract does not say, or lacks that it does. It shares nothing with the clients but the contract: it has its own HTTP,
and where they tolerate (new fields, new values), it tells. It needs the extra ``tickhaul[contract]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul.contract.report import Checked, Finding, Kind, Report
    from tickhaul.contract.walk import check

__all__ = ["Checked", "Finding", "Kind", "Report", "check"]


def __getattr__(name: str) -> object:
    if name == "check":
        from tickhaul.contract.walk import check  # noqa: PLC0415 (an extra; loads when it is used)

        return check
    if name in __all__:
        from tickhaul.contract import report  # noqa: PLC0415 (as above)

        return getattr(report, name)
    raise AttributeError(f"module 'tickhaul.contract' has no attribute {name!r}")
