"""What the service says about its limits and about waiting.

Facts (docs: guides/rate-limiting): ``Retry-After`` holds whole seconds. ``X-RateLimit-Reset-*`` is an absolute Unix time
in seconds, sent only while that bucket is exhausted; before April 2026 it was the number of seconds to wait. The two
readings are nine orders of magnitude apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul.net.waits import number, retry_after, server_clock

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Below this a Reset value is a delay, above it a date: a hundred million seconds are three years, or March 1973.
_ABSOLUTE_FROM = 100_000_000.0


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
    asked = retry_after(headers.get("retry-after"), date=headers.get("date"), now=now)
    if asked is not None:
        return asked
    limits = read_rate_limits(headers, now)
    if limits is None:
        return None
    # An old server always sends both resets; only an exhausted window's one is a reason to wait.
    resets = [w.reset for w in (limits.minute, limits.hour) if w.reset is not None and w.remaining == 0]
    return max(resets, default=None)


def _window(headers: Mapping[str, str], name: str, now: float) -> Window:
    reset = number(headers.get(f"x-ratelimit-reset-{name}"))
    if reset is not None and reset >= _ABSOLUTE_FROM:
        reset = max(reset - server_clock(headers.get("date"), now), 0.0)
    return Window(
        limit=_count(headers.get(f"x-ratelimit-limit-{name}")),
        remaining=_count(headers.get(f"x-ratelimit-remaining-{name}")),
        reset=reset,
    )


def _count(text: str | None) -> int | None:
    found = number(text)
    return None if found is None else int(found)
