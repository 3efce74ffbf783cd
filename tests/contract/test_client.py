"""Every operation as both clients send it, and as the sandbox answers it, read by openapi-core."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tickhaul_sandbox import Sandbox

# Its oldest version does not go with the oldest one of what it needs.
pytest.importorskip("openapi_core", exc_type=ImportError)

from tests.contract.openapi import Sent, operation_of, wrong_with, wrong_with_answer
from tests.contract.proxy import DriftingProxy, Reply
from tests.contract.services import SETTINGS
from tests.spec.contract import OPERATIONS, follow
from tests.support.faces import Face

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul import Client

    from tests.contract.proxy import Forward, Request

KEY = "0b8f4a5e-6c1d-4f7e-9a53-2d1c7b9e8f60"
COLUMNS = [
    {"output_column": "received", "meta": {"value": "collection_timestamp_ns", "format": "iso8601"}},
    {"output_column": "price", "data": {"okx": {"json": {"path": "px", "type": "decimal(18)"}, "transform": "-{v}"}}},
]
UNFOLD = {"okx": {"path": "data"}}
DERIVE = {
    "binance": [
        {
            "field": "levels",
            "op": "tagged_concat",
            "arrays": [{"path": "data.b", "tag": "bid"}],
            "tag_field": "side",
            "value_field": "level",
        }
    ]
}


def use_everything(th: Client, sandbox: Sandbox) -> None:
    """Call every operation, with all of its parameters and without."""
    th.exchanges.list()
    list(th.exchanges.list_instruments("binance", max_items=3, page_size=2))
    list(th.exchanges.list_instruments("binance", search="BTC", base="BTC", quote="USDT", instrument_type="spot"))
    list(th.exchanges.list_datastreams("binance", "BTCUSDT", page_size=1))
    list(th.exchanges.list_datastreams("binance", "BTCUSDT", stream_type="trades", wire_format="json"))
    list(th.datastreams.list(max_items=150))
    stream = th.datastreams.find("binance", "BTCUSDT", "trades", wire_format="json")
    subscription = th.subscriptions.create(stream)
    th.availability.get(stream)
    th.subscriptions.ensure(stream)
    th.subscriptions.pause(subscription.id)
    th.subscriptions.resume(subscription.id, idempotency_key=KEY)
    th.subscriptions.get(subscription.id)
    th.subscriptions.list_spans(subscription.id)
    th.subscriptions.create(stream.datastream_id + 1)
    list(th.subscriptions.list(page_size=1))
    start, end = sandbox.clock.now_ns() - 900 * 10**9, sandbox.clock.now_ns()
    job = th.exports.create(stream, start, end)
    text = th.exports.create(
        stream,
        "-15min",
        "now",
        schema={"columns": COLUMNS, "unfold": UNFOLD, "derive": DERIVE},
        format="parquet",
        format_options={},
    )
    th.exports.create(stream, start, end, schema="normalized", format="csv", idempotency_key=uuid.uuid4())
    th.exports.cancel(text)
    sandbox.faults.add("failed-export:times=1")
    failed = th.exports.create(stream, start, end)
    list(th.exports.list(page_size=1))
    sandbox.clock.advance(5)
    th.exports.get_download(th.exports.get(job))
    th.exports.get(failed)
    th.exports.delete(job)
    th.export_schemas.list()
    schema = th.export_schemas.create("mine", "trade", COLUMNS, unfold=UNFOLD, derive=DERIVE)
    th.export_schemas.get(schema)
    th.export_schemas.update(schema, COLUMNS, unfold=UNFOLD, derive=DERIVE)
    th.export_schemas.create_draft(schema)
    th.export_schemas.create_draft(schema, COLUMNS, unfold=UNFOLD, derive=DERIVE)
    th.export_schemas.get_draft(schema)
    th.export_schemas.update_draft(schema, COLUMNS, unfold=UNFOLD, derive=DERIVE)
    th.export_schemas.publish_draft(schema)
    th.export_schemas.create_draft(schema)
    th.export_schemas.discard_draft(schema)
    th.export_schemas.delete(schema)
    th.subscriptions.delete(subscription.id)
    th.billing.get_summary()


@pytest.fixture(scope="module", params=["sync", "asyncio"])
def exchanges(request: pytest.FixtureRequest) -> list[tuple[Sent, Reply]]:
    """What went over the wire while a client used everything."""
    seen: list[tuple[Sent, Reply]] = []

    def note(asked: Request, forward: Forward) -> Reply:
        reply = forward(asked)
        target = f"{asked.path}?{asked.raw_query}" if asked.raw_query else asked.path
        seen.append((Sent(asked.method, target, tuple(asked.headers.items()), asked.body), reply))
        return reply

    with contextlib.ExitStack() as stack:
        face = Face(request.param)
        stack.callback(face.stop)
        sandbox = stack.enter_context(Sandbox(SETTINGS))
        proxy = stack.enter_context(DriftingProxy(sandbox.base_url, {"*": [note]}))
        use_everything(stack.enter_context(face.client(sandbox.api_key, base_url=proxy.base_url)), sandbox)
    return seen


def test_every_request_fits_the_contract(exchanges: list[tuple[Sent, Reply]]) -> None:
    assert [wrong for sent, _ in exchanges if (wrong := wrong_with(sent))] == []


def test_every_answer_fits_the_contract(exchanges: list[tuple[Sent, Reply]]) -> None:
    wrong = [wrong_with_answer(sent, reply.status, reply.headers, reply.body) for sent, reply in exchanges]
    assert [found for found in wrong if found] == []


def test_no_operation_is_left_out(exchanges: list[tuple[Sent, Reply]]) -> None:
    assert {operation_of(sent).name for sent, _ in exchanges} == {operation.name for operation in OPERATIONS}


def test_the_client_can_send_every_parameter(exchanges: list[tuple[Sent, Reply]]) -> None:
    sent = {
        (operation_of(sent).name, name) for sent, _ in exchanges for name, _ in parse_qsl(urlsplit(sent.target).query)
    }
    declared = {(o.name, p["name"]) for o in OPERATIONS for p in o.parameters if p["in"] == "query"}
    assert declared - sent == set()


def test_the_client_can_send_every_field_of_a_body(exchanges: list[tuple[Sent, Reply]]) -> None:
    bodies = [(operation_of(sent), json.loads(sent.body)) for sent, _ in exchanges if sent.body]
    sent = {found for operation, body in bodies for found in fields(schema_of(operation.body), body)}
    declared = {found for operation in OPERATIONS for found in fields(schema_of(operation.body), None)}
    assert declared - sent == set()


def test_the_sandbox_answers_with_every_field(exchanges: list[tuple[Sent, Reply]]) -> None:
    bodies = [(operation_of(sent), reply.json) for sent, reply in exchanges if reply.body]
    given = {found for operation, body in bodies for found in fields(schema_of(operation.success[1]), body)}
    declared = {found for operation in OPERATIONS for found in fields(schema_of(operation.success[1]), None)}
    assert declared - given == set()


def schema_of(owner: dict[str, Any] | None) -> dict[str, Any]:
    schema: dict[str, Any] = (owner or {}).get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def fields(schema: dict[str, Any], value: Any, owner: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a value that a schema names, each with the component that names it; all there are for no value."""
    owner = schema.get("$ref", owner).rsplit("/", 1)[-1]
    schema = follow(schema)
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from fields(part, value, owner)
    if value is None or isinstance(value, list):
        for item in [None] if value is None else value:
            yield from fields(schema["items"], item, owner) if "items" in schema else ()
    if value is None or isinstance(value, dict):
        named = schema.get("properties", {})
        for name in named if value is None else named.keys() & value.keys():
            yield owner, name
            if value is None or value[name] is not None:
                yield from fields(named[name], None if value is None else value[name], owner)
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            for item in [None] if value is None else value.values():
                yield from fields(others, item, owner)


