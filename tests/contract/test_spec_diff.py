"""What changed between two versions of the contract, and whether it may be released so."""

from __future__ import annotations

import copy
import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.spec.contract import CONTRACT, PATH
from tools import spec_diff
from tools.spec_diff import Change, ComparisonError, compare_here, read_changes, verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE = PATH.read_text(encoding="utf-8")
VERSION = CONTRACT["info"]["version"]
MINOR, MAJOR = f"{VERSION.split('.')[0]}.99", f"{int(VERSION.split('.')[0]) + 1}.0"
BREAKS = Change(breaking=True, name="response-required-property-removed", text="gone")
ADDS = Change(breaking=False, name="response-optional-property-added", text="there")


@pytest.mark.parametrize(
    ("changes", "base", "revision", "refused"),
    [
        ([], "1.0", "1.0", False),
        ([ADDS], "1.0", "1.0", False),
        ([ADDS], "1.0", "1.1", False),
        ([BREAKS], "1.0", "1.0", True),
        ([BREAKS], "1.0", "1.9", True),
        ([BREAKS, ADDS], "1.9", "2.0", False),
        ([BREAKS], "9.0", "10.0", False),
        ([], "2.0", "1.9", True),
        ([ADDS], "1.10", "1.9", True),
        ([BREAKS], "2.0", "1.0", True),
    ],
)
def test_breaking_changes_need_a_higher_major_version(
    changes: list[Change], base: str, revision: str, refused: bool
) -> None:
    assert (verdict(changes, base, revision) is not None) is refused


@pytest.mark.parametrize("version", ["1", "1.0.0", "one.zero", ""])
def test_a_version_of_another_form_cannot_be_judged(version: str) -> None:
    with pytest.raises(ComparisonError, match=r"MAJOR\.MINOR"):
        verdict([], "1.0", version)


def test_the_same_change_at_many_operations_is_one_and_what_breaks_comes_first() -> None:
    entries = [
        {"id": "added", "text": "a field", "level": 1, "operation": "GET", "path": "/v1/exports"},
        {"id": "gone", "text": "a header", "level": 3, "operation": "GET", "path": "/v1/exports"},
        {"id": "gone", "text": "a header", "level": 3, "operation": "POST", "path": "/v1/exports"},
        {"id": "gone", "text": "a header", "level": 3, "operation": "GET", "path": "/v1/exports"},
        {"id": "doubtful", "text": "a bound", "level": 2, "operation": "PUT", "path": "/v1/exports"},
        {"id": "renamed", "text": "a component", "level": 1},
    ]
    assert [str(change) for change in read_changes(entries)] == [
        "GET /v1/exports and 1 more: a header [gone]",
        "PUT /v1/exports: a bound [doubtful]",
        "GET /v1/exports: a field [added]",
        "a component [renamed]",
    ]


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("keys-changed", lambda c: c["components"]["securitySchemes"]["ApiKey"].update(name="Authorization")),
        ("security-changed", lambda c: c.update(security=[])),
        ("servers-changed", lambda c: c["servers"][0].update(url="https://api2.ticksupply.com")),
    ],
)
def test_how_and_where_a_key_is_sent_is_compared_too(name: str, edit: Callable[[Any], None]) -> None:
    revision = copy.deepcopy(CONTRACT)
    assert compare_here(CONTRACT, revision) == []
    edit(revision)
    (change,) = compare_here(CONTRACT, revision)
    assert (change.breaking, change.name) == (True, name)


def test_a_ref_that_does_not_exist_cannot_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert spec_diff.main(["no-such-ref"]) == 2
    assert "no-such-ref" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "", "a: [", "- a", "info: {}", 'info: {version: "1.0"}'])
def test_a_contract_that_cannot_be_read_cannot_be_compared(
    text: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "spec").mkdir()
        (tmp_path / "spec" / "openapi.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(spec_diff, "ROOT", tmp_path)
    monkeypatch.setattr(spec_diff, "committed", lambda ref: BASE)
    # Not 1, which stands for a breaking change.
    assert spec_diff.main(["v1"]) == 2
    assert "spec/openapi.yaml here: " in capsys.readouterr().err


def test_the_pinned_program_is_named_by_hash_and_not_by_address() -> None:
    lock = (spec_diff.PIN / "package-lock.json").read_text(encoding="utf-8")
    assert re.search(r'"integrity": "sha512-', lock)
    assert "://" not in lock


# With oasdiff itself, where `make spec-diff` has fetched it or OASDIFF names one.

oasdiff = pytest.mark.skipif(
    not (spec_diff.TOOL / "fetched.txt").exists() and "OASDIFF" not in os.environ,
    reason="oasdiff is not here: make spec-diff BASE=HEAD fetches it",
)


BILLING = BASE[BASE.index("  /v1/billing/summary:") : BASE.index("\ncomponents:")]
BREAKING = {
    "an operation is gone": (BILLING, "", "api-path-removed-without-deprecation"),
    "a request field becomes required": (
        "required: [datastream_id, start_time, end_time]\n",
        "required: [datastream_id, start_time, end_time, format_options]\n",
        "request-property-became-required",
    ),
    "a parameter becomes required": (
        "name: search\n      in: query\n",
        "name: search\n      in: query\n      required: true\n",
        "request-parameter-became-required",
    ),
    "a field of an answer is not sure any more": (
        "required: [code, display_name]",
        "required: [code]",
        "response-property-became-optional",
    ),
    "a field of an answer may be null": (
        'updated_at:\n          $ref: "#/components/schemas/Timestamp"',
        'updated_at:\n          $ref: "#/components/schemas/OptionalTimestamp"',
        "response-property-became-nullable",
    ),
    "nanoseconds become text": (
        "UnixNanoseconds:\n      type: integer\n      format: int64",
        "UnixNanoseconds:\n      type: string",
        "response-property-type-changed",
    ),
    "a value of a request is refused": (
        "enum: [csv, parquet]",
        "enum: [csv]",
        "request-property-enum-value-removed",
    ),
    "the largest page shrinks": ("maximum: 1000", "maximum: 500", "request-parameter-max-decreased"),
    "the usual page changes": ("default: 100", "default: 50", "request-parameter-default-value-changed"),
    "a body becomes required": (
        "required: false\n      content",
        "required: true\n      content",
        "request-body-became-required",
    ),
    "a success has another status": (
        '"201": { $ref: "#/components/responses/SubscriptionCreated" }',
        '"200": { $ref: "#/components/responses/SubscriptionCreated" }',
        "response-success-status-removed",
    ),
    "a header is gone": (
        '        X-Request-Id: { $ref: "#/components/headers/X-Request-Id" }\n',
        "",
        "required-response-header-removed",
    ),
    "an operation is renamed": (
        "operationId: get_availability",
        "operationId: show_availability",
        "api-operation-id-removed",
    ),
    "an operation moves to another module": ("tags: [availability]", "tags: [exports]", "api-tag-removed"),
}
COMPATIBLE = {
    "an open list has a new value": (
        "enum: [active, paused, deleted]",
        "enum: [active, paused, frozen, deleted]",
        "response-property-enum-value-added",
    ),
    "an answer has a new field": (
        "      required: [code, display_name]\n      properties:\n",
        '      required: [code, display_name]\n      properties:\n        country: { $ref: "#/components/schemas/Text" }\n',
        "response-optional-property-added",
    ),
    "a new parameter may be left out": (
        '        - $ref: "#/components/parameters/Base"\n',
        '        - $ref: "#/components/parameters/Base"\n        - $ref: "#/components/parameters/StreamType"\n',
        "new-optional-request-parameter",
    ),
    "a new error": (
        '        "200": { $ref: "#/components/responses/ExchangeList" }\n',
        '        "200": { $ref: "#/components/responses/ExchangeList" }\n        "403": { $ref: "#/components/responses/NotFound" }\n',
        "response-non-success-status-added",
    ),
}


@cache
def changes(group: str) -> list[Change]:
    """All the changes of one group made at once."""
    revision = BASE
    for old, new, _ in {"breaking": BREAKING, "compatible": COMPATIBLE}[group].values():
        assert old in revision
        revision = revision.replace(old, new)
    return read_changes(spec_diff.changelog(BASE, revision))


@oasdiff
@pytest.mark.parametrize("edit", BREAKING)
def test_what_may_fail_a_user_is_breaking(edit: str) -> None:
    assert BREAKING[edit][2] in {change.name for change in changes("breaking") if change.breaking}


@oasdiff
@pytest.mark.parametrize("edit", COMPATIBLE)
def test_what_fails_nobody_is_compatible(edit: str) -> None:
    assert COMPATIBLE[edit][2] in {change.name for change in changes("compatible")}
    assert [change for change in changes("compatible") if change.breaking] == []


@oasdiff
@pytest.mark.parametrize(
    ("edit", "version", "code", "told"),
    [
        (("All exchanges", "Every exchange"), VERSION, 0, "no change that a client could notice"),
        (("maximum: 100\n", "maximum: 200\n"), VERSION, 0, "raise its minor part"),
        (("maximum: 100\n", "maximum: 200\n"), MINOR, 0, "compatible"),
        (("maximum: 100\n", "maximum: 90\n"), MINOR, 1, "refused: breaking changes need a higher major info.version"),
        (("maximum: 100\n", "maximum: 90\n"), MAJOR, 0, "breaking"),
    ],
)
def test_the_command_lists_the_changes_and_tells_by_its_exit_code(
    edit: tuple[str, str],
    version: str,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert edit[0] in BASE
    revision = BASE.replace(*edit).replace(f'version: "{VERSION}"', f'version: "{version}"')
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "openapi.yaml").write_text(revision, encoding="utf-8")
    monkeypatch.setattr(spec_diff, "ROOT", tmp_path)
    monkeypatch.setattr(spec_diff, "committed", lambda ref: BASE)
    assert f'version: "{version}"' in revision
    assert spec_diff.main(["v1"]) == code
    assert told in capsys.readouterr().out
