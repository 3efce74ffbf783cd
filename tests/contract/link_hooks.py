"""Beside what `hooks.py` tells: what is made to follow links from can be made."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING, Any

import schemathesis

from tests.contract import hooks

if TYPE_CHECKING:
    from schemathesis import HookContext

__all__ = ["hooks", "map_body"]

_COLUMNS = [{"output_column": "received", "meta": {"value": "collection_timestamp_ns"}}]


#: A datastream that test_search.py has subscribed to, and a range that was recorded of it.
STREAM = 1000
START, END = "2024-01-15T09:45:00Z", "2024-01-15T10:15:00Z"
#: Datastreams that nobody is subscribed to yet, each used once: what is there already cannot be made.
_STREAMS = itertools.count(2000)


@schemathesis.hook
def map_body(context: HookContext, body: Any) -> Any:
    """Have a creation succeed that keeps the contract; few made-up ones keep the rules no JSON Schema can say."""
    if context.operation is None or not isinstance(body, dict):
        return body
    name = context.operation.definition.raw["operationId"]
    if name == "create_subscription":
        return {"datastream_id": next(_STREAMS)}
    if name == "create_export_schema":
        return {"name": f"link {uuid.uuid4()}", "stream_category": "trade", "columns": _COLUMNS}
    if name == "create_export":
        return {"datastream_id": STREAM, "start_time": START, "end_time": END, "format": body.get("format", "csv")}
    return {"columns": _COLUMNS} if "columns" in body else body
