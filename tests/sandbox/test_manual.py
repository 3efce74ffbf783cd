"""What the documentation says of settings and faults is what the code says."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from tickhaul_sandbox import Settings, manual
from tickhaul_sandbox.faults import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"


def rows(table: str) -> dict[str, list[str]]:
    """Return the cells of each row by the name in its first one."""
    lines = [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in table.splitlines()[2:]]
    return {cells[0].strip("`"): cells[1:] for cells in lines}


def test_the_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert manual.updated(text) == text, f"run: {Path(sys.executable).name} -m tickhaul_sandbox.manual docs/sandbox.md"


def test_every_setting_has_a_default_and_a_reason() -> None:
    table = rows(manual.settings_table())
    assert list(table) == [item.name for item in fields(Settings)]
    for name, (default, reason) in table.items():
        assert default, name
        assert len(reason) > 20, name


def test_every_fault_is_explained() -> None:
    table = rows(manual.faults_table())
    assert list(table) == list(KINDS)
    assert all(summary for summary, *_ in table.values())


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("seed", "`0`"),
        ("csv_line_end", "`'\\n'`"),
        ("captures", "none"),
        ("faults", "none"),
        ("ns_as_strings", "`false`"),
        ("api_keys", "`key_sandbox.local`"),
        ("daily_stamp", "`%Y%m%d`"),
        ("account_states", "none"),
    ],
)
def test_defaults_are_shown_as_they_are_written(name: str, default: str) -> None:
    assert rows(manual.settings_table())[name][0] == default


def test_the_billing_states_say_what_they_block() -> None:
    shown = rows(manual.settings_table())["billing_blocks"][0]
    assert shown.startswith("`GRACE`: subscriptions.create, subscriptions.resume; `SUSPENDED`: exports.create, ")


def test_tables_are_written_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- settings -->\nold\n<!-- end -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        assert manual.main([str(page)]) == 0
        head, _, tail = page.read_text(encoding="utf-8").partition(manual.settings_table())
        assert (head, tail) == ("before\n<!-- settings -->\n\n", "\n<!-- end -->\nafter\n")


def test_without_a_page_the_tables_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert manual.main([]) == 0
    assert capsys.readouterr().out == f"{manual.settings_table()}\n{manual.faults_table()}"
