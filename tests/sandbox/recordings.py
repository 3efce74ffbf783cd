"""Recordings written for a test, for a sandbox to serve."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from tests.sandbox.api import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STEP = 4 * SECOND


def write_recordings(directory: Path, messages: Mapping[tuple[str, str, str], Sequence[object]]) -> None:
    """Write recordings for a sandbox to serve, the messages of each four seconds apart.

    Args:
        directory: Where to.
        messages: The messages of each exchange, instrument and stream type; a text is taken as it is.
    """
    entries: list[dict[str, str]] = []
    for (exchange, instrument, stream_type), payloads in messages.items():
        name = f"{exchange}__{instrument}__{stream_type}.tsv.gz"
        with gzip.open(directory / name, "wt", encoding="utf-8", newline="\n") as file:
            for number, payload in enumerate(payloads):
                text = payload if isinstance(payload, str) else json.dumps(payload)
                file.write(f"{number * STEP}\t{text}\n")
        entries.append({"file": name, "exchange": exchange, "instrument": instrument, "stream_type": stream_type})
    (directory / "index.json").write_text(json.dumps(entries), encoding="utf-8")
