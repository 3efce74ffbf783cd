"""The public surface as its source states it: names, signatures, and where each type comes from."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

RESOURCES = {
    "exchanges": "Exchanges",
    "datastreams": "Datastreams",
    "availability": "Availabilities",
    "subscriptions": "Subscriptions",
    "exports": "Exports",
    "export_schemas": "ExportSchemas",
    "billing": "Billing",
}


class Method(NamedTuple):
    """A public method or property of a class people use."""

    owner: type
    name: str
    function: object

    @property
    def label(self) -> str:
        """Where it is, in words."""
        return f"{self.owner.__name__}.{self.name}"


def classes(side: str) -> dict[str, type]:
    """The classes of one side that people use, by the name of the sync one."""
    prefix = "Async" if side == "_async" else ""
    found = {
        "Client": getattr(importlib.import_module(f"tickhaul.{side}.client"), f"{prefix}Client"),
        "Pages": getattr(importlib.import_module(f"tickhaul.{side}.pages"), f"{prefix}Pages"),
    }
    for module, name in RESOURCES.items():
        home = importlib.import_module(f"tickhaul.{side}.resources.{module}")
        found[name] = getattr(home, f"{prefix}{name}")
    return found


def methods(owner: type) -> Iterator[Method]:
    """The public methods and properties of a class, and how it is built, entered, left and walked."""
    for name, member in vars(owner).items():
        if name.startswith("_") and name not in ("__init__", "__iter__", "__aiter__", "__enter__", "__aenter__"):
            continue
        function = getattr(member, "fget", None) or getattr(member, "func", None) or member
        if inspect.isfunction(function):
            yield Method(owner, name, function)


def origins(module: str) -> dict[str, str]:
    """Where each imported name of a module comes from, type checkers' imports included."""
    path = importlib.import_module(module).__file__
    assert path is not None
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update({alias.asname or alias.name: node.module for alias in node.names})
        elif isinstance(node, ast.Import):
            found.update({(alias.asname or alias.name).partition(".")[0]: alias.name for alias in node.names})
    return found


def names_in(annotation: str) -> set[str]:
    """The names an annotation uses."""
    return {node.id for node in ast.walk(ast.parse(annotation, mode="eval")) if isinstance(node, ast.Name)}
