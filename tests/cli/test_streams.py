"""The command where a standard stream is closed, full, gone, or in another encoding."""

from __future__ import annotations

import errno
import gzip
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tickhaul.cli import streams
from tickhaul.transfer import verify

from tests.cli.test_process import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox import Sandbox

    from tests.cli.conftest import Ran

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell's redirections")
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110 (a device)

HAUL = ("haul", "binance", "BTCUSDT", "trades", "--from", "-30min", "--to", "now", "--out")
CLOSED, FULL = ">&-", ">/dev/full"


def redirected(
    redirections: str,
    sandbox: Sandbox,
    *words: object,
    before: str = "",
    stdout: int = subprocess.PIPE,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell does that was told to redirect its streams."""
    known = {"TICKSUPPLY_API_KEY": sandbox.api_key, "TICKSUPPLY_BASE_URL": sandbox.base_url}
    # Coverage would write files, and complain, where the command may not.
    usual = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.run(
        ["sh", "-c", f'{before}exec "$@" {redirections}', "sh", sys.executable, "-c", PROGRAM, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=usual | known | (environment or {}),
    )


@pytest.mark.parametrize("stderr", [CLOSED, pytest.param(FULL, marks=needs_full)])
@pytest.mark.parametrize("quiet", [(), ("-vv",)], ids=["", "-vv"])
def test_without_stderr_the_work_is_done(sandbox: Sandbox, tmp_path: Path, stderr: str, quiet: tuple[str, ...]) -> None:
    done = redirected(f"2{stderr}", sandbox, *quiet, *HAUL, tmp_path, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    files = json.loads(done.stdout)["files"]
    assert files
    # Not a line of the log has found its way into a file that got the number of a closed stream.
    for file in files:
        with gzip.open(file["path"], "rt", encoding="utf-8") as lines:
            assert all(line.count(",") for line in lines)
    assert verify(tmp_path).ok


@pytest.mark.parametrize(
    ("redirections", "words", "code"),
    [
        ("2>&-", ("nonsense",), 2),
        ("<&- >&- 2>&-", ("exports", "get"), 2),
        ("2>&-", ("exports", "get", "exp_nowhere"), 1),
        ("<&- >&- 2>&-", ("exports", "get", "exp_nowhere", "--json"), 1),
        (">&- 2>&-", ("exchanges",), 1),
        ("2>&-", ("sandbox", "--nonsense"), 2),
        ("2>&-", ("xyt", "token"), 3),
        pytest.param("2>/dev/full", ("nonsense",), 2, marks=needs_full),
        pytest.param("2>/dev/full", ("exports", "get", "exp_nowhere"), 1, marks=needs_full),
        pytest.param("2>/dev/full", ("--base-url", "http://example.com", "exchanges"), 2, marks=needs_full),
    ],
)
def test_without_stderr_the_exit_code_tells(
    sandbox: Sandbox, redirections: str, words: tuple[str, ...], code: int
) -> None:
    assert redirected(redirections, sandbox, *words).returncode == code


@pytest.mark.parametrize(
    ("stdout", "words"),
    [
        (CLOSED, ("exchanges",)),
        (CLOSED, ("exchanges", "--json")),
        (CLOSED, ("subscriptions", "ensure", "123")),
        (CLOSED, ("contract", "check")),
        (CLOSED, ("--version",)),
        (CLOSED, ("exports", "wait", "--help")),
        (CLOSED, ("sandbox", "--help")),
        (CLOSED, ("--show-completion", "bash")),
        pytest.param(FULL, ("instruments", "binance", "--limit", "300"), marks=needs_full),
        pytest.param(FULL, ("billing", "--json"), marks=needs_full),
        pytest.param(FULL, ("contract", "check", "--json"), marks=needs_full),
        pytest.param(FULL, ("--help",), marks=needs_full),
        pytest.param(FULL, ("sandbox", "--help"), marks=needs_full),
    ],
)
def test_what_stdout_does_not_take_is_an_error(sandbox: Sandbox, words: tuple[str, ...], stdout: str) -> None:
    done = redirected(stdout, sandbox, *words)
    message = f"cannot write to stdout: {'it is closed' if stdout == CLOSED else os.strerror(errno.ENOSPC)}"
    if "--json" in words:
        error = json.loads(done.stderr)["error"]
        assert (error["kind"], error["message"]) == ("OutputError", message)
    else:
        assert done.stderr == f"tickhaul: {message}\n"
    assert done.returncode == 1


def test_a_haul_without_stdout_brings_the_files_home_and_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    done = redirected(CLOSED, sandbox, *HAUL, tmp_path)
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first == "tickhaul: cannot write to stdout: it is closed"
    assert "What was fetched is kept" in second
    assert list(tmp_path.glob("*.gz"))


@pytest.mark.parametrize(
    "words", [("--help",), ("exports", "--help"), ("sandbox", "--help"), ("contract", "check"), ("exchanges", "--json")]
)
def test_a_reader_that_never_came_ends_the_command_quietly(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = redirected("", sandbox, *words, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_drift_is_told_by_the_exit_code_also_without_a_reader(sandbox: Sandbox) -> None:
    sandbox.faults.add("missing-field:billing.get_summary:field=usage")
    reading, writing = os.pipe()
    os.close(reading)
    done = redirected("", sandbox, "contract", "check", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_terminal_that_vanishes_does_not_end_the_work(
    tickhaul: Callable[..., Ran], terminal: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[str] = []

    def write(text: str) -> int:
        told.append(text)
        raise OSError(errno.EIO, "Input/output error")

    terminal("stderr")
    monkeypatch.setattr(sys.stderr, "write", write)
    ran = tickhaul(*HAUL, tmp_path, "--json")
    assert ran.code == 0
    assert ran.document["files"]
    assert told


def test_a_terminal_that_vanishes_takes_what_was_to_be_shown_with_it(
    tickhaul: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: str) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sys.stdout, "write", gone)
    ran = tickhaul("exchanges")
    assert (ran.code, ran.err) == (1, "tickhaul: cannot write to stdout: Input/output error\n")


@pytest.mark.parametrize("words", [("schemas", "create", "-"), (*HAUL, ".", "--schema-file", "-")])
def test_a_closed_stdin_holds_no_schema(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    done = redirected("<&-", sandbox, *words)
    assert (done.returncode, done.stderr) == (2, "tickhaul: stdin cannot be read as JSON: it is closed\n")


def test_with_a_closed_stdin_nobody_is_asked(sandbox: Sandbox, tickhaul: Callable[..., Ran]) -> None:
    made = tickhaul("subscriptions", "ensure", "123", "--json").document["id"]
    done = redirected("<&-", sandbox, "subscriptions", "delete", made)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii:strict"},
    ],
    ids=",".join,
)
def test_no_locale_is_in_the_way(sandbox: Sandbox, tmp_path: Path, environment: dict[str, str]) -> None:
    shown = redirected("", sandbox, "--help", environment=environment)
    assert (shown.returncode, shown.stderr) == (0, "")
    folder = tmp_path / "b\xf6rse"
    done = redirected("", sandbox, *HAUL, folder, environment=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(folder.glob("*.gz"))
    failed = redirected("", sandbox, "datastreams", "find", "b\xf6rse", "\u0394X", "trades", environment=environment)
    # Where the locale has no such letters, the words are no names that an exchange could have.
    assert failed.returncode == (2 if "PYTHONUTF8" in environment else 1)
    assert failed.stderr.startswith("tickhaul: ")
    assert "rse" in failed.stderr


def test_a_closed_stream_is_no_terminal_and_takes_nothing() -> None:
    looked = streams.Results(None)
    assert not looked.isatty()
    with pytest.raises(streams.OutputError, match="it is closed"):
        looked.write("nobody reads this")
    with pytest.raises(streams.OutputError, match="it is closed"):
        looked.finish()
