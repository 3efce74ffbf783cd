"""The table of operations against the contract, and every one of them as a request that can be sent."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul._core import operations
from tickhaul._core.exports import creation_body as export_body
from tickhaul._core.schemas import content_body, creation_body
from tickhaul._core.wire import Stamp
from tickhaul.net.secrets import Secret
from ticksupply_api.models import CreateSubscriptionRequest

from tests.spec.contract import OPERATIONS

if TYPE_CHECKING:
    from tickhaul._core.operations import Operation

BY_NAME = {operation.name: operation for operation in OPERATIONS}
NAMED = [pytest.param(operation, id=operation.name) for operation in operations.ALL]
STAMP = Stamp("h", Secret("key"), "agent")
COLUMNS: list[Any] = [{"output_column": "time", "meta": {"value": "collection_timestamp_ns"}}]

#: Plausible arguments, as the resources pass them, and what must come of them.
PATHS = {
    "exchanges.list": "/v1/exchanges",
    "exchanges.list_instruments": "/v1/exchanges/binance/instruments",
    "exchanges.list_datastreams": "/v1/exchanges/binance/instruments/BTC%2FUSDT/datastreams",
    "datastreams.list": "/v1/datastreams",
    "availability.get": "/v1/availability",
    "subscriptions.create": "/v1/subscriptions",
    "subscriptions.list": "/v1/subscriptions",
    "subscriptions.get": "/v1/subscriptions/sub_1",
    "subscriptions.delete": "/v1/subscriptions/sub_1",
    "subscriptions.pause": "/v1/subscriptions/sub_1/pause",
    "subscriptions.resume": "/v1/subscriptions/sub_1/resume",
    "subscriptions.list_spans": "/v1/subscriptions/sub_1/spans",
    "exports.create": "/v1/exports",
    "exports.list": "/v1/exports",
    "exports.get": "/v1/exports/exp_1",
    "exports.delete": "/v1/exports/exp_1",
    "exports.cancel": "/v1/exports/exp_1/cancel",
    "exports.get_download": "/v1/exports/exp_1/download",
    "export_schemas.list": "/v1/export-schemas",
    "export_schemas.create": "/v1/export-schemas",
    "export_schemas.get": "/v1/export-schemas/sch_1",
    "export_schemas.update": "/v1/export-schemas/sch_1",
    "export_schemas.delete": "/v1/export-schemas/sch_1",
    "export_schemas.create_draft": "/v1/export-schemas/sch_1/draft",
    "export_schemas.get_draft": "/v1/export-schemas/sch_1/draft",
    "export_schemas.update_draft": "/v1/export-schemas/sch_1/draft",
    "export_schemas.discard_draft": "/v1/export-schemas/sch_1/draft",
    "export_schemas.publish_draft": "/v1/export-schemas/sch_1/publish",
    "billing.get_summary": "/v1/billing/summary",
}
PAGE = {"limit": 10, "page_token": "e30="}
FILTERS = {"stream_type": "trades", "wire_format": "json"}
CONTENT = content_body(COLUMNS, None, None)
ARGUMENTS: dict[str, dict[str, object]] = {
    "exchanges.list_instruments": {
        "exchange": "binance",
        "search": "BTC",
        "base": "BTC",
        "quote": "USDT",
        "instrument_type": "spot",
        **PAGE,
    },
    "exchanges.list_datastreams": {"exchange": "binance", "instrument": "BTC/USDT", **FILTERS, **PAGE},
    "datastreams.list": {"exchange": "binance", "instrument": "BTC/USDT", **FILTERS, **PAGE},
    "availability.get": {"datastream_id": 123},
    "subscriptions.create": {"body": CreateSubscriptionRequest(123)},
    "subscriptions.list": PAGE,
    "exports.create": {
        "body": export_body(123, "2024-01-15", "2024-01-16", schema="raw", format="csv", format_options={}, now=0)
    },
    "exports.list": PAGE,
    "export_schemas.create": {"body": creation_body("mine", "trade", COLUMNS, None, None)},
    "export_schemas.update": {"body": CONTENT},
    "export_schemas.create_draft": {"body": CONTENT},
    "export_schemas.update_draft": {"body": CONTENT},
}
IDS = {"subscriptions": "sub_1", "exports": "exp_1", "export_schemas": "sch_1"}


def arguments_of(operation: Operation[object]) -> dict[str, object]:
    given = dict(ARGUMENTS.get(operation.name, {}))
    if any(step in PATHS[operation.name] for step in ("/sub_1", "/exp_1", "/sch_1")):
        given["id"] = IDS[operation.name.partition(".")[0]]
    return given


def test_the_table_has_each_operation_of_the_contract_once() -> None:
    modules = [operation.module.partition(".")[2] for operation in operations.ALL]
    assert sorted(modules) == sorted(BY_NAME)
    assert len(operations.ALL) == 29
    assert len({operation.name for operation in operations.ALL}) == 29
    assert set(PATHS) == {operation.name for operation in operations.ALL}


@pytest.mark.parametrize("operation", NAMED)
def test_an_operation_is_what_the_contract_says(operation: Operation[object]) -> None:
    tag, _, name = operation.module.partition(".")
    contract = BY_NAME[name]
    assert operation.method == contract.method.upper()
    assert contract.item["tags"] == [tag]
    status, response = contract.success
    assert operation.has_body is ("content" in response)
    assert operation.has_body is (status != "204")


@pytest.mark.parametrize("operation", NAMED)
def test_an_operation_is_named_as_the_method_that_makes_it(operation: Operation[object]) -> None:
    from tickhaul import Client

    resource, _, method = operation.name.partition(".")
    with Client("key", base_url="http://127.0.0.1:1") as client:
        assert callable(getattr(getattr(client, resource), method))


@pytest.mark.parametrize("operation", NAMED)
def test_a_generated_module_has_both_halves(operation: Operation[object]) -> None:
    module = import_module(f"ticksupply_api.api.{operation.module}")
    assert callable(module._get_kwargs)
    assert callable(module._parse_response)


@pytest.mark.parametrize("operation", NAMED)
def test_a_request_really_is_built(operation: Operation[object]) -> None:
    arguments = arguments_of(operation)
    request = STAMP.write(operation, arguments, None)
    assert request.method == operation.method
    assert request.path == PATHS[operation.name]
    _, body = request.reveal()
    assert (body is not None) is ("body" in arguments)
    if body is not None:
        assert isinstance(json.loads(body), dict)
    query = request.target.decode().partition("?")[2]
    expected = {name for name in arguments if name not in ("id", "body") and f"{{{name}}}" not in template(operation)}
    assert {pair.partition("=")[0] for pair in query.split("&") if pair} == expected


def template(operation: Operation[object]) -> str:
    return BY_NAME[operation.module.partition(".")[2]].path


@pytest.mark.parametrize("operation", NAMED)
def test_a_key_goes_with_post_and_delete_and_repeating_is_safe_but_for_put(operation: Operation[object]) -> None:
    contract = BY_NAME[operation.module.partition(".")[2]]
    names = {parameter["name"] for parameter in contract.parameters}
    assert operation.takes_key is ("Idempotency-Key" in names)
    assert operation.repeatable is (operation.method != "PUT")


def test_the_draft_of_the_published_content_needs_no_body() -> None:
    request = STAMP.write(operations.CREATE_DRAFT, {"id": "sch_1", "body": None}, None)
    assert request.body is None
