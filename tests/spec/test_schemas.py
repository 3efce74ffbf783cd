"""Every schema has a name, a description and examples; every example of the document fits its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.spec.contract import COMPONENTS, CONTRACT, OPERATIONS, validator, validator_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMAS: dict[str, dict[str, Any]] = COMPONENTS["schemas"]

each_schema = pytest.mark.parametrize("name", sorted(SCHEMAS))


@each_schema
def test_a_schema_is_described_and_its_examples_fit(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema["description"]
    assert schema["examples"]
    for example in schema["examples"]:
        validator_of(name).validate(example)


@each_schema
def test_every_part_of_a_schema_is_a_named_one(name: str) -> None:
    null = {"type": "null"}
    schema = SCHEMAS[name]
    parts = [part for part in schema.get("allOf", []) if "$ref" not in part]
    for owner in [schema, *parts]:
        for field, declared in owner.get("properties", {}).items():
            assert "$ref" in declared, field
            assert declared["description"], field
        for kind in ("oneOf", "anyOf"):
            assert all("$ref" in option or option == null for option in owner.get(kind, []))
        assert "$ref" in owner.get("items", {"$ref": ""})
        free = owner.get("additionalProperties", True)
        assert free is True or "$ref" in free


@each_schema
def test_required_fields_exist(name: str) -> None:
    for owner in [SCHEMAS[name], *SCHEMAS[name].get("allOf", [])]:
        assert set(owner.get("required", [])) <= set(owner.get("properties", {}))


def media_types(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield from node.get("content", {}).values() if isinstance(node.get("content"), dict) else ()
        for value in node.values():
            yield from media_types(value)


def test_bodies_parameters_and_headers_name_their_schema() -> None:
    media = [*media_types(CONTRACT["paths"]), *media_types(COMPONENTS["responses"])]
    media += list(media_types(COMPONENTS["requestBodies"]))
    assert len(media) > 25
    for owner in [*media, *COMPONENTS["parameters"].values(), *COMPONENTS["headers"].values()]:
        assert set(owner["schema"]) == {"$ref"}


@pytest.mark.parametrize("kind", ["parameters", "headers"])
def test_the_example_of_a_parameter_or_header_fits(kind: str) -> None:
    for owner in COMPONENTS[kind].values():
        validator(owner["schema"]).validate(owner["example"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_examples_of_bodies_fit(operation: Any) -> None:
    bodies = [operation.body] if operation.body else []
    for owner in [*operation.responses.values(), *bodies]:
        for media in owner.get("content", {}).values():
            for example in media["examples"].values():
                value = COMPONENTS["examples"][example["$ref"].rsplit("/", 1)[1]]["value"]
                validator(media["schema"]).validate(value)


def test_every_example_has_a_summary() -> None:
    assert all(example["summary"] for example in COMPONENTS["examples"].values())


UUID = "0b8f4a5e-6c1d-4f7e-9a53-2d1c7b9e8f60"
META = {"value": "collection_timestamp_ns"}
DATA = {"binance": {"json": {"path": "p", "type": "f64"}}}
COLUMN = {"output_column": "t", "meta": META}
EXPORT = {"datastream_id": 1, "start_time": 0, "end_time": 1}
JOB = SCHEMAS["ExportJob"]["examples"][0]

ACCEPTED = [
    ("RequestTime", 1703116800000000000),
    ("RequestTime", "1703116800000000000"),
    ("RequestTime", "2024-01-15T10:00:00Z"),
    ("RequestTime", "2024-01-15T10:00:00.1Z"),
    ("RequestTime", "2024-01-15T10:00:00.123456789Z"),
    ("IdempotencyKey", UUID),
    ("IdempotencyKey", UUID.replace("-", "")),
    ("IdempotencyKey", UUID.upper()),
    ("IdempotencyKey", f"{{{UUID}}}"),
    ("IdempotencyKey", f"urn:uuid:{UUID}"),
    ("Column", COLUMN),
    ("Column", {"output_column": "p", "data": DATA}),
    ("CreateExportRequest", EXPORT),
    ("CreateExportRequest", {**EXPORT, "schema": "raw", "format": "parquet", "format_options": {}}),
    ("CreateExportRequest", {**EXPORT, "schema": {"columns": [COLUMN]}}),
    ("SchemaContent", {"columns": [COLUMN], "unfold": None, "derive": None}),
    ("SchemaContent", {"columns": [COLUMN] * 100}),
    ("ExportJob", {**JOB, "status": "paused_by_a_later_version", "format": "orc", "new": 1}),
    ("Schema", {**SCHEMAS["Schema"]["examples"][0], "columns": [COLUMN] * 142}),
    ("Span", {"id": "spn_" + "0" * 32, "started_at": "2024-01-15T10:00:00Z"}),
    ("Instrument", {"symbol": "1INCH/USDT", "base": None, "quote": None, "instrument_type": None}),
    ("ColumnType", "decimal(18)"),
    ("CatalogLimit", 1),
    ("CatalogLimit", 1000),
    ("AccountLimit", 100),
    ("DatastreamId", 2**63 - 1),
]

REFUSED = [
    ("RequestTime", 1.5),
    ("RequestTime", True),
    ("RequestTime", "yesterday"),
    ("RequestTime", "2024-01-15"),
    ("RequestTime", "2024-01-15T10:00:00"),
    ("RequestTime", "2024-01-15T10:00:00.1234567890Z"),
    ("RequestTime", None),
    ("IdempotencyKey", "a key of mine"),
    ("IdempotencyKey", UUID + "0"),
    ("IdempotencyKey", ""),
    ("Column", {"output_column": "t"}),
    ("Column", {"output_column": "t", "meta": META, "data": DATA}),
    ("Column", {"meta": META}),
    ("Column", {"output_column": "t", "meta": {"value": "weekday"}}),
    ("CreateExportRequest", {**EXPORT, "format": "orc"}),
    ("CreateExportRequest", {**EXPORT, "schema": {"columns": []}}),
    ("CreateExportRequest", {**EXPORT, "datastream_id": 0}),
    ("CreateExportRequest", {"datastream_id": 1, "start_time": 0}),
    ("CreateSchemaRequest", {"name": "n", "stream_category": "trades", "columns": [COLUMN]}),
    ("CreateSchemaRequest", {"stream_category": "trade", "columns": [COLUMN]}),
    ("CreateSchemaRequest", {"name": "n", "stream_category": "trade"}),
    ("SchemaContent", {"columns": [COLUMN] * 101}),
    ("SchemaContent", {"columns": []}),
    ("ExportJob", {**JOB, "start_time": "2024-01-15T10:00:00Z"}),
    ("ExportJob", {**JOB, "created_at": "yesterday"}),
    ("ExportJob", {**JOB, "id": "exp_1"}),
    ("Schema", SCHEMAS["SchemaListItem"]["examples"][0]),
    ("ColumnType", "decimal"),
    ("CatalogLimit", 1001),
    ("AccountLimit", 101),
    ("AccountLimit", 0),
    ("DatastreamId", "123"),
    ("SubscriptionId", "sub_550E8400E29B41D4A716446655440000"),
    ("ErrorResponse", {"error": {"code": "internal"}}),
    ("DeriveRule", {"field": "f", "op": "tagged_concat", "arrays": [], "tag_field": "t"}),
]


@pytest.mark.parametrize(("name", "value"), ACCEPTED)
def test_a_schema_accepts_what_is_documented(name: str, value: Any) -> None:
    validator_of(name).validate(value)


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_schema_refuses_what_is_not(name: str, value: Any) -> None:
    assert not validator_of(name).is_valid(value)


def test_every_form_of_a_request_time_is_exactly_one_kind() -> None:
    assert [option["$ref"].rsplit("/", 1)[1] for option in SCHEMAS["RequestTime"]["oneOf"]] == [
        "UnixNanoseconds",
        "NanosecondText",
        "IsoTime",
    ]


def test_values_the_service_may_add_are_open_in_answers() -> None:
    for name, schema in SCHEMAS.items():
        if name.startswith("Open"):
            assert [option["$ref"].rsplit("/", 1)[1] for option in schema["anyOf"]] == [name[4:], "Text"]
            assert SCHEMAS[name[4:]]["enum"]
