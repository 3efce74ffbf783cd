from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.unfold_rule import UnfoldRule
from ..types import as_object, show_free


@_attrs_define(eq=False)
class Unfold(MutableMapping[str, UnfoldRule]):
    """The array of which every element becomes a row, by exchange code.

    A mapping; `additional_properties` is the dict behind it.
    """

    additional_properties: dict[str, UnfoldRule] = _attrs_field(factory=dict, repr=show_free)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read it from parsed JSON.

        Raises:
            KeyError: A required field is missing.
            TypeError: A value is of the wrong JSON type.
            ValueError: A number or a time cannot be read.
        """
        source = as_object("Unfold", src_dict)
        entries = {}
        for key, value in source.items():
            value = UnfoldRule.from_dict(value)

            entries[key] = value
        return cls(entries)

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        return {key: value.to_dict() for key, value in self.additional_properties.items()}

    def __getitem__(self, key: str) -> UnfoldRule:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: UnfoldRule) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.additional_properties)

    def __len__(self) -> int:
        return len(self.additional_properties)
