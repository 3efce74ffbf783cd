"""Handing columns of values to DuckDB, which is loaded by whoever uses it first.

A column travels as one JSON array of texts and is cast on arrival: binding a list of values one by one is slow in many
versions of DuckDB.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from tickhaul_sandbox.artifacts.tables import Value


def connect(config: Mapping[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that works in one thread, so that rows keep their order.

    Args:
        config: Further configuration, with values of the types DuckDB wants.
    """
    import duckdb  # noqa: PLC0415 - heavy, and only Parquet and transforms need it

    return duckdb.connect(":memory:", config={"threads": 1, **(config or {})})


def column(parameter: int, kind: str) -> str:
    """Return SQL that turns a parameter made by `pack` into rows.

    Args:
        parameter: The number of the parameter, from 1.
        kind: The DuckDB type of the rows.
    """
    return f"CAST(unnest(from_json(${parameter}::VARCHAR, '[\"VARCHAR\"]')) AS {kind})"


def pack(values: Iterable[Value]) -> str:
    """Return a column of values as a parameter."""
    return json.dumps([text(value) for value in values])


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: Value) -> str | None:
    """Return a value as the text DuckDB casts it from."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else repr(value) if isinstance(value, float) else str(value)
