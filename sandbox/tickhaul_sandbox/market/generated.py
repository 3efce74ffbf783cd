"""Made-up messages: plausible, in each exchange's own format, and the same for the same seed.

Every minute is drawn on its own, from the seed, the datastream and the minute, so that any range can be produced
without producing what came before it.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from tickhaul_sandbox.market.moments import MINUTE, Moment, Scene
from tickhaul_sandbox.market.sources import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul_sandbox.jsontypes import Json
    from tickhaul_sandbox.market.shapes import Shape

_SHORTEST_LATENCY_NS, _LONGEST_LATENCY_NS = 3_000_000, 60_000_000


@dataclass(frozen=True)
class GeneratedSource:
    """The messages of a datastream nobody has recorded.

    Args:
        scene: Its instrument.
        stream_type: Its stream type.
        shape: How its exchange writes such a message.
        per_minute: How many messages a minute.
    """

    scene: Scene
    stream_type: str
    shape: Shape
    per_minute: int

    def messages(self, anchor_ns: int, start_ns: int, end_ns: int) -> Iterator[Message]:
        """Yield the messages of a half-open range; a market does not care when its recording began."""
        del anchor_ns
        for minute in range(start_ns // MINUTE, -(-end_ns // MINUTE)):
            for message in self._minute(minute):
                if start_ns <= message.collection_ns < end_ns:
                    yield message

    def opening(self, anchor_ns: int, start_ns: int) -> int:
        """Return the beginning of the minute: book streams begin each with a snapshot."""
        del anchor_ns
        return start_ns // MINUTE * MINUTE

    def estimate(self, anchor_ns: int, start_ns: int, end_ns: int) -> int:
        """Return about how many messages the range holds."""
        del anchor_ns
        return max(0, end_ns - start_ns) * self.per_minute // MINUTE

    def _minute(self, minute: int) -> Iterator[Message]:
        scene = self.scene
        dice = random.Random(f"{scene.seed}/{scene.exchange}/{scene.symbol}/{self.stream_type}/{minute}")
        instants = sorted(dice.randrange(MINUTE) for _ in range(self.per_minute))
        for position, offset in enumerate(instants):
            collected = minute * MINUTE + offset
            moment = Moment(
                scene=scene,
                exchange_ns=collected - dice.randint(_SHORTEST_LATENCY_NS, _LONGEST_LATENCY_NS),
                minute_ns=minute * MINUTE,
                sequence=minute * self.per_minute + position,
                first=position == 0,
                dice=dice,
            )
            yield Message(collected, write(self.shape(moment)))


def write(value: Json) -> str:
    """Return JSON as exchanges write it: compact, and decimals as numbers with all their digits."""
    try:
        return json.dumps(value, separators=(",", ":"))
    except TypeError:
        return _write_decimals(value)


def _write_decimals(value: Json) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_write_decimals(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_write_decimals, value)) + "]"
    return json.dumps(value)
