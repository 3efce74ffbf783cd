"""The main job, shown against a sandbox of its own."""

import csv
import gzip
import time
from itertools import islice
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from tickhaul.cli import journey
from tickhaul.cli.orders import Cut, Fetch, Order
from tickhaul.cli.output import write
from tickhaul.cli.progress import Reporter
from tickhaul.cli.sandbox import check_extra
from tickhaul.cli.text import printable, size

if TYPE_CHECKING:
    from tickhaul.transfer import DownloadedFile

_STREAM = ("okx", "BTC-USDT", "trades")
_CAPTURES = Path("shared", "data", "captures")
_SPAN = 30 * 60 * 10**9
_ROWS = 5
_WIDTH = 200  # where there is no terminal
_NARROWEST = 20


class _Narrator:
    """Tells the steps on stdout, for they are what a demo is about, and shows the waiting on stderr."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.waiting = reporter.waiting
        self.moving = reporter.moving
        self.done = reporter.done

    def say(self, text: str) -> None:
        """A step is done."""
        write(f"  {printable(text)}\n")


def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", file_okay=False, help="Where the files go.")
    ] = Path("demo-data"),
    captures: Annotated[
        Path | None,
        typer.Option(
            "--captures",
            metavar="DIR",
            help="Recorded messages to serve; else those of a folder shared/data/captures beside the checkout, "
            "if there is one, else made-up ones.",
        ),
    ] = None,
) -> None:
    """Do the main job against a sandbox of its own.

    It starts a sandbox, finds a stream, subscribes, exports, waits, downloads, and shows the first rows.
    """
    check_extra()
    from tickhaul_sandbox import Sandbox, Settings  # noqa: PLC0415 (an extra; loads with this command only)
    from tickhaul_sandbox.market.captures import read_index  # noqa: PLC0415 (as above)

    from tickhaul import Client  # noqa: PLC0415 (loads with the command that needs it)

    recorded = captures or _usual_captures()
    there = read_index(recorded) if recorded else {}
    names = _STREAM if _STREAM in there or not there else next(iter(there))
    with Sandbox(Settings(captures=recorded)) as sandbox, Client(sandbox.api_key, base_url=sandbox.base_url) as client:
        served = f"recorded messages from {recorded}" if recorded else "made-up messages"
        write(f"A sandbox of Ticksupply runs at {sandbox.base_url} and serves {served}.\n")
        now = time.time_ns()
        with Reporter() as reporter:
            # Every run is of another sandbox with other exports, so files of an earlier run are replaced.
            order = Order(names, Cut(now - _SPAN, now))
            fetch = Fetch(out, resume=False)
            brought = journey.haul(client, order, fetch, _Narrator(reporter)).files
    for file in brought:
        _show(file)
    write(
        "\nThe same against the real service, with your key in TICKSUPPLY_API_KEY:\n"
        f"  tickhaul haul {' '.join(names)} --from -30min --to now --out data\n"
    )


def _usual_captures() -> Path | None:
    """Recorded messages beside the checkout, seen from the current directory or from where this package lies."""
    for parent in (Path(".."), *Path(__file__).parents[4:5]):
        directory = parent / _CAPTURES
        if (directory / "index.json").is_file():
            return directory
    return None


def _show(file: "DownloadedFile") -> None:
    """Where a file is, and how it begins."""
    width = max(get_terminal_size((_WIDTH, 24)).columns, _NARROWEST) - 2
    write(f"\n{file.path} ({size(file.bytes)}) begins:\n")
    with gzip.open(file.path, "rt", encoding="utf-8", newline="") as lines:
        for row in islice(csv.reader(lines), _ROWS + 1):
            line = "  ".join(map(printable, row))
            write(f"  {line if len(line) <= width else line[: width - 3] + '...'}\n")
