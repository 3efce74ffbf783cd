"""Parquet files, written by DuckDB; the same bytes for the same rows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from tickhaul_sandbox import duck
from tickhaul_sandbox.artifacts.tables import LayoutError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tickhaul_sandbox.artifacts.tables import Row
    from tickhaul_sandbox.jsontypes import JsonObject

_BATCH = 8192


def write_parquet(
    path: Path, columns: Sequence[str], types: Sequence[str], rows: Iterable[Row], options: JsonObject
) -> None:
    """Write a Parquet file.

    Args:
        path: Where to.
        columns: The names of the columns.
        types: The DuckDB type of each column.
        rows: The rows.
        options: `compression` and `row_group_size`.

    Raises:
        LayoutError: If two columns have the same name, but for the case.
    """
    # DuckDB would call the second one otherwise.
    known: set[str] = set()
    for name in columns:
        if name.casefold() in known:
            raise LayoutError(f"A Parquet file cannot hold two columns named {name}")
        known.add(name.casefold())
    with duck.connect() as database:
        declared = ", ".join(f"{duck.quoted(name)} {kind}" for name, kind in zip(columns, types, strict=True))
        database.execute(f"CREATE TABLE rows ({declared})")
        values = ", ".join(duck.column(index, kind) for index, kind in enumerate(types, 1))
        insert = f"INSERT INTO rows SELECT {values}"
        remaining = iter(rows)
        while batch := list(islice(remaining, _BATCH)):
            database.execute(insert, [duck.pack(column) for column in zip(*batch, strict=True)])
        target = str(path).replace("'", "''")
        database.execute(
            f"COPY rows TO '{target}' "
            f"(FORMAT parquet, COMPRESSION {options['compression']}, ROW_GROUP_SIZE {options['row_group_size']})"
        )
