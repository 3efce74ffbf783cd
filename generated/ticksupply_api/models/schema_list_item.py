from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.stream_category import StreamCategory
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

_KNOWN = frozenset({"id", "name", "stream_category", "is_built_in", "created_at", "version", "has_draft"})
_STREAM_CATEGORY = {member.value: member for member in StreamCategory}


@_attrs_define
class SchemaListItem:
    """An export schema without its content.

    Attributes:
        id: Id of the schema.
        name: Name of the schema.
        stream_category: The category of streams the schema is for.
        is_built_in: Whether the vendor provides it. Built-in schemas cannot be changed.
        created_at: When the schema was created.
        version: The latest published version; 0 when there is none.
        has_draft: Whether there is a draft.
        additional_properties: Fields that the contract does not name, as they came.
    """

    id: str
    name: str
    stream_category: StreamCategory | str
    is_built_in: bool
    created_at: datetime.datetime
    version: int
    has_draft: bool
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
            src_dict = as_object("SchemaListItem", src_dict)
        id = src_dict["id"]
        if not isinstance(id, str):
            raise mistyped("SchemaListItem.id", "a string", id)

        name = src_dict["name"]
        if not isinstance(name, str):
            raise mistyped("SchemaListItem.name", "a string", name)

        stream_category = src_dict["stream_category"]
        stream_category = _STREAM_CATEGORY.get(stream_category) or as_text(
            "SchemaListItem.stream_category", stream_category
        )

        is_built_in = src_dict["is_built_in"]
        if is_built_in.__class__ is not bool:
            raise mistyped("SchemaListItem.is_built_in", "true or false", is_built_in)

        created_at = src_dict["created_at"]
        created_at = as_moment("SchemaListItem.created_at", created_at)

        version = src_dict["version"]
        if version.__class__ is not int:
            version = as_integer("SchemaListItem.version", version)

        has_draft = src_dict["has_draft"]
        if has_draft.__class__ is not bool:
            raise mistyped("SchemaListItem.has_draft", "true or false", has_draft)

        made = cls(id, name, stream_category, is_built_in, created_at, version, has_draft)
        if len(src_dict) > 7:
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
        }
        made.update(self.additional_properties)
        return made
