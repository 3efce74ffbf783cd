"""Ctrl-C at any moment of a call to xyt hub, its asking for tokens included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.siege import interrupts

if TYPE_CHECKING:
    from tests.siege.tally import Tally


def attack(tally: Tally) -> None:
    """As for the other client."""
    interrupts.attack(tally, hub=True)
