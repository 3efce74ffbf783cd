from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.column import Column
from ..models.derive import Derive
from ..models.stream_category import StreamCategory
from ..models.unfold import Unfold
from ..types import as_object, as_text, mistyped, others, show_free

_KNOWN = frozenset({"columns", "name", "stream_category", "unfold", "derive"})
_STREAM_CATEGORY = {member.value: member for member in StreamCategory}


@_attrs_define
class CreateSchemaRequest:
    """A new export schema.

    Attributes:
        columns: Columns of a schema in a request. The cap of 100 is the default; the vendor's support can raise it.
        name: Name of the schema.
        stream_category: The category of streams the schema is for.
        unfold: The array of which every element becomes a row, by exchange code, or null to clear it.
        derive: Fields to make in the messages before extraction, by exchange code, or null to clear them.
        additional_properties: Fields that the contract does not name, as they came.
    """

    columns: list[Column]
    name: str
    stream_category: StreamCategory | str
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
            src_dict = as_object("CreateSchemaRequest", src_dict)
        columns = src_dict["columns"]
        if not isinstance(columns, list):
            raise mistyped("CreateSchemaRequest.columns", "an array", columns)
        columns = list(map(Column.from_dict, columns))

        name = src_dict["name"]
        if not isinstance(name, str):
            raise mistyped("CreateSchemaRequest.name", "a string", name)

        stream_category = src_dict["stream_category"]
        stream_category = _STREAM_CATEGORY.get(stream_category) or as_text(
            "CreateSchemaRequest.stream_category", stream_category
        )

        unfold = src_dict.get("unfold")
        if unfold is not None:
            unfold = Unfold.from_dict(unfold)

        derive = src_dict.get("derive")
        if derive is not None:
            derive = Derive.from_dict(derive)

        made = cls(columns, name, stream_category, unfold, derive)
        if (
            len(src_dict) > 3
            and (len(src_dict) != 5 or unfold is None or derive is None)
            and not src_dict.keys() <= _KNOWN
        ):
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "columns": [item.to_dict() for item in self.columns],
            "name": self.name,
            "stream_category": str(self.stream_category),
        }
        if self.unfold is not None:
            made["unfold"] = self.unfold.to_dict()
        if self.derive is not None:
            made["derive"] = self.derive.to_dict()
        made.update(self.additional_properties)
        return made
