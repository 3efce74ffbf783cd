"""`tickhaul sandbox` and `tickhaul demo`."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tickhaul import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Ran

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT.parent / "shared" / "data" / "captures"

needs_captures = pytest.mark.skipif(not (CAPTURES / "index.json").is_file(), reason="no captures beside the checkout")


def test_the_sandbox_runs_until_it_is_told_to_end() -> None:
    command = [sys.executable, "-m", "tickhaul.cli", "sandbox", "--port", "0", "--api-key", "dev:key_dev.secret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, url = process.stdout.readline().split()
        assert word == "ready"
        with Client("key_dev.secret", base_url=url) as client:
            assert client.exchanges.list()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (0, "", "")


def test_the_sandbox_has_its_own_help(offline: Callable[..., Ran]) -> None:
    ran = offline("sandbox", "--help")
    assert ran.code == 0
    for flag in (
        "--host",
        "--port",
        "--api-key",
        "--captures",
        "--seed",
        "--minute-limit",
        "--export-seconds",
        "--fault",
    ):
        assert flag in ran.out


@pytest.mark.parametrize("words", [("--port", "x"), ("--prot", "1"), ("--fault", "hiccup", "--port", "0")])
def test_flags_the_sandbox_does_not_have_are_wrong_usage(offline: Callable[..., Ran], words: tuple[str, ...]) -> None:
    assert offline("sandbox", *words).code == 2


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_without_the_extra_the_line_to_install_it_is_shown(
    offline: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "uvicorn" else ModuleSpec(name, None)

    monkeypatch.setattr("tickhaul.cli.sandbox.find_spec", find)
    ran = offline(command)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == 'tickhaul: the sandbox needs uvicorn: pip install "tickhaul[sandbox]"\n'


@needs_captures
def test_the_demo_shows_recorded_rows_on_disk(
    offline: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(ROOT)
    runs = [offline("demo", "--out", tmp_path) for _ in range(2)]  # the second finds the files of the first
    assert [(run.code, run.err) for run in runs] == [(0, ""), (0, "")]
    ran = runs[-1]
    assert f"serves recorded messages from {Path('..', 'shared', 'data', 'captures')}." in ran.out
    with gzip.open(CAPTURES / "okx__BTC-USDT__trade.tsv.gz", "rt", encoding="utf-8") as lines:
        recorded = {line.rstrip("\n").split("\t", 1)[1] for line in lines}
    shown = [line.split("  ")[-1] for line in ran.lines if '"instId"' in line]
    assert len(shown) >= 5
    assert set(shown) <= recorded
    for file in tmp_path.glob("*.csv.gz"):
        assert str(file) in ran.out


def test_the_demo_makes_messages_up_where_nothing_is_recorded(
    offline: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickhaul.cli.demo._CAPTURES", Path("nowhere"))
    monkeypatch.setenv("COLUMNS", "60")
    ran = offline("demo", "--out", tmp_path)
    assert ran.code == 0
    assert "made-up messages" in ran.out
    rows = [line for line in ran.lines if line.endswith("...") and len(line) == 60]
    assert rows


def test_the_demo_takes_recordings_of_other_streams(offline: Callable[..., Ran], tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    captures.mkdir()
    entry = {"file": "a.tsv.gz", "exchange": "kraken", "instrument": "ABC-XYZ", "stream_type": "trade"}
    (captures / "index.json").write_text(json.dumps([entry]), encoding="utf-8")
    with gzip.open(captures / "a.tsv.gz", "wt", encoding="utf-8") as lines:
        lines.write('1600000000000000000\t{"kept":"as it was"}\n1600000001000000000\t{"kept":"too"}\n')
    ran = offline("demo", "--out", tmp_path / "out", "--captures", captures)
    assert ran.code == 0
    assert "kraken ABC-XYZ trades" in ran.out
    assert '{"kept":"as it was"}' in ran.out


def test_captures_that_are_none_are_wrong_usage(offline: Callable[..., Ran], tmp_path: Path) -> None:
    ran = offline("demo", "--out", tmp_path, "--captures", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "not the index of a captures directory" in ran.err


def test_the_demo_runs_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tickhaul.cli", "demo", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("TICKSUPPLY")},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "succeeded" in done.stdout
