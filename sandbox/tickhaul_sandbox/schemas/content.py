"""The content of a schema: columns, unfold, derive. Read from JSON, checked, and given back as it came.

Source: docs export-schemas/create-export-schema and guides/export-schemas; section 11 of the API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul_sandbox.errors import invalid_argument
from tickhaul_sandbox.schemas import paths
from tickhaul_sandbox.schemas.types import DataType, parse_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul_sandbox.jsontypes import Json, JsonObject

META_FORMATS = ("ns", "us", "ms", "s", "iso8601")
# No source limits these; the bounds only keep a request from being absurd.
_LONGEST_NAME = 128
_LONGEST_TEXT = 4096


@dataclass(frozen=True)
class Extractor:
    """How a column gets its value from the messages of one exchange.

    Attributes:
        path: Where the value is.
        data_type: Its type.
        transform: SQL in which `{v}` stands for it, `None` to take it as it is.
    """

    path: str
    data_type: DataType
    transform: str | None

    def body(self) -> JsonObject:
        """Return it as JSON."""
        kind = self.data_type.name
        name = f"decimal({self.data_type.places})" if kind == "decimal" else kind
        body: JsonObject = {"json": {"path": self.path, "type": name}}
        if self.transform is not None:
            body["transform"] = self.transform
        return body


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its name.
        meta_format: How it writes the collection time, `None` for a column of data.
        data: Its extractor for each exchange.
    """

    name: str
    meta_format: str | None
    data: Mapping[str, Extractor]

    def body(self) -> JsonObject:
        """Return it as JSON."""
        if self.meta_format is not None:
            meta: JsonObject = {"value": "collection_timestamp_ns", "format": self.meta_format}
            return {"output_column": self.name, "meta": meta}
        data: JsonObject = {exchange: extractor.body() for exchange, extractor in self.data.items()}
        return {"output_column": self.name, "data": data}


@dataclass(frozen=True)
class Concatenation:
    """One `tagged_concat`.

    Attributes:
        field: The name of the array it makes.
        arrays: Path and tag of each array it joins.
        tag_field: What the tag is called in each element.
        value_field: What the original element is called in each element.
    """

    field: str
    arrays: tuple[tuple[str, str], ...]
    tag_field: str
    value_field: str

    def body(self) -> JsonObject:
        """Return it as JSON."""
        return {
            "field": self.field,
            "op": "tagged_concat",
            "arrays": [{"path": path, "tag": tag} for path, tag in self.arrays],
            "tag_field": self.tag_field,
            "value_field": self.value_field,
        }


