"""Every record comes back from its row as it went in."""

from __future__ import annotations

import json
import uuid
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul_sandbox import ManualClock, Settings
from tickhaul_sandbox.artifacts.csvfile import Dialect
from tickhaul_sandbox.artifacts.formats import COMPRESSIONS
from tickhaul_sandbox.artifacts.plan import Part, Piece
from tickhaul_sandbox.artifacts.recipe import FileRecipe
from tickhaul_sandbox.artifacts.store import Artifact
from tickhaul_sandbox.artifacts.tables import RawLayout
from tickhaul_sandbox.errors import ApiError
from tickhaul_sandbox.exports import Job, Order
from tickhaul_sandbox.idempotency import Replay
from tickhaul_sandbox.market.streams import CATEGORIES
from tickhaul_sandbox.schemas import builtin
from tickhaul_sandbox.schemas.books import BookLayout
from tickhaul_sandbox.schemas.content import Column, Concatenation, Content, Extractor
from tickhaul_sandbox.schemas.layout import SchemaLayout
from tickhaul_sandbox.schemas.registry import Schema
from tickhaul_sandbox.schemas.types import DataType
from tickhaul_sandbox.service import Service
from tickhaul_sandbox.state import rows
from tickhaul_sandbox.state.file import FORMAT
from tickhaul_sandbox.subscriptions import Span, Subscription
from tickhaul_sandbox.wire import Answer

from tests.sandbox.api import CAGE, START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tickhaul_sandbox.artifacts.tables import Layout
    from tickhaul_sandbox.catalog import Datastream
    from tickhaul_sandbox.jsontypes import JsonObject

