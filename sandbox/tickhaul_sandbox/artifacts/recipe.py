"""How to make one file of an export, from nothing but its recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul_sandbox.artifacts.csvfile import write_csv
from tickhaul_sandbox.artifacts.parquetfile import write_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tickhaul_sandbox.artifacts.plan import Part
    from tickhaul_sandbox.artifacts.tables import Layout
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
        line_end: What ends a line of CSV.
        gzip_level: How hard CSV is compressed.
    """

    part: Part
    source: Source
    layout: Layout
    fmt: str
    options: JsonObject
    line_end: str
    gzip_level: int

    def write(self, path: Path) -> None:
        """Write the file; the same bytes each time.

        Raises:
            LayoutError: If the layout cannot be applied to the messages.
        """
        rows = self.layout.rows(self._messages())
        if self.fmt == "parquet":
            write_parquet(path, self.layout.columns, self.layout.types, rows, self.options)
            return
        with path.open("wb") as file:
            write_csv(file, self.layout.columns, rows, line_end=self.line_end, level=self.gzip_level)

    def _messages(self) -> Iterator[Message]:
        for piece in self.part.pieces:
            yield from self.source.messages(piece.anchor_ns, piece.start_ns, piece.end_ns)
