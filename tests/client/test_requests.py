"""Every method sends the request its operation promises, and nothing is sent for an argument that is wrong."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul._core import operations

from tests.support import bodies
from tests.support.behaviours import answer, done
from tests.support.faces import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul import Client

    from tests.support.behaviours import Step
    from tests.support.faces import Connect
    from tests.support.server import Serve


@dataclass
class Case:
    """One method: how it is called and what must arrive."""

    operation: operations.Operation[object]
    call: Callable[[Client], object]
    expected: str
    reply: Step
    body: object = None


SUB, EXP, SCH = bodies.SUBSCRIPTION_ID, bodies.EXPORT_ID, bodies.SCHEMA_ID
CONTENT = {"columns": [bodies.COLUMN]}
SCHEMA = answer(bodies.SCHEMA)

CASES = [
    Case(
        operations.LIST_EXCHANGES,
        lambda th: th.exchanges.list(),
        "GET /v1/exchanges",
        answer([bodies.EXCHANGE]),
    ),
    Case(
        operations.LIST_INSTRUMENTS,
        lambda th: list(
            th.exchanges.list_instruments(
                "binance",
                search="BTC",
                base="BTC",
                quote="USDT",
                instrument_type="spot",
                page_size=7,
                page_token="a b&c",
            )
        ),
        "GET /v1/exchanges/binance/instruments?"
        "search=BTC&base=BTC&quote=USDT&instrument_type=spot&limit=7&page_token=a+b%26c",
        answer(bodies.page([bodies.INSTRUMENT])),
    ),
    Case(
        operations.LIST_INSTRUMENT_DATASTREAMS,
        lambda th: list(
            th.exchanges.list_datastreams("binance", "BTCUSDT", stream_type="trades", wire_format="json", page_size=7)
        ),
        "GET /v1/exchanges/binance/instruments/BTCUSDT/datastreams?stream_type=trades&wire_format=json&limit=7",
        answer(bodies.page([bodies.DATASTREAM])),
    ),
    Case(
        operations.LIST_DATASTREAMS,
        lambda th: list(
            th.datastreams.list(
                exchange="binance", instrument="BTCUSDT", stream_type="trades", wire_format="json", page_size=7
            )
        ),
        "GET /v1/datastreams?exchange=binance&instrument=BTCUSDT&stream_type=trades&wire_format=json&limit=7",
        answer(bodies.page([bodies.DATASTREAM])),
    ),
    Case(
        operations.GET_AVAILABILITY,
        lambda th: th.availability.get(123),
        "GET /v1/availability?datastream_id=123",
        answer(bodies.AVAILABILITY),
    ),
    Case(
        operations.CREATE_SUBSCRIPTION,
        lambda th: th.subscriptions.create(123),
        "POST /v1/subscriptions",
        answer(bodies.DETAIL, 201),
        {"datastream_id": 123},
    ),
    Case(
        operations.LIST_SUBSCRIPTIONS,
        lambda th: list(th.subscriptions.list(page_size=7)),
        "GET /v1/subscriptions?limit=7",
        answer(bodies.page([bodies.subscription()])),
    ),
    Case(
        operations.GET_SUBSCRIPTION,
        lambda th: th.subscriptions.get(SUB),
        f"GET /v1/subscriptions/{SUB}",
        answer(bodies.subscription()),
    ),
    Case(
        operations.DELETE_SUBSCRIPTION,
        lambda th: th.subscriptions.delete(SUB),
        f"DELETE /v1/subscriptions/{SUB}",
        done(),
    ),
    Case(
        operations.PAUSE_SUBSCRIPTION,
        lambda th: th.subscriptions.pause(SUB),
        f"POST /v1/subscriptions/{SUB}/pause",
        done(),
    ),
    Case(
        operations.RESUME_SUBSCRIPTION,
        lambda th: th.subscriptions.resume(SUB),
        f"POST /v1/subscriptions/{SUB}/resume",
        done(),
    ),
    Case(
        operations.LIST_SUBSCRIPTION_SPANS,
        lambda th: th.subscriptions.list_spans(SUB),
        f"GET /v1/subscriptions/{SUB}/spans",
        answer([bodies.SPAN]),
    ),
    Case(
        operations.CREATE_EXPORT,
        lambda th: th.exports.create(
            123, "2024-01-15T10:00:00.000000001Z", 1_705_316_400_000_000_000, schema="normalized", format="parquet"
        ),
        "POST /v1/exports",
        answer(bodies.job(), 202),
        {
            "datastream_id": 123,
            "start_time": "1705312800000000001",
            "end_time": "1705316400000000000",
            "schema": "normalized",
            "format": "parquet",
        },
    ),
    Case(
        operations.LIST_EXPORTS,
        lambda th: list(th.exports.list(page_size=7)),
        "GET /v1/exports?limit=7",
        answer(bodies.page([bodies.job()])),
    ),
    Case(operations.GET_EXPORT, lambda th: th.exports.get(EXP), f"GET /v1/exports/{EXP}", answer(bodies.job())),
    Case(operations.DELETE_EXPORT, lambda th: th.exports.delete(EXP), f"DELETE /v1/exports/{EXP}", done()),
    Case(operations.CANCEL_EXPORT, lambda th: th.exports.cancel(EXP), f"POST /v1/exports/{EXP}/cancel", done()),
    Case(
        operations.GET_EXPORT_DOWNLOAD,
        lambda th: th.exports.get_download(EXP),
        f"GET /v1/exports/{EXP}/download",
        answer(bodies.DOWNLOAD),
    ),
    Case(
        operations.LIST_EXPORT_SCHEMAS,
        lambda th: th.export_schemas.list(),
        "GET /v1/export-schemas",
        answer([bodies.SCHEMA_ITEM]),
    ),
    Case(
        operations.CREATE_EXPORT_SCHEMA,
        lambda th: th.export_schemas.create("mine", "trade", [bodies.COLUMN]),
        "POST /v1/export-schemas",
        answer(bodies.SCHEMA, 201),
        {"name": "mine", "stream_category": "trade", **CONTENT},
    ),
    Case(
        operations.GET_EXPORT_SCHEMA,
        lambda th: th.export_schemas.get(SCH),
        f"GET /v1/export-schemas/{SCH}",
        SCHEMA,
    ),
    Case(
        operations.UPDATE_EXPORT_SCHEMA,
        lambda th: th.export_schemas.update(SCH, [bodies.COLUMN]),
        f"PUT /v1/export-schemas/{SCH}",
        SCHEMA,
        CONTENT,
    ),
    Case(
        operations.DELETE_EXPORT_SCHEMA,
        lambda th: th.export_schemas.delete(SCH),
        f"DELETE /v1/export-schemas/{SCH}",
        done(),
    ),
    Case(
        operations.CREATE_DRAFT,
        lambda th: th.export_schemas.create_draft(SCH, [bodies.COLUMN]),
        f"POST /v1/export-schemas/{SCH}/draft",
        SCHEMA,
        CONTENT,
    ),
    Case(
        operations.GET_DRAFT,
        lambda th: th.export_schemas.get_draft(SCH),
        f"GET /v1/export-schemas/{SCH}/draft",
        SCHEMA,
    ),
    Case(
        operations.UPDATE_DRAFT,
        lambda th: th.export_schemas.update_draft(SCH, [bodies.COLUMN]),
        f"PUT /v1/export-schemas/{SCH}/draft",
        SCHEMA,
        CONTENT,
    ),
    Case(
        operations.DISCARD_DRAFT,
        lambda th: th.export_schemas.discard_draft(SCH),
        f"DELETE /v1/export-schemas/{SCH}/draft",
        done(),
    ),
    Case(
        operations.PUBLISH_DRAFT,
        lambda th: th.export_schemas.publish_draft(SCH),
        f"POST /v1/export-schemas/{SCH}/publish",
        SCHEMA,
    ),
    Case(
        operations.GET_BILLING_SUMMARY,
        lambda th: th.billing.get_summary(),
        "GET /v1/billing/summary",
        answer(bodies.BILLING),
    ),
]


def test_the_table_below_covers_every_operation() -> None:
    assert [case.operation for case in CASES] == list(operations.ALL)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation.name)
def test_a_method_sends_its_operation_and_nothing_else(case: Case, serve: Serve, connect: Connect) -> None:
    server = serve(case.reply)
    result = case.call(connect(server))
    (request,) = server.requests
    method, _, target = case.expected.partition(" ")
    path, _, query = target.partition("?")
    assert (request.method, request.path) == (method, path)
    assert sorted(request.query.split("&")) == sorted(query.split("&"))
    if case.body is None:
        assert request.body == b""
        assert "content-type" not in request.headers
    else:
        assert request.json() == case.body
        assert request.headers["content-type"] == "application/json"
    assert (result is None) == (not case.operation.has_body)
    assert (request.key is not None) == case.operation.takes_key


def test_a_request_says_who_asks_and_carries_neither_cookies_nor_anything_else(serve: Serve, connect: Connect) -> None:
    server = serve(answer([], headers={"Set-Cookie": "session=1; Path=/"}), answer([]))
    client = connect(server)
    client.exchanges.list()
    client.exchanges.list()
    for request in server.requests:
        assert request.headers.keys() == {"host", "user-agent", "accept", "accept-encoding", "x-api-key"}
        assert request.headers["host"] == f"127.0.0.1:{server.port}"
        assert request.headers["x-api-key"] == KEY
        assert re.fullmatch(r"tickhaul/\S+ python/3\.\d+\.\d+\S*", request.headers["user-agent"])


def test_a_post_without_a_body_says_that_there_is_none(serve: Serve, connect: Connect) -> None:
    server = serve(done())
    connect(server).exports.cancel(EXP)
    assert server.requests[0].headers["content-length"] == "0"


def test_a_draft_without_columns_copies_the_published_content_by_having_no_body(serve: Serve, connect: Connect) -> None:
    server = serve(SCHEMA)
    connect(server).export_schemas.create_draft(SCH)
    assert server.requests[0].body == b""


def test_models_are_accepted_where_ids_are(serve: Serve, connect: Connect) -> None:
    server = serve(
        answer(bodies.page([bodies.DATASTREAM])),
        answer(bodies.AVAILABILITY),
        answer(bodies.job(), 202),
        answer(bodies.job()),
        answer(bodies.DETAIL),
        done(),
        answer([bodies.SCHEMA_ITEM]),
        SCHEMA,
    )
    client = connect(server)
    stream = next(iter(client.datastreams.list()))
    client.availability.get(stream)
    job = client.exports.create(stream, 1, 2)
    client.exports.get(job)
    client.subscriptions.delete(client.subscriptions.create(stream))
    client.export_schemas.get(client.export_schemas.list()[0])
    assert [request.target for request in server.requests[1:]] == [
        "/v1/availability?datastream_id=123",
        "/v1/exports",
        f"/v1/exports/{EXP}",
        "/v1/subscriptions",
        f"/v1/subscriptions/{SUB}",
        "/v1/export-schemas",
        f"/v1/export-schemas/{SCH}",
    ]


@pytest.mark.parametrize(
    "symbol", ["BTC/USDT", "BTC-PERP?x=1", "A#B", "50%", "比特币", "a b", "a;b", "a\\b", "..x", "a+b", "~a"]
)
def test_a_symbol_stays_one_segment_of_the_path_whatever_it_holds(symbol: str, serve: Serve, connect: Connect) -> None:
    from urllib.parse import unquote

    server = serve(answer(bodies.page([])))
    assert list(connect(server).exchanges.list_datastreams("binance", symbol)) == []
    (request,) = server.requests
    assert request.query == ""
    parts = request.path.split("/")
    assert parts[:5] == ["", "v1", "exchanges", "binance", "instruments"]
    assert parts[6:] == ["datastreams"]
    assert unquote(parts[5]) == symbol


_BAD_SEGMENTS = ["", " ", ".", "..", "a\x00b", "a\r\nX-Evil: 1", "\x7f", "x" * 257, "\ud800"]
_BAD_IDS = ["", ".", "..", "exp_", "exp_/../x", "exp_a b", "exp_a\n", "../exp_1", "exp_%2e%2e", "exp_é", "EXP_1", "x"]


@pytest.mark.parametrize("bad", _BAD_SEGMENTS, ids=ascii)
def test_a_code_or_symbol_that_could_change_the_path_is_refused_before_anything_is_sent(
    bad: str, serve: Serve, connect: Connect
) -> None:
    server = serve()
    client = connect(server)
    attempts: list[Callable[[], object]] = [
        lambda: list(client.exchanges.list_instruments(bad)),
        lambda: list(client.exchanges.list_datastreams(bad, "BTCUSDT")),
        lambda: list(client.exchanges.list_datastreams("binance", bad)),
        lambda: client.datastreams.find(bad, "BTCUSDT", "trades"),
        lambda: client.datastreams.find("binance", bad, "trades"),
        lambda: client.datastreams.find("binance", "BTCUSDT", bad),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match="expected a code or symbol"):
            attempt()
    assert server.connections == 0


@pytest.mark.parametrize("bad", _BAD_IDS, ids=ascii)
def test_an_id_that_could_change_the_path_is_refused_before_anything_is_sent(
    bad: str, serve: Serve, connect: Connect
) -> None:
    server = serve()
    client = connect(server)
    wrong_subscription, wrong_schema = bad.replace("exp_", "sub_"), bad.replace("exp_", "sch_")
    attempts: list[Callable[[], object]] = [
        *(lambda act=act: act(bad) for act in _acts(client.exports, "get delete cancel get_download wait")),
        *(
            lambda act=act: act(wrong_subscription)
            for act in _acts(client.subscriptions, "get delete pause resume list_spans")
        ),
        *(
            lambda act=act: act(wrong_schema)
            for act in _acts(client.export_schemas, "get delete create_draft get_draft discard_draft publish_draft")
        ),
        lambda: client.export_schemas.update(wrong_schema, [bodies.COLUMN]),
        lambda: client.export_schemas.update_draft(wrong_schema, [bodies.COLUMN]),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match="expected an id that begins with"):
            attempt()
    assert server.connections == 0


async def _coroutine_function(_: object) -> None:
    raise AssertionError


def _acts(resource: object, names: str) -> list[Callable[[str], object]]:
    return [getattr(resource, name) for name in names.split()]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda th: th.subscriptions.create(0), ValueError),
        (lambda th: th.subscriptions.create(-1), ValueError),
        (lambda th: th.subscriptions.create(2**63), ValueError),
        (lambda th: th.subscriptions.create("123"), TypeError),
        (lambda th: th.subscriptions.create(True), TypeError),
        (lambda th: th.subscriptions.create(1.0), TypeError),
        (lambda th: th.subscriptions.create(123, idempotency_key="no uuid"), ValueError),
        (lambda th: th.subscriptions.create(123, idempotency_key=7), TypeError),
        (lambda th: th.exports.get(123), TypeError),
        (lambda th: th.exports.create(123, "2024-01-15", "2024-01-15"), ValueError),
        (lambda th: th.exports.create(123, "tomorrow-ish", "2024-01-15"), ValueError),
        (lambda th: th.exports.create(123, 1, 2, format="xml"), ValueError),
        (lambda th: th.exports.create(123, 1, 2, schema=""), ValueError),
        (lambda th: th.exports.create(123, 1, 2, schema=7), TypeError),
        (lambda th: th.exports.create(123, 1, 2, format_options={"x": float("nan")}), ValueError),
        (lambda th: th.exports.create(123, 1, 2, format_options={"x": object()}), TypeError),
        (lambda th: th.exports.wait(EXP, timeout=-1), ValueError),
        (lambda th: th.exports.wait(EXP, on_progress=_coroutine_function), TypeError),
        (lambda th: th.exports.download(EXP, "data", on_progress=_coroutine_function), TypeError),
        (lambda th: th.exports.wait(EXP, on_progress="print"), TypeError),
        (lambda th: th.exports.wait(EXP, timeout="1"), TypeError),
        (lambda th: th.export_schemas.create("mine", "trade", []), ValueError),
        (lambda th: th.export_schemas.create("", "trade", [bodies.COLUMN]), ValueError),
        (lambda th: th.export_schemas.create("mine", "poem", [bodies.COLUMN]), ValueError),
        (lambda th: th.export_schemas.update(SCH, [{"no": "name"}]), ValueError),
        (lambda th: th.export_schemas.create_draft(SCH, unfold={}), ValueError),
        (lambda th: th.export_schemas.create_draft(SCH, derive={}), ValueError),
        (lambda th: th.subscriptions.list(page_size=101), ValueError),
        (lambda th: th.exports.list(page_size=0), ValueError),
        (lambda th: th.datastreams.list(page_size=1001), ValueError),
        (lambda th: th.datastreams.list(max_items=-1), ValueError),
        (lambda th: th.exchanges.list_instruments("binance", page_token=""), ValueError),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_sent(
    call: Callable[[Any], object], error: type[Exception], serve: Serve, connect: Connect
) -> None:
    server = serve()
    with pytest.raises(error):
        call(connect(server))
    assert server.connections == 0


def test_the_callers_key_goes_out_as_it_is_and_an_own_key_is_a_fresh_uuid(serve: Serve, connect: Connect) -> None:
    server = serve(*[done()] * 5)
    client = connect(server)
    given = uuid.uuid4()
    client.exports.cancel(EXP, idempotency_key=given)
    client.exports.delete(EXP, idempotency_key=str(given))
    client.subscriptions.pause(SUB, idempotency_key=f"urn:uuid:{given}")
    client.exports.cancel(EXP)
    client.exports.cancel(EXP)
    keys = [request.key for request in server.requests]
    assert keys[:3] == [str(given), str(given), f"urn:uuid:{given}"]
    assert keys[3] != keys[4]
    assert all(key and uuid.UUID(key).version == 4 for key in keys[3:])
