"""Instants in requests and responses.

Source: section 8 of the API reference.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tickhaul_sandbox.errors import invalid_argument

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_ISO = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,9}))?(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_PERIOD_NS = 30 * 86_400 * 1_000_000_000
_INT64_MAX = (1 << 63) - 1


def parse_instant(value: Json, field: str, *, naive_is_utc: bool) -> int:
    """Return an instant of a request in nanoseconds since the Unix epoch.

    Args:
        value: An integer, the same as a string, or ISO 8601 with up to nine fractional digits.
        field: The name of the field, for the message.
        naive_is_utc: Whether a time without a zone is taken as UTC rather than refused.

    Raises:
        ApiError: 400 if it is none of these, or not between 1970 and the end of int64.
    """
    nanoseconds: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        nanoseconds = value
    elif isinstance(value, str):
        nanoseconds = int(value) if _INTEGER.fullmatch(value) else _parse_iso(value, naive_is_utc=naive_is_utc)
    if nanoseconds is None:
        raise invalid_argument(f"Invalid {field}: must be nanoseconds since the epoch or an ISO 8601 time with a zone")
    if not 0 <= nanoseconds <= _INT64_MAX:
        raise invalid_argument(f"Invalid {field}: must not be before 1970 or past 2262")
    return nanoseconds


def _parse_iso(text: str, *, naive_is_utc: bool) -> int | None:
    match = _ISO.fullmatch(text)
    if match is None or (match["zone"] is None and not naive_is_utc):
        return None
    try:
        moment = datetime.fromisoformat(f"{match['date']}T{match['time']}").replace(tzinfo=_zone(match["zone"]))
    except ValueError:
        return None
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    seconds = since.days * 86_400 + since.seconds
    return seconds * 1_000_000_000 + int((match["fraction"] or "").ljust(9, "0"))


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    hours, minutes = text[1:].split(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if text[0] == "-" else offset)


def format_instant(nanoseconds: int) -> str:
    """Return an instant as RFC 3339 in UTC, with only as many fractional digits as it needs (0, 3, 6 or 9)."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    digits = f"{fraction:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{digits}Z" if digits else "Z")


def billing_period(nanoseconds: int) -> tuple[int, int]:
    """Return start and end of the billing period an instant lies in: thirty days, counted from the Unix epoch."""
    start = nanoseconds // _PERIOD_NS * _PERIOD_NS
    return start, start + _PERIOD_NS


def to_microsecond(nanoseconds: int) -> int:
    """Return the instant cut to the microsecond, the precision in which the service shows its own events."""
    return nanoseconds // 1_000 * 1_000
