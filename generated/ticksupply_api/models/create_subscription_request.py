from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_integer, as_object, others, show_free

_KNOWN = frozenset({"datastream_id"})


@_attrs_define
class CreateSubscriptionRequest:
    """What to subscribe to.

    Attributes:
        datastream_id: Id of the datastream to record.
        additional_properties: Fields that the contract does not name, as they came.
    """

    datastream_id: int
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
            src_dict = as_object("CreateSubscriptionRequest", src_dict)
        datastream_id = src_dict["datastream_id"]
        if datastream_id.__class__ is not int:
            datastream_id = as_integer("CreateSubscriptionRequest.datastream_id", datastream_id)

        made = cls(datastream_id)
        if len(src_dict) > 1:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "datastream_id": self.datastream_id,
        }
        made.update(self.additional_properties)
        return made
