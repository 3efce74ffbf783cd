"""The contract as a checker reads it: each operation with everything its answers may be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import yaml

from tickhaul.contract.values import Values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: A piece of the contract as YAML has it.
Node = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch")
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer.

    Attributes:
        name: its name as the contract writes it.
        required: whether every such answer has it.
        schema: the schema of its value.
    """

    name: str
    required: bool
    schema: Node


@dataclass(frozen=True, slots=True)
class Response:
    """An answer the contract allows.

    Attributes:
        headers: the headers it names.
        schema: the schema of its JSON body; ``None`` when it has none.
        codes: the error codes in its examples; empty for a success.
    """

    headers: tuple[Header, ...]
    schema: Node | None
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        name: its id.
        method: HTTP method, in capitals.
        path: template of its path.
        responses: what it may answer, by status as the contract writes it.
    """

    name: str
    method: str
    path: str
    responses: Mapping[str, Response]

    @property
    def success(self) -> int:
        """The status of its success."""
        return next(int(status) for status in self.responses if status.startswith("2"))

    def response(self, status: int) -> Response | None:
        """What the contract says of an answer with a status; ``None`` when it says nothing."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.responses:
                return self.responses[key]
        return None

    def target(self, **parameters: str) -> str:
        """The path with its parameters filled in."""
        return re.sub(r"{(\w+)}", lambda name: quote(parameters[name[1]], safe=""), self.path)


class Contract:
    """The whole document.

    Args:
        text: the document.
    """

    def __init__(self, text: str) -> None:
        # The safe loader of libyaml is five times as fast; not every build of the library has it.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.document: Node = yaml.load(text, loader)  # noqa: S506 (both are safe loaders)
        self.version = str(self.document["info"]["version"])
        self.values = Values(self.document)
        self.operations: Mapping[str, Operation] = {operation.name: operation for operation in self._operations()}

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in _METHODS:
                if method in item:
                    responses = {
                        str(status): self._response(node) for status, node in item[method]["responses"].items()
                    }
                    yield Operation(item[method]["operationId"], method.upper(), path, responses)

    def _response(self, node: Node) -> Response:
        node = self.values.follow(node)
        headers = {name: self.values.follow(header) for name, header in node.get("headers", {}).items()}
        media = node.get("content", {}).get(_JSON)
        return Response(
            headers=tuple(Header(name, bool(h.get("required")), h["schema"]) for name, h in headers.items()),
            schema=None if media is None else cast("Node", media["schema"]),
            codes=frozenset(self._codes(media or {})),
        )

    def _codes(self, media: Node) -> Iterator[str]:
        """The codes of an error response. The contract's list of codes does not say which status has which."""
        for example in media.get("examples", {}).values():
            value = self.values.follow(example)["value"]
            if isinstance(value, dict) and isinstance(value.get("error"), dict):
                yield value["error"]["code"]


@cache
def installed() -> Contract:
    """The contract that the installed client was generated from."""
    return Contract(files("ticksupply_api").joinpath("openapi.yaml").read_text(encoding="utf-8"))
