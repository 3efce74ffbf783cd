"""The pure halves of every endpoint module: what is sent, and how a success is read."""

from __future__ import annotations

import inspect
import json
import pkgutil
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
import ticksupply_api.api
from ticksupply_api.client import AuthenticatedClient
from ticksupply_api.models import Column, Exchange, FormatOptions, InlineSchema, MetaColumn, SchemaListItem, Span

from tests.generated.classes import MODELS, endpoint, without_nulls
from tests.spec.contract import OPERATIONS, Operation, follow

CLIENT = AuthenticatedClient(base_url="http://127.0.0.1", token="secret")

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


class Answer(NamedTuple):
    """What the executor hands over in the place of an HTTP response."""

    status_code: int
    content: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


def module_of(operation: Operation) -> Any:
    return endpoint(operation.item["tags"][0], operation.name)


def parse(operation: Operation, status: int, body: Any) -> Any:
    return module_of(operation)._parse_response(client=CLIENT, response=Answer(status, json.dumps(body).encode(), {}))


def body_class(operation: Operation) -> Any:
    assert operation.body
    return MODELS[operation.body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]]


def python_name(parameter: dict[str, Any]) -> str:
    return str(parameter["name"]).lower().replace("-", "_")


def test_there_is_one_module_per_operation_and_no_other() -> None:
    found = set()
    for tag in pkgutil.iter_modules(ticksupply_api.api.__path__):
        package = import_module(f"ticksupply_api.api.{tag.name}")
        found |= {(tag.name, module.name) for module in pkgutil.iter_modules(package.__path__)}
    assert found == {(operation.item["tags"][0], operation.name) for operation in OPERATIONS}


@each_operation
def test_every_module_has_both_pure_halves(operation: Operation) -> None:
    module = module_of(operation)
    assert inspect.isfunction(module._get_kwargs)
    assert list(inspect.signature(module._parse_response).parameters) == ["client", "response"]


@each_operation
def test_the_request_takes_exactly_the_documented_parameters(operation: Operation) -> None:
    signature = inspect.signature(module_of(operation)._get_kwargs)
    wanted = [python_name(p) for p in operation.parameters] + (["body"] if operation.body else [])
    assert sorted(signature.parameters) == sorted(wanted)
    required = {python_name(p) for p in operation.parameters if p.get("required")}
    required |= {"body"} if operation.body and operation.body["required"] else set()
    for name, parameter in signature.parameters.items():
        assert parameter.default is (inspect.Parameter.empty if name in required else None), name


@each_operation
def test_a_full_request_is_the_documented_one(operation: Operation) -> None:
    arguments: dict[str, Any] = {python_name(p): p["example"] for p in operation.parameters}
    examples = operation.examples_of_body()
    if examples:
        arguments["body"] = body_class(operation).from_dict(examples[0])

    request = module_of(operation)._get_kwargs(**arguments)

    path = operation.path.format(**{p["name"]: p["example"] for p in operation.parameters if p["in"] == "path"})
    assert (request["method"], request["url"]) == (operation.method, path)
    query = {p["name"]: p["example"] for p in operation.parameters if p["in"] == "query"}
    assert request.get("params", {}) == query
    headers = {p["name"]: p["example"] for p in operation.parameters if p["in"] == "header"}
    content_type = {"Content-Type": "application/json"} if examples else {}
    assert request.get("headers", {}) == headers | content_type
    assert request.get("json") == (without_nulls(examples[0]) if examples else None)
    assert set(request) <= {"method", "url", "params", "headers", "json"}


@each_operation
def test_what_is_not_given_is_not_sent(operation: Operation) -> None:
    arguments: dict[str, Any] = {python_name(p): p["example"] for p in operation.parameters if p.get("required")}
    if operation.body and operation.body["required"]:
        arguments["body"] = body_class(operation).from_dict(operation.examples_of_body()[0])

    request = module_of(operation)._get_kwargs(**arguments)

    query = {p["name"]: p["example"] for p in operation.parameters if p["in"] == "query" and p.get("required")}
    assert request.get("params", {}) == query
    assert "Idempotency-Key" not in request.get("headers", {})
    assert ("json" in request) == ("body" in arguments)


