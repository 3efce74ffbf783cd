"""Tables of xyt hub on stdout or in a file, as CSV, JSON or Parquet."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from tickhaul._files import check_target, replacing
from tickhaul.cli.failures import UsageError
from tickhaul.cli.output import write
from tickhaul.cli.progress import tell
from tickhaul.cli.session import current
from tickhaul.cli.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul.xythub import Table

#: The forms a table is written in.
Shape: TypeAlias = Literal["csv", "json", "parquet"]
_PIECE = 1 << 16
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def choose_output(out: Path | None, shape: Shape | None, *, as_json: bool) -> Callable[[Table], None]:
    """How a table is to be shown, decided before it is fetched.

    Args:
        out: the file; ``None`` for stdout.
        shape: the form; ``None`` for what the file's ending says, and CSV where it says nothing.
        as_json: whether one JSON document on stdout was asked for.

    Raises:
        UsageError: it cannot be shown so; the message says what to do.
    """
    if as_json and (out is not None or shape not in (None, "json")):
        raise UsageError("--json writes JSON to stdout; use --format and --out without it")
    chosen: Shape = "json" if as_json else shape or _by_ending(out)
    if chosen == "parquet":
        _check_parquet(out)
    if out is not None:
        _check_out(out)

    def show(table: Table) -> None:
        if out is None:
            _print(table, chosen)
        else:
            _save(table, out, chosen)
            tell(f"{table.row_count:,} rows in {out}")
        _warn(table.warning)

    return show


def _by_ending(out: Path | None) -> Shape:
    endings: dict[str, Shape] = {".json": "json", ".parquet": "parquet"}
    return "csv" if out is None else endings.get(out.suffix.lower(), "csv")


def _check_out(out: Path) -> None:
    if not out.absolute().parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}; make it first")
    try:
        check_target(out)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror} ({error.filename}); name another file") from None


def _check_parquet(out: Path | None) -> None:
    from tickhaul.xythub.extras import load  # noqa: PLC0415 (loads with these commands only)

    if out is None:
        raise UsageError("--format parquet: Parquet is no text for stdout; name a file with --out")
    try:
        load("pyarrow", "arrow", "Parquet")
    except ModuleNotFoundError as error:
        raise UsageError(str(error)) from None


def _warn(warning: str | None) -> None:
    if warning is not None:
        # Wherever stderr goes, for this is what explains an empty table.
        text = json.dumps({"warning": warning}) if current().json else f"the service warns: {printable(warning)}"
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class _Stdout(io.StringIO):
    """Stdout for what is written in many small pieces.

    Args:
        fit: makes a larger piece fit for where stdout goes.
    """

    def __init__(self, fit: Callable[[str], str]) -> None:
        super().__init__(newline="")
        self._fit = fit

    def write(self, text: str, /) -> int:
        count = super().write(text)
        if self.tell() >= _PIECE:
            self.drain()
        return count

    def drain(self) -> None:
        """Pass on what has been kept back."""
        write(self._fit(self.getvalue()))
        self.seek(0)
        self.truncate()


def _print(table: Table, shape: Shape) -> None:
    if shape == "json":
        stdout = _Stdout(_ascii)
        table.to_json(stdout)
    else:
        # Text from far away must not steer a terminal; a pipe gets it as it is, in any locale as a file would.
        at_terminal = sys.stdout.isatty()
        if not at_terminal and (reconfigure := getattr(sys.stdout, "reconfigure", None)) is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")
        stdout = _Stdout(_tame if at_terminal else str)
        table.to_csv(stdout)
    stdout.drain()


def _ascii(text: str) -> str:
    """JSON in ASCII, so that no terminal's or pipe's encoding can break it."""
    return text if text.isascii() else _BEYOND_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], text)


def _tame(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def _save(table: Table, out: Path, shape: Shape) -> None:
    """Write a file whose name holds all of it or what it held before."""
    try:
        with replacing(out) as file:
            _write(table, file, shape)
    except BrokenPipeError:
        raise  # the reader of the pipe has enough
    except OSError as error:
        raise OSError(f"cannot write {out}: {error.strerror or error}; make room, or name another file") from error


def _write(table: Table, file: BinaryIO, shape: Shape) -> None:
    if shape == "parquet":
        from pyarrow import parquet  # type: ignore[import-untyped]  # noqa: PLC0415 (an extra, and it ships no types)

        # Without Arrow's own schema in it, strings are strings in every file, whether or not they repeated themselves.
        parquet.write_table(table.to_arrow(), file, store_schema=False)
        return
    text = io.TextIOWrapper(file, "utf-8", newline="")
    (table.to_json if shape == "json" else table.to_csv)(text)
    # The file is closed by whoever opened it.
    text.detach()