@dataclass(frozen=True)
class Content:
    """What a version of a schema says.

    Attributes:
        columns: Its columns.
        unfold: For each exchange the path of the array whose elements become rows.
        derive: For each exchange the arrays to make first.
    """

    columns: tuple[Column, ...]
    unfold: Mapping[str, str]
    derive: Mapping[str, tuple[Concatenation, ...]]

    def body(self) -> JsonObject:
        """Return it as JSON; `unfold` and `derive` are left out if they say nothing."""
        body: JsonObject = {"columns": [column.body() for column in self.columns]}
        if self.unfold:
            body["unfold"] = {exchange: {"path": path} for exchange, path in self.unfold.items()}
        if self.derive:
            body["derive"] = {exchange: [item.body() for item in items] for exchange, items in self.derive.items()}
        return body


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a content may have, beyond what the language says.

    Attributes:
        max_columns: How many columns.
        alternatives: Whether paths may list alternatives, as those of built-in schemas do.
        duplicates: Whether columns may have the same name.
        unknown_fields: Whether fields nobody knows are passed over.
        nulls: Whether null is as good as nothing.
    """

    max_columns: int
    alternatives: bool = False
    duplicates: bool = False
    unknown_fields: bool = False
    nulls: bool = False


def read_content(fields: JsonObject, rules: Rules) -> Content:
    """Return the content a request describes. Transforms are checked elsewhere.

    Args:
        fields: An object with `columns` and perhaps `unfold` and `derive`.
        rules: What it may have.

    Raises:
        ApiError: 400 for anything wrong, saying what and where.
    """
    reader = _Reader(rules)
    columns = reader.list(fields.get("columns"), "columns")
    if len(columns) > rules.max_columns:
        details: JsonObject = {"max_columns": rules.max_columns, "provided": len(columns)}
        raise invalid_argument("Schema has too many columns", details)
    read = tuple(reader.column(item, f"columns[{index}]") for index, item in enumerate(columns))
    known: set[str] = set()
    for column in read:
        if column.name in known and not rules.duplicates:
            raise invalid_argument(f"Duplicate output_column: {column.name}")
        known.add(column.name)
    return Content(read, reader.unfold(fields.get("unfold")), reader.derive(fields.get("derive")))


class _Reader:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def column(self, value: Json, where: str) -> Column:
        fields = self.object(value, where, {"output_column", "meta", "data"})
        name = self.text(fields.get("output_column"), f"{where}.output_column", _LONGEST_NAME)
        if ("meta" in fields) == ("data" in fields):
            raise invalid_argument(f"Invalid {where}: exactly one of meta and data is required")
        if "meta" in fields:
            return Column(name, self.meta(fields["meta"], f"{where}.meta"), {})
        data = self.object(fields["data"], f"{where}.data")
        if not data:
            raise invalid_argument(f"Invalid {where}.data: must name at least one exchange")
        return Column(
            name, None, {exchange: self.extractor(item, f"{where}.data.{exchange}") for exchange, item in data.items()}
        )

    def meta(self, value: Json, where: str) -> str:
        fields = self.object(value, where, {"value", "format"})
        if fields.get("value") != "collection_timestamp_ns":
            raise invalid_argument(f"Invalid {where}.value: must be collection_timestamp_ns")
        chosen = fields.get("format", META_FORMATS[0])
        if chosen not in META_FORMATS:
            raise invalid_argument(f"Invalid {where}.format: must be one of {', '.join(META_FORMATS)}")
        return str(chosen)

    def extractor(self, value: Json, where: str) -> Extractor:
        fields = self.object(value, where, {"json", "transform"})
        json = self.object(fields.get("json"), f"{where}.json", {"path", "type"})
        kind = json.get("type")
        data_type = parse_type(kind) if isinstance(kind, str) else None
        if data_type is None:
            raise invalid_argument(f"Invalid {where}.json.type: must be decimal(N), f64, i64, string or bool")
        transform = None
        if "transform" in fields:
            transform = self.text(fields["transform"], f"{where}.transform", _LONGEST_TEXT)
        return Extractor(self.path(json.get("path"), f"{where}.json.path"), data_type, transform)

    def unfold(self, value: Json) -> dict[str, str]:
        if value is None:
            return {}
        return {
            exchange: self.path(
                self.object(item, f"unfold.{exchange}", {"path"}).get("path"), f"unfold.{exchange}.path"
            )
            for exchange, item in self.object(value, "unfold").items()
        }

    def derive(self, value: Json) -> dict[str, tuple[Concatenation, ...]]:
        if value is None:
            return {}
        return {
            exchange: tuple(
                self.concatenation(item, f"derive.{exchange}[{index}]")
                for index, item in enumerate(self.list(items, f"derive.{exchange}"))
            )
            for exchange, items in self.object(value, "derive").items()
        }

    def concatenation(self, value: Json, where: str) -> Concatenation:
        fields = self.object(value, where, {"field", "op", "arrays", "tag_field", "value_field"})
        if fields.get("op") != "tagged_concat":
            raise invalid_argument(f"Invalid {where}.op: must be tagged_concat")
        arrays: list[tuple[str, str]] = []
        for index, item in enumerate(self.list(fields.get("arrays"), f"{where}.arrays")):
            array = self.object(item, f"{where}.arrays[{index}]", {"path", "tag"})
            path = self.path(array.get("path"), f"{where}.arrays[{index}].path")
            arrays.append((path, self.text(array.get("tag"), f"{where}.arrays[{index}].tag", _LONGEST_NAME)))
        names = [self.text(fields.get(key), f"{where}.{key}", _LONGEST_NAME) for key in ("tag_field", "value_field")]
        if names[0] == names[1]:
            raise invalid_argument(f"Invalid {where}: tag_field and value_field must differ")
        field = self.text(fields.get("field"), f"{where}.field", _LONGEST_NAME)
        return Concatenation(field, tuple(arrays), *names)

    def object(self, value: Json, where: str, known: set[str] | None = None) -> JsonObject:
        if not isinstance(value, dict):
            raise invalid_argument(f"Invalid {where}: must be an object")
        if known is None:
            return value
        if self._rules.nulls:
            value = {name: item for name, item in value.items() if item is not None}
        unknown = set(value) - known
        if unknown and not self._rules.unknown_fields:
            raise invalid_argument(f"Invalid {where}: unknown field {min(unknown)!r}")
        return value

    def list(self, value: Json, where: str) -> list[Json]:
        if not isinstance(value, list) or not value:
            raise invalid_argument(f"Invalid {where}: must be a list with at least one item")
        return value

    def text(self, value: Json, where: str, longest: int) -> str:
        if not isinstance(value, str) or not value or len(value) > longest or "\0" in value or not _encodable(value):
            raise invalid_argument(f"Invalid {where}: must be a text of 1 to {longest} characters")
        return value

    def path(self, value: Json, where: str) -> str:
        path = self.text(value, where, _LONGEST_TEXT)
        if not (self._rules.alternatives or paths.is_plain(path)):
            raise invalid_argument(f"Invalid {where}: must be names joined by dots")
        return path


def _encodable(text: str) -> bool:
    # A lone half of a surrogate pair is JSON but no text, and no file could hold it.
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)
