"""``Value``, which holds anything, and what it is in Python.

Dates and times come out as numpy's scalars, which keep their unit and every digit: ``datetime64[D]`` for days,
``timedelta64[ns]`` since midnight for times of day, ``datetime64[ns]`` for timestamps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tickhaul._core.deadline import watched

if TYPE_CHECKING:
    from tickhaul.xythub.contracts import Contract

#: As in the columns of a table.
_NULLS = {
    "integer": -(2**63),
    "days": -(2**31),
    "milliseconds": -(2**31),
    "nanoseconds": -(2**63),
    "timestamp": -(2**63),
}


def read_value(value: Any, contract: Contract) -> object:
    """The Python value of a ``Value``; ``None`` for one that is empty or null.

    Args:
        value: the message, of the contract's own class.
        contract: the version it belongs to.
    """
    member = value.WhichOneof("type")
    if member is None:
        return None
    content = getattr(value, member)
    if member == "object":
        return {name: read_value(field, contract) for name, field in watched(content.fields.items())}
    if member == "list":
        return read_list(content, contract)
    return _read_scalar(member.removesuffix("_value"), content, contract)


def read_list(values: Any, contract: Contract) -> list[object]:
    """The Python values of a ``ValueList``.

    Args:
        values: the message, of the contract's own class.
        contract: the version it belongs to.
    """
    member = values.WhichOneof("list_type")
    if member is None:
        return []
    content = getattr(values, member).values
    if member == "mixed_list":
        return [read_value(value, contract) for value in watched(content)]
    kind = "timestamp" if member == "timestamps_list" else member.removesuffix("_list")
    return [_read_scalar(kind, value, contract) for value in watched(content)]


def _read_scalar(kind: str, content: Any, contract: Contract) -> object:
    if kind == "double":
        return None if math.isnan(content) else content
    if kind == "time":
        return np.timedelta64(content.milliseconds * 1_000_000 + content.nanoseconds, "ns")
    if kind == "date":
        kind, content = "days", int(contract.read_dates([content])[0])
    if content == _NULLS.get(kind):
        return None
    if kind == "days":
        return np.datetime64(content, "D")
    if kind == "milliseconds":
        return np.timedelta64(content * 1_000_000, "ns")
    if kind == "nanoseconds":
        return np.timedelta64(content, "ns")
    if kind == "timestamp":
        return np.datetime64(content, "ns")
    return content
