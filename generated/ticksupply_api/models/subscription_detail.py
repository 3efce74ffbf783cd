from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.datastream import Datastream
from ..models.span import Span
from ..models.subscription_status import SubscriptionStatus
from ..types import (
    as_moment,
    as_object,
    as_text,
    mistyped,
    moment_text,
    others,
    show_free,
)

_KNOWN = frozenset({"id", "status", "datastream", "created_at", "spans"})
_SUBSCRIPTION_STATUS = {member.value: member for member in SubscriptionStatus}


@_attrs_define
class SubscriptionDetail:
    """A subscription as it is returned when it is created.

    Attributes:
        id: Id of the subscription.
        status: State of the subscription.
        datastream: The datastream.
        created_at: When the subscription was created or revived.
        spans: Always empty here; the list of spans has the first one.
        additional_properties: Fields that the contract does not name, as they came.
    """

    id: str
    status: SubscriptionStatus | str
    datastream: Datastream
    created_at: datetime.datetime
    spans: list[Span]
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
            src_dict = as_object("SubscriptionDetail", src_dict)
        id = src_dict["id"]
        if not isinstance(id, str):
            raise mistyped("SubscriptionDetail.id", "a string", id)

        status = src_dict["status"]
        status = _SUBSCRIPTION_STATUS.get(status) or as_text("SubscriptionDetail.status", status)

        datastream = src_dict["datastream"]
        datastream = Datastream.from_dict(datastream)

        created_at = src_dict["created_at"]
        created_at = as_moment("SubscriptionDetail.created_at", created_at)

        spans = src_dict["spans"]
        if not isinstance(spans, list):
            raise mistyped("SubscriptionDetail.spans", "an array", spans)
        spans = list(map(Span.from_dict, spans))

        made = cls(id, status, datastream, created_at, spans)
        if len(src_dict) > 5:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "id": self.id,
            "status": str(self.status),
            "datastream": self.datastream.to_dict(),
            "created_at": moment_text(self.created_at),
            "spans": [item.to_dict() for item in self.spans],
        }
        made.update(self.additional_properties)
        return made
