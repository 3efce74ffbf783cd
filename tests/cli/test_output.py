"""Tables for people and documents for programs, on whatever stdout is."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from tickhaul.cli import output, text
from tickhaul.cli.output import Column
from tickhaul.cli.streams import terminal_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Ran


@dataclass
class Thing:
    name: str
    count: int | None = 1

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "count": self.count}


COLUMNS = [Column[Thing]("NAME", lambda it: it.name), Column[Thing]("COUNT", lambda it: it.count, right=True)]


def test_rows_in_a_pipe_are_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    output.show_list([Thing(long, 7), Thing("b", None)], COLUMNS, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        f"{'NAME':300}  COUNT",
        f"{long}      7",
        f"{'b':300}      -",
    ]


def test_cells_at_a_terminal_wrap_and_lose_nothing(
    capsys: pytest.CaptureFixture[str], terminal: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal("stdout")
    identifier = "".join(f"{number:03}" for number in range(30))
    output.show_list([Thing(identifier)], COLUMNS, as_json=False)
    shown = capsys.readouterr().out
    assert "\x1b[1m" in shown
    assert identifier in "".join(line.split()[0] for line in shown.splitlines()[1:])
    assert all(len(line) <= 40 for line in shown.splitlines()[1:])


#: What a shell or a program around it may have set, and what is no width or height at all.
SIZES = ["", "0", "1", "7", "-5", "abc", "\u00b2", "1e3", "9" * 5000, str(10**9)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("variable", ["COLUMNS", "LINES"])
def test_a_table_is_whole_whatever_size_is_set(
    capsys: pytest.CaptureFixture[str],
    terminal: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    size: str,
) -> None:
    monkeypatch.setenv(variable, size)
    terminal("stdout")
    things = [Thing(f"{number:09}", number) for number in range(150)]
    output.show_list(things, COLUMNS, as_json=False)
    output.show_one(things[7], COLUMNS, as_json=False)
    # A name is wrapped where there is no room for it; never is a part of it left out.
    shown = "".join(line.split()[0] if line.split() else "" for line in capsys.readouterr().out.splitlines())
    assert all(thing.name[:8] in shown for thing in things)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("variable", ["COLUMNS", "LINES"])
def test_help_and_progress_are_shown_whatever_size_is_set(
    tickhaul: Callable[..., Ran],
    terminal: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    size: str,
) -> None:
    monkeypatch.setenv(variable, size)
    for words in (("--help",), ("exports", "--help"), ("sandbox", "--help")):
        assert "--help" in tickhaul(*words).out
    terminal("stderr")
    ran = tickhaul("haul", "binance", "BTCUSDT", "trades", "--from", "-30min", "--to", "now", "--out", tmp_path)
    assert ran.code == 0
    assert "export exp_" in ran.err
    assert ".csv.gz" in ran.out


@pytest.mark.parametrize(
    ("columns", "wanted"), [("0", 20), ("7", 20), ("20", 20), ("50", 50), ("x", 20), (str(10**9), 10_000)]
)
def test_the_size_of_a_terminal_is_bounded_and_its_own_unless_set(
    monkeypatch: pytest.MonkeyPatch, columns: str, wanted: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", "0")
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((9, 33)))
    with open(os.devnull, "w", encoding="utf-8") as stream:  # noqa: PTH123 (a device)
        assert terminal_size(stream) == (wanted, 33)
    assert terminal_size(io.StringIO())[1] == 25


def test_rows_appear_before_the_last_one_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def things() -> Iterator[Thing]:
        for number in range(250):
            if number == 200:
                seen.append(capsys.readouterr().out)
            yield Thing(f"thing {number}")

    output.show_list(things(), COLUMNS, as_json=False)
    assert "thing 99" in seen[0]
    assert "NAME" in seen[0]
    rest = capsys.readouterr().out
    assert "thing 249" in rest
    assert "NAME" not in rest


def test_a_document_is_written_once_all_of_it_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    def things() -> Iterator[Thing]:
        yield Thing("first")
        raise TimeoutError

    with pytest.raises(TimeoutError):
        output.show_list(things(), COLUMNS, as_json=True)
    assert capsys.readouterr().out == ""


def test_names_from_afar_can_neither_style_nor_move(capsys: pytest.CaptureFixture[str]) -> None:
    output.show_list([Thing("[red]\x1b[2J\u202ex")], COLUMNS, as_json=False)
    assert "[red]\\x1b[2J\\u202ex" in capsys.readouterr().out


@given(st.text())
def test_a_document_is_ascii_and_says_the_same(name: str) -> None:
    written = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", written)
        output.show_one(Thing(name, 2**63 - 1), COLUMNS, as_json=True)
    assert written.getvalue().isascii()
    assert json.loads(written.getvalue()) == {"name": name, "count": 2**63 - 1}


@given(st.text())
def test_what_is_shown_is_always_printable(given_text: str) -> None:
    shown = text.printable(given_text)
    assert shown.isprintable()
    assert shown == given_text or not given_text.isprintable()


def test_a_reader_that_goes_away_ends_the_run_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        with pytest.raises(typer.Exit) as ended:
            output.write("nobody reads this\n")
        assert ended.value.exit_code == 0
        # What the interpreter does at its end, and must not fail.
        broken.flush()


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (text.size(None), "?"),
        (text.size(0), "0 B"),
        (text.size(1023), "1023 B"),
        (text.size(1024), "1.0 KiB"),
        (text.size(524_288_000), "500.0 MiB"),
        (text.size(5 * 1024**5), "5,120.0 TiB"),
        (text.duration(0), "0:00"),
        (text.duration(61.4), "1:01"),
        (text.duration(3 * 3600 + 62), "3:01:02"),
        (text.files(1), "1 file"),
        (text.files(1200), "1,200 files"),
        (text.moment(None), "-"),
        (text.moment(datetime(2024, 1, 15, 10, tzinfo=UTC)), "2024-01-15 10:00:00Z"),
        (text.moment(datetime.fromisoformat("9999-12-31T23:59:59-05:00")), "9999-12-31 23:59:59-05:00"),
        (text.moment(datetime.fromisoformat("0001-01-01T00:00:00+05:00")), "0001-01-01 00:00:00+05:00"),
        (text.instant(1_705_312_800_000_000_001), "2024-01-15T10:00:00.000000001Z"),
    ],
)
def test_values_read_as_people_say_them(shown: str, wanted: str) -> None:
    assert shown == wanted
