from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_integer, as_object, mistyped, others, show_free

_KNOWN = frozenset({"extra_stream_minutes_total", "export_gb_total", "export_gb_extra"})


@_attrs_define
class Usage:
    """Usage in the current billing period.

    Attributes:
        extra_stream_minutes_total: Minutes of concurrent streams past the allowance of the plan; 0 on plans without
            overage.
        export_gb_total: Size of the successful exports, in GiB (1,024 MiB).
        export_gb_extra: GiB past the allowance of the plan, rounded up to whole GiB; 0 within it.
        additional_properties: Fields that the contract does not name, as they came.
    """

    extra_stream_minutes_total: int
    export_gb_total: str
    export_gb_extra: int
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
            src_dict = as_object("Usage", src_dict)
        extra_stream_minutes_total = src_dict["extra_stream_minutes_total"]
        if extra_stream_minutes_total.__class__ is not int:
            extra_stream_minutes_total = as_integer("Usage.extra_stream_minutes_total", extra_stream_minutes_total)

        export_gb_total = src_dict["export_gb_total"]
        if not isinstance(export_gb_total, str):
            raise mistyped("Usage.export_gb_total", "a string", export_gb_total)

        export_gb_extra = src_dict["export_gb_extra"]
        if export_gb_extra.__class__ is not int:
            export_gb_extra = as_integer("Usage.export_gb_extra", export_gb_extra)

        made = cls(extra_stream_minutes_total, export_gb_total, export_gb_extra)
        if len(src_dict) > 3:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "extra_stream_minutes_total": self.extra_stream_minutes_total,
            "export_gb_total": self.export_gb_total,
            "export_gb_extra": self.export_gb_extra,
        }
        made.update(self.additional_properties)
        return made
