"""Operations of exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul_sandbox import billing
from tickhaul_sandbox.artifacts.csvfile import Dialect
from tickhaul_sandbox.artifacts.formats import resolve_format
from tickhaul_sandbox.artifacts.plan import HOUR, clip, partition
from tickhaul_sandbox.artifacts.recipe import FileRecipe
from tickhaul_sandbox.artifacts.tables import RawLayout
from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.errors import invalid_argument, permission_denied, refused
from tickhaul_sandbox.exports import Order
from tickhaul_sandbox.operations.schemas import read_checked
from tickhaul_sandbox.pages import SMALL
from tickhaul_sandbox.schemas.books import DEPTHS, BookLayout
from tickhaul_sandbox.schemas.layout import SchemaLayout
from tickhaul_sandbox.schemas.registry import RAW
from tickhaul_sandbox.times import parse_instant
from tickhaul_sandbox.wire import Answer, Call, positive_id

if TYPE_CHECKING:
    from tickhaul_sandbox.artifacts.plan import Piece
    from tickhaul_sandbox.artifacts.tables import Layout
    from tickhaul_sandbox.catalog import Datastream
    from tickhaul_sandbox.exports import Job
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.subscriptions import Subscription

_NO_DATA = "No recorded data in the requested range"


async def create(call: Call) -> Answer:
    """Answer `POST /v1/exports`."""
    service, settings = call.service, call.service.settings
    fields = call.fields("datastream_id", "start_time", "end_time", "schema", "format", "format_options")
    datastream_id = positive_id(fields.get("datastream_id"), "datastream_id")
    start, end = _range(call, fields)
    fmt, options = resolve_format(
        fields.get("format", "csv"),
        fields.get("format_options", {}),
        {"compression": settings.parquet_compression, "row_group_size": settings.parquet_row_group_size},
    )
    billing.require(settings, call.account, call.operation)
    stream = call.datastream(datastream_id)
    spans = _subscription(call, stream).recorded(service.clock.now_ns())
    layout = await _layout(call, fields.get("schema", RAW), stream)
    pieces = clip(spans, start, end)
    if not pieces and settings.no_overlap == "reject":
        raise invalid_argument(_NO_DATA)
    source = service.feed.source(service.catalog, stream)
    daily = end - start > settings.daily_parts_after_hours * HOUR
    dialect = Dialect(settings.csv_line_end, settings.csv_null, settings.csv_booleans, settings.csv_decimals)
    recipes = tuple(
        FileRecipe(part, source, layout, fmt, options, dialect, settings.gzip_level)
        for part in partition(stream, pieces, fmt, daily_stamp=settings.daily_stamp if daily else None)
    )
    failure = service.faults.reason_to_fail(call.operation)
    if not pieces and settings.no_overlap == "fail":
        failure = failure or _NO_DATA
    shown = _shown(call, start, end, pieces)
    order = Order(stream, *shown, fmt, options, () if failure else recipes, failure)
    return Answer(202, _body(call, call.account.exports.create(order)))


async def list_own(call: Call) -> Answer:
    """Answer `GET /v1/exports`."""
    direction = -1 if call.service.settings.list_order == "newest" else 1
    chosen = sorted(
        ((direction * job.created_ns, job.export_id, job) for job in await call.account.exports.all()),
        key=lambda entry: entry[:2],
    )
    page = call.service.paginator.cut(
        chosen, lambda entry: entry[:2], call.query, SMALL, f"exports/{call.account.name}"
    )
    items: list[Json] = [_body(call, job) for _, _, job in page.items]
    return Answer(
        200, {"items": items, "total": page.total, "limit": page.limit, "next_page_token": page.next_page_token}
    )


async def get(call: Call) -> Answer:
    """Answer `GET /v1/exports/{id}`."""
    return Answer(200, _body(call, await call.account.exports.get(call.path["id"])))


async def delete(call: Call) -> Answer:
    """Answer `DELETE /v1/exports/{id}`."""
    await call.account.exports.delete(call.path["id"])
    return Answer(204)


async def cancel(call: Call) -> Answer:
    """Answer `POST /v1/exports/{id}/cancel`."""
    await call.account.exports.cancel(call.path["id"])
    return Answer(204)


async def get_download(call: Call) -> Answer:
    """Answer `GET /v1/exports/{id}/download` with URLs that are good for a while."""
    export_id = call.path["id"]
    artifacts = await call.account.exports.artifacts(export_id)
    lifetime = call.service.settings.url_lifetime
    backdated = lifetime if call.service.faults.urls_expired(call.operation) else 0.0
    items: list[Json] = [
        {
            "id": artifact.artifact_id,
            "url": call.service.sign(export_id, artifact.filename, backdated),
            "bytes": artifact.size,
            "filename": artifact.filename,
        }
        for artifact in artifacts
    ]
    total = sum(artifact.size for artifact in artifacts)
    return Answer(200, {"artifacts": items, "count": len(items), "total_bytes": total})


def _range(call: Call, fields: JsonObject) -> tuple[int, int]:
    settings = call.service.settings
    naive_is_utc = settings.naive_times == "utc"
    start = parse_instant(fields.get("start_time"), "start_time", naive_is_utc=naive_is_utc)
    end = parse_instant(fields.get("end_time"), "end_time", naive_is_utc=naive_is_utc)
    if start >= end:
        raise invalid_argument("Invalid range: start_time must be before end_time")
    if end - start > settings.max_export_hours * HOUR:
        raise invalid_argument(
            "Invalid range: too long", {"max_hours": settings.max_export_hours, "provided": -(-(end - start) // HOUR)}
        )
    latest = call.service.clock.now_ns() + round(settings.future_tolerance * SECOND)
    if settings.future_end == "reject" and end > latest:
        raise invalid_argument("Invalid end_time: must not be in the future")
    return start, end


def _subscription(call: Call, stream: Datastream) -> Subscription:
    """Return the living subscription an export needs.

    Raises:
        ApiError: 403 if it is deleted; 403 or 404, as the settings say, if there never was one.
    """
    subscription = call.account.subscriptions.of_stream(stream)
    if subscription is None:
        message = f"No subscription for datastream {stream.datastream_id}"
        raise refused(call.service.settings.unsubscribed_export, message)
    if subscription.status == "deleted":
        raise permission_denied("Subscription has been deleted")
    return subscription


async def _layout(call: Call, schema: Json, stream: Datastream) -> Layout:
    """Return what the `schema` of an export makes of messages; later changes of the schema do not touch it.

    Raises:
        ApiError: 400 for one that is malformed or for another category, 404 for one that is not there.
    """
    settings = call.service.settings
    if schema == RAW:
        return RawLayout(settings.raw_column)
    if settings.books_from_updates and stream.category == "book_update" and schema in DEPTHS:
        return BookLayout(str(schema), stream.exchange, call.service.cage)
    if isinstance(schema, str):
        content = call.account.schemas.find(schema, stream.category, settings.schema_mismatch).published
    elif isinstance(schema, dict):
        call.check_known(schema, ("columns", "unfold", "derive"))
        content = await read_checked(call, schema)
    else:
        raise invalid_argument("Invalid schema: must be a name, an id or an object")
    return SchemaLayout(content, stream.exchange, call.service.cage)


def _shown(call: Call, start: int, end: int, pieces: tuple[Piece, ...]) -> tuple[int, int]:
    if call.service.settings.echo_range == "clipped" and pieces:
        return pieces[0].start_ns, pieces[-1].end_ns
    return start, end


def _body(call: Call, job: Job) -> JsonObject:
    return job.body(call.service.clock.now_ns(), ns_as_strings=call.service.settings.ns_as_strings)
