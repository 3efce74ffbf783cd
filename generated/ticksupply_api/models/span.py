from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_moment, as_object, mistyped, moment_text, others, show_free

_KNOWN = frozenset({"id", "started_at", "ended_at"})


@_attrs_define
class Span:
    """A stretch of time in which a subscription was recording.

    Attributes:
        id: Id of the span.
        started_at: When recording began.
        ended_at: When recording stopped; null while it goes on.
        additional_properties: Fields that the contract does not name, as they came.
    """

    id: str
    started_at: datetime.datetime
    ended_at: datetime.datetime | None = None
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
            src_dict = as_object("Span", src_dict)
        id = src_dict["id"]
        if not isinstance(id, str):
            raise mistyped("Span.id", "a string", id)

        started_at = src_dict["started_at"]
        started_at = as_moment("Span.started_at", started_at)

        ended_at = src_dict.get("ended_at")
        if ended_at is not None:
            ended_at = as_moment("Span.ended_at", ended_at)

        made = cls(id, started_at, ended_at)
        if len(src_dict) > 2 and (len(src_dict) != 3 or ended_at is None) and not src_dict.keys() <= _KNOWN:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "id": self.id,
            "started_at": moment_text(self.started_at),
        }
        if self.ended_at is not None:
            made["ended_at"] = moment_text(self.ended_at)
        made.update(self.additional_properties)
        return made
