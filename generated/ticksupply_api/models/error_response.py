from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_detail import ErrorDetail
from ..types import as_object, others, show_free

_KNOWN = frozenset({"error"})


@_attrs_define
class ErrorResponse:
    """The envelope of every error.

    Attributes:
        error: What went wrong.
        additional_properties: Fields that the contract does not name, as they came.
    """

    error: ErrorDetail
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
            src_dict = as_object("ErrorResponse", src_dict)
        error = src_dict["error"]
        error = ErrorDetail.from_dict(error)

        made = cls(error)
        if len(src_dict) > 1:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "error": self.error.to_dict(),
        }
        made.update(self.additional_properties)
        return made
