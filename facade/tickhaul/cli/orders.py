"""What a person orders: which range of what, in which form, and where the files go."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul._core.exports import creation_body
from tickhaul._core.times import to_ns, to_text
from tickhaul.cli.failures import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tickhaul.models import Datastream, ExportJob, Subscription
    from tickhaul.transfer import DownloadedFile


@dataclass(frozen=True, slots=True)
class Fetch:
    """How files are brought home.

    Attributes:
        directory: where to.
        connections: how many at once; ``None`` for the usual.
        hash: whether to compute SHA-256.
        resume: whether to go on from what is there, or to replace it.
    """

    directory: Path
    connections: int | None = None
    hash: bool = False
    resume: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """What an export is to hold.

    Attributes:
        start: the first moment, in nanoseconds.
        end: the moment after the last, in nanoseconds.
        schema: the columns.
        format: the file format.
        format_options: its options.
        idempotency_key: the key of its creation; ``None`` for a fresh one.
    """

    start: int
    end: int
    schema: str | Mapping[str, object] | None = None
    format: str | None = None
    format_options: Mapping[str, object] | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What to haul.

    Attributes:
        names: exchange, instrument and stream type.
        cut: what of it.
        wire_format: the wire format, where there are several.
        subscribe: whether to see to it that the datastream is being recorded.
        timeout: seconds to wait for the export.
    """

    names: tuple[str, str, str]
    cut: Cut
    wire_format: str | None = None
    subscribe: bool = True
    timeout: float = 3600.0


@dataclass(frozen=True, slots=True)
class Haul:
    """What came of an order."""

    datastream: Datastream
    subscription: Subscription | None
    job: ExportJob
    files: list[DownloadedFile]


def read_range(start: str, end: str) -> tuple[int, int]:
    """The range two texts stand for, in nanoseconds, both seen from one and the same now.

    Raises:
        UsageError: the range is empty.
        ValueError: one is not understood.
    """
    now = time.time_ns()
    first, last = to_ns(start, now=now), to_ns(end, now=now)
    if first >= last:
        raise UsageError(f"--from {to_text(first)} is not before --to {to_text(last)}")
    return first, last


def check(cut: Cut) -> Cut:
    """Refuse what the client would refuse once the export is created, before anything else is done for it.

    Raises:
        ValueError: the export cannot be made.
    """
    any_stream = 1
    creation_body(
        any_stream,
        cut.start,
        cut.end,
        schema=cut.schema,
        format=cut.format,
        format_options=cut.format_options,
        now=cut.end,
    )
    return cut
