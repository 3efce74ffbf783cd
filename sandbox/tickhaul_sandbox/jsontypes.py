"""The shape of JSON, for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | Decimal | bool | None"
JsonObject: TypeAlias = "dict[str, Json]"
