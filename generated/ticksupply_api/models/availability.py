from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.availability_range import AvailabilityRange
from ..models.datastream import Datastream
from ..types import as_moment, as_object, mistyped, moment_text, others, show_free

_KNOWN = frozenset({"datastream", "ranges", "updated_at"})


@_attrs_define
class Availability:
    """What has been recorded of a datastream.

    Attributes:
        datastream: The datastream.
        ranges: The recorded ranges.
        updated_at: When this overview was last brought up to date.
        additional_properties: Fields that the contract does not name, as they came.
    """

    datastream: Datastream
    ranges: list[AvailabilityRange]
    updated_at: datetime.datetime
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
            src_dict = as_object("Availability", src_dict)
        datastream = src_dict["datastream"]
        datastream = Datastream.from_dict(datastream)

        ranges = src_dict["ranges"]
        if not isinstance(ranges, list):
            raise mistyped("Availability.ranges", "an array", ranges)
        ranges = list(map(AvailabilityRange.from_dict, ranges))

        updated_at = src_dict["updated_at"]
        updated_at = as_moment("Availability.updated_at", updated_at)

        made = cls(datastream, ranges, updated_at)
        if len(src_dict) > 3:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "datastream": self.datastream.to_dict(),
            "ranges": [item.to_dict() for item in self.ranges],
            "updated_at": moment_text(self.updated_at),
        }
        made.update(self.additional_properties)
        return made
