"""Which source a datastream's messages come from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tickhaul_sandbox.market.captures import CaptureSource, read_index
from tickhaul_sandbox.market.generated import GeneratedSource
from tickhaul_sandbox.market.moments import Scene
from tickhaul_sandbox.market.shapes import SHAPES

if TYPE_CHECKING:
    from pathlib import Path

    from tickhaul_sandbox.catalog import Catalog, Datastream
    from tickhaul_sandbox.market.sources import Source


class Feed:
    """The messages of every datastream.

    Args:
        captures: A directory of recordings, `None` to make up all messages.
        seed: Where made-up messages start.
        per_minute: How many made-up messages a minute.
        hour_messages: The most recorded messages an hour may hold.
        hour_bytes: The most bytes of recorded messages an hour may hold.

    Raises:
        ValueError: If `captures` has no readable index.
    """

    def __init__(
        self, *, captures: Path | None, seed: int, per_minute: int, hour_messages: int, hour_bytes: int
    ) -> None:
        self.recorded = {} if captures is None else read_index(captures)
        self._seed = seed
        self._per_minute = per_minute
        self._hour_messages = hour_messages
        self._hour_bytes = hour_bytes

    def fingerprint(self) -> str | None:
        """Return what tells these recordings from others, `None` without any: names and sizes, not content."""
        if not self.recorded:
            return None
        known = sorted(("/".join(name), file.stat().st_size) for name, file in self.recorded.items())
        return hashlib.sha256(repr(known).encode()).hexdigest()[:16]

    def source(self, catalog: Catalog, stream: Datastream) -> Source:
        """Return the source of a datastream: its recording if there is one."""
        file = self.recorded.get((stream.exchange, stream.instrument, stream.stream_type))
        if file is not None:
            return CaptureSource(file, self._hour_messages, self._hour_bytes)
        instrument = catalog.instrument(stream.exchange, stream.instrument)
        if instrument is None:
            raise AssertionError("a datastream belongs to an instrument of the catalog")
        scene = Scene(self._seed, stream.exchange, instrument)
        return GeneratedSource(scene, stream.stream_type, SHAPES[stream.exchange][stream.stream_type], self._per_minute)
