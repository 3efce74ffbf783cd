"""Attacks that find what is not there: each must be reported as failed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.siege.tally import Tally


def attack(tally: Tally) -> None:
    """Fail in the way the attack's name says."""
    for roll in tally.rounds():
        tally.count("looks")
        match tally.attack:
            case "canary-fault":
                tally.fault("wrong", f"as it should be, {roll.random():.6f}")
            case "canary-crash":
                raise RuntimeError("as it should")
            case "canary-hang":
                threading.Event().wait()
            case "canary-memory":
                tally.count("bytes", len(bytearray(b"x") * (600 << 20)))
