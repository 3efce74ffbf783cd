"""What the service says about its limits and about waiting.

Facts (docs: guides/rate-limiting): ``Retry-After`` holds whole seconds; HTTP also allows a date there, and proxies use
it. ``X-RateLimit-Reset-*`` is an absolute Unix time in seconds, sent only while that bucket is exhausted; before April
2026 it was the number of seconds to wait. The two readings are nine orders of magnitude apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul._threads import load

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Below this a Reset value is a delay, above it a date: a hundred million seconds are three years, or March 1973.
_ABSOLUTE_FROM = 100_000_000.0
_NUMBER = re.compile(r"\s*\d{1,18}(\.\d*)?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Window:
    """One rate-limit window as the service reports it.

    Attributes:
        limit: requests the window holds, or ``None`` when not said.
        remaining: requests left, or ``None`` when not said.
        reset: seconds until it has room again, or ``None`` when not said.
    """

    limit: int | None
    remaining: int | None
    reset: float | None


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Both windows of one answer."""

    minute: Window
    hour: Window


def read_rate_limits(headers: Mapping[str, str], now: float) -> RateLimits | None:
    """The rate-limit headers of an answer, or ``None`` when it has none.

    Args:
        headers: by lower-case name.
        now: the wall clock, Unix seconds.
    """
    if "x-ratelimit-remaining-minute" not in headers and "x-ratelimit-remaining-hour" not in headers:
        return None
    return RateLimits(_window(headers, "minute", now), _window(headers, "hour", now))


def read_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds the service asks to wait, never negative; ``None`` when it does not ask or its answer makes no sense.

    ``Retry-After`` wins. Without it, the latest Reset of an exhausted window counts.

    Args:
        headers: by lower-case name.
        now: the wall clock, Unix seconds.
    """
    value = headers.get("retry-after")
    if value is not None:
        seconds = _number(value)
        if seconds is not None:
            return seconds
        date = _http_date(value)
        if date is not None:
            return max(date - _server_clock(headers, now), 0.0)
    limits = read_rate_limits(headers, now)
    if limits is None:
        return None
    # An old server always sends both resets; only an exhausted window's one is a reason to wait.
    resets = [w.reset for w in (limits.minute, limits.hour) if w.reset is not None and w.remaining == 0]
    return max(resets, default=None)


def _window(headers: Mapping[str, str], name: str, now: float) -> Window:
    reset = _number(headers.get(f"x-ratelimit-reset-{name}"))
    if reset is not None and reset >= _ABSOLUTE_FROM:
        reset = max(reset - _server_clock(headers, now), 0.0)
    return Window(
        limit=_count(headers.get(f"x-ratelimit-limit-{name}")),
        remaining=_count(headers.get(f"x-ratelimit-remaining-{name}")),
        reset=reset,
    )


def _server_clock(headers: Mapping[str, str], now: float) -> float:
    """The server's own clock where the answer carries it, so that a wrong local clock does not turn into a wait."""
    date = _http_date(headers.get("date", ""))
    return now if date is None else date


def _http_date(text: str) -> float | None:
    load("datetime", "email.utils")
    from datetime import UTC  # noqa: PLC0415 (few answers hold a date that matters)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 (as above; it brings in the whole of email)

    try:
        date = parsedate_to_datetime(text)
        # HTTP dates are UTC by definition, also in the form that names no zone.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


def _count(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)
