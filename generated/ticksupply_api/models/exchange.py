from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_object, mistyped, others, show_free

_KNOWN = frozenset({"code", "display_name"})


@_attrs_define
class Exchange:
    """An exchange of the catalog.

    Attributes:
        code: Code of the exchange, used in paths and filters.
        display_name: Name for people.
        additional_properties: Fields that the contract does not name, as they came.
    """

    code: str
    display_name: str
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
            src_dict = as_object("Exchange", src_dict)
        code = src_dict["code"]
        if not isinstance(code, str):
            raise mistyped("Exchange.code", "a string", code)

        display_name = src_dict["display_name"]
        if not isinstance(display_name, str):
            raise mistyped("Exchange.display_name", "a string", display_name)

        made = cls(code, display_name)
        if len(src_dict) > 2:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "code": self.code,
            "display_name": self.display_name,
        }
        made.update(self.additional_properties)
        return made
