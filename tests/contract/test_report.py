"""How a report is told: as text, as JSON, as JUnit XML, and by an exit code."""

from __future__ import annotations

import errno
import io
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from tickhaul import AuthenticationError
from tickhaul.contract import Checked, Finding, Kind, Report, command, render
from tickhaul_sandbox import Sandbox

from tests.contract.plants import header
from tests.contract.proxy import DriftingProxy, rewritten
from tests.contract.services import SETTINGS, checked
from tests.spec.contract import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.proxy import Plant


ROOT = Path(__file__).resolve().parents[2]
ALL = len(OPERATIONS)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def report(sandbox: Sandbox) -> Report:
    """One drift of one operation, and one of all."""
    plants: dict[str, list[Plant]] = {
        "list_exchanges": [rewritten(lambda value: [{**item, "\x00<\ud800": "MT"} for item in value])],
        "*": [header("X-Request-Id", None)],
    }
    return checked(sandbox, plants)


def finding(kind: Kind) -> Finding:
    return Finding("list_exchanges", kind, "status", "is odd", "GET /v1/exchanges", 200, None)


def reported(*kinds: Kind, left: tuple[str, ...] = (), out_of_time: bool = False) -> Report:
    one = Checked("list_exchanges", "GET", "/v1/exchanges", Counter({200: 1}), tuple(map(finding, kinds)))
    return Report("http://127.0.0.1:1", "1.0", wrote=False, operations=[one], left=left, out_of_time=out_of_time)


@pytest.mark.parametrize(
    ("shown", "code", "code_without_additions"),
    [
        (reported(), 0, 0),
        *((reported(kind), 1, 1) for kind in Kind if kind is not Kind.TIMEOUT and not kind.is_addition),
        (reported(Kind.UNEXPECTED_FIELD), 1, 0),
        (reported(Kind.UNKNOWN_VALUE), 1, 0),
        (reported(Kind.TIMEOUT), 4, 4),
        (reported(Kind.TIMEOUT, Kind.TYPE), 1, 1),
        (reported(Kind.TIMEOUT, Kind.UNKNOWN_VALUE), 1, 4),
        (reported(out_of_time=True), 4, 4),
        (reported(left=("exp_1",)), 1, 1),
    ],
)
def test_the_exit_code_tells(shown: Report, code: int, code_without_additions: int) -> None:
    assert (shown.exit_code(), shown.exit_code(additions=False)) == (code, code_without_additions)


def test_the_text_has_a_line_for_each_operation_and_tells_what_many_share_once(report: Report) -> None:
    text = render.as_text(report)
    assert sum(line.startswith(("ok ", "DRIFT ", "- ")) for line in text.splitlines()) == ALL
    assert text.count("header X-Request-Id is missing [missing-header]") == 1
    assert re.search(r"and \d+ operations more", text)
    assert 'body[*]["\\u0000<\\ud800"] is not in the contract; it holds "MT" [unexpected-field]' in text
    assert "1 of them additions, which clients tolerate" in text
    assert text.isascii()


def test_the_json_document_holds_everything(report: Report) -> None:
    document = json.loads(render.as_json(report))
    assert (len(document["operations"]), document["wrote"], document["left"]) == (ALL, False, [])
    assert document["findings"] == len(report.findings)
    first = document["operations"][0]
    assert first["statuses"] == {"200": 1, "401": 2}
    assert {found["kind"]: found["addition"] for found in first["findings"]} == {
        "unexpected-field": True,
        "missing-header": False,
    }
    assert {found["request"] for found in first["findings"]} == {"GET /v1/exchanges"}


def test_the_junit_document_has_a_case_for_each_operation(report: Report) -> None:
    (suite,) = ET.fromstring(render.as_junit(report))
    assert suite.attrib["tests"] == str(len(suite)) == str(ALL)
    failed = {case.attrib["name"].split(" ")[0] for case in suite if case.find("failure") is not None}
    skipped = {case.attrib["name"].split(" ")[0] for case in suite if case.find("skipped") is not None}
    assert failed == {checked.operation for checked in report.operations if checked.findings}
    assert skipped == {checked.operation for checked in report.operations if checked.method != "GET"}
    assert (suite.attrib["failures"], suite.attrib["skipped"]) == (str(len(failed)), str(len(skipped)))


