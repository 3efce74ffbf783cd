from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_object, mistyped, others, show_free

_KNOWN = frozenset({"path", "tag"})


@_attrs_define
class TaggedArray:
    """An array to join, and the tag of its elements.

    Attributes:
        path: Where the array is.
        tag: Tag of its elements.
        additional_properties: Fields that the contract does not name, as they came.
    """

    path: str
    tag: str
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
            src_dict = as_object("TaggedArray", src_dict)
        path = src_dict["path"]
        if not isinstance(path, str):
            raise mistyped("TaggedArray.path", "a string", path)

        tag = src_dict["tag"]
        if not isinstance(tag, str):
            raise mistyped("TaggedArray.tag", "a string", tag)

        made = cls(path, tag)
        if len(src_dict) > 2:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "path": self.path,
            "tag": self.tag,
        }
        made.update(self.additional_properties)
        return made
