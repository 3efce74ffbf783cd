from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.derive_operation import DeriveOperation
from ..models.tagged_array import TaggedArray
from ..types import as_object, as_text, mistyped, others, show_free

_KNOWN = frozenset({"field", "op", "arrays", "tag_field", "value_field"})
_DERIVE_OPERATION = {member.value: member for member in DeriveOperation}


@_attrs_define
class DeriveRule:
    """A field made out of others. `unfold` and the columns can refer to it as `data.{field}`.

    Attributes:
        field: Name of the new field.
        op: How it is made.
        arrays: What it is made of.
        tag_field: Name under which an element of the new array holds its tag.
        value_field: Name under which an element of the new array holds the original element.
        additional_properties: Fields that the contract does not name, as they came.
    """

    field: str
    op: DeriveOperation | str
    arrays: list[TaggedArray]
    tag_field: str
    value_field: str
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
            src_dict = as_object("DeriveRule", src_dict)
        field = src_dict["field"]
        if not isinstance(field, str):
            raise mistyped("DeriveRule.field", "a string", field)

        op = src_dict["op"]
        op = _DERIVE_OPERATION.get(op) or as_text("DeriveRule.op", op)

        arrays = src_dict["arrays"]
        if not isinstance(arrays, list):
            raise mistyped("DeriveRule.arrays", "an array", arrays)
        arrays = list(map(TaggedArray.from_dict, arrays))

        tag_field = src_dict["tag_field"]
        if not isinstance(tag_field, str):
            raise mistyped("DeriveRule.tag_field", "a string", tag_field)

        value_field = src_dict["value_field"]
        if not isinstance(value_field, str):
            raise mistyped("DeriveRule.value_field", "a string", value_field)

        made = cls(field, op, arrays, tag_field, value_field)
        if len(src_dict) > 5:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "field": self.field,
            "op": str(self.op),
            "arrays": [item.to_dict() for item in self.arrays],
            "tag_field": self.tag_field,
            "value_field": self.value_field,
        }
        made.update(self.additional_properties)
        return made
