"""Every operation of the service is there, and documented in full."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.spec.contract import CONTRACT, OPERATIONS, Operation, follow, validator

# Operation, method, path, success, and the errors beside those that every operation has.
# Source: reference ticksupply-api, sections 1, 3, 4 and 10.
TABLE = """
list_exchanges              GET    /v1/exchanges                                                200
list_instruments            GET    /v1/exchanges/{exchange}/instruments                         200  400 404
list_instrument_datastreams GET    /v1/exchanges/{exchange}/instruments/{instrument}/datastreams 200 400 404
list_datastreams            GET    /v1/datastreams                                              200  400
get_availability            GET    /v1/availability                                             200  400 404
create_subscription         POST   /v1/subscriptions                                            201  400 402 404 409
list_subscriptions          GET    /v1/subscriptions                                            200  400
get_subscription            GET    /v1/subscriptions/{id}                                       200  404
delete_subscription         DELETE /v1/subscriptions/{id}                                       204  400 404 409
pause_subscription          POST   /v1/subscriptions/{id}/pause                                 204  400 404 409
resume_subscription         POST   /v1/subscriptions/{id}/resume                                204  400 402 404 409
list_subscription_spans     GET    /v1/subscriptions/{id}/spans                                 200  404
create_export               POST   /v1/exports                                                  202  400 402 403 404 409
list_exports                GET    /v1/exports                                                  200  400
get_export                  GET    /v1/exports/{id}                                             200  404
delete_export               DELETE /v1/exports/{id}                                             204  400 404 409
cancel_export               POST   /v1/exports/{id}/cancel                                      204  400 404 409
get_export_download         GET    /v1/exports/{id}/download                                    200  400 404
list_export_schemas         GET    /v1/export-schemas                                           200
create_export_schema        POST   /v1/export-schemas                                           201  400 409
get_export_schema           GET    /v1/export-schemas/{id}                                      200  404
update_export_schema        PUT    /v1/export-schemas/{id}                                      200  400 404
delete_export_schema        DELETE /v1/export-schemas/{id}                                      204  400 404 409
create_export_schema_draft  POST   /v1/export-schemas/{id}/draft                                201  400 404 409
get_export_schema_draft     GET    /v1/export-schemas/{id}/draft                                200  404
update_export_schema_draft  PUT    /v1/export-schemas/{id}/draft                                200  400 404
discard_export_schema_draft DELETE /v1/export-schemas/{id}/draft                                204  400 404 409
publish_export_schema_draft POST   /v1/export-schemas/{id}/publish                              200  400 404 409
get_billing_summary         GET    /v1/billing/summary                                          200
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]

ALWAYS = {"401", "408", "429", "500", "503"}
CODES = {
    "400": "invalid_argument",
    "401": "unauthenticated",
    "402": "payment_required",
    "403": "permission_denied",
    "404": "not_found",
    "408": "request_timeout",
    "409": "already_exists",
    "429": "rate_limited",
    "500": "internal",
    "503": "unavailable",
}
PAGED = {
    "list_instruments": (100, 1000),
    "list_instrument_datastreams": (100, 1000),
    "list_datastreams": (100, 1000),
    "list_subscriptions": (50, 100),
    "list_exports": (50, 100),
}

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def test_there_are_exactly_the_29_operations_of_the_service() -> None:
    assert len(ROWS) == 29
    assert {(o.name, o.method.upper(), o.path) for o in OPERATIONS} == {(row[0], row[1], row[2]) for row in ROWS}
    assert sum(len(set(item) & {"patch", "head", "options", "trace"}) for item in CONTRACT["paths"].values()) == 0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_an_operation_documents_its_statuses(row: list[str]) -> None:
    (operation,) = [o for o in OPERATIONS if o.name == row[0]]
    assert set(operation.responses) == {row[3], *row[4:]} | ALWAYS


@each_operation
def test_an_operation_says_what_it_does(operation: Operation) -> None:
    assert len(operation.item["description"]) > 20
    assert operation.item["summary"]
    (tag,) = operation.item["tags"]
    assert tag in [known["name"] for known in CONTRACT["tags"]]


