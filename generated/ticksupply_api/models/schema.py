from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.column import Column
from ..models.derive import Derive
from ..models.stream_category import StreamCategory
from ..models.unfold import Unfold
from ..types import (
    as_integer,
    as_moment,
    as_object,
    as_text,
    mistyped,
    moment_text,
    others,
    show_free,
)

_KNOWN = frozenset(
    {
        "id",
        "name",
        "stream_category",
        "is_built_in",
        "created_at",
        "version",
        "has_draft",
        "columns",
        "unfold",
        "derive",
    }
)
_STREAM_CATEGORY = {member.value: member for member in StreamCategory}


@_attrs_define
class Schema:
    """An export schema with its content.

    Attributes:
        id: Id of an export schema. Treat it as opaque.
        name: Free text.
        stream_category: A stream category, known or new.
        is_built_in: Yes or no.
        created_at: A moment as RFC 3339 text in UTC.
        version: A number of things.
        has_draft: Yes or no.
        columns: The columns, in the order of the file.
        unfold: Which array becomes rows, by exchange.
        derive: Fields made before extraction, by exchange.
        additional_properties: Fields that the contract does not name, as they came.
    """

    id: str
    name: str
    stream_category: StreamCategory | str
    is_built_in: bool
    created_at: datetime.datetime
    version: int
    has_draft: bool
    columns: list[Column]
    unfold: Unfold | None = None
    derive: Derive | None = None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=show_free)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read it from parsed JSON.

        Raises:
            KeyError: A required field is missing.
            TypeError: A value is of the wrong JSON type.
            ValueError: A number or a time cannot be read.
        """
        if not isinstance(src_dict, dict):
            src_dict = as_object("Schema", src_dict)
        id = src_dict["id"]
        if not isinstance(id, str):
            raise mistyped("Schema.id", "a string", id)

        name = src_dict["name"]
        if not isinstance(name, str):
            raise mistyped("Schema.name", "a string", name)

        stream_category = src_dict["stream_category"]
        stream_category = _STREAM_CATEGORY.get(stream_category) or as_text("Schema.stream_category", stream_category)

        is_built_in = src_dict["is_built_in"]
        if is_built_in.__class__ is not bool:
            raise mistyped("Schema.is_built_in", "true or false", is_built_in)

        created_at = src_dict["created_at"]
        created_at = as_moment("Schema.created_at", created_at)

        version = src_dict["version"]
        if version.__class__ is not int:
            version = as_integer("Schema.version", version)

        has_draft = src_dict["has_draft"]
        if has_draft.__class__ is not bool:
            raise mistyped("Schema.has_draft", "true or false", has_draft)

        columns = src_dict["columns"]
        if not isinstance(columns, list):
            raise mistyped("Schema.columns", "an array", columns)
        columns = list(map(Column.from_dict, columns))

        unfold = src_dict.get("unfold")
        if unfold is not None:
            unfold = Unfold.from_dict(unfold)

        derive = src_dict.get("derive")
        if derive is not None:
            derive = Derive.from_dict(derive)

        made = cls(id, name, stream_category, is_built_in, created_at, version, has_draft, columns, unfold, derive)
        if (
            len(src_dict) > 8
            and (len(src_dict) != 10 or unfold is None or derive is None)
            and not src_dict.keys() <= _KNOWN
        ):
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "stream_category": str(self.stream_category),
            "is_built_in": self.is_built_in,
            "created_at": moment_text(self.created_at),
            "version": self.version,
            "has_draft": self.has_draft,
            "columns": [item.to_dict() for item in self.columns],
        }
        if self.unfold is not None:
            made["unfold"] = self.unfold.to_dict()
        if self.derive is not None:
            made["derive"] = self.derive.to_dict()
        made.update(self.additional_properties)
        return made
