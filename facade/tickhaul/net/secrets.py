"""Keeping keys and presigned queries out of whatever a person or a log file may see."""

from __future__ import annotations

import re
from typing import Self

from tickhaul.net.redaction import MASK, hide_queries

_EXCERPT_CHARACTERS = 500
#: What is looked at for an excerpt: scrubbing megabytes takes seconds.
_SCRUBBED_BYTES = 64 * 1024
_EDGE_CHARACTERS = 4096
#: Details nested deeper than this tell nobody anything, and walking down there could exhaust the stack.
_DEPTH = 20
_SURROGATE = re.compile("[\ud800-\udfff]")


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

    @property
    def can_be_sent(self) -> bool:
        """Whether it can be encoded: lone surrogates, which a variable that is not UTF-8 comes with, cannot.

        An error of the encoder would hold it.
        """
        return _SURROGATE.search(self._value) is None

    @classmethod
    def wrap(cls, value: str | None) -> Self | None:
        """A secret that may be missing."""
        return None if value is None else cls(value)

    def scrub(self, text: str) -> str:
        """The text without this secret, however JSON may spell it, and without the query of any URL in it."""
        # Compiled first: the long part of it keeps no pattern in a variable, where an interrupt would show it.
        return hide_queries(re.compile("".join(map(_spellings, self._value))).sub(MASK, text))

    def scrub_object(self, value: dict[str, object]) -> dict[str, object]:
        """The same for every text in a JSON object, its names included."""
        return {self.scrub(name): self._scrub_value(part, _DEPTH) for name, part in value.items()}

    def excerpt(self, body: bytes) -> str:
        """The start of a body, fit to be shown: bounded and scrubbed."""
        text = self.scrub(body[:_SCRUBBED_BYTES].decode("utf-8", "replace"))
        if len(body) > _SCRUBBED_BYTES:
            # A secret across the edge has left its first half there.
            text = text[:-_EDGE_CHARACTERS]
        return text if len(text) <= _EXCERPT_CHARACTERS else text[:_EXCERPT_CHARACTERS] + "…"

    def _scrub_value(self, value: object, depth: int) -> object:
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, dict | list) and not depth:
            return MASK
        if isinstance(value, dict):
            return {self.scrub(str(name)): self._scrub_value(part, depth - 1) for name, part in value.items()}
        if isinstance(value, list):
            return [self._scrub_value(part, depth - 1) for part in value]
        return value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return MASK

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("an API key is not pickled; build a new client in the other process")


def refuse_other_types(name: str, value: Secret | None) -> None:
    """Refuse what is not text, without showing it.

    Args:
        name: what it was passed as.
        value: what was passed; ``None`` where nothing was.

    Raises:
        TypeError: it is not text.
    """
    if value is not None and not isinstance(value.reveal(), str):
        raise TypeError(f"{name} must be a str, not {type(value.reveal()).__name__}")


def _spellings(character: str) -> str:
    """A pattern of the ways JSON, and JSON in JSON, may write a character."""
    return rf"(?:\\{{0,3}}{re.escape(character)}|(?i:\\{{1,3}}u{ord(character):04x}))"
