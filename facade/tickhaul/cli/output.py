"""What a command puts on stdout: a table for people, or one JSON document, and nothing else."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tickhaul.cli.streams import guarded, terminal_size
from tickhaul.cli.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)

_ROWS_AT_ONCE = 100
_GAP = 2
_NARROWEST = 8


class Model(Protocol):
    """A model of the service."""

    def to_dict(self) -> dict[str, Any]:  # a JSON object's values are of any type
        """The model as the JSON object it was made of."""
        ...


@dataclass(frozen=True)
class Column(Generic[M_contra]):
    """One column of a table.

    Attributes:
        title: its heading.
        cell: what it shows of an item.
        right: whether it is aligned to the right, as numbers are.
    """

    title: str
    cell: Callable[[M_contra], object]
    right: bool = False


def write(text: str) -> None:
    """Write to stdout. When its reader has closed it (``| head``), the run ends quietly.

    Raises:
        OutputError: it cannot be written.
        typer.Exit: its reader has closed it.
    """
    stdout = guarded(sys.stdout)
    stdout.write(text)
    stdout.flush()


def show_json(document: object) -> None:
    """Write one JSON document, in ASCII so that no terminal's or pipe's encoding can break it."""
    write(json.dumps(document, indent=2) + "\n")


def show_list(items: Iterable[M], columns: Sequence[Column[M]], *, as_json: bool) -> None:
    """Show a list: as a table whose rows appear as they arrive, or as a JSON array when all of them have.

    Args:
        items: models, fetched while they are walked.
        columns: what the table shows of each.
        as_json: whether to write JSON.
    """
    if as_json:
        show_json([_document(item) for item in items])
        return
    widths = [len(column.title) for column in columns]
    titles = [column.title for column in columns]
    rest = iter(items)
    first = True
    while (rows := [[_text(column, item) for column in columns] for item in islice(rest, _ROWS_AT_ONCE)]) or first:
        write(_table(titles if first else None, rows, widths, [column.right for column in columns]))
        first = False


def show_one(item: M, columns: Sequence[Column[M]], *, as_json: bool) -> None:
    """Show one model: a line for each column, or its JSON object."""
    if as_json:
        show_json(_document(item))
        return
    rows = [[f"{column.title.capitalize()}:", _text(column, item)] for column in columns]
    write(_table(None, rows, [0, 0], [False, False]))


def show_done(identifier: str, done: str, *, as_json: bool) -> None:
    """Show that something was done to a resource whose operation answers nothing.

    Args:
        identifier: its id.
        done: what was done, as a past participle.
        as_json: whether to write JSON.
    """
    if as_json:
        show_json({"id": identifier, "done": done})
    else:
        write(f"{printable(identifier)} {done}\n")


def _document(item: object) -> object:
    model: Model = item  # type: ignore[assignment]  # what is shown as a table's row is a model
    return model.to_dict()


def _text(column: Column[M], item: M) -> str:
    value = column.cell(item)
    return "-" if value is None else printable(str(value))


def _table(titles: list[str] | None, rows: list[list[str]], widths: list[int], right: list[bool]) -> str:
    """A piece of a table; `widths` holds those of the pieces before, and is brought up to date."""
    from rich.cells import cell_len  # noqa: PLC0415 (help and JSON work without tables)
    from rich.console import Console  # noqa: PLC0415 (as above)
    from rich.table import Table  # noqa: PLC0415 (as above)
    from rich.text import Text  # noqa: PLC0415 (as above)

    for row in rows:
        widths[:] = [max(width, cell_len(cell)) for width, cell in zip(widths, row, strict=True)]
    piped = not sys.stdout.isatty()
    gaps = _GAP * len(widths)
    columns, lines = terminal_size(sys.stdout)
    # A pipe has no width: its lines must stay whole for grep and awk.
    fitted = widths if piped else _fitted(widths, columns - gaps)
    # A terminal too narrow for all columns wraps the lines itself, and nothing is lost.
    console = Console(file=sys.stdout, highlight=False, width=sum(fitted) + gaps, height=lines)
    table = Table(box=None, show_header=titles is not None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for position, width in enumerate(fitted):
        table.add_column(
            titles[position] if titles else "",
            width=width,
            justify="right" if right[position] else "left",
            # Cut off, an id could not be copied.
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    with console.capture() as captured:
        console.print(table)
    text = captured.get()
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines()) if piped else text


def _fitted(widths: list[int], room: int) -> list[int]:
    """The widths of columns that share a room: where it is too small, the widest give way."""
    fitted = list(widths)
    while sum(fitted) > room and max(fitted) > _NARROWEST:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted
