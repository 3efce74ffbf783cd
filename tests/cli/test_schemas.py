"""Export schemas and their drafts."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox import RecordedRequest, Sandbox

    from tests.cli.conftest import Ran

AT = {"output_column": "at", "meta": {"value": "collection_timestamp_ns", "format": "ns"}}
PRICE = {"output_column": "price", "data": {"binance": {"json": {"path": "p", "type": "decimal(8)"}}}}


@pytest.fixture
def file(tmp_path: Path) -> Callable[[object], Path]:
    """Writes a JSON file."""

    def write(document: object) -> Path:
        path = tmp_path / f"{uuid4()}.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    return write


@pytest.fixture
def schema(tickhaul: Callable[..., Ran], file: Callable[[object], Path]) -> str:
    """A schema of one's own."""
    ran = tickhaul("schemas", "create", file([AT]), "--name", "mine", "--category", "trade", "--json")
    identifier: str = ran.document["id"]
    return identifier


def test_schemas_are_listed(tickhaul: Callable[..., Ran], schema: str) -> None:
    table = tickhaul("schemas")
    assert table.lines[0].split() == ["SCHEMA", "NAME", "CATEGORY", "KIND", "VERSION", "DRAFT"]
    assert any(line.startswith(schema) and " own " in line for line in table.lines)
    assert any("built in" in line for line in table.lines)
    assert schema in [found["id"] for found in tickhaul("schemas", "list", "--json").document]


def test_a_schema_is_shown_copied_changed_and_deleted(
    tickhaul: Callable[..., Ran], file: Callable[[object], Path], schema: str
) -> None:
    shown = tickhaul("schemas", "get", schema)
    assert "Columns:   at" in shown.lines

    document = tickhaul("schemas", "get", schema, "--json").document
    copy = tickhaul("schemas", "create", file(document), "--name", "copy")
    assert "Name:      copy" in copy.lines

    unfold = {"binance": {"path": "rows"}}
    changed = tickhaul("schemas", "update", schema, file({"columns": [AT, PRICE], "unfold": unfold}), "--json").document
    assert (changed["version"], changed["unfold"]) == (2, unfold)

    assert tickhaul("schemas", "delete", schema).out == f"{schema} deleted\n"
    assert tickhaul("schemas", "get", schema).code == 1


def test_a_draft_is_made_changed_published_and_discarded(
    tickhaul: Callable[..., Ran], file: Callable[[object], Path], schema: str
) -> None:
    copied = tickhaul("schemas", "draft", "create", schema, "--json").document
    assert [column["output_column"] for column in copied["columns"]] == ["at"]
    made = tickhaul("schemas", "draft", "create", schema, file([PRICE]), "--json").document
    assert [column["output_column"] for column in made["columns"]] == ["price"]
    updated = tickhaul("schemas", "draft", "update", schema, file([AT, PRICE]))
    assert "Columns:   at, price" in updated.lines
    assert "Draft:     yes" in tickhaul("schemas", "draft", "get", schema).lines
    published = tickhaul("schemas", "draft", "publish", schema, "--json").document
    assert (published["version"], published["has_draft"]) == (2, False)

    assert tickhaul("schemas", "draft", "create", schema).code == 0
    assert tickhaul("schemas", "draft", "discard", schema, "--json").document == {
        "id": schema,
        "done": "draft discarded",
    }
    assert tickhaul("schemas", "draft", "get", schema).code == 1


def test_a_schema_may_come_from_stdin(tickhaul: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({"name": "piped", "stream_category": "trade", "columns": [AT]})
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert tickhaul("schemas", "create", "-", "--json").document["name"] == "piped"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("7", "expected a JSON object with columns"),
        ({"column": []}, "expected a JSON object with columns"),
        ({"columns": [AT], "unfolds": {}}, "a schema has no unfolds, only columns, derive, unfold"),
        ({"columns": [AT], "unfold": []}, "unfold is an object"),
        ({"columns": [AT], "derive": "x"}, "derive is an object"),
        ({"columns": []}, "at least one column"),
        ({"columns": ["at"]}, "columns[0]"),
        ({"columns": [{"meta": {}}]}, "does not have the documented shape"),
    ],
)
def test_a_file_that_is_no_schema_is_wrong_usage(
    tickhaul: Callable[..., Ran],
    received: Callable[..., list[RecordedRequest]],
    file: Callable[[object], Path],
    document: object,
    said: str,
) -> None:
    ran = tickhaul("schemas", "create", file(document), "--name", "x", "--category", "trade")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not received()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "needs a name"),
        (("--name", "x"), "needs a stream_category"),
        (("--name", "x", "--category", "gossip"), "stream_category='gossip'"),
    ],
)
def test_a_schema_needs_a_name_and_a_known_category(
    tickhaul: Callable[..., Ran], file: Callable[[object], Path], words: tuple[str, ...], said: str
) -> None:
    ran = tickhaul("schemas", "create", file([AT]), *words)
    assert ran.code == 2
    assert said in ran.err


def test_an_update_whose_answer_is_lost_is_not_sent_twice(
    tickhaul: Callable[..., Ran],
    received: Callable[..., list[RecordedRequest]],
    sandbox: Sandbox,
    file: Callable[[object], Path],
    schema: str,
) -> None:
    sandbox.faults.add("lost-answer:export_schemas.update")
    assert tickhaul("schemas", "update", schema, file([AT, PRICE])).code == 1
    assert len(received("*update*")) == 1