def test_every_tag_is_described_and_used() -> None:
    tags = CONTRACT["tags"]
    assert [tag["name"] for tag in tags] == [
        "exchanges",
        "datastreams",
        "availability",
        "subscriptions",
        "exports",
        "export_schemas",
        "billing",
    ]
    assert {operation.item["tags"][0] for operation in OPERATIONS} == {tag["name"] for tag in tags}
    assert all(tag["description"] for tag in tags)


@each_operation
def test_an_operation_shows_an_example(operation: Operation) -> None:
    assert [*operation.examples_of_success(), *operation.examples_of_body(), *operation.parameters]
    assert all("example" in parameter for parameter in operation.parameters)
    if "content" in operation.success[1]:
        assert operation.examples_of_success()
    if operation.body:
        assert operation.examples_of_body()


@each_operation
def test_an_idempotency_key_goes_with_post_and_delete_only(operation: Operation) -> None:
    keys = [p for p in operation.parameters if p["name"] == "Idempotency-Key"]
    assert len(keys) == (operation.method in ("post", "delete"))
    for key in keys:
        assert (key["in"], key.get("required", False)) == ("header", False)
        assert follow(key["schema"])["type"] == "string"
        assert "format" not in follow(key["schema"])


@each_operation
def test_path_and_parameters_name_the_same(operation: Operation) -> None:
    in_path = [p for p in operation.parameters if p["in"] == "path"]
    assert {p["name"] for p in in_path} == set(re.findall(r"\{(\w+)\}", operation.path))
    assert all(p["required"] for p in in_path)
    assert all(p["description"] for p in operation.parameters)


@each_operation
def test_resource_ids_have_the_pattern_of_their_kind(operation: Operation) -> None:
    prefixes = {"/v1/subscriptions": "sub_", "/v1/exports": "exp_", "/v1/export-schemas": "sch_"}
    for parameter in operation.parameters:
        if parameter["in"] == "path" and parameter["name"] == "id":
            prefix = prefixes[operation.path.split("/{id}")[0]]
            assert follow(parameter["schema"])["pattern"] == f"^{prefix}[a-f0-9]{{32}}$"


@each_operation
def test_paged_lists_have_the_bounds_of_their_kind(operation: Operation) -> None:
    query = {p["name"]: follow(p["schema"]) for p in operation.parameters if p["in"] == "query"}
    assert ("limit" in query, "page_token" in query) == (operation.name in PAGED,) * 2
    if operation.name in PAGED:
        limit = query["limit"]
        assert (limit["minimum"], limit["default"], limit["maximum"]) == (1, *PAGED[operation.name])
        page = follow(operation.success[1]["content"]["application/json"]["schema"])
        assert set(page["properties"]) == {"items", "total", "limit", "next_page_token"}


@each_operation
def test_every_answer_has_the_request_id_and_the_rate_limit_headers(operation: Operation) -> None:
    always = {"X-Request-Id"} | {f"X-RateLimit-{x}-{y}" for x in ("Limit", "Remaining") for y in ("Minute", "Hour")}
    exhausted = {"X-RateLimit-Reset-Minute", "X-RateLimit-Reset-Hour"}
    for status, response in operation.responses.items():
        headers = {name: follow(header) for name, header in response["headers"].items()}
        wanted = always | exhausted | ({"Retry-After"} if status == "429" else set())
        assert set(headers) == wanted
        required = {name for name, header in headers.items() if header.get("required")}
        assert required == wanted - exhausted
        for header in headers.values():
            validator(header["schema"]).validate(header["example"])
            assert header["description"]


@each_operation
def test_every_error_is_the_envelope_with_the_code_of_its_status(operation: Operation) -> None:
    for status, response in operation.responses.items():
        assert response["description"]
        if status.startswith("2"):
            continue
        media = response["content"]["application/json"]
        assert media["schema"] == {"$ref": "#/components/schemas/ErrorResponse"}
        for example in media["examples"].values():
            assert follow(example)["value"]["error"]["code"] == CODES[status]


@each_operation
def test_only_an_empty_success_has_no_body(operation: Operation) -> None:
    status, response = operation.success
    assert ("content" in response) == (status != "204")


def test_the_codes_of_the_contract_are_those_of_the_table() -> None:
    schemas: dict[str, Any] = CONTRACT["components"]["schemas"]
    assert sorted(schemas["ErrorCode"]["enum"]) == sorted(CODES.values())
