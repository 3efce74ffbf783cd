"""The command as a process: signals, pipes, terminals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tickhaul_sandbox import Sandbox

    from tests.cli.conftest import Ran

# A shell without job control starts background processes, this test run perhaps among them, deaf to Ctrl-C.
PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from tickhaul.cli import main; sys.exit(main())"
)
LOOKED = "exports.get"


@contextmanager
def process(sandbox: Sandbox, *words: str, stderr: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"TICKSUPPLY_API_KEY": sandbox.api_key, "TICKSUPPLY_BASE_URL": sandbox.base_url}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.parametrize("module", ["tickhaul", "tickhaul.cli"])
def test_the_command_is_a_module_too(sandbox: Sandbox, offline: Callable[..., Ran], module: str) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"TICKSUPPLY_API_KEY": sandbox.api_key, "TICKSUPPLY_BASE_URL": sandbox.base_url}
        command = [sys.executable, "-m", module, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    for words in (("--help",), ("exports", "wait", "--help"), ("sandbox", "--help")):
        assert run(*words).stdout == offline(*words).out
    assert run("exports", "--help").stdout.strip().startswith("Usage: tickhaul exports ")
    assert json.loads(run("exchanges", "--json").stdout)
    done = run("exports", "get", "exp_nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Usage: tickhaul exports get " in run("exports", "get").stderr


def read_until(running: subprocess.Popen[str], mark: str) -> None:
    assert running.stderr is not None
    assert any(mark in line for line in running.stderr)


@pytest.mark.parametrize("export_seconds", [3600.0])
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_a_wait_and_says_how_to_go_on(
    sandbox: Sandbox, job: str, number: signal.Signals, code: int, word: str
) -> None:
    with process(sandbox, "-vv", "exports", "wait", job) as running:
        read_until(running, LOOKED)
        running.send_signal(number)
        out, err = running.communicate()
    assert (running.returncode, out) == (code, "")
    first, second = err.splitlines()[-2:]
    assert first == f"tickhaul: {word}"
    assert f"`tickhaul exports wait {job}`" in second
    assert "Traceback" not in err


@pytest.mark.parametrize("export_seconds", [3600.0])
def test_ctrl_c_leaves_an_export_that_another_command_brings_home(
    tickhaul: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path
) -> None:
    words = ("haul", "binance", "BTCUSDT", "trades", "--from", "-30min", "--to", "now", "--out", str(tmp_path))
    with process(sandbox, "-vv", *words, "--json") as running:
        read_until(running, LOOKED)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
    assert (running.returncode, out) == (130, "")
    error = json.loads(err.splitlines()[-1])["error"]
    assert list(tmp_path.iterdir()) == []
    assert tickhaul("exports", "list", "--json").document[0]["id"] == error["export_id"]
    assert sandbox.api_key not in err


def test_a_download_that_was_interrupted_goes_on(
    tickhaul: Callable[..., Ran], sandbox: Sandbox, job: str, tmp_path: Path
) -> None:
    assert tickhaul("exports", "wait", job).code == 0
    fault = sandbox.faults.add("latency:storage.get:seconds=3600")
    with process(sandbox, "-vv", "download", job, "--out", str(tmp_path)) as running:
        read_until(running, "exports.get_download: 200")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
    assert (running.returncode, out) == (130, "")
    assert f"`tickhaul download {job} --out {tmp_path}` goes on from there" in err
    assert not list(tmp_path.glob("*.gz"))
    sandbox.faults.remove(fault)
    assert tickhaul("download", job, "--out", tmp_path).code == 0
    assert list(tmp_path.glob("*.gz"))


def test_a_reader_that_has_seen_enough_ends_the_command_quietly(sandbox: Sandbox) -> None:
    with process(sandbox, "instruments", "binance") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith("INSTRUMENT")
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_person_at_a_terminal_sees_how_it_goes(sandbox: Sandbox, tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    words = ("haul", "binance", "BTCUSDT", "trades", "--from", "-30min", "--to", "now", "--out", str(tmp_path))
    with process(sandbox, *words, "--json", stderr=theirs) as running:
        os.close(theirs)
        seen = b""
        # Linux says EIO where the other end is closed, other systems say nothing.
        try:
            while piece := os.read(ours, 4096):
                seen += piece
        except OSError:
            pass
        os.close(ours)
        out, _ = running.communicate()
    assert running.returncode == 0
    assert json.loads(out)["files"]
    assert b"subscription sub_" in seen
    assert b"succeeded" in seen
    assert b"Traceback" not in seen
    assert sandbox.api_key.encode() not in seen


def test_a_terminal_without_letters_gets_escapes_instead_of_an_error(sandbox: Sandbox) -> None:
    environment = os.environ | {
        "TICKSUPPLY_API_KEY": sandbox.api_key,
        "TICKSUPPLY_BASE_URL": sandbox.base_url,
        "PYTHONIOENCODING": "ascii:strict",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tickhaul.cli", "datastreams", "find", "börse", "ΔX", "trades"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 1
    assert "b\\xf6rse" in done.stderr
