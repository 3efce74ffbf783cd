"""Parquet files, written by DuckDB; the same bytes for the same rows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

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
    """
    import duckdb  # noqa: PLC0415 - heavy, and only Parquet and transforms need it

    # One thread, so that row groups come out in the order of the rows.
    with duckdb.connect(":memory:", config={"threads": 1}) as database:
        names = [f'"{column.replace(chr(34), chr(34) * 2)}"' for column in columns]
        declared = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
        database.execute(f"CREATE TABLE rows ({declared})")
        lists = ", ".join(f"unnest(${index}::{kind}[])" for index, kind in enumerate(types, 1))
        remaining = iter(rows)
        while batch := list(islice(remaining, _BATCH)):
            database.execute(f"INSERT INTO rows SELECT {lists}", [list(column) for column in zip(*batch, strict=True)])
        target = str(path).replace("'", "''")
        database.execute(
            f"COPY rows TO '{target}' "
            f"(FORMAT parquet, COMPRESSION {options['compression']}, ROW_GROUP_SIZE {options['row_group_size']})"
        )
