"""The list of facts and the tests name the same facts, with the same sources."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).parent
SOURCE = re.compile(r"(docs|client [0-9.]+|rust [0-9a-z.-]+|seed|storage)(: \S.*)?")


def listed() -> dict[str, dict[str, str]]:
    """Return the source of each statement by chapter."""
    chapters: dict[str, dict[str, str]] = tomllib.loads((FOLDER / "facts.toml").read_text(encoding="utf-8"))
    return chapters


def name_of(statement: str) -> str:
    """Return what the test of a statement is called."""
    return "test_" + re.sub(r"[^a-z0-9]+", "_", statement.lower().replace("'", "")).strip("_")


def written() -> dict[str, list[tuple[str, str]]]:
    """Return name and docstring of each test by chapter."""
    chapters: dict[str, list[tuple[str, str]]] = {}
    for file in sorted(FOLDER.glob("test_*.py")):
        if file.name != Path(__file__).name:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            chapters[file.stem.removeprefix("test_")] = [
                (node.name, ast.get_docstring(node) or "")
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            ]
    return chapters


def test_each_fact_has_the_test_named_after_it_and_each_test_is_a_fact() -> None:
    assert {chapter: sorted(name_of(statement) for statement in facts) for chapter, facts in listed().items()} == {
        chapter: sorted(name for name, _ in tests) for chapter, tests in written().items()
    }


def test_each_test_cites_the_source_of_its_fact() -> None:
    wanted = {name_of(statement): source for facts in listed().values() for statement, source in facts.items()}
    cited = {name: source for tests in written().values() for name, source in tests}
    assert cited == wanted
    assert [source for source in wanted.values() if not all(map(SOURCE.fullmatch, source.split("; ")))] == []


def test_no_two_facts_are_the_same() -> None:
    counts = Counter(name_of(statement) for facts in listed().values() for statement in facts)
    assert [name for name, count in counts.items() if count > 1] == []


def test_there_are_at_least_120_facts() -> None:
    assert sum(len(facts) for facts in listed().values()) >= 120
