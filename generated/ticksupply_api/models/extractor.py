from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.json_extraction import JsonExtraction
from ..types import as_object, mistyped, others, show_free

_KNOWN = frozenset({"json", "transform"})


@_attrs_define
class Extractor:
    """How to take a value out of a message of one exchange.

    Attributes:
        json: Where the value is and what type it has.
        transform: SQL expression applied to the value, which it calls `{v}`.
        additional_properties: Fields that the contract does not name, as they came.
    """

    json: JsonExtraction
    transform: str | None = None
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
            src_dict = as_object("Extractor", src_dict)
        json = src_dict["json"]
        json = JsonExtraction.from_dict(json)

        transform = src_dict.get("transform")
        if transform is not None:
            if not isinstance(transform, str):
                raise mistyped("Extractor.transform", "a string", transform)

        made = cls(json, transform)
        if len(src_dict) > 1 and (len(src_dict) != 2 or transform is None) and not src_dict.keys() <= _KNOWN:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "json": self.json.to_dict(),
        }
        if self.transform is not None:
            made["transform"] = self.transform
        made.update(self.additional_properties)
        return made