INSTANTS = st.integers(0, 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.builds(DataType, st.just("decimal"), st.integers(0, 38)) | st.sampled_from(
    ["f64", "i64", "string", "bool"]
).map(DataType)
COLUMNS = st.builds(Column, TEXTS, st.sampled_from(["ns", "us", "ms", "s", "iso8601"]), st.just({})) | st.builds(
    Column,
    TEXTS,
    st.none(),
    st.dictionaries(NAMES, st.builds(Extractor, PATHS, TYPES, st.none() | TEXTS), min_size=1, max_size=3),
)
CONCATENATIONS = st.builds(
    Concatenation,
    TEXTS,
    st.lists(st.tuples(PATHS, TEXTS), min_size=1, max_size=3).map(tuple),
    NAMES.map("t_{}".format),
    NAMES.map("v_{}".format),
)
CONTENTS = st.builds(
    Content,
    st.lists(COLUMNS, min_size=1, max_size=4, unique_by=lambda column: column.name).map(tuple),
    st.dictionaries(NAMES, PATHS, max_size=2),
    st.dictionaries(NAMES, st.lists(CONCATENATIONS, min_size=1, max_size=2).map(tuple), max_size=2),
) | st.sampled_from(list(builtin.contents().values()))
PARTS = st.builds(
    Part, TEXTS, st.lists(st.builds(Piece, INSTANTS, INSTANTS, INSTANTS), min_size=1, max_size=3).map(tuple)
)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    built = Service(Settings(), ManualClock(START))
    yield built
    built.close()


@pytest.fixture(scope="module")
def reader(service: Service) -> rows.Rows:
    return rows.Rows(service.catalog, service.feed, CAGE)


def stored(row: JsonObject) -> dict[str, Any]:
    """Return a row as it comes out of the file."""
    text = json.dumps(row, separators=(",", ":"))
    read: dict[str, Any] = json.loads(text.encode("utf-8").decode("utf-8"))
    return read


def streams(service: Service) -> st.SearchStrategy[Datastream]:
    return st.sampled_from(service.catalog.datastreams)


def shown(layout: Layout) -> object:
    """Return what makes two layouts do the same."""
    name = layout.name if isinstance(layout, BookLayout) else None
    return type(layout), tuple(layout.columns), layout.content if isinstance(layout, SchemaLayout) else name


def comparable(job: Job) -> object:
    """Return all of a job that is to come back."""
    recipes = tuple(
        (
            recipe.part,
            recipe.source,
            shown(recipe.layout),
            recipe.fmt,
            recipe.options,
            recipe.dialect,
            recipe.gzip_level,
        )
        for recipe in job.order.recipes
    )
    artifacts = [(artifact.artifact_id, artifact.size, artifact.etag, artifact.filename) for artifact in job.artifacts]
    order = replace(job.order, recipes=())
    return order, recipes, artifacts, replace(job, order=order, artifacts=(), build=None, stop=None)  # type: ignore[arg-type]  # neither is remembered


@given(data=st.data())
def test_a_subscription(service: Service, reader: rows.Rows, data: st.DataObject) -> None:
    subscription = data.draw(
        st.builds(
            Subscription,
            TEXTS,
            streams(service),
            st.sampled_from(["active", "paused", "deleted"]),
            INSTANTS,
            st.lists(st.builds(Span, TEXTS, INSTANTS, st.none() | INSTANTS), max_size=4),
            st.lists(st.tuples(INSTANTS, st.none() | INSTANTS), max_size=4),
        )
    )
    row = stored(rows.write_subscription(subscription))
    assert reader.read_subscription(subscription.subscription_id, row) == subscription


@given(
    st.builds(
        Schema,
        TEXTS,
        TEXTS,
        st.sampled_from(CATEGORIES),
        st.just(value=False),
        INSTANTS,
        INSTANTS,
        CONTENTS,
        st.none() | CONTENTS,
    )
)
def test_a_schema(reader: rows.Rows, schema: Schema) -> None:
    assert reader.read_schema(schema.schema_id, stored(rows.write_schema(schema))) == schema


@given(
    st.builds(
        Replay,
        st.uuids(),
        st.binary(min_size=32, max_size=32),
        INSTANTS,
        st.builds(Answer, st.integers(200, 499), JSON, st.dictionaries(NAMES, TEXTS, max_size=2)),
    )
)
def test_the_answer_to_a_key(replay: Replay) -> None:
    row = stored(rows.write_replay(replay))
    read = rows.read_replay(replay.key.hex, row)
    assert read == replay
    assert read.answer.encode() == replay.answer.encode()


@given(data=st.data())
def test_an_export(service: Service, reader: rows.Rows, data: st.DataObject) -> None:
    stream = data.draw(streams(service))
    layout = data.draw(
        TEXTS.map(RawLayout)
        | st.sampled_from(["book_5", "book_20"]).map(lambda name: BookLayout(name, stream.exchange, CAGE))
        | CONTENTS.map(lambda content: SchemaLayout(content, stream.exchange, CAGE))
    )
    parquet: JsonObject = {"compression": data.draw(st.sampled_from(COMPRESSIONS)), "row_group_size": 7}
    fmt, options = data.draw(st.sampled_from([("csv", dict[str, Any]()), ("parquet", parquet)]))
    dialect, level = data.draw(st.tuples(st.builds(Dialect, TEXTS), st.integers(1, 9)))
    source = service.feed.source(service.catalog, stream)
    recipes = tuple(
        FileRecipe(part, source, layout, fmt, options, dialect, level)
        for part in data.draw(st.lists(PARTS, max_size=3))
    )
    ids = tuple(f"art_{number}" for number in range(len(recipes)))
    artifacts = [
        Artifact(artifact_id, recipe, data.draw(st.integers(0, 2**50)), uuid.uuid4().hex)
        for artifact_id, recipe in zip(ids, recipes, strict=True)
    ]
    maybe = st.none() | INSTANTS
    job = Job(
        export_id=data.draw(TEXTS),
        order=Order(
            stream, data.draw(INSTANTS), data.draw(INSTANTS), fmt, options, recipes, data.draw(st.none() | TEXTS)
        ),
        created_ns=data.draw(INSTANTS),
        starts_ns=data.draw(INSTANTS),
        due_ns=data.draw(INSTANTS),
        artifact_ids=ids,
        artifacts=data.draw(st.sampled_from([(), artifacts])),
        failure=data.draw(st.none() | TEXTS),
        built_ns=data.draw(maybe),
        ended_ns=data.draw(maybe),
        deleted=data.draw(st.booleans()),
        delivered=data.draw(st.integers(0, 2**50)),
    )
    read = reader.read_job(job.export_id, stored(rows.write_job(job)))
    assert comparable(read) == comparable(job)


@given(
    status=st.sampled_from(["ACTIVE", "GRACE", "SUSPENDED"]),
    spent=st.integers(0, 250),
    later=st.floats(0, 10_000, allow_nan=False),
)
def test_an_account(status: str, spent: int, later: float) -> None:
    clock = ManualClock(START)
    with closing(Service(Settings(), clock)) as first, closing(Service(Settings(), clock)) as second:
        account, again = (service.accounts.by_name["default"] for service in (first, second))
        account.access_status = status
        for _ in range(spent):
            account.limits.admit()
        clock.advance(later)
        rows.restore_account(again, "", stored(rows.write_account(account)))
        assert again.access_status == status
        assert again.limits.peek() == account.limits.peek()


PUBLISHED: dict[str, Any] = {
    "columns": [{"output_column": "at", "meta": {"value": "collection_timestamp_ns", "format": "ns"}}],
    "unfold": {"okx": {"path": "data"}},
}
ACCOUNT: dict[str, Any] = {"access_status": "GRACE", "buckets": {"Minute": [7, START], "Hour": [7, START]}}
ORDERED: dict[str, Any] = {
    "datastream": 123,
    "start_ns": START,
    "end_ns": START + 1,
    "format": "csv",
    "format_options": {},
    "failure": None,
    "files": {
        "layout": {"raw": "message"},
        "dialect": {"line_end": "\n", "null": "empty", "booleans": "words", "decimals": "shortest"},
        "gzip_level": 6,
        "parts": [["binance_BTCUSDT_trades_part_2024011510.csv.gz", [[START - 5, START, START + 1]]]],
    },
}
JOB: dict[str, Any] = {
    "order": ORDERED,
    "created_ns": START,
    "starts_ns": START + 1,
    "due_ns": START + 2,
    "artifact_ids": ["art_1"],
    "artifacts": [[20, "d41d8cd98f00b204e9800998ecf8427e"]],
    "failure": None,
    "built_ns": START + 3,
    "ended_ns": None,
    "deleted": False,
    "delivered": 0,
}


SUBSCRIPTION: dict[str, Any] = {
    "datastream": 123,
    "status": "paused",
    "created_ns": START,
    "spans": [["spn_1", START, START + 1], ["spn_2", START + 2, None]],
    "metered": [[START - 9, START - 8], [START, START + 1], [START + 2, None]],
}
SCHEMA: dict[str, Any] = {
    "name": "mine",
    "category": "trade",
    "created_ns": START,
    "version": 3,
    "published": PUBLISHED,
    "draft": PUBLISHED,
}
REPLAY: dict[str, Any] = {
    "fingerprint": "00ff",
    "begun_ns": START,
    "status": 201,
    "body": {"id": "sub_1"},
    "headers": {},
}


def test_rows_of_files_that_are_out_there_can_be_read_and_are_still_written_so(reader: rows.Rows) -> None:
    # Whoever has to change one of these raises FORMAT.
    assert FORMAT == 3
    assert rows.write_subscription(reader.read_subscription("sub_1", SUBSCRIPTION)) == SUBSCRIPTION
    assert rows.write_schema(reader.read_schema("sch_1", SCHEMA)) == SCHEMA
    assert rows.write_replay(rows.read_replay("0" * 32, REPLAY)) == REPLAY
    for layout in ({"raw": "message"}, {"book": "book_5"}, {"schema": PUBLISHED}):
        job = {**JOB, "order": {**ORDERED, "files": {**ORDERED["files"], "layout": layout}}}
        assert rows.write_job(reader.read_job("exp_1", job)) == job
    bare = {**JOB, "order": {**ORDERED, "files": None}, "artifact_ids": [], "artifacts": [], "deleted": True}
    assert rows.write_job(reader.read_job("exp_1", bare)) == bare


def altered(row: Any, path: tuple[str | int, ...], value: object) -> Any:
    """Return a row in which one thing is another."""
    if not path:
        return value
    copy = row.copy()
    copy[path[0]] = altered(row[path[0]], path[1:], value)
    return copy


COUNTS: list[tuple[str, dict[str, Any], tuple[str | int, ...]]] = [
    ("subscription", SUBSCRIPTION, ("created_ns",)),
    ("subscription", SUBSCRIPTION, ("spans", 0, 1)),
    ("subscription", SUBSCRIPTION, ("spans", 0, 2)),
    ("subscription", SUBSCRIPTION, ("metered", 0, 0)),
    ("subscription", SUBSCRIPTION, ("metered", 0, 1)),
    ("schema", SCHEMA, ("created_ns",)),
    ("schema", SCHEMA, ("version",)),
    ("replay", REPLAY, ("begun_ns",)),
    ("replay", REPLAY, ("status",)),
    ("job", JOB, ("created_ns",)),
    ("job", JOB, ("starts_ns",)),
    ("job", JOB, ("due_ns",)),
    ("job", JOB, ("built_ns",)),
    ("job", JOB, ("ended_ns",)),
    ("job", JOB, ("delivered",)),
    ("job", JOB, ("artifacts", 0, 0)),
    ("job", JOB, ("order", "start_ns")),
    ("job", JOB, ("order", "end_ns")),
    ("job", JOB, ("order", "files", "gzip_level")),
    ("job", JOB, ("order", "files", "parts", 0, 1, 0, 2)),
    ("account", ACCOUNT, ("buckets", "Minute", 0)),
    ("account", ACCOUNT, ("buckets", "Hour", 1)),
]
NO_COUNTS: list[object] = [-1, 1 << 63, 1e300, 201.0, True, "201", [201]]
OTHERS: list[tuple[str, dict[str, Any], tuple[str | int, ...], object]] = [
    ("subscription", SUBSCRIPTION, ("status",), "actiwe"),
    ("subscription", SUBSCRIPTION, ("status",), ["active"]),
    ("subscription", SUBSCRIPTION, ("spans", 0, 0), 1),
    ("schema", SCHEMA, ("name",), None),
    ("schema", SCHEMA, ("category",), "tradf"),
    ("replay", REPLAY, ("status",), 700),
    ("replay", REPLAY, ("headers",), {"x": 1}),
    ("job", JOB, ("deleted",), 0),
    ("job", JOB, ("failure",), 5),
    ("job", JOB, ("artifacts", 0, 1), None),
    ("job", JOB, ("order", "format"), "csw"),
    ("job", JOB, ("order", "files", "layout", "raw"), 1),
    ("account", ACCOUNT, ("access_status",), 1),
]


@pytest.mark.parametrize(
    ("kind", "row", "path", "value"),
    [
        (*place, value)
        for place in COUNTS
        for value in NO_COUNTS
        if (place[2][:2], value) != (("buckets", "Minute"), 1 << 63)
    ]
    + OTHERS,
)
def test_a_row_that_makes_no_sense_is_not_read(
    reader: rows.Rows, service: Service, kind: str, row: dict[str, Any], path: tuple[str | int, ...], value: object
) -> None:
    readers: dict[str, Callable[[str, dict[str, Any]], object]] = {
        "subscription": reader.read_subscription,
        "schema": reader.read_schema,
        "job": reader.read_job,
        "replay": rows.read_replay,
        "account": partial(rows.restore_account, service.accounts.by_name["default"]),
    }
    readers[kind]("0" * 32, row)
    with pytest.raises((TypeError, ValueError, ApiError)):
        readers[kind]("0" * 32, altered(row, path, value))


def test_a_subscription_of_a_file_of_format_1_was_billed_from_its_creation_on(reader: rows.Rows) -> None:
    spans = [["spn_1", START - 60, START + 1], ["spn_2", START + 2, None], ["spn_0", START - 9, START - 8]]
    row = {"datastream": 123, "status": "active", "created_ns": START, "spans": spans}
    assert reader.read_subscription("sub_1", row).metered == [(START, START + 1), (START + 2, None)]


def test_every_field_of_every_record_is_remembered_or_known_not_to_be() -> None:
    forgotten = {
        # Made anew in the next run.
        Job: {"build", "stop", "overdue"},
        # Schemas of one's own are what is remembered.
        Schema: {"is_built_in"},
    }
    for kind, row in (
        (Subscription, "subscription_id stream status created_ns spans metered"),
        (Schema, "schema_id name category created_ns version published draft"),
        (Replay, "key fingerprint begun_ns body status headers"),
        (Answer, "status body headers"),
        (Order, "stream start_ns end_ns fmt format_options recipes failure"),
        (FileRecipe, "part source layout fmt options dialect gzip_level"),
        (
            Job,
            "export_id order created_ns starts_ns due_ns artifact_ids artifacts failure built_ns ended_ns deleted delivered",
        ),
    ):
        assert set(kind.__dataclass_fields__) - forgotten.get(kind, set()) == set(row.split())
