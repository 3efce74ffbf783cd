"""CSV files: gzipped, with a header, the same bytes for the same rows.

The dialect is RFC 4180's, which leaves open how null, truth and decimals are written.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tickhaul_sandbox.artifacts.tables import Row, Value

_NEEDS_QUOTES = re.compile(r'[",\r\n]|^$')
_LINES_PER_WRITE = 1024


@dataclass(frozen=True)
class Dialect:
    """What RFC 4180 leaves open.

    Attributes:
        line_end: What ends a line.
        null: `empty` (an empty string is quoted then), or `backslash-n`.
        booleans: `words` (true, false) or `digits` (1, 0).
        decimals: `shortest`, or `padded` to the places of their type.
    """

    line_end: str = "\n"
    null: str = "empty"
    booleans: str = "words"
    decimals: str = "shortest"

    def render(self, value: Value) -> str:
        """Return a value as a CSV field."""
        if value is None:
            return "" if self.null == "empty" else "\\N"
        if isinstance(value, bool):
            return ("1" if value else "0") if self.booleans == "digits" else ("true" if value else "false")
        if isinstance(value, Decimal):
            return f"{value:f}" if self.decimals == "padded" else _plain(value)
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, str):
            return '"' + value.replace('"', '""') + '"' if _NEEDS_QUOTES.search(value) else value
        return repr(value)


def write_csv(file: BinaryIO, columns: Sequence[str], rows: Iterable[Row], *, dialect: Dialect, level: int) -> None:
    """Write a gzipped CSV file.

    Args:
        file: Where to.
        columns: The header.
        rows: The rows.
        dialect: How values are written.
        level: How hard to compress, 1 to 9.
    """
    # A gzip header may hold a name and a time; left empty, the same rows make the same bytes.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=level, fileobj=file, mtime=0) as packed:
        lines = [",".join(map(dialect.render, columns)) + dialect.line_end]
        for row in rows:
            lines.append(",".join(map(dialect.render, row)) + dialect.line_end)
            if len(lines) >= _LINES_PER_WRITE:
                packed.write("".join(lines).encode())
                lines.clear()
        packed.write("".join(lines).encode())


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
