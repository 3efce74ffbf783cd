"""Days and times as the two contracts write them (API reference, xyt hub, section 6)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from tickhaul_sandbox.xythub.errors import bad_request
from tickhaul_sandbox.xythub.ticks import MILLISECOND

if TYPE_CHECKING:
    from tickhaul_sandbox.xythub.protobuf import Message

EPOCH = date(1970, 1, 1)
DAY_NS = 24 * 3600 * 1000 * MILLISECOND
#: Where a range without an end ends: 24:00 itself is no time of day.
LAST_NS = DAY_NS - 1


def day_message(day: date) -> Message:
    """Return a `Date` of contract 1.1.2."""
    return {"year": day.year, "month": day.month, "day": day.day}


def time_message(nanoseconds: int) -> Message:
    """Return a `Time`: milliseconds, and what is below one."""
    milliseconds, rest = divmod(nanoseconds, MILLISECOND)
    return {"milliseconds": milliseconds, "nanoseconds": rest}


def read_day(message: Message | None, name: str) -> date:
    """Return the day in a `Date` of contract 1.1.2.

    Raises:
        HubError: 400 if it is missing or none.
    """
    if not message:
        raise bad_request(f"Missing required parameter: {name}")
    try:
        return date(message.get("year", 0), message.get("month", 0), message.get("day", 0))
    except (ValueError, OverflowError):
        raise bad_request(f"Invalid {name}") from None


def read_time(message: Message | None, default: int) -> int:
    """Return the nanoseconds since midnight in a `Time`."""
    if message is None:
        return default
    milliseconds: int = message.get("milliseconds", 0)
    nanoseconds: int = message.get("nanoseconds", 0)
    return milliseconds * MILLISECOND + nanoseconds


def within_day(nanoseconds: int) -> int:
    """Return a time of day: one before or after the day is moved to its end there."""
    return max(0, min(nanoseconds, LAST_NS))


def days_between(first: date, last: date) -> list[date]:
    """Return all days of a range, both ends included; none if it is the wrong way round."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
