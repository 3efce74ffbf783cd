"""What tables show of each model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.cli.output import Column
from tickhaul.cli.text import instant, moment, size

if TYPE_CHECKING:
    from tickhaul.models import (
        Artifact,
        AvailabilityRange,
        BillingSummary,
        Datastream,
        Exchange,
        ExportJob,
        Instrument,
        Schema,
        SchemaListItem,
        Span,
        Subscription,
        SubscriptionDetail,
    )
    from tickhaul.transfer import DownloadedFile, FileCheck

EXCHANGE: list[Column[Exchange]] = [
    Column("EXCHANGE", lambda it: it.code),
    Column("NAME", lambda it: it.display_name),
]
INSTRUMENT: list[Column[Instrument]] = [
    Column("INSTRUMENT", lambda it: it.symbol),
    Column("BASE", lambda it: it.base),
    Column("QUOTE", lambda it: it.quote),
    Column("TYPE", lambda it: it.instrument_type),
]
DATASTREAM: list[Column[Datastream]] = [
    Column("ID", lambda it: it.datastream_id, right=True),
    Column("EXCHANGE", lambda it: it.exchange),
    Column("INSTRUMENT", lambda it: it.instrument),
    Column("STREAM", lambda it: it.stream_type),
    Column("WIRE", lambda it: it.wire_format),
]
RANGE: list[Column[AvailabilityRange]] = [
    Column("FROM", lambda it: instant(it.from_)),
    Column("TO", lambda it: instant(it.to)),
    Column("ROWS (ABOUT)", lambda it: f"{it.rows_estimate:,}", right=True),
]


def _name(datastream: Datastream | None) -> str | None:
    if datastream is None:
        return None
    return f"{datastream.exchange} {datastream.instrument} {datastream.stream_type}"


_EITHER_SUBSCRIPTION: list[Column[Subscription | SubscriptionDetail]] = [
    Column("SUBSCRIPTION", lambda it: it.id),
    Column("STATUS", lambda it: it.status),
    Column("STREAM", lambda it: _name(it.datastream)),
    Column("SINCE", lambda it: moment(it.created_at)),
]
SUBSCRIPTION: list[Column[Subscription]] = [
    *_EITHER_SUBSCRIPTION,
    Column("DATASTREAM", lambda it: it.datastream_id, right=True),
]
NEW_SUBSCRIPTION: list[Column[SubscriptionDetail]] = [
    *_EITHER_SUBSCRIPTION,
    Column("DATASTREAM", lambda it: it.datastream.datastream_id, right=True),
]
SPAN: list[Column[Span]] = [
    Column("SPAN", lambda it: it.id),
    Column("FROM", lambda it: moment(it.started_at)),
    Column("TO", lambda it: "still recording" if it.ended_at is None else moment(it.ended_at)),
]
EXPORT: list[Column[ExportJob]] = [
    Column("EXPORT", lambda it: it.id),
    Column("STATUS", lambda it: it.status),
    Column("DATASTREAM", lambda it: it.datastream_id, right=True),
    Column("FROM", lambda it: instant(it.start_time)),
    Column("TO", lambda it: instant(it.end_time)),
    Column("FORMAT", lambda it: it.format),
    Column("CREATED", lambda it: moment(it.created_at)),
]
EXPORT_WHOLE: list[Column[ExportJob]] = [
    *EXPORT,
    Column("STARTED", lambda it: moment(it.started_at)),
    Column("FINISHED", lambda it: moment(it.finished_at)),
    Column("REASON", lambda it: it.reason),
]
ARTIFACT: list[Column[Artifact]] = [
    Column("FILE", lambda it: it.filename),
    Column("BYTES", lambda it: it.bytes, right=True),
    Column("URL", lambda it: it.url),
]
FILE: list[Column[DownloadedFile]] = [
    Column("FILE", lambda it: it.path),
    Column("SIZE", lambda it: size(it.bytes), right=True),
    Column("HOW", lambda it: "was there" if it.already_there else "resumed" if it.resumed else "fetched"),
]
FILE_HASHED: list[Column[DownloadedFile]] = [*FILE, Column("SHA-256", lambda it: it.sha256)]
CHECK: list[Column[FileCheck]] = [
    Column("FILE", lambda it: it.filename),
    Column("OK", lambda it: "yes" if it.ok else "no"),
    Column("CHECKED", lambda it: ", ".join(it.checked)),
    Column("PROBLEM", lambda it: it.problem),
]
SCHEMA: list[Column[Schema | SchemaListItem]] = [
    Column("SCHEMA", lambda it: it.id),
    Column("NAME", lambda it: it.name),
    Column("CATEGORY", lambda it: it.stream_category),
    Column("KIND", lambda it: "built in" if it.is_built_in else "own"),
    Column("VERSION", lambda it: it.version, right=True),
    Column("DRAFT", lambda it: "yes" if it.has_draft else "no"),
]
SCHEMA_WHOLE: list[Column[Schema]] = [
    *SCHEMA,
    Column("COLUMNS", lambda it: ", ".join(column.output_column for column in it.columns)),
]
BILLING: list[Column[BillingSummary]] = [
    Column("ACCESS", lambda it: it.access_status),
    Column("PLAN", lambda it: it.plan_code),
    Column("PERIOD ENDS", lambda it: moment(it.current_period_end)),
    Column("GRACE ENDS", lambda it: moment(it.grace_until)),
    Column("EXPORTED", lambda it: f"{it.usage.export_gb_total} GiB"),
    Column("EXTRA EXPORTS", lambda it: f"{it.usage.export_gb_extra} GiB"),
    Column("EXTRA STREAM MINUTES", lambda it: f"{it.usage.extra_stream_minutes_total:,}"),
]
