from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.artifact import Artifact
from ..types import as_integer, as_object, mistyped, others, show_free

_KNOWN = frozenset({"artifacts", "count", "total_bytes"})


@_attrs_define
class Download:
    """The files of a succeeded export.

    Attributes:
        artifacts: The files.
        count: How many files there are.
        total_bytes: Size of all files together, in bytes.
        additional_properties: Fields that the contract does not name, as they came.
    """

    artifacts: list[Artifact]
    count: int
    total_bytes: int
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
            src_dict = as_object("Download", src_dict)
        artifacts = src_dict["artifacts"]
        if not isinstance(artifacts, list):
            raise mistyped("Download.artifacts", "an array", artifacts)
        artifacts = list(map(Artifact.from_dict, artifacts))

        count = src_dict["count"]
        if count.__class__ is not int:
            count = as_integer("Download.count", count)

        total_bytes = src_dict["total_bytes"]
        if total_bytes.__class__ is not int:
            total_bytes = as_integer("Download.total_bytes", total_bytes)

        made = cls(artifacts, count, total_bytes)
        if len(src_dict) > 3:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "artifacts": [item.to_dict() for item in self.artifacts],
            "count": self.count,
            "total_bytes": self.total_bytes,
        }
        made.update(self.additional_properties)
        return made
