"""The tables of settings and faults, made from the code they describe.

`python -m tickhaul_sandbox.manual` prints them; with the name of a Markdown file it writes them into that, between
`<!-- settings -->` and `<!-- end -->`, and `<!-- faults -->` and `<!-- end -->`.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from tickhaul_sandbox.faults import KINDS
from tickhaul_sandbox.settings import Settings
from tickhaul_sandbox.xythub.settings import HubSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_ATTRIBUTE = re.compile(r"    (\w+): (.+)")


def settings_table() -> str:
    """Return every setting with its default and its reason as a table of Markdown."""
    reasons, defaults = _reasons(inspect.getdoc(Settings) or ""), Settings()
    names = [item.name for item in fields(Settings)]
    rows = [(f"`{name}`", _shown(getattr(defaults, name)), reasons[name]) for name in names]
    return _table(("Setting", "Default", "What it is, and why"), rows)


def faults_table() -> str:
    """Return every kind of fault with what it hits and its options as a table of Markdown."""
    rows = [
        (
            f"`{name}`",
            kind.summary,
            "every operation" if kind.target == "*" else f"`{kind.target}`",
            "yes" if kind.storage else "no",
            ", ".join(f"`{option}={value}`" for option, value in kind.options.items()),
        )
        for name, kind in KINDS.items()
    ]
    return _table(("Kind", "What happens", "Hits unless told otherwise", "Downloads too", "Options"), rows)


def updated(text: str) -> str:
    """Return a page of Markdown with its tables made anew."""
    for name, table in _TABLES.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->\n"
        head, found, rest = text.partition(begin)
        _, closed, tail = rest.partition(end)
        if found and closed:
            text = f"{head}{begin}\n{table()}\n{end}{tail}"
    return text


def main(arguments: Sequence[str]) -> int:
    """Print the tables, or write them into pages.

    Args:
        arguments: The names of the pages.

    Returns:
        The exit code.
    """
    for name in arguments:
        page = Path(name)
        page.write_text(updated(page.read_text(encoding="utf-8")), encoding="utf-8")
    if not arguments:
        sys.stdout.write("\n".join(table() for table in _TABLES.values()))
    return 0


def _reasons(docstring: str) -> dict[str, str]:
    """Return the description of each attribute in a docstring, on one line."""
    reasons: dict[str, str] = {}
    name = ""
    for line in docstring.partition("Attributes:\n")[2].splitlines():
        if match := _ATTRIBUTE.fullmatch(line):
            name, reasons[match[1]] = match[1], match[2]
        elif name and line.strip():
            reasons[name] += f" {line.strip()}"
    return reasons


def _shown(value: object) -> str:
    if isinstance(value, HubSettings):
        return "its own settings"
    if isinstance(value, Mapping):
        blocked = {str(state): ", ".join(sorted(names)) for state, names in value.items() if names}
        return "; ".join(f"`{state}`: {names}" for state, names in blocked.items()) or "none"
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value!r}`" if isinstance(value, str) and not value.isprintable() else f"`{value}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


_TABLES: dict[str, Callable[[], str]] = {"settings": settings_table, "faults": faults_table}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
