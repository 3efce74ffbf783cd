"""The SQL of transforms, run by DuckDB.

A transform is one scalar expression over `{v}`. It is parsed before it is run, and only what computes a value from `{v}`
is let through: no subquery, no window, no other column, no function but those of a list (see `functions`). The database
it runs in has no access to files or the network. What it may cost is not decided here: DuckDB cannot be held to a limit
of memory or time from within, so whatever a client wrote runs in a process that can be killed (see `cage`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tickhaul_sandbox import duck
from tickhaul_sandbox.schemas import functions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tickhaul_sandbox.artifacts.tables import Value

_CONFIG = {
    "memory_limit": "512MB",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_NODES = frozenset(
    [
        "BETWEEN",
        "CASE",
        "CAST",
        "COLLATE",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "OPERATOR",
        "TYPE",
    ]
)
# Transforms whose check is remembered; a schema has about as many.
_REMEMBERED = 256
# What a result may be; a value of any other type is written as text.
_KEPT = re.compile(r"BOOLEAN|DECIMAL\([0-9]+,[0-9]+\)|DOUBLE|FLOAT|U?(BIG|HUGE|SMALL|TINY)INT|U?INTEGER|VARCHAR")


class TransformError(Exception):
    """A transform that cannot be run, or failed."""


class Evaluator:
    """A database without access to anything, which whoever makes it closes."""

    def __init__(self) -> None:
        from duckdb import Error  # noqa: PLC0415 - heavy, and only Parquet and transforms need it

        self._error = Error
        self._checked: dict[tuple[str, str], str] = {}
        self._database = duck.connect(_CONFIG)
        self._database.execute("SET lock_configuration = true")

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def check(self, transform: str, kind: str) -> str:
        """Return the DuckDB type of a transform's result.

        Args:
            transform: The expression.
            kind: The DuckDB type of `{v}`.

        Raises:
            TransformError: If it is no expression that may be run.
        """
        known = self._checked.get((transform, kind))
        if known is not None:
            return known
        self._inspect(transform)
        query = f"DESCRIBE SELECT (\n{_filled(transform)}\n) AS r FROM (SELECT NULL::{kind} AS v)"  # noqa: S608 - inspected
        [(_, result, *_)] = self._execute(query)
        if len(self._checked) >= _REMEMBERED:
            self._checked.clear()
        kept = self._checked[transform, kind] = str(result) if _KEPT.fullmatch(str(result)) else "VARCHAR"
        return kept

    def run(self, transform: str, kind: str, values: Sequence[Value]) -> list[Value]:
        """Return the result for each value.

        Args:
            transform: The expression.
            kind: The DuckDB type of the values.
            values: What `{v}` stands for; texts will do, whatever the type.

        Raises:
            TransformError: If it may not be run, or fails.
        """
        kept = self.check(transform, kind)
        query = (
            f"SELECT CAST((\n{_filled(transform)}\n) AS {kept}) "  # noqa: S608 - inspected
            f"FROM (SELECT {duck.column(1, kind)} AS v)"
        )
        return [row[0] for row in self._execute(query, [duck.pack(values)])]

    def _inspect(self, transform: str) -> None:
        [(text,)] = self._execute("SELECT json_serialize_sql($1::VARCHAR)", [_wrapped(_filled(transform))])
        try:
            self._inspect_tree(json.loads(text))
        except RecursionError:
            raise TransformError("is nested too deeply") from None

    def _inspect_tree(self, tree: Any) -> None:  # any JSON
        if tree.get("error"):
            raise TransformError(str(tree.get("error_message")))
        [(plain,)] = self._execute("SELECT json_serialize_sql($1::VARCHAR)", [_wrapped("1")])
        expressions = _take_expressions(tree)
        if len(expressions) != 1 or _frame(tree) != _frame(json.loads(plain)):
            raise TransformError("must be a single expression")
        if expressions[0].get("alias") != "r":
            raise TransformError("must not name its result")
        for node in _nodes(expressions):
            self._admit(node)

    def _admit(self, node: dict[str, Any]) -> None:
        if node["class"] not in _NODES:
            raise TransformError(f"{str(node['class']).replace('_', ' ').lower()} is not supported")
        if node["class"] == "COLUMN_REF" and node.get("column_names") != ["v"]:
            raise TransformError(f"unknown name {'.'.join(node.get('column_names', []))}: only {{v}} is there")
        name = functions.function_of(node)
        if node["class"] == "FUNCTION" and (node.get("schema") or name not in functions.FUNCTIONS):
            raise TransformError(f"function {name} is not supported")
        if node["class"] == "CAST" and functions.type_of(node) not in functions.TYPES:
            raise TransformError(f"a cast to {functions.type_of(node)} is not supported")

    def _execute(self, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, parameters).fetchall()
        except self._error as error:
            raise TransformError(str(error).partition("\n")[0]) from error


def _filled(transform: str) -> str:
    return transform.replace("{v}", "v")


def _wrapped(expression: str) -> str:
    # On lines of their own, so that a comment at the end of the expression does not swallow the parenthesis.
    return f"SELECT (\n{expression}\n) AS r FROM batch"  # noqa: S608 - only ever parsed


def _take_expressions(tree: dict[str, Any]) -> list[dict[str, Any]]:
    statements = tree["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    taken: list[dict[str, Any]] = node.get("select_list", [])
    node["select_list"] = []
    return taken


def _frame(tree: Any) -> Any:  # any JSON
    """Return a parse tree without its expressions and positions, to be compared."""
    if isinstance(tree, dict):
        return {
            key: [] if key == "select_list" else _frame(value)
            for key, value in tree.items()
            if not key.startswith("query_location")
        }
    return [_frame(item) for item in tree] if isinstance(tree, list) else tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:  # any JSON
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _nodes(item)
