"""How each record becomes JSON for the state file, and is made from it again: the only place that knows.

Whatever a reader depends on here is promised to the files already written: a change needs another `FORMAT`.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args

from tickhaul_sandbox.artifacts.csvfile import Dialect
from tickhaul_sandbox.artifacts.formats import resolve_format
from tickhaul_sandbox.artifacts.plan import Part, Piece
from tickhaul_sandbox.artifacts.recipe import FileRecipe
from tickhaul_sandbox.artifacts.store import Artifact
from tickhaul_sandbox.artifacts.tables import RawLayout
from tickhaul_sandbox.exports import Job, Order
from tickhaul_sandbox.idempotency import Replay
from tickhaul_sandbox.market.streams import CATEGORIES
from tickhaul_sandbox.schemas.books import BookLayout
from tickhaul_sandbox.schemas.content import Rules, read_content
from tickhaul_sandbox.schemas.layout import SchemaLayout
from tickhaul_sandbox.schemas.registry import Schema
from tickhaul_sandbox.subscriptions import Span, Status, Subscription
from tickhaul_sandbox.wire import INT64_MAX, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tickhaul_sandbox.accounts import Account
    from tickhaul_sandbox.artifacts.tables import Layout
    from tickhaul_sandbox.catalog import Catalog, Datastream
    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.market.feed import Feed
    from tickhaul_sandbox.schemas.cage import Cage
    from tickhaul_sandbox.schemas.content import Content

# A row of our own writing; one of another shape is a damaged file, which the ledger says of any error in reading it.
Row: TypeAlias = dict[str, Any]
_UNLIMITED = 1 << 31

T = TypeVar("T")


class Rows:
    """Reads and writes records.

    Args:
        catalog: Knows the datastreams that records name by id.
        feed: Knows where their messages come from.
        cage: Runs the transforms of schemas.
    """

    def __init__(self, catalog: Catalog, feed: Feed, cage: Cage) -> None:
        self._catalog = catalog
        self._feed = feed
        self._cage = cage

    def read_subscription(self, name: str, row: Row) -> Subscription:
        """Return a subscription."""
        spans = [
            Span(_text(span_id), _count(started_ns), _perhaps(_count, ended_ns))
            for span_id, started_ns, ended_ns in row["spans"]
        ]
        created_ns, status = _count(row["created_ns"]), _one_of(get_args(Status), row["status"])
        if "metered" in row:
            metered = [(_count(start), _perhaps(_count, end)) for start, end in row["metered"]]
        else:
            # A row of format 1: spans were billed from the creation on.
            cut = ((max(span.started_ns, created_ns), span.ended_ns) for span in spans)
            metered = [(start, end) for start, end in cut if end is None or start < end]
        return Subscription(name, self._stream(row["datastream"]), status, created_ns, spans, metered)

    def read_schema(self, name: str, row: Row) -> Schema:
        """Return a schema of an account's own."""
        draft = None if row["draft"] is None else _read_content(row["draft"])
        published = _read_content(row["published"])
        category, created_ns = _one_of(CATEGORIES, row["category"]), _count(row["created_ns"])
        return Schema(name, _text(row["name"]), category, False, created_ns, _count(row["version"]), published, draft)

    def read_job(self, name: str, row: Row) -> Job:
        """Return an export job; its files are made again when they are asked for."""
        order = self._read_order(row["order"])
        artifacts = [
            Artifact(artifact_id, recipe, _count(size), _text(etag))
            for artifact_id, recipe, (size, etag) in zip(
                row["artifact_ids"] if row["artifacts"] else (),
                order.recipes if row["artifacts"] else (),
                row["artifacts"],
                strict=True,
            )
        ]
        return Job(
            export_id=name,
            order=order,
            created_ns=_count(row["created_ns"]),
            starts_ns=_count(row["starts_ns"]),
            due_ns=_count(row["due_ns"]),
            artifact_ids=tuple(map(_text, row["artifact_ids"])),
            artifacts=artifacts,
            failure=_perhaps(_text, row["failure"]),
            built_ns=_perhaps(_count, row["built_ns"]),
            ended_ns=_perhaps(_count, row["ended_ns"]),
            deleted=_one_of((False, True), row["deleted"]),
            delivered=_count(row["delivered"]),
        )

    def _read_order(self, row: Row) -> Order:
        stream = self._stream(row["datastream"])
        fmt, options = resolve_format(row["format"], {}, row["format_options"])
        recipes: tuple[FileRecipe, ...] = ()
        if (files := row["files"]) is not None:
            source = self._feed.source(self._catalog, stream)
            layout = self._read_layout(files["layout"], stream)
            dialect, level = Dialect(**files["dialect"]), _one_of(range(1, 10), files["gzip_level"])
            recipes = tuple(
                FileRecipe(_read_part(part), source, layout, fmt, options, dialect, level) for part in files["parts"]
            )
        start_ns, end_ns, failure = _count(row["start_ns"]), _count(row["end_ns"]), _perhaps(_text, row["failure"])
        return Order(stream, start_ns, end_ns, fmt, options, recipes, failure)

    def _read_layout(self, row: Row, stream: Datastream) -> Layout:
        [(kind, value)] = row.items()
        if kind == "raw":
            return RawLayout(_text(value))
        if kind == "book":
            return BookLayout(value, stream.exchange, self._cage)
        if kind == "schema":
            return SchemaLayout(_read_content(value), stream.exchange, self._cage)
        raise ValueError(kind)

    def _stream(self, datastream_id: int) -> Datastream:
        stream = self._catalog.datastream(datastream_id)
        if stream is None:
            raise ValueError(datastream_id)
        return stream


