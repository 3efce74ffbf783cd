"""The document is OpenAPI 3.1 for everybody who reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openapi_pydantic.v3.v3_1 import OpenAPI
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from ruamel.yaml import YAML

from tests.spec.contract import COMPONENTS, CONTRACT, OPERATIONS, PATH, follow

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_the_specification_validator_finds_no_error() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(CONTRACT).iter_errors()] == []


def test_the_specification_validator_would_find_one() -> None:
    broken = {**CONTRACT, "paths": {"/v1/exchanges": {"get": {"responses": {"200": {}}}}}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def unexpected_fields(node: object, path: str = "") -> Iterator[str]:
    if isinstance(node, BaseModel):
        for name in node.model_extra or {}:
            if not name.startswith("x-"):
                yield f"{path}.{name}"
        for name in type(node).model_fields:
            yield from unexpected_fields(getattr(node, name), f"{path}.{name}")
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from unexpected_fields(value, f"{path}.{name}")
    elif isinstance(node, list):
        for value in node:
            yield from unexpected_fields(value, path)


def test_an_independent_model_of_the_format_reads_it_without_a_field_left_over() -> None:
    document = OpenAPI.model_validate(CONTRACT)
    assert document.openapi == "3.1.0"
    assert list(unexpected_fields(document)) == []


def test_the_independent_model_would_notice_a_misspelt_field() -> None:
    document = OpenAPI.model_validate({**CONTRACT, "securty": []})
    assert list(unexpected_fields(document)) == [".securty"]


def test_yaml_1_1_and_1_2_readers_agree() -> None:
    assert YAML(typ="safe").load(PATH) == CONTRACT


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_somewhere() -> None:
    for reference in references(CONTRACT):
        assert follow({"$ref": reference})


@pytest.mark.parametrize("kind", sorted(set(COMPONENTS) - {"securitySchemes"}))
def test_every_component_is_used(kind: str) -> None:
    used = set(references(CONTRACT))
    assert [name for name in COMPONENTS[kind] if f"#/components/{kind}/{name}" not in used] == []


def test_every_call_needs_the_api_key() -> None:
    assert CONTRACT["security"] == [{"ApiKey": []}]
    assert all("security" not in operation.item for operation in OPERATIONS)
    scheme = COMPONENTS["securitySchemes"]["ApiKey"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-Api-Key")


def extensions(node: object) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, value in node.items():
            if isinstance(name, str) and name.startswith("x-"):
                yield name, value
            else:
                yield from extensions(value)
    elif isinstance(node, list):
        for value in node:
            yield from extensions(value)


def test_notes_have_known_names_and_say_something() -> None:
    notes = list(extensions(CONTRACT))
    known = {"x-tickhaul-inferred", "x-tickhaul-unknown", "x-tickhaul-datetime", "x-tickhaul-secret"}
    assert {name for name, _ in notes} == known
    assert all(isinstance(text, str) and text.strip() for _, text in notes)
