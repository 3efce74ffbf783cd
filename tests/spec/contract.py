"""The contract as the tests see it: read once, with its references followed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = Path(__file__).resolve().parents[2] / "spec" / "openapi.yaml"
CONTRACT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
COMPONENTS: dict[str, Any] = CONTRACT["components"]
METHODS = ("get", "put", "post", "delete")


class Operation(NamedTuple):
    """One operation, with the parameters of its path and its own."""

    name: str
    method: str
    path: str
    item: dict[str, Any]
    parameters: tuple[dict[str, Any], ...]

    @property
    def responses(self) -> dict[str, dict[str, Any]]:
        """The responses by status, references followed."""
        return {status: follow(response) for status, response in self.item["responses"].items()}

    @property
    def success(self) -> tuple[str, dict[str, Any]]:
        """The one success: its status and response."""
        ((status, response),) = [(s, r) for s, r in self.responses.items() if s.startswith("2")]
        return status, response

    @property
    def body(self) -> dict[str, Any] | None:
        """The request body, reference followed."""
        return follow(self.item["requestBody"]) if "requestBody" in self.item else None

    def examples_of_success(self) -> list[Any]:
        """The example values of the success; none where it has no body."""
        content = self.success[1].get("content")
        return media_examples(content["application/json"]) if content else []

    def examples_of_body(self) -> list[Any]:
        """The example values of the request body."""
        return media_examples(self.body["content"]["application/json"]) if self.body else []


def follow(node: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference leads to, or the node itself."""
    while "$ref" in node:
        target: Any = CONTRACT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def media_examples(media: dict[str, Any]) -> list[Any]:
    """Return the example values of a body."""
    return [follow(example)["value"] for example in media["examples"].values()]


def operations() -> Iterator[Operation]:
    """Go through all operations in the order of the document."""
    for path, item in CONTRACT["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method in item:
                own = item[method]
                parameters = tuple(follow(p) for p in [*shared, *own.get("parameters", [])])
                yield Operation(own["operationId"], method, path, own, parameters)


OPERATIONS = tuple(operations())


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Make a validator of a schema of the contract; formats are checked too."""
    whole = {"components": COMPONENTS, "allOf": [schema]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def validator_of(name: str) -> Draft202012Validator:
    """Make a validator of a named schema."""
    return validator({"$ref": f"#/components/schemas/{name}"})
