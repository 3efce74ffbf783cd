"""Cells of mixed columns: what type they have in common, and how they are written."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECOND = 1_000_000_000
_COMMON: tuple[type, ...] = (str, bool, int, float)


def common_type(cells: Iterable[object]) -> tuple[type, bool] | None:
    """The one type of all cells and whether they are lists of it, or ``None`` when they have none in common.

    Text, booleans, integers and floats are such types, and lists of one of them. Cells that are all null count as text.

    Args:
        cells: what `tickhaul.xythub.values` makes of a ``Value`` each.
    """
    present = [cell for cell in cells if cell is not None]
    are_lists = bool(present) and all(isinstance(cell, list) for cell in present)
    scalars = itertools.chain.from_iterable(cast("list[list[object]]", present)) if are_lists else present
    types = {type(scalar) for scalar in scalars if scalar is not None} or {str}
    (found, *others) = types
    return None if others or found not in _COMMON else (found, are_lists)


def as_json(value: object) -> str | None:
    """A cell as JSON text; ``None`` stays null.

    Args:
        value: what `tickhaul.xythub.values` makes of a ``Value``.
    """
    return None if value is None else to_json(value)


def to_json(value: object) -> str:
    """Cells as JSON, an infinite number, for which that has no form, as text.

    Args:
        value: what `tickhaul.xythub.values` makes of a ``Value``, also in lists and mappings.
    """
    return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, default=json_default)


def as_text(value: object) -> str:
    """A cell as it stands in CSV: text as it is, null as nothing, all else as in JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        return json_default(value)
    return as_json(value) or ""


def json_default(value: object) -> str:
    """What JSON has no form for, numpy's days and times, as ISO 8601 text."""
    if not isinstance(value, np.timedelta64):
        return str(value)
    seconds, nanoseconds = divmod(abs(int(value.astype("timedelta64[ns]").astype(np.int64))), _SECOND)
    sign = "-" if value < np.timedelta64(0, "ns") else ""
    minutes, seconds = divmod(seconds, 60)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{nanoseconds:09}"


def _finite(cell: object) -> object:
    if isinstance(cell, float):
        return str(cell) if math.isinf(cell) else cell
    if isinstance(cell, list):
        return [_finite(part) for part in cell]
    if isinstance(cell, dict):
        return {name: _finite(part) for name, part in cell.items()}
    return cell
