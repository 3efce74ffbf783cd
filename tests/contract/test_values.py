"""Values against the contract's schemas: every example fits, and no change to one goes unnoticed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul.contract import Kind
from tickhaul.contract.document import Contract, installed
from tickhaul.contract.values import show

from tests.spec.contract import CONTRACT, OPERATIONS, PATH, follow

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUES = installed().values
SCHEMAS = CONTRACT["components"]["schemas"]


def found(schema: str, value: object) -> list[tuple[Kind, str]]:
    differences = VALUES.compare({"$ref": f"#/components/schemas/{schema}"}, value)
    return [(difference.kind, difference.where) for difference in differences]


def answers() -> Iterator[Any]:
    """Every example of an answer, with the name of its schema."""
    for name, response in CONTRACT["components"]["responses"].items():
        for media in response.get("content", {}).values():
            for example, node in media["examples"].items():
                schema = media["schema"]["$ref"].rsplit("/", 1)[1]
                yield pytest.param(schema, follow(node)["value"], id=f"{name}-{example}")


def objects(value: Any, where: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all objects in a value."""
    if isinstance(value, dict):
        yield where
        for name, field in value.items():
            yield from objects(field, (*where, name))
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from objects(item, (*where, position))


def at(value: Any, where: tuple[str | int, ...]) -> Any:
    for step in where:
        value = value[step]
    return value


def named(where: tuple[str | int, ...]) -> str:
    return "".join("[*]" if isinstance(step, int) else f".{step}" for step in where)


@pytest.mark.parametrize(("schema", "value"), list(answers()))
def test_an_example_of_the_contract_fits_it(schema: str, value: Any) -> None:
    assert found(schema, value) == []


@pytest.mark.parametrize(("schema", "value"), list(answers()))
def test_a_new_field_is_noticed_in_every_object(schema: str, value: Any) -> None:
    for where in objects(value):
        # In these an unknown name is a key like any other: details, options, and what is listed by exchange.
        if where and where[-1] in ("details", "format_options", "data", "unfold", "derive"):
            continue
        changed = copy.deepcopy(value)
        at(changed, where)["tickhaul_new"] = 1
        assert found(schema, changed) == [(Kind.UNEXPECTED_FIELD, named((*where, "tickhaul_new")))]


def required(schema: dict[str, Any], value: Any, where: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all required fields in a value, found without the code under test."""
    schema = follow(schema)
    for part in schema.get("allOf", ()):
        yield from required(part, value, where)
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from required(schema.get("items", {}), item, (*where, position))
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            yield (*where, name)
        others = schema.get("additionalProperties")
        for name, field in value.items():
            inner = schema.get("properties", {}).get(name, others if isinstance(others, dict) else {})
            yield from required(inner, field, (*where, name))


@pytest.mark.parametrize(("schema", "value"), list(answers()))
def test_a_missing_field_is_noticed_wherever_it_is_required(schema: str, value: Any) -> None:
    places = list(required(SCHEMAS[schema], value))
    assert places or value == []
    for where in places:
        changed = copy.deepcopy(value)
        del at(changed, where[:-1])[where[-1]]
        assert (Kind.MISSING_FIELD, named(where)) in found(schema, changed)


@pytest.mark.parametrize(
    ("schema", "value", "kind"),
    [
        ("Count", 1.0, Kind.TYPE),
        ("Count", True, Kind.TYPE),
        ("Count", "1", Kind.TYPE),
        ("Count", None, Kind.TYPE),
        ("Count", -1, Kind.VALUE),
        ("Count", 2**63, Kind.FORMAT),
        ("UnixNanoseconds", -(2**63) - 1, Kind.FORMAT),
        ("Timestamp", "2024-01-15T10:00:00", Kind.FORMAT),
        ("Timestamp", "2024-01-15T10:00:00+00:00", Kind.FORMAT),
        ("Timestamp", "2024-01-15 10:00:00Z", Kind.FORMAT),
        ("Timestamp", "2024-02-30T10:00:00Z", Kind.FORMAT),
        ("Timestamp", "2024-01-15T10:00:00.1234567890Z", Kind.FORMAT),
        ("Timestamp", "2024-01-15T25:00:00Z", Kind.FORMAT),
        ("Url", "part.csv.gz", Kind.FORMAT),
        ("Url", "https://storage.example/a b", Kind.FORMAT),
        ("Url", "https://[storage", Kind.FORMAT),
        ("ExportId", "exp_1", Kind.VALUE),
        ("OpenExportStatus", "hibernating", Kind.UNKNOWN_VALUE),
        ("OpenExportStatus", 1, Kind.TYPE),
        ("DecimalText", 12.5, Kind.TYPE),
        ("OptionalText", 1, Kind.TYPE),
        ("ExchangeList", {}, Kind.TYPE),
        ("Column", {"output_column": "c"}, Kind.MISSING_FIELD),
        ("Column", {"output_column": "c", "meta": {"value": "collection_timestamp_ns"}, "data": {}}, Kind.VALUE),
    ],
)
def test_a_wrong_value_is_noticed(schema: str, value: object, kind: Kind) -> None:
    assert [difference[0] for difference in found(schema, value)] == [kind]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("Count", 2**63 - 1),
        ("UnixNanoseconds", -(2**63)),
        ("Timestamp", "2024-02-29T23:59:59.123456789Z"),
        ("OptionalTimestamp", None),
        ("OpenExportStatus", "succeeded"),
        ("ErrorDetails", {"anything": [None]}),
        ("FormatOptions", {"compression": "zstd"}),
        ("DataColumn", {"some venue": {"json": {"path": "p", "type": "f64"}}}),
    ],
)
def test_nothing_is_noticed_about_a_right_value(schema: str, value: object) -> None:
    assert found(schema, value) == []


def test_what_is_shown_of_a_value_is_short_and_plain() -> None:
    assert show("\x1b[2J\x9b") == '"\\u001b[2J\\u009b"'
    assert len(show("a" * 10_000)) < 150


def test_the_installed_contract_is_the_one_in_the_repository() -> None:
    assert installed().document == CONTRACT
    assert set(installed().operations) == {operation.name for operation in OPERATIONS}


def test_every_status_is_found_by_its_own_key_its_class_or_the_default() -> None:
    text = PATH.read_text(encoding="utf-8")
    operation = Contract(text.replace('"401": {', '"4XX": {').replace('"500": {', "default: {")).operations[
        "list_exchanges"
    ]
    assert operation.response(200) is operation.responses["200"]
    assert operation.response(418) is operation.responses["4XX"]
    assert operation.response(599) is operation.responses["default"]
    assert installed().operations["list_exchanges"].response(418) is None


def test_the_path_of_an_operation_is_filled_in_and_encoded() -> None:
    operation = installed().operations["list_instrument_datastreams"]
    target = operation.target(exchange="kraken", instrument="XBT/USD ?")
    assert target == "/v1/exchanges/kraken/instruments/XBT%2FUSD%20%3F/datastreams"
