"""Arguments and options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from tickhaul._core.arguments import seconds
from tickhaul._core.idempotency import choose_key
from tickhaul.cli.session import current


class Format(StrEnum):
    """The file formats of an export."""

    CSV = "csv"
    PARQUET = "parquet"


def examples(*lines: str) -> str:
    """The examples at the end of a command's help; the mark in front keeps their lines as they are."""
    return "\n".join(["\b", "Examples:" if len(lines) > 1 else "Example:", *(f"  {line}" for line in lines)])


def _note_json(value: bool) -> bool:
    # For errors too, which are reported where no command's arguments are at hand.
    current().json = value
    return value


def _check_seconds(value: float) -> float:
    # The wait comes late in a job; a number that cannot work is wrong before it.
    return seconds("--timeout", value)


def _check_key(value: str | None) -> str | None:
    return None if value is None else choose_key(value)


Json: TypeAlias = Annotated[
    bool, typer.Option("--json", callback=_note_json, help="One JSON document on stdout, for programs.")
]
Limit: TypeAlias = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Stop after N items.")]
IdempotencyKey: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="UUID",
        callback=_check_key,
        help="Repeating the command with the same key within a day does the thing once.",
    ),
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

Export: TypeAlias = Annotated[str, typer.Argument(metavar="EXPORT", help="The export job's id, exp_...")]
Target: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="DATASTREAM",
        show_default=False,
        help="A datastream: its id, or EXCHANGE INSTRUMENT STREAM_TYPE.",
    ),
]
WireFormat: TypeAlias = Annotated[
    str | None,
    typer.Option("--wire-format", metavar="W", help="Such as json or sbe; where a stream is recorded in several."),
]

From: TypeAlias = Annotated[
    str,
    typer.Option("--from", metavar="T", help="First moment, UTC: 2024-01-15T10:00Z, 2024-01, -1month, -90min, ..."),
]
To: TypeAlias = Annotated[
    str, typer.Option("--to", metavar="T", help="The moment after the last, in the same forms, or: now.")
]
SchemaName: TypeAlias = Annotated[
    str | None,
    typer.Option("--schema", metavar="NAME|ID", help="Columns: raw (default), normalized, or one of your own."),
]
SchemaFile: TypeAlias = Annotated[
    str | None, typer.Option("--schema-file", metavar="FILE", help="Columns from a JSON file instead; - for stdin.")
]
FileFormat: TypeAlias = Annotated[
    Format | None, typer.Option("--format", help="File format (csv, gzip-compressed, by default).")
]
FormatOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--format-option", metavar="NAME=VALUE", help="An option of the format; may be repeated."),
]

Out: TypeAlias = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", file_okay=False, help="Where the files go; made if missing.")
]
Resume: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--resume/--restart", help="Go on from what an earlier run left, or fetch everything anew and replace it."
    ),
]
Connections: TypeAlias = Annotated[
    int | None,
    typer.Option("--connections", min=1, metavar="N", help="Connections to the storage host at once (default 16)."),
]
Hash: TypeAlias = Annotated[bool, typer.Option("--hash", help="Also compute each file's SHA-256.")]
WaitSeconds: TypeAlias = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", callback=_check_seconds, help="How long to wait for the export."),
]
