"""Values against schemas of the contract, more strictly than a client would.

Beyond JSON Schema: a number written with a fraction is no integer, formats are always checked, and what a schema leaves
open (new fields, new values of a list) is told.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, TypeChecker, ValidationError
from jsonschema.validators import extend

from tickhaul._core.deadline import look
from tickhaul.contract.report import VALUES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN_CHARACTERS = 120
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z", re.ASCII)
_KINDS = {"required": Kind.MISSING_FIELD, "type": Kind.TYPE, "format": Kind.FORMAT}
_NAMES = {bool: "a boolean", dict: "an object", float: "a number with a fraction", int: "an integer", list: "an array"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in a value that is not as the contract has it.

    Attributes:
        kind: what is different.
        where: the place inside the value, such as ``.items[*].symbol``; empty for the value itself.
        message: the difference in words.
    """

    kind: Kind
    where: str
    message: str

    @property
    def name(self) -> tuple[Kind, str, str]:
        """What makes it another difference: the same thing about another value is the same one."""
        # Another status or unknown value is another one.
        whole = self.kind in (Kind.UNDOCUMENTED_STATUS, Kind.UNEXPECTED_STATUS, Kind.UNKNOWN_VALUE)
        return self.kind, self.where, self.message if whole else VALUES.sub("", self.message)


def _type(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    # Each value comes by here, however few differences there are to tell.
    look()
    yield from Draft202012Validator.VALIDATORS["type"](validator, types, instance, schema)


def _is_integer(_checker: TypeChecker, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return bool(_MOMENT.fullmatch(value) and datetime.fromisoformat(value[:19]))
    except ValueError:
        return False


def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc) and value.isascii() and value.isprintable() and " " not in value


def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(1 << 63) <= value < 1 << 63


def _formats() -> FormatChecker:
    # Our own: the usual ones do nothing when a library they would like is missing, and take any offset for UTC.
    checker = FormatChecker(formats=())
    for name, test in (("date-time", _is_moment), ("uri", _is_address), ("int64", _is_int64)):
        checker.checks(name)(test)
    return checker


_Validator: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]  # its stub has no types
    Draft202012Validator,
    {"type": _type},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)
_FORMATS = _formats()


class Values:
    """Values against the schemas of one document. `Any` is what the readers of YAML and JSON give.

    Args:
        document: the contract; its schemas refer to each other by pointers into it.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def follow(self, node: dict[str, Any]) -> dict[str, Any]:
        """What a reference leads to, or the node itself. Words beside the reference are left out."""
        while "$ref" in node:
            target: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def compare(self, schema: dict[str, Any], value: Any) -> Iterator[Difference]:
        """All differences between a value and a schema, additions included.

        Args:
            schema: the schema.
            value: the value, as the JSON reader has it.
        """
        for error in self._validator(schema).iter_errors(value):
            yield _difference(_deepest(error))
        yield from self._additions(schema, value, "")

    def fits(self, schema: dict[str, Any], value: Any) -> bool:
        """Whether a value fits a schema, additions aside."""
        return next(self._validator(schema).iter_errors(value), None) is None

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        # The pointers inside schemas are resolved against the schema at hand, so it brings the components along.
        whole = {"components": self._document["components"], "allOf": [schema]}
        return _Validator(whole, format_checker=_FORMATS)

    def _additions(self, schema: dict[str, Any], value: Any, where: str) -> Iterator[Difference]:
        look()
        parts = list(self._parts(schema, value))
        if isinstance(value, str):
            lists = [choice["enum"] for part in parts for choice in part.get("lists", ())]
            if lists and not any(value in known for known in lists):
                yield Difference(Kind.UNKNOWN_VALUE, where, f"{show(value)} is not a value the contract knows")
        elif isinstance(value, list):
            for part in parts:
                for item in value if "items" in part else ():
                    yield from self._additions(part["items"], item, f"{where}[*]")
        elif isinstance(value, dict):
            yield from self._fields(parts, value, where)

    def _fields(self, parts: list[dict[str, Any]], value: dict[str, Any], where: str) -> Iterator[Difference]:
        known: dict[str, list[dict[str, Any]]] = {}
        for part in parts:
            for name, schema in part.get("properties", {}).items():
                known.setdefault(name, []).append(schema)
        others = [part["additionalProperties"] for part in parts if part.get("additionalProperties")]
        for name, field in value.items():
            place = where + _step(name)
            if name in known:
                for schema in known[name]:
                    yield from self._additions(schema, field, place)
            elif others:
                for schema in others:
                    if isinstance(schema, dict):
                        yield from self._additions(schema, field, place)
            elif known:
                yield Difference(Kind.UNEXPECTED_FIELD, place, f"is not in the contract; it holds {show(field)}")

    def _parts(self, schema: dict[str, Any], value: Any) -> Iterator[dict[str, Any]]:
        """The schemas that have a say about a value: itself, all of `allOf`, and the alternatives that fit."""
        schema = self.follow(schema)
        choices = [self.follow(choice) for choice in schema.get("anyOf", ())]
        # An open list of values is written as the list, or else any text.
        yield {**schema, "lists": [choice for choice in choices if "enum" in choice]}
        for part in schema.get("allOf", ()):
            yield from self._parts(part, value)
        for part in (*choices, *schema.get("oneOf", ())):
            if self.fits(part, value):
                yield from self._parts(part, value)


def show(value: object) -> str:
    """A value as it is shown in a finding: JSON in ASCII, not too long."""
    text = json.dumps(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


def _deepest(error: ValidationError) -> ValidationError:
    """Of alternatives that all fail, the one that got furthest into the value."""
    while error.context:
        error = max(error.context, key=lambda failed: len(failed.path))
    return error


def _difference(error: ValidationError) -> Difference:
    where = "".join(map(_step, error.absolute_path))
    kind = _KINDS.get(str(error.validator), Kind.VALUE)
    value = error.instance
    if kind is Kind.MISSING_FIELD:
        # The message is the only place that names the one field.
        name = error.message.removesuffix(" is a required property").strip("'\"")
        return Difference(kind, where + _step(name), "is missing")
    if kind is Kind.TYPE:
        wanted = error.validator_value
        kinds = " or ".join(wanted) if isinstance(wanted, list) else str(wanted)
        shown = "" if value is None else f": {show(value)}"
        return Difference(kind, where, f"is {_named(value)}, not {kinds}{shown}")
    if kind is Kind.FORMAT:
        return Difference(kind, where, f"{show(value)} is no {error.validator_value}")
    return Difference(kind, where, f"{show(value)} does not fit {error.validator}: {show(error.validator_value)}")


def _step(step: str | int) -> str:
    """A step into a value; the names of fields are the service's words, and only plain ones are shown as they are."""
    if isinstance(step, int):
        return "[*]"
    return f".{step}" if step.isascii() and step.isidentifier() else f"[{show(step)}]"


def _named(value: object) -> str:
    return "null" if value is None else _NAMES.get(type(value), "text")
