from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_integer, as_object, moment_at, others, show_free

_KNOWN = frozenset({"from", "to", "rows_estimate"})


@_attrs_define
class AvailabilityRange:
    """A range of time without a gap in the recording.

    Attributes:
        from_: Start of the range, inclusive.
        to: End of the range, exclusive.
        rows_estimate: About how many rows the range holds.
        additional_properties: Fields that the contract does not name, as they came.
    """

    from_: int
    to: int
    rows_estimate: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=show_free)

    @property
    def start(self) -> datetime.datetime:
        """`from_` as a moment in UTC, floored to the microsecond."""
        return moment_at(self.from_)

    @property
    def end(self) -> datetime.datetime:
        """`to` as a moment in UTC, floored to the microsecond."""
        return moment_at(self.to)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read it from parsed JSON.

        Raises:
            KeyError: A required field is missing.
            TypeError: A value is of the wrong JSON type.
            ValueError: A number or a time cannot be read.
        """
        if not isinstance(src_dict, dict):
            src_dict = as_object("AvailabilityRange", src_dict)
        from_ = src_dict["from"]
        if from_.__class__ is not int:
            from_ = as_integer("AvailabilityRange.from", from_)

        to = src_dict["to"]
        if to.__class__ is not int:
            to = as_integer("AvailabilityRange.to", to)

        rows_estimate = src_dict["rows_estimate"]
        if rows_estimate.__class__ is not int:
            rows_estimate = as_integer("AvailabilityRange.rows_estimate", rows_estimate)

        made = cls(from_, to, rows_estimate)
        if len(src_dict) > 3:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "from": self.from_,
            "to": self.to,
            "rows_estimate": self.rows_estimate,
        }
        made.update(self.additional_properties)
        return made
