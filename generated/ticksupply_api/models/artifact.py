from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_integer, as_object, mistyped, others, show_address, show_free

_KNOWN = frozenset({"id", "url", "bytes", "filename"})


@_attrs_define
class Artifact:
    """A file of an export, with its presigned address.

    Attributes:
        id: Id of the file.
        url: Presigned address, valid for five minutes. Its query is a secret: whoever has it can read the file.
        bytes: Size of the file, in bytes.
        filename: Suggested file name.
        additional_properties: Fields that the contract does not name, as they came.
    """

    id: str
    url: str = _attrs_field(repr=show_address)
    bytes: int
    filename: str
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
            src_dict = as_object("Artifact", src_dict)
        id = src_dict["id"]
        if not isinstance(id, str):
            raise mistyped("Artifact.id", "a string", id)

        url = src_dict["url"]
        if not isinstance(url, str):
            raise mistyped("Artifact.url", "a string", url)

        bytes_ = src_dict["bytes"]
        if bytes_.__class__ is not int:
            bytes_ = as_integer("Artifact.bytes", bytes_)

        filename = src_dict["filename"]
        if not isinstance(filename, str):
            raise mistyped("Artifact.filename", "a string", filename)

        made = cls(id, url, bytes_, filename)
        if len(src_dict) > 4:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "id": self.id,
            "url": self.url,
            "bytes": self.bytes,
            "filename": self.filename,
        }
        made.update(self.additional_properties)
        return made
