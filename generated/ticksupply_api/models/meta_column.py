from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.meta_format import MetaFormat
from ..models.meta_value import MetaValue
from ..types import as_object, as_text, others, show_free

_KNOWN = frozenset({"value", "format"})
_META_VALUE = {member.value: member for member in MetaValue}
_META_FORMAT = {member.value: member for member in MetaFormat}


@_attrs_define
class MetaColumn:
    """A fact the service knows about a message.

    Attributes:
        value: Which fact.
        format: How to write it; `ns` when left out.
        additional_properties: Fields that the contract does not name, as they came.
    """

    value: MetaValue | str
    format: MetaFormat | str | None = None
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
            src_dict = as_object("MetaColumn", src_dict)
        value = src_dict["value"]
        value = _META_VALUE.get(value) or as_text("MetaColumn.value", value)

        format_ = src_dict.get("format")
        if format_ is not None:
            format_ = _META_FORMAT.get(format_) or as_text("MetaColumn.format", format_)

        made = cls(value, format_)
        if len(src_dict) > 1 and (len(src_dict) != 2 or format_ is None) and not src_dict.keys() <= _KNOWN:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "value": str(self.value),
        }
        if self.format is not None:
            made["format"] = str(self.format)
        made.update(self.additional_properties)
        return made
