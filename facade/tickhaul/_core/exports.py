"""The request that starts an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul._core.arguments import one_of
from tickhaul._core.schemas import export_schema, read_optional
from tickhaul._core.times import to_ns, to_text
from tickhaul._threads import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ticksupply_api.models import (
        CreateExportRequest,
        ExportFormat,
        FormatOptions,
        InlineSchema,
        Schema,
        SchemaListItem,
    )

    from tickhaul._core.times import TimeLike


def creation_body(
    datastream_id: int,
    start: TimeLike,
    end: TimeLike,
    *,
    schema: str | Schema | SchemaListItem | InlineSchema | Mapping[str, object] | None,
    format: ExportFormat | str | None,  # noqa: A002 (the service's own name for it)
    format_options: FormatOptions | Mapping[str, object] | None,
    now: int,
) -> CreateExportRequest:
    """The body that creates an export.

    Args:
        datastream_id: what to export.
        start: the first moment.
        end: the moment after the last.
        schema: its columns.
        format: the file format.
        format_options: options of the format.
        now: the present, in nanoseconds.

    Raises:
        ValueError: the range is empty, or an argument is not understood.
        TypeError: an argument is of the wrong type.
    """
    load("ticksupply_api.models.create_export_request")
    from ticksupply_api import models  # noqa: PLC0415 (models load with their first use)

    start_ns, end_ns = to_ns(start, now=now), to_ns(end, now=now)
    if start_ns >= end_ns:
        raise ValueError(f"start {to_text(start_ns)} is not before end {to_text(end_ns)}")
    return models.CreateExportRequest(
        datastream_id=datastream_id,
        # As text, a form the service documents: a proxy that reads JSON numbers as floats cannot round it.
        start_time=str(start_ns),
        end_time=str(end_ns),
        schema=export_schema(schema),
        format=None if format is None else models.ExportFormat(one_of("format", format, list(models.ExportFormat))),
        format_options=read_optional("format_options", models.FormatOptions, format_options),
    )
