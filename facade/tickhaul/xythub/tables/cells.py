"""Single cells as text, for mixed columns."""

from __future__ import annotations

import json

import numpy as np

_SECOND = 1_000_000_000


def as_json(value: object) -> str | None:
    """A cell as JSON text; ``None`` stays null.

    Args:
        value: what `tickhaul.xythub.values` makes of a ``Value``.
    """
    return None if value is None else json.dumps(value, ensure_ascii=False, default=_as_text)


def as_text(value: object) -> str:
    """A cell as it stands in CSV: text as it is, null as nothing, all else as in JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        return _as_text(value)
    return as_json(value) or ""


def _as_text(value: object) -> str:
    if not isinstance(value, np.timedelta64):
        return str(value)
    seconds, nanoseconds = divmod(abs(int(value.astype("timedelta64[ns]").astype(np.int64))), _SECOND)
    sign = "-" if value < np.timedelta64(0) else ""
    minutes, seconds = divmod(seconds, 60)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{nanoseconds:09}"
