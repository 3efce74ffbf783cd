"""Values as text for people."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from tickhaul._core.times import to_text

if TYPE_CHECKING:
    from datetime import datetime

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def printable(text: str) -> str:
    """Text from elsewhere, fit for a terminal: what could move its cursor, or hide, is shown as an escape."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def moment(value: datetime | None) -> str:
    """A moment in UTC to the second, ``-`` for none."""
    if value is None:
        return "-"
    try:
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except OverflowError:
        return value.isoformat(" ")  # at an end of the calendar, UTC may lie beyond it


def instant(nanoseconds: int) -> str:
    """A moment in UTC with all its digits."""
    return to_text(nanoseconds)


def size(count: float | None) -> str:
    """A number of bytes, as people say it."""
    if count is None:
        return "?"
    power = 0
    while count >= 1024 and power < len(_UNITS) - 1:
        count /= 1024
        power += 1
    return f"{count:,.1f} {_UNITS[power]}" if power else f"{count:.0f} B"


def duration(seconds: float) -> str:
    """A duration as on a stop watch."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def files(number: int) -> str:
    """So many files."""
    return "1 file" if number == 1 else f"{number:,} files"
