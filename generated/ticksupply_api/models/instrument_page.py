from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.instrument import Instrument
from ..types import as_integer, as_object, mistyped, others, show_free

_KNOWN = frozenset({"items", "total", "limit", "next_page_token"})


@_attrs_define
class InstrumentPage:
    """A page of instruments.

    Attributes:
        items: The instruments of this page.
        total: How many there are over all pages of the filtered list.
        limit: The page size in effect.
        next_page_token: Leads to the next page; null on the last one.
        additional_properties: Fields that the contract does not name, as they came.
    """

    items: list[Instrument]
    total: int
    limit: int
    next_page_token: str | None = None
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
            src_dict = as_object("InstrumentPage", src_dict)
        items = src_dict["items"]
        if not isinstance(items, list):
            raise mistyped("InstrumentPage.items", "an array", items)
        items = list(map(Instrument.from_dict, items))

        total = src_dict["total"]
        if total.__class__ is not int:
            total = as_integer("InstrumentPage.total", total)

        limit = src_dict["limit"]
        if limit.__class__ is not int:
            limit = as_integer("InstrumentPage.limit", limit)

        next_page_token = src_dict.get("next_page_token")
        if next_page_token is not None:
            if not isinstance(next_page_token, str):
                raise mistyped("InstrumentPage.next_page_token", "a string", next_page_token)

        made = cls(items, total, limit, next_page_token)
        if len(src_dict) > 3 and (len(src_dict) != 4 or next_page_token is None) and not src_dict.keys() <= _KNOWN:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "items": [item.to_dict() for item in self.items],
            "total": self.total,
            "limit": self.limit,
        }
        if self.next_page_token is not None:
            made["next_page_token"] = self.next_page_token
        made.update(self.additional_properties)
        return made
