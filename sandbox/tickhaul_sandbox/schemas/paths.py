"""Paths into JSON messages: names and list positions joined by dots.

Dots are documented; positions (`levels.0.1`) are the sandbox's reading, since several exchanges send arrays. A path of a
built-in schema may list alternatives, `p|price`, for exchanges whose format changed; custom schemas may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul_sandbox.jsontypes import Json

Path = tuple[str, ...]


def parse(text: str) -> tuple[Path, ...]:
    """Return the alternatives of a path, each as its segments."""
    return tuple(tuple(alternative.split(".")) for alternative in text.split("|"))


def is_plain(text: str) -> bool:
    """Return whether a text is a path a custom schema may have: no empty segment, no alternatives."""
    return "|" not in text and all(text.split("."))


class Missing:
    """The type of `MISSING`: what a path leads to when it leads nowhere. JSON's null is something else."""


MISSING = Missing()


def walk(value: Json, path: Path) -> Json | Missing:
    """Return what a path leads to from a value."""
    current: Json | Missing = value
    for segment in path:
        if isinstance(current, dict):
            current = current.get(segment, MISSING)
        elif isinstance(current, list) and segment.isdecimal() and int(segment) < len(current):
            current = current[int(segment)]
        else:
            return MISSING
    return current


class Place:
    """Where paths of one row start.

    A path is looked up in the derived arrays (`{field}` and `data.{field}`), in the unfolded element, in the whole
    message with the unfolded array standing for its element, and in the whole message; the first find counts.

    Args:
        message: The whole message.
        derived: The derived arrays by name.
        unfolded: The path of the unfolded array, `None` if nothing was unfolded.
        element: The element of this row.
    """

    __slots__ = ("_derived", "_element", "_message", "_unfolded")

    def __init__(
        self, message: Json, derived: Mapping[str, Json], unfolded: Path | None = None, element: Json = None
    ) -> None:
        self._message = message
        self._derived = derived
        self._unfolded = unfolded
        self._element = element

    def find(self, alternatives: tuple[Path, ...]) -> Json | Missing:
        """Return what the first alternative that leads anywhere leads to."""
        for path in alternatives:
            found = self._find(path)
            if not isinstance(found, Missing):
                return found
        return MISSING

    def _find(self, path: Path) -> Json | Missing:
        unfolded = self._unfolded
        if unfolded is not None:
            found = walk(self._element, path)
            if not isinstance(found, Missing):
                return found
            for array in (unfolded, ("data", *unfolded), unfolded[1:] if unfolded[0] == "data" else ()):
                if array and path[: len(array)] == array:
                    return walk(self._element, path[len(array) :])
        if self._derived:
            for prefix in (0, 1):
                if len(path) > prefix and path[prefix] in self._derived and (not prefix or path[0] == "data"):
                    return walk(self._derived[path[prefix]], path[prefix + 1 :])
        return walk(self._message, path)
