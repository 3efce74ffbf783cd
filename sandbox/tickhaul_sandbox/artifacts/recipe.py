"""How to make one file of an export, from nothing but its recipe."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from tickhaul_sandbox.artifacts.csvfile import write_csv
from tickhaul_sandbox.artifacts.parquetfile import write_parquet
from tickhaul_sandbox.artifacts.store import GivenUpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tickhaul_sandbox.artifacts.csvfile import Dialect
    from tickhaul_sandbox.artifacts.plan import Part
    from tickhaul_sandbox.artifacts.tables import Layout, Row
    from tickhaul_sandbox.jsontypes import JsonObject
    from tickhaul_sandbox.market.sources import Message, Source


@dataclass(frozen=True)
class FileRecipe:
    """One file.

    Attributes:
        part: Its name and the stretches of time it covers.
        source: Where its messages come from.
        layout: What becomes of them.
        fmt: `csv` or `parquet`.
        options: The options of the format, complete.
        dialect: How CSV is written.
        gzip_level: How hard CSV is compressed.
    """

    part: Part
    source: Source
    layout: Layout
    fmt: str
    options: JsonObject
    dialect: Dialect
    gzip_level: int

    def write(self, path: Path, given_up: Callable[[], bool]) -> None:
        """Write the file; the same bytes each time.

        Args:
            path: Where to.
            given_up: Whether nobody wants the file any more; asked before each message.

        Raises:
            LayoutError: If the layout cannot be applied to the messages.
            GivenUpError: If nobody wants the file any more.
        """
        rows = self._rows(given_up)
        if self.fmt == "parquet":
            write_parquet(path, self.layout.columns, self.layout.types, rows, self.options)
            return
        with path.open("wb") as file:
            write_csv(file, self.layout.columns, rows, dialect=self.dialect, level=self.gzip_level)

    def _rows(self, given_up: Callable[[], bool]) -> Iterator[Row]:
        for piece in self.part.pieces:
            start = piece.start_ns
            if self.layout.needs_opening:
                start = self.source.opening(piece.anchor_ns, start)
            early = sum(1 for _ in self.source.messages(piece.anchor_ns, start, piece.start_ns))
            messages = self.source.messages(piece.anchor_ns, start, piece.end_ns)
            yield from islice(self.layout.rows(_wanted(messages, given_up)), early, None)


def _wanted(messages: Iterator[Message], given_up: Callable[[], bool]) -> Iterator[Message]:
    for message in messages:
        if given_up():
            raise GivenUpError
        yield message
