"""What must be made anew in a forked child: locks that a vanished thread may hold, sockets the parent still uses."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    """Something with state that a forked child cannot share with its parent."""

    def renew(self) -> None:
        """Start over, without touching what is shared with the parent."""


_renewables: weakref.WeakSet[Renewable] = weakref.WeakSet()


def renew_after_fork(thing: Renewable) -> None:
    """Have ``thing.renew()`` called in every child forked from now on, for as long as the thing lives."""
    _renewables.add(thing)


def _renew_all() -> None:
    for thing in list(_renewables):
        thing.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
