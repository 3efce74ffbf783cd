from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.datastream import Datastream
from ..models.subscription_status import SubscriptionStatus
from ..types import (
    as_integer,
    as_moment,
    as_object,
    as_text,
    mistyped,
    moment_text,
    others,
    show_free,
)

_KNOWN = frozenset({"id", "datastream_id", "status", "created_at", "datastream"})
_SUBSCRIPTION_STATUS = {member.value: member for member in SubscriptionStatus}


@_attrs_define
class Subscription:
    """A recording order of the account for one datastream.

    Attributes:
        id: Id of the subscription.
        datastream_id: Id of the datastream.
        status: State of the subscription.
        created_at: When the subscription was created or revived.
        datastream: The datastream, when the service includes it.
        additional_properties: Fields that the contract does not name, as they came.
    """

    id: str
    datastream_id: int
    status: SubscriptionStatus | str
    created_at: datetime.datetime
    datastream: Datastream | None = None
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
            src_dict = as_object("Subscription", src_dict)
        id = src_dict["id"]
        if not isinstance(id, str):
            raise mistyped("Subscription.id", "a string", id)

        datastream_id = src_dict["datastream_id"]
        if datastream_id.__class__ is not int:
            datastream_id = as_integer("Subscription.datastream_id", datastream_id)

        status = src_dict["status"]
        status = _SUBSCRIPTION_STATUS.get(status) or as_text("Subscription.status", status)

        created_at = src_dict["created_at"]
        created_at = as_moment("Subscription.created_at", created_at)

        datastream = src_dict.get("datastream")
        if datastream is not None:
            datastream = Datastream.from_dict(datastream)

        made = cls(id, datastream_id, status, created_at, datastream)
        if len(src_dict) > 4 and (len(src_dict) != 5 or datastream is None) and not src_dict.keys() <= _KNOWN:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "id": self.id,
            "datastream_id": self.datastream_id,
            "status": str(self.status),
            "created_at": moment_text(self.created_at),
        }
        if self.datastream is not None:
            made["datastream"] = self.datastream.to_dict()
        made.update(self.additional_properties)
        return made
