"""Tables as CSV and as JSON, with the standard library alone."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tickhaul._files import replacing
from tickhaul.xythub.tables import cells
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
    # Before a pipe or an open file gets the first half of what cannot be written whole.
    check(table)
    if target is None:
        text = io.StringIO(newline="")
        writer(table, text)
        return text.getvalue()
    if isinstance(target, str | os.PathLike):
        with replacing(Path(target)) as file:
            text_file = io.TextIOWrapper(file, "utf-8", newline="")
            writer(table, text_file)
            text_file.detach()
    else:
        writer(table, target)
    return None


class _Lines:
    """Ends lines with a line feed where csv ends them with a carriage return too.

    Readers take either for an end, and in Python's older releases csv quotes only what its own lines end with.

    Args:
        file: where the lines go.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, line: str) -> int:
        """Take a whole line."""
        return self._file.write(f"{line[:-2]}\n")


def _write_csv(table: Table, file: IO[str]) -> None:
    writer = csv.writer(_Lines(file), lineterminator="\r\n")
    writer.writerow(table.column_names)
    for row in render(table):
        # Numbers are left to the writer, which gives floats in their shortest exact form.
        writer.writerow([cell if type(cell) in (str, int, float) else cells.as_text(cell) for cell in row])


def _write_json(table: Table, file: IO[str]) -> None:
    names = table.column_names
    before = "[\n"
    for row in render(table):
        file.write(before + cells.to_json(dict(zip(names, row, strict=True))))
        before = ",\n"
    file.write("\n]\n" if table.row_count else "[]\n")
