"""The model template handles what a later contract may hold, and stops at what it does not understand."""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tools import generate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def contract(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    body = {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Probe", "version": "1"},
        "paths": {
            "/thing": {
                "get": {"operationId": "get_thing", "tags": ["things"], "responses": {"200": body}},
            }
        },
        "components": {
            "schemas": {
                "Thing": {"type": "object", "required": required, "properties": properties},
                "Colour": {"type": "string", "enum": ["red", "green"]},
                "Part": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
            }
        },
    }


def build(place: Path, monkeypatch: pytest.MonkeyPatch, properties: dict[str, Any], required: list[str]) -> None:
    source = place / "openapi.yaml"
    source.write_text(json.dumps(contract(properties, required)), encoding="utf-8")
    monkeypatch.setattr(generate, "CONTRACT", source)
    generate.build(place / "probe_api")


PROPERTIES = {
    "words": {"type": "array", "items": {"type": "string"}},
    "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    "colours": {"type": "array", "items": {"$ref": "#/components/schemas/Colour"}},
    "ratio": {"type": "number"},
    "anything": {},
    "class": {"oneOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]},
    "list": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
    "at": {"type": "string", "format": "date-time"},
    "maybe": {},
}
THING = {
    "words": ["a", "b"],
    "grid": [[1, "2"], []],
    "colours": ["red", "blue"],
    "ratio": 1,
    "anything": {"free": [None]},
    "class": None,
    "list": [{"n": 1}],
    "at": "2024-01-15T10:00:00Z",
}


@pytest.fixture(scope="module")
def thing_class(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    place = tmp_path_factory.mktemp("probe")
    with pytest.MonkeyPatch.context() as monkeypatch:
        build(place, monkeypatch, PROPERTIES, sorted(set(PROPERTIES) - {"maybe"}))
        monkeypatch.syspath_prepend(str(place))
        yield importlib.import_module("probe_api.models").Thing
    for name in [name for name in sys.modules if name.split(".")[0] == "probe_api"]:
        del sys.modules[name]


def test_other_constructs_are_read_and_written(thing_class: Any) -> None:
    thing = thing_class.from_dict(THING)
    assert (thing.words, thing.grid, thing.class_, thing.maybe) == (["a", "b"], [[1, 2], []], None, None)
    assert [type(colour).__name__ for colour in thing.colours] == ["Colour", "str"]
    assert (thing.ratio, type(thing.ratio)) == (1.0, float)
    assert thing.list[0].n == 1
    assert thing.to_dict() == {**THING, "grid": [[1, 2], []], "ratio": 1.0}
    assert thing_class.from_dict({**THING, "class": {"n": 5}, "maybe": 0}).to_dict()["class"] == {"n": 5}


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": [1]},
        {"words": "ab"},
        {"grid": [[1.5]]},
        {"colours": [1]},
        {"ratio": "1"},
        {"ratio": True},
        {"class": 1},
    ],
)
def test_other_constructs_are_checked(wrong: dict[str, Any], thing_class: Any) -> None:
    with pytest.raises(TypeError):
        thing_class.from_dict({**THING, **wrong})


@pytest.mark.parametrize(
    "declared",
    [
        {"type": "string", "format": "date"},
        {"const": "fixed"},
        {"oneOf": [{"type": "boolean"}, {"type": "integer"}]},
    ],
)
def test_a_construct_it_does_not_understand_stops_the_generation(
    declared: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(generate.GenerationError, match="unsupported"):
        build(tmp_path, monkeypatch, {"field": declared}, ["field"])
