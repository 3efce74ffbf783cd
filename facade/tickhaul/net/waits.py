"""How long to wait before a request is sent again: what a server asks for, and what is chosen where it does not say.

``Retry-After`` holds whole seconds or an HTTP date (RFC 9110 section 10.2.3); some servers write a fraction.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tickhaul._threads import load

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = re.compile(r"\s*\d{1,18}(\.\d*)?\s*", re.ASCII)
#: Doublings after which a backoff has long reached its cap, and short of what a float can hold.
_DOUBLINGS = 30


def backoff(failures: int, *, base: float, cap: float, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait after so many failures in a row: doubling, with full jitter, so that waiters do not return as one.

    Args:
        failures: at least one.
        base: seconds; the most to wait after the first.
        cap: seconds; the most to wait at all.
        uniform: draws from a range of seconds, as ``random.uniform``.
    """
    return uniform(0.0, min(cap, base * 2.0 ** min(failures - 1, _DOUBLINGS)))


def retry_after(value: str | None, *, date: str | None, now: float) -> float | None:
    """Seconds a server asks to wait, never negative; ``None`` where it does not ask, or what it says makes no sense.

    Args:
        value: its ``Retry-After``.
        date: its ``Date``, if it sent one.
        now: the wall clock, Unix seconds.
    """
    if value is None:
        return None
    seconds = number(value)
    if seconds is not None:
        return seconds
    moment = http_date(value)
    return None if moment is None else max(moment - server_clock(date, now), 0.0)


def server_clock(date: str | None, now: float) -> float:
    """The server's own clock where its response tells it, so that a wrong local clock does not turn into a wait.

    Args:
        date: its ``Date``.
        now: the wall clock, Unix seconds.
    """
    moment = None if date is None else http_date(date)
    return now if moment is None else moment


def number(text: str | None) -> float | None:
    """A number of seconds or of things, as a header holds it; ``None`` where it holds something else."""
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


def http_date(text: str) -> float | None:
    """A date as a header holds it, in Unix seconds; ``None`` where it holds something else."""
    load("datetime", "email.utils")
    from datetime import UTC  # noqa: PLC0415 (few responses hold a date that matters)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 (as above; it brings in the whole of email)

    try:
        date = parsedate_to_datetime(text)
        # HTTP dates are UTC by definition, also in the form that names no zone.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
