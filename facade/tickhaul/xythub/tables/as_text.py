"""Tables as CSV and as JSON, with the standard library alone."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tickhaul.xythub.tables.cells import as_text, json_default
from tickhaul.xythub.tables.rendering import check, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.xythub.tables.table import Table

    Target = str | os.PathLike[str] | IO[str] | None


def to_csv(table: Table, target: Target) -> str | None:
    """See `Table.to_csv`."""
    return _write(table, target, _write_csv)


def to_json(table: Table, target: Target) -> str | None:
    """See `Table.to_json`."""
    return _write(table, target, _write_json)


def _write(table: Table, target: Target, writer: Callable[[Table, IO[str]], None]) -> str | None:
    # Before a file that may be there is opened, which empties it.
    check(table)
    if target is None:
        text = io.StringIO(newline="")
        writer(table, text)
        return text.getvalue()
    if isinstance(target, str | os.PathLike):
        with Path(target).open("w", encoding="utf-8", newline="") as file:
            writer(table, file)
    else:
        writer(table, target)
    return None


def _write_csv(table: Table, file: IO[str]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in render(table):
        # Numbers are left to the writer, which gives floats in their shortest exact form.
        writer.writerow([cell if type(cell) in (str, int, float) else as_text(cell) for cell in row])


def _write_json(table: Table, file: IO[str]) -> None:
    names = table.column_names
    before = "[\n"
    for row in render(table):
        document = dict(zip(names, map(_finite, row), strict=True))
        file.write(before + json.dumps(document, ensure_ascii=False, allow_nan=False, default=json_default))
        before = ",\n"
    file.write("\n]\n" if table.row_count else "[]\n")


def _finite(cell: object) -> object:
    """A cell with its infinite numbers as text."""
    if isinstance(cell, float):
        return str(cell) if math.isinf(cell) else cell
    if isinstance(cell, list):
        return [_finite(part) for part in cell]
    if isinstance(cell, dict):
        return {name: _finite(part) for name, part in cell.items()}
    return cell
