from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.error_code import ErrorCode
from ..models.error_details import ErrorDetails
from ..types import as_object, as_text, mistyped, others, show_free

_KNOWN = frozenset({"code", "message", "details"})
_ERROR_CODE = {member.value: member for member in ErrorCode}


@_attrs_define
class ErrorDetail:
    """What went wrong.

    Attributes:
        code: Stable name of the error; match on this.
        message: Explanation for people; may change.
        details: More about it, when there is more.
        additional_properties: Fields that the contract does not name, as they came.
    """

    code: ErrorCode | str
    message: str
    details: ErrorDetails | None = None
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
            src_dict = as_object("ErrorDetail", src_dict)
        code = src_dict["code"]
        code = _ERROR_CODE.get(code) or as_text("ErrorDetail.code", code)

        message = src_dict["message"]
        if not isinstance(message, str):
            raise mistyped("ErrorDetail.message", "a string", message)

        details = src_dict.get("details")
        if details is not None:
            details = ErrorDetails.from_dict(details)

        made = cls(code, message, details)
        if len(src_dict) > 2 and (len(src_dict) != 3 or details is None) and not src_dict.keys() <= _KNOWN:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "code": str(self.code),
            "message": self.message,
        }
        if self.details is not None:
            made["details"] = self.details.to_dict()
        made.update(self.additional_properties)
        return made
