"""The generated models by the name of their schema."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Any

from ticksupply_api import models

from tests.spec.contract import COMPONENTS

SCHEMAS: dict[str, dict[str, Any]] = COMPONENTS["schemas"]
ALL = {name: getattr(models, name) for name in models.__all__}
ENUMS = {name: kind for name, kind in ALL.items() if issubclass(kind, StrEnum)}
MODELS = {name: kind for name, kind in ALL.items() if name not in ENUMS}
EXAMPLES = [(name, example) for name in sorted(MODELS) for example in SCHEMAS[name]["examples"]]


def endpoint(tag: str, operation: str) -> Any:
    """Import the module of an operation; `Any`, as what is tested is that its parts are there."""
    return import_module(f"ticksupply_api.api.{tag}.{operation}")


def without_nulls(value: Any) -> Any:
    """Leave out fields that are null, as models do."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
