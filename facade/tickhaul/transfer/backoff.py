"""How long to wait before a part is tried again. Decides, and does no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_PATIENCE = 12  # times the longest backoff: the longest Retry-After that is obeyed


def delay_before(failures: int, *, base: float, cap: float, rng: random.Random) -> float:
    """Seconds to wait after so many failures in a row: doubling, with full jitter so that threads do not come as one."""
    return rng.uniform(0.0, min(cap, base * 2.0 ** min(failures - 1, 30)))


def too_long(wait: float, *, cap: float) -> bool:
    """Whether a host asks to wait longer than makes sense to sit out."""
    return wait > cap * _PATIENCE
