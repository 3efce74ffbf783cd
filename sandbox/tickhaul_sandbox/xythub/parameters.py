"""The parameters of a generic request, in whatever form a client sends them.

How the values of the core operations travel is not stated (API reference, xyt hub, section 9.3), so days and times are
taken as any member that can hold them and as text, and names in snake_case and camelCase.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tickhaul_sandbox.xythub.errors import bad_request
from tickhaul_sandbox.xythub.moments import DAY_NS, EPOCH, read_day, read_time
from tickhaul_sandbox.xythub.ticks import MILLISECOND, SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul_sandbox.xythub.protobuf import Message

_DAY = re.compile(r"(\d{4})[.-](\d{2})[.-](\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?", re.ASCII)


class Parameters:
    """Parameters by name.

    Args:
        values: The `Value` of each.
        source: The data source, if the path named it.
    """

    def __init__(self, values: Mapping[str, Message], source: str | None = None) -> None:
        self._values = {_snake(name): value for name, value in values.items()}
        if source is not None:
            self._values["source"] = {"string_value": source}

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        found = self._member(name)
        if found is None or found[0] != "string_value" or not found[1]:
            raise bad_request(f"Missing required parameter: {name}")
        text: str = found[1]
        return text

    def optional_text(self, name: str) -> str | None:
        """Return a text, if it is there."""
        return self.text(name) if self._member(name) is not None else None

    def texts(self, name: str) -> list[str]:
        """Return texts; a single one counts as a list."""
        found = self._member(name)
        if found is None:
            return []
        member, content = found
        if member == "string_value":
            return [content]
        values: list[str] = content.get("string_list", {}).get("values", []) if member == "list" else []
        return values

    def number(self, name: str, default: int) -> int:
        """Return an integer, or the default."""
        found = self._member(name)
        if found is None:
            return default
        if found[0] != "integer_value":
            raise bad_request(f"Invalid {name}")
        number: int = found[1]
        return number

    def choice(self, name: str, members: Mapping[str, int]) -> int:
        """Return the number of an enumeration's member, sent by name or by number."""
        found = self._member(name)
        if found is None:
            raise bad_request(f"Missing required parameter: {name}")
        for text, number in members.items():
            if found[1] in (text, number):
                return number
        raise bad_request(f"Invalid {name}")

    def choices(self, name: str, members: Mapping[str, int]) -> list[int]:
        """Return the numbers of members, sent by name or by number, one or several."""
        found = self._member(name)
        if found is None:
            return []
        member, content = found
        sent: list[Any] = [content]
        if member == "list":
            # Which list it is does not matter, nor that an empty one has none.
            sent = [item for kept in content.values() for item in kept.get("values", [])]
        if not all(item in (*members, *members.values()) for item in sent):
            raise bad_request(f"Invalid {name}")
        return [members.get(item, item) for item in sent]

    def day(self, name: str) -> date:
        """Return a day that must be there."""
        found = self._member(name)
        if found is None:
            raise bad_request(f"Missing required parameter: {name}")
        member, content = found
        if member == "string_value" and (match := _DAY.fullmatch(content)):
            return read_day({"year": int(match[1]), "month": int(match[2]), "day": int(match[3])}, name)
        if member == "date_value" and "year" in content:
            return read_day(content, name)
        counts = {
            "days_value": lambda: content,
            "date_value": lambda: content.get("days", 0),
            "timestamp_value": lambda: content // DAY_NS,
        }
        if member not in counts:
            raise bad_request(f"Invalid {name}")
        try:
            return EPOCH + timedelta(days=counts[member]())
        except OverflowError:
            raise bad_request(f"Invalid {name}") from None

    def optional_day(self, name: str, default: date) -> date:
        """Return a day, or the default."""
        return self.day(name) if self._member(name) is not None else default

    def time(self, name: str, default: int) -> int:
        """Return a time of day in nanoseconds since midnight, or the default."""
        found = self._member(name)
        if found is None:
            return default
        member, content = found
        if member == "nanoseconds_value":
            return int(content)
        if member == "milliseconds_value":
            return int(content) * MILLISECOND
        if member == "time_value":
            return read_time(content, default)
        if member == "string_value" and (match := _TIME.fullmatch(content)):
            seconds = (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3])
            return seconds * SECOND + int((match[4] or "").ljust(9, "0"))
        raise bad_request(f"Invalid {name}")

    def _member(self, name: str) -> tuple[str, Any] | None:
        """Which member of its `Value` a parameter is, and what is in it."""
        value = self._values.get(name)
        return next(reversed(value.items())) if value else None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])[A-Z]", lambda match: f"_{match[0]}", name).lower()
