"""A report as text for people, as JSON for programs, and as JUnit XML for the pages of a CI."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tickhaul.contract.report import VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul.contract.report import Finding, Report

_MANY = 4


def as_text(report: Report) -> str:
    """A line for each operation, its findings below it; what many operations share is told once, in the end."""
    shared = _shared(report)
    lines = [f"{report.base_url} against contract {report.contract_version}", ""]
    for checked in report.operations:
        mark = "DRIFT" if checked.findings else "ok" if checked.statuses else "-"
        number = checked.statuses.total()
        answers = f"{number} answer{'' if number == 1 else 's'}" if number else ""
        lines.append(f"{mark:<6} {checked.method:<6} {checked.path:<62} {answers}".rstrip())
        own = [finding for finding in checked.findings if _name(finding) not in shared]
        lines += [f"         {line}" for finding in own for line in _told(finding)]
        if len(own) < len(checked.findings):
            lines.append(f"         {len(checked.findings) - len(own)} shared with others, see below")
        lines += [f"         not looked at: {reason}" for reason in checked.open]
    if shared:
        lines += ["", "Shared by many operations"]
    for findings in shared.values():
        lines += [f"         {line}" for line in _told(findings[0])]
        lines.append(f"           and {len(findings) - 1} operations more")
    return "\n".join([*lines, "", *_summary(report), ""])


def as_json(report: Report) -> str:
    """Everything in the report, as one JSON document in ASCII."""
    operations = [
        {
            "operation": checked.operation,
            "method": checked.method,
            "path": checked.path,
            "statuses": {str(status): number for status, number in sorted(checked.statuses.items())},
            "findings": [{**asdict(finding), "addition": finding.kind.is_addition} for finding in checked.findings],
            "not_looked_at": list(checked.open),
        }
        for checked in report.operations
    ]
    document = {
        "base_url": report.base_url,
        "contract_version": report.contract_version,
        "wrote": report.wrote,
        "answers": report.answers,
        "findings": len(report.findings),
        "left": list(report.left),
        "out_of_time": report.out_of_time,
        "operations": operations,
    }
    return json.dumps(document, indent=2) + "\n"


def as_junit(report: Report) -> bytes:
    """A test case for each operation: failed with its findings, or skipped when it was not asked for at all."""
    failed = sum(bool(checked.findings) for checked in report.operations)
    skipped = sum(not checked.statuses and not checked.findings for checked in report.operations)
    suites, suite = _suites(report.base_url, len(report.operations), failures=failed, skipped=skipped)
    for checked in report.operations:
        name = f"{checked.operation} ({checked.method} {checked.path})"
        case = ET.SubElement(suite, "testcase", {"classname": "tickhaul.contract", "name": name})
        if checked.findings:
            text = "\n".join(line for finding in checked.findings for line in _told(finding))
            failure = ET.SubElement(case, "failure", {"message": _found(len(checked.findings)), "type": "drift"})
            failure.text = text
        elif not checked.statuses:
            ET.SubElement(case, "skipped", {"message": "; ".join(checked.open)})
    return _document(suites)


def ending_as_junit(base_url: str, reason: str) -> bytes:
    """A document for a check that could not be made, so that no earlier one is taken for its result.

    Args:
        base_url: the service.
        reason: why not.
    """
    suites, suite = _suites(base_url, 1, errors=1)
    case = ET.SubElement(suite, "testcase", {"classname": "tickhaul.contract", "name": "the check"})
    # XML has no way to write most control characters.
    plain = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in reason)
    ET.SubElement(case, "error", {"message": plain, "type": "ended"})
    return _document(suites)


def _suites(
    base_url: str, tests: int, *, failures: int = 0, errors: int = 0, skipped: int = 0
) -> tuple[ET.Element, ET.Element]:
    numbers = {"tests": str(tests), "failures": str(failures), "errors": str(errors)}
    suites = ET.Element("testsuites", numbers)
    name = {"name": f"contract of {base_url}"}
    return suites, ET.SubElement(suites, "testsuite", {**name, **numbers, "skipped": str(skipped)})


def _document(suites: ET.Element) -> bytes:
    ET.indent(suites)
    document: bytes = ET.tostring(suites, "utf-8", xml_declaration=True)
    return document + b"\n"


def _told(finding: Finding) -> Iterator[str]:
    yield f"{finding.where} {finding.message} [{finding.kind}]"
    about = [] if finding.status is None else [f"answered {finding.status}"]
    about += [f"request {finding.request_id}"] if finding.request_id else []
    about += [f"{finding.times} times"] if finding.times > 1 else []
    about += ["no source states what is right here"] if finding.unsure else []
    yield f"  in {finding.request} ({', '.join(about)})" if about else f"  in {finding.request}"


def _name(finding: Finding) -> tuple[object, ...]:
    return finding.kind, finding.where, VALUES.sub("", finding.message)


def _shared(report: Report) -> dict[tuple[object, ...], list[Finding]]:
    """What shows at many operations, such as a header that every answer should have."""
    found: dict[tuple[object, ...], list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(_name(finding), []).append(finding)
    return {name: findings for name, findings in found.items() if len(findings) >= _MANY}


def _summary(report: Report) -> Iterator[str]:
    asked = sum(bool(checked.statuses) for checked in report.operations)
    yield f"{asked} of {len(report.operations)} operations asked, {report.answers} answers: {_found(len(report.findings))}"
    additions = sum(finding.kind.is_addition for finding in report.findings)
    if additions:
        yield f"{additions} of them additions, which clients tolerate"
    if report.out_of_time:
        yield "the time was over before everything was looked at"
    for name in report.left:
        yield f"left behind: {name}"


def _found(number: int) -> str:
    return "no difference" if number == 0 else "1 difference" if number == 1 else f"{number} differences"