HEADERS = (("X-Api-Key", "key_any.secret"), ("Content-Type", "application/json"))
EXPORT = b'{"datastream_id": 1, "start_time": 1705312800123456789, "end_time": "2024-01-15T11:00:00Z"}'
GOOD = Sent("POST", "/v1/exports", (*HEADERS, ("Idempotency-Key", KEY)), EXPORT)


@pytest.mark.parametrize(
    "sent",
    [
        Sent("GET", "/v1/exchanges", (), b""),
        Sent("GET", "/v1/exchange", HEADERS, b""),
        Sent("PATCH", "/v1/exchanges", HEADERS, b""),
        Sent("GET", "/v1/exports/exp_1", HEADERS, b""),
        Sent("GET", "/v1/exports?limit=101", HEADERS, b""),
        Sent("GET", "/v1/exports?size=10", HEADERS, b""),
        Sent("GET", "/v1/availability", HEADERS, b""),
        Sent("POST", "/v1/exports", (*HEADERS, ("Idempotency-Key", "mine")), EXPORT),
        Sent("POST", "/v1/exports", HEADERS, EXPORT.replace(b"6789", b"67.5")),
        Sent("POST", "/v1/exports", HEADERS, EXPORT.replace(b"datastream_id", b"stream_id")),
        Sent("POST", "/v1/exports", HEADERS, EXPORT.replace(b"{", b'{"compression": 1, ')),
        Sent("POST", "/v1/exports", HEADERS, b"{"),
        Sent("POST", "/v1/exports", HEADERS[:1], EXPORT),
        Sent("POST", "/v1/exports", HEADERS, b""),
        Sent("DELETE", "/v1/exports/exp_" + "0" * 32, HEADERS, b"{}"),
    ],
)
def test_a_request_that_does_not_fit_would_be_noticed(sent: Sent) -> None:
    assert wrong_with(GOOD) is None
    assert wrong_with(sent) is not None


def test_an_answer_that_does_not_fit_would_be_noticed() -> None:
    sent = Sent("GET", "/v1/exchanges", HEADERS, b"")
    assert wrong_with_answer(sent, 200, {"Content-Type": "application/json"}, b'[{"code": 1}]')
    assert wrong_with_answer(sent, 418, {"Content-Type": "application/json"}, b"[]")
    assert wrong_with_answer(sent, 200, {"Content-Type": "text/html"}, b"[]")
