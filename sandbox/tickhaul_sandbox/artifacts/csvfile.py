"""CSV files: gzipped, with a header, the same bytes for the same rows.

The dialect is RFC 4180's; null is an empty field, an empty string a quoted one.
"""

from __future__ import annotations

import gzip
import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tickhaul_sandbox.artifacts.tables import Row, Value

_NEEDS_QUOTES = re.compile(r'[",\r\n]|^$')
_LINES_PER_WRITE = 1024


def write_csv(file: BinaryIO, columns: Sequence[str], rows: Iterable[Row], *, line_end: str, level: int) -> None:
    """Write a gzipped CSV file.

    Args:
        file: Where to.
        columns: The header.
        rows: The rows.
        line_end: What ends a line.
        level: How hard to compress, 1 to 9.
    """
    # A gzip header may hold a name and a time; left empty, the same rows make the same bytes.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=level, fileobj=file, mtime=0) as packed:
        lines = [",".join(map(render, columns)) + line_end]
        for row in rows:
            lines.append(",".join(map(render, row)) + line_end)
            if len(lines) >= _LINES_PER_WRITE:
                packed.write("".join(lines).encode())
                lines.clear()
        packed.write("".join(lines).encode())


def render(value: Value) -> str:
    """Return a value as a CSV field."""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"' if _NEEDS_QUOTES.search(value) else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
