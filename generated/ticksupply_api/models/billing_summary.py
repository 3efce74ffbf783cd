from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.access_status import AccessStatus
from ..models.usage import Usage
from ..types import (
    as_moment,
    as_object,
    as_text,
    mistyped,
    moment_text,
    others,
    show_free,
)

_KNOWN = frozenset({"access_status", "usage", "grace_until", "plan_code", "current_period_end"})
_ACCESS_STATUS = {member.value: member for member in AccessStatus}


@_attrs_define
class BillingSummary:
    """Plan, access and usage of the account.

    Attributes:
        access_status: What the account may do.
        usage: What it has used in the current billing period.
        grace_until: When the grace period ends; only with `GRACE`.
        plan_code: The plan, such as `trial`, `starter` or `pro`; null without one.
        current_period_end: When the current billing period ends; null without a plan.
        additional_properties: Fields that the contract does not name, as they came.
    """

    access_status: AccessStatus | str
    usage: Usage
    grace_until: datetime.datetime | None = None
    plan_code: str | None = None
    current_period_end: datetime.datetime | None = None
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
            src_dict = as_object("BillingSummary", src_dict)
        access_status = src_dict["access_status"]
        access_status = _ACCESS_STATUS.get(access_status) or as_text("BillingSummary.access_status", access_status)

        usage = src_dict["usage"]
        usage = Usage.from_dict(usage)

        grace_until = src_dict.get("grace_until")
        if grace_until is not None:
            grace_until = as_moment("BillingSummary.grace_until", grace_until)

        plan_code = src_dict.get("plan_code")
        if plan_code is not None:
            if not isinstance(plan_code, str):
                raise mistyped("BillingSummary.plan_code", "a string", plan_code)

        current_period_end = src_dict.get("current_period_end")
        if current_period_end is not None:
            current_period_end = as_moment("BillingSummary.current_period_end", current_period_end)

        made = cls(access_status, usage, grace_until, plan_code, current_period_end)
        if (
            len(src_dict) > 2
            and (len(src_dict) != 5 or grace_until is None or plan_code is None or current_period_end is None)
            and not src_dict.keys() <= _KNOWN
        ):
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "access_status": str(self.access_status),
            "usage": self.usage.to_dict(),
        }
        if self.grace_until is not None:
            made["grace_until"] = moment_text(self.grace_until)
        if self.plan_code is not None:
            made["plan_code"] = self.plan_code
        if self.current_period_end is not None:
            made["current_period_end"] = moment_text(self.current_period_end)
        made.update(self.additional_properties)
        return made
