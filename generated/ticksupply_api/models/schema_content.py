from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.column import Column
from ..models.derive import Derive
from ..models.unfold import Unfold
from ..types import as_object, mistyped, others, show_free

_KNOWN = frozenset({"columns", "unfold", "derive"})


@_attrs_define
class SchemaContent:
    """The whole new content of an export schema. What is left out or null is cleared.

    Attributes:
        columns: The columns, in the order of the file.
        unfold: Which array becomes rows, by exchange.
        derive: Fields to make before extraction, by exchange.
        additional_properties: Fields that the contract does not name, as they came.
    """

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
            src_dict = as_object("SchemaContent", src_dict)
        columns = src_dict["columns"]
        if not isinstance(columns, list):
            raise mistyped("SchemaContent.columns", "an array", columns)
        columns = list(map(Column.from_dict, columns))

        unfold = src_dict.get("unfold")
        if unfold is not None:
            unfold = Unfold.from_dict(unfold)

        derive = src_dict.get("derive")
        if derive is not None:
            derive = Derive.from_dict(derive)

        made = cls(columns, unfold, derive)
        if (
            len(src_dict) > 1
            and (len(src_dict) != 3 or unfold is None or derive is None)
            and not src_dict.keys() <= _KNOWN
        ):
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "columns": [item.to_dict() for item in self.columns],
        }
        if self.unfold is not None:
            made["unfold"] = self.unfold.to_dict()
        if self.derive is not None:
            made["derive"] = self.derive.to_dict()
        made.update(self.additional_properties)
        return made