def write_subscription(subscription: Subscription) -> JsonObject:
    """Return a subscription as JSON."""
    return {
        "datastream": subscription.stream.datastream_id,
        "status": subscription.status,
        "created_ns": subscription.created_ns,
        "spans": [[span.span_id, span.started_ns, span.ended_ns] for span in subscription.spans],
        "metered": [[start, end] for start, end in subscription.metered],
    }


def write_schema(schema: Schema) -> JsonObject:
    """Return a schema of an account's own as JSON."""
    return {
        "name": schema.name,
        "category": schema.category,
        "created_ns": schema.created_ns,
        "version": schema.version,
        "published": schema.published.body(),
        "draft": None if schema.draft is None else schema.draft.body(),
    }


def write_job(job: Job) -> JsonObject:
    """Return an export job as JSON, with all that its files are made from."""
    return {
        "order": _write_order(job.order),
        "created_ns": job.created_ns,
        "starts_ns": job.starts_ns,
        "due_ns": job.due_ns,
        "artifact_ids": list(job.artifact_ids),
        "artifacts": [[artifact.size, artifact.etag] for artifact in job.artifacts],
        "failure": job.failure,
        "built_ns": job.built_ns,
        "ended_ns": job.ended_ns,
        "deleted": job.deleted,
        "delivered": job.delivered,
    }


def write_replay(replay: Replay) -> JsonObject:
    """Return what an idempotency key was answered as JSON."""
    return {
        "fingerprint": replay.fingerprint.hex(),
        "begun_ns": replay.begun_ns,
        "status": replay.answer.status,
        "body": replay.answer.body,
        "headers": dict(replay.answer.headers),
    }


def read_replay(name: str, row: Row) -> Replay:
    """Return what an idempotency key was answered."""
    headers = {name: _text(value) for name, value in row["headers"].items()}
    answer = Answer(_one_of(range(200, 500), row["status"]), row["body"], headers)
    return Replay(uuid.UUID(hex=name), bytes.fromhex(row["fingerprint"]), _count(row["begun_ns"]), answer)


def write_account(account: Account) -> JsonObject:
    """Return what an account is beside its records: its billing state, if it was changed, and its rate limits."""
    changed = account.access_status != account.configured_status
    buckets: JsonObject = {name: list(state) for name, state in account.limits.state.items()}
    return {"access_status": account.access_status if changed else None, "buckets": buckets}


def restore_account(account: Account, _: str, row: Row) -> None:
    """Bring an account to what it was."""
    account.access_status = _perhaps(_text, row["access_status"]) or account.access_status
    account.limits.state = {
        name: (_count(level, math.inf), _count(seen_ns)) for name, (level, seen_ns) in row["buckets"].items()
    }


def _write_order(order: Order) -> JsonObject:
    files: Json = None
    if order.recipes:
        # Files of one job differ in nothing but their part.
        first = order.recipes[0]
        files = {
            "layout": _write_layout(first.layout),
            "dialect": asdict(first.dialect),
            "gzip_level": first.gzip_level,
            "parts": [_write_part(recipe.part) for recipe in order.recipes],
        }
    return {
        "datastream": order.stream.datastream_id,
        "start_ns": order.start_ns,
        "end_ns": order.end_ns,
        "format": order.fmt,
        "format_options": order.format_options,
        "failure": order.failure,
        "files": files,
    }


def _write_layout(layout: Layout) -> JsonObject:
    if isinstance(layout, RawLayout):
        return {"raw": layout.columns[1]}
    if isinstance(layout, BookLayout):
        return {"book": layout.name}
    if isinstance(layout, SchemaLayout):
        return {"schema": layout.content.body()}
    raise TypeError(layout)


def _write_part(part: Part) -> Json:
    return [part.filename, [[piece.anchor_ns, piece.start_ns, piece.end_ns] for piece in part.pieces]]


def _read_part(row: list[Any]) -> Part:
    filename, pieces = row
    return Part(
        _text(filename),
        tuple(Piece(_count(anchor_ns), _count(start_ns), _count(end_ns)) for anchor_ns, start_ns, end_ns in pieces),
    )


def _read_content(row: Row) -> Content:
    # The paths of built-in schemas may list alternatives, and what was allowed of columns held when it was written.
    return read_content(row, Rules(max_columns=_UNLIMITED, alternatives=True, duplicates=True))


def _count(value: object, most: float = INT64_MAX) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _one_of(known: Collection[T], value: object) -> T:
    for one in known:
        if type(value) is type(one) and value == one:
            return one
    raise ValueError(value)


def _perhaps(read: Callable[[object], T], value: object) -> T | None:
    return None if value is None else read(value)
