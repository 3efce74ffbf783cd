"""Keeping keys and presigned queries out of whatever a person or a log file may see."""

from __future__ import annotations

import json
import re
from typing import cast

_QUERY = re.compile(r"(https?://[^\s\"'<>?\\]*)\?[^\s\"'<>]*")
MASK = "[hidden]"
_EXCERPT_CHARACTERS = 500


class Secret:
    """A text that does not show itself.

    Args:
        value: the secret.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one place that puts it on the wire."""
        return self._value

    def scrub(self, text: str) -> str:
        """The text without this secret and without the query of any URL in it."""
        return hide_queries(text.replace(self._value, MASK))

    def scrub_object(self, value: dict[str, object]) -> dict[str, object]:
        """The same for a JSON object."""
        return cast("dict[str, object]", json.loads(self.scrub(json.dumps(value, ensure_ascii=False))))

    def excerpt(self, body: bytes) -> str:
        """The start of a body, fit to be shown: bounded and scrubbed."""
        # Scrubbed before it is cut, so that a secret across the edge cannot leave its first half behind.
        text = self.scrub(body[: 8 * _EXCERPT_CHARACTERS].decode("utf-8", "replace"))
        return text if len(text) <= _EXCERPT_CHARACTERS else text[:_EXCERPT_CHARACTERS] + "…"

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("an API key is not pickled; build a new client in the other process")


def hide_queries(text: str) -> str:
    """The text with the query of each URL in it removed: that is where a presigned URL keeps its signature."""
    return _QUERY.sub(rf"\1?{MASK}", text)