def test_the_junit_document_has_the_form_that_readers_of_it_know(sandbox: Sandbox, tmp_path: Path) -> None:
    """Element by element and attribute by attribute, what the XML schema of Jenkins has (junit-10.xsd)."""
    wild = {"\x00\x1b[2J\ud800": 1, "\x85\u2028\ufffe": {"json": {"path": 1}}}
    plants: dict[str, list[Plant]] = {
        "get_export_schema": [rewritten(lambda value: {**value, "columns": [{"output_column": "c", "data": wild}]})],
        "list_exchanges": [header("X-Request-Id", "a\x9b")],
    }
    allowed: dict[str, tuple[set[str], set[str], set[str]]] = {
        "testsuites": ({"tests", "failures", "errors"}, set(), {"testsuite"}),
        "testsuite": ({"name", "tests", "failures", "errors", "skipped"}, {"name", "tests"}, {"testcase"}),
        "testcase": ({"name", "classname"}, {"name"}, {"failure", "skipped", "error"}),
        "failure": ({"message", "type"}, {"message", "type"}, set()),
        "error": ({"message", "type"}, {"message", "type"}, set()),
        "skipped": ({"message"}, {"message"}, set()),
    }
    drifted = checked(sandbox, plants)
    assert {finding.operation for finding in drifted.findings} == set(plants)
    assert render.as_text(drifted).replace("\n", "").isprintable()
    for document in (render.as_junit(drifted), render.ending_as_junit("http://127.0.0.1:1", "no\x1b one \ud800 <&")):
        root = ET.fromstring(document)
        assert root.tag == "testsuites"
        for element in root.iter():
            attributes, needed, children = allowed[element.tag]
            assert needed <= set(element.attrib) <= attributes
            assert {child.tag for child in element} <= children


def test_a_check_that_cannot_be_made_is_an_error_in_the_junit_document(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "contract.xml"
    with pytest.raises(AuthenticationError):
        command.run_check(sandbox.base_url, "key_wrong.secret", io.StringIO(), junit=file)
    root = ET.parse(file).getroot()
    assert (root.attrib["errors"], root.attrib["tests"]) == ("1", "1")
    (error,) = root.iter("error")
    assert error.attrib["message"].startswith("the service does not accept the API key (401")


def test_every_kind_of_finding_is_explained() -> None:
    page = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    assert [kind for kind in Kind if f"`{kind}`" not in page] == []


# The command.


def run(sandbox: Sandbox, plants: dict[str, list[Plant]], **options: Any) -> tuple[int, str]:
    out = io.StringIO()
    with DriftingProxy(sandbox.base_url, plants) as proxy:
        return command.run_check(proxy.base_url, sandbox.api_key, out, **options), out.getvalue()


def test_the_command_writes_the_report_where_it_is_told_and_ends_with_its_code(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    new_field: dict[str, list[Plant]] = {
        "list_exchanges": [rewritten(lambda value: [{**item, "country": "MT"} for item in value])]
    }
    file = tmp_path / "contract.xml"
    code, text = run(sandbox, new_field, as_json=True, junit=file)
    assert code == 1
    assert json.loads(text)["findings"] == 1
    assert ET.parse(file).getroot().attrib["failures"] == "1"
    code, text = run(sandbox, new_field, additions=False)
    assert code == 0
    assert f"of {ALL} operations asked" in text


def test_a_junit_file_that_cannot_be_written_costs_no_request(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.requests.clear()
    with pytest.raises(FileNotFoundError):
        run(sandbox, {}, junit=tmp_path / "nowhere" / "contract.xml")
    assert len(sandbox.requests) == 0


def test_the_junit_file_of_the_last_check_stays_until_there_is_a_new_one(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "contract.xml"
    file.write_text("old")
    file.chmod(0o600)
    code, _ = run(sandbox, {}, junit=file)
    assert code == 0
    assert ET.parse(file).getroot().attrib["failures"] == "0"
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(command, "replacing", fail)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_costs_the_junit_file_and_not_the_report(sandbox: Sandbox, tmp_path: Path) -> None:
    out = io.StringIO()
    with pytest.raises(OSError, match="No space left on device"):
        command.run_check(sandbox.base_url, sandbox.api_key, out, junit=tmp_path / "contract.xml")
    assert f"of {ALL} operations asked" in out.getvalue()


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_does_not_hide_why_the_check_could_not_be_made(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError) as caught:
        command.run_check(sandbox.base_url, "key_wrong.secret", io.StringIO(), junit=tmp_path / "contract.xml")
    (note,) = caught.value.__notes__
    assert re.fullmatch("the JUnit report was not written: .*No space left on device", note)


def test_a_report_that_nobody_reads_costs_the_report_and_not_the_junit_file(sandbox: Sandbox, tmp_path: Path) -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    file = tmp_path / "contract.xml"
    with pytest.raises(BrokenPipeError):
        command.run_check(sandbox.base_url, sandbox.api_key, Closed(), junit=file)
    assert ET.parse(file).getroot().attrib["failures"] == "0"


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "yaml" else object())
    with pytest.raises(ValueError, match=r'needs pyyaml: pip install "tickhaul\[contract\]"'):
        command.run_check("http://127.0.0.1:9", "key_any.secret", io.StringIO())
