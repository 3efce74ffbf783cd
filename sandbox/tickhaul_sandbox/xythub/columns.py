"""Tables of contract 2.0.0, from rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tickhaul_sandbox.xythub.moments import EPOCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tickhaul_sandbox.xythub.protobuf import Message

    # What a cell is depends on its column.
    Row = Mapping[str, Any]

#: How a column of a documented type is sent (section 9.3).
_MEMBERS = {
    "s": "string_list",
    "i": "integer_list",
    "f": "double_list",
    "b": "bool_list",
    "d": "days_list",
    "t": "nanoseconds_list",
    "l": "mixed_list",
}
#: What stands for a cell without a value (sections 6.1 and 9.3); days and times always have one here.
_EMPTY: Mapping[str, object] = {"s": "", "i": -(2**63), "f": float("nan")}


def table(columns: str, rows: Sequence[Row], warning: str | None = None, **meta: Message | None) -> Message:
    """Return an answer with documented columns; empty lists keep their kind.

    Args:
        columns: `name:kind` each.
        rows: Their cells by name; a text or a number that is left out is empty.
        warning: What the header warns of.
        meta: What is said beside the table; `None` is left out.
    """
    found = {}
    for name, kind in (column.split(":") for column in columns.split()):
        cells = [row[name] if kind not in _EMPTY else row.get(name, _EMPTY[kind]) for row in rows]
        if kind == "d":
            cells = [(cell - EPOCH).days for cell in cells]
        if kind == "l":
            cells = [{"list": {"string_list": {"values": cell}}} for cell in cells]
        found[name] = {_MEMBERS[kind]: {"values": cells}}
    return {
        "header": {"warning_message": warning},
        "data": {"columns": found},
        "meta": {name: value for name, value in meta.items() if value is not None},
    }