@each_operation
def test_path_parameters_are_percent_encoded(operation: Operation) -> None:
    hostile = "a/b?c#d%2F é"
    in_path = [p["name"] for p in operation.parameters if p["in"] == "path"]
    arguments: dict[str, Any] = {python_name(p): p["example"] for p in operation.parameters if p.get("required")}
    arguments |= dict.fromkeys(in_path, hostile)
    if operation.body and operation.body["required"]:
        arguments["body"] = body_class(operation).from_dict(operation.examples_of_body()[0])

    url = module_of(operation)._get_kwargs(**arguments)["url"]

    assert url.count("/") == operation.path.count("/")
    assert not set(url) & set("?# ")
    parts = zip(url.split("/"), operation.path.split("/"), strict=True)
    assert [unquote(got) for got, declared in parts if declared.startswith("{")] == [hostile] * len(in_path)


@each_operation
def test_a_success_is_exactly_the_model(operation: Operation) -> None:
    documented = int(operation.success[0])
    if documented == 204:
        assert module_of(operation)._parse_response(client=CLIENT, response=Answer(204, b"", {})) is None
        return
    for example in operation.examples_of_success():
        schema = operation.success[1]["content"]["application/json"]["schema"]
        # The exact status of most writes is inferred: any 2xx has to be read.
        for status in (documented, 200, 299):
            model = parse(operation, status, example)
            if follow(schema)["type" if "type" in follow(schema) else "allOf"] == "array":
                assert isinstance(model, list)
                assert [item.to_dict() for item in model] == without_nulls(example)
            else:
                assert type(model).__name__ == schema["$ref"].rsplit("/", 1)[1]
                assert model.to_dict() == without_nulls(example)


@each_operation
def test_an_error_is_not_read_as_a_success(operation: Operation) -> None:
    answer = Answer(502, b"<html>Bad Gateway</html>", {"content-type": "text/html"})
    assert module_of(operation)._parse_response(client=CLIENT, response=answer) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [("list_exchanges", Exchange), ("list_export_schemas", SchemaListItem), ("list_subscription_spans", Span)],
)
def test_plain_lists_hold_models(name: str, kind: type) -> None:
    (operation,) = [o for o in OPERATIONS if o.name == name]
    assert {type(item) for item in parse(operation, 200, operation.examples_of_success()[0])} == {kind}


@each_operation
def test_a_body_of_the_wrong_shape_is_an_error(operation: Operation) -> None:
    if operation.success[0] == "204":
        return
    for body in (None, 1, "text", [1], {"unexpected": True}):
        with pytest.raises((TypeError, KeyError)):
            parse(operation, 200, body)


def test_an_export_with_an_inline_schema_is_written_out() -> None:
    from ticksupply_api.api.exports import create_export
    from ticksupply_api.models import CreateExportRequest

    body = CreateExportRequest(
        datastream_id=123,
        start_time=1705312800000000001,
        end_time="2024-01-15T11:00:00Z",
        schema=InlineSchema(columns=[Column("t", meta=MetaColumn(value="collection_timestamp_ns"))]),
        format="csv",
        format_options=FormatOptions({}),
    )
    request = create_export._get_kwargs(body=body, idempotency_key="k")
    assert request == {
        "method": "post",
        "url": "/v1/exports",
        "headers": {"Idempotency-Key": "k", "Content-Type": "application/json"},
        "json": {
            "datastream_id": 123,
            "start_time": 1705312800000000001,
            "end_time": "2024-01-15T11:00:00Z",
            "schema": {"columns": [{"output_column": "t", "meta": {"value": "collection_timestamp_ns"}}]},
            "format": "csv",
            "format_options": {},
        },
    }


def test_a_smaller_export_sends_only_what_was_said() -> None:
    from ticksupply_api.models import CreateExportRequest

    body = CreateExportRequest(datastream_id=123, start_time="0", end_time="1")
    assert body.to_dict() == {"datastream_id": 123, "start_time": "0", "end_time": "1"}
