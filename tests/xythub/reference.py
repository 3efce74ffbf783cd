"""What the reference says of the contracts, read from its tables; it lies beside the checkout and may be absent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[3] / "shared" / "reference" / "xyt-hub-api.md"

_HEADING = re.compile(r"#+ (\S+)")
_MESSAGE = re.compile(r"\*\*`([\w.]+)`\*\*")
_FIELD = re.compile(r"\| (\d+) \| `(\w+)` \| ([^|]+?) \|([^|]*)\|")
_LIST = re.compile(r"\| `(\w+List)` \| `(repeated \w+)` \|")
_ENUM = re.compile(r"- \*\*enum `([\w.]+)`\*\*")
_MEMBER = re.compile(r"`(\w+)` = (\d+)")


@dataclass
class Described:
    """The messages and enums of one contract.

    Attributes:
        messages: by name, the fields: number to name, type, and the oneof it is in.
        enums: by name, the members and their numbers.
    """

    messages: dict[str, dict[int, tuple[str, str, str | None]]] = field(default_factory=dict)
    enums: dict[str, dict[str, int]] = field(default_factory=dict)


def read_reference() -> dict[str, Described]:
    """Both contracts, by version."""
    if not PATH.exists():
        pytest.skip("the reference is not beside this checkout")
    contracts = {"2.0.0": Described(), "1.1.2": Described()}
    section = ""
    fields: dict[int, tuple[str, str, str | None]] = {}
    for line in PATH.read_text(encoding="utf-8").splitlines():
        if heading := _HEADING.match(line):
            section, fields = heading[1], {}
        if not section.startswith(("4.", "5.1", "5.3", "5.4")):
            continue
        described = contracts["2.0.0" if section.startswith("4.") else "1.1.2"]
        if message := _MESSAGE.match(line):
            fields = described.messages.setdefault(message[1], {})
        elif row := _FIELD.match(line):
            oneof = re.search(r"oneof `(\w+)`", row[4])
            fields[int(row[1])] = (row[2], row[3], oneof[1] if oneof else None)
        elif row := _LIST.match(line):
            described.messages[row[1]] = {1: ("values", row[2], None)}
        elif enum := _ENUM.match(line):
            described.enums[enum[1]] = {name: int(number) for name, number in _MEMBER.findall(line)}
    old, new = contracts["1.1.2"], contracts["2.0.0"]
    # Section 5.1 lists only the differences, and names what 1.1.2 does not have.
    for name in new.messages.keys() - {"TimestampsList", "DataRequest", "DataResponse"}:
        old.messages.setdefault(name, new.messages[name])
    old.enums.update(new.enums)
    return contracts
