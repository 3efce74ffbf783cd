from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_object, mistyped, others, show_free

_KNOWN = frozenset({"path", "type"})


@_attrs_define
class JsonExtraction:
    """Where a value is in a JSON message, and what type it has.

    Attributes:
        path: Where the value is.
        type: Type of the value.
        additional_properties: Fields that the contract does not name, as they came.
    """

    path: str
    type: str
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
            src_dict = as_object("JsonExtraction", src_dict)
        path = src_dict["path"]
        if not isinstance(path, str):
            raise mistyped("JsonExtraction.path", "a string", path)

        type_ = src_dict["type"]
        if not isinstance(type_, str):
            raise mistyped("JsonExtraction.type", "a string", type_)

        made = cls(path, type_)
        if len(src_dict) > 2:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "path": self.path,
            "type": self.type,
        }
        made.update(self.additional_properties)
        return made
