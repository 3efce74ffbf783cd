"""However a process with a sandbox ends, no directory of it stays behind, at the latest once the next one runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest
from tickhaul_sandbox.scratch import PREFIX, Scratch, sweep

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")
ROOT = Path(__file__).resolve().parents[2]

# A sandbox with a file on disk, and a line that says so.
RUNNING = """
    import os, signal, sys
    from tickhaul_sandbox import ManualClock, Sandbox, Settings
    from tests.sandbox.api import START, HOUR, Api

    def work(sandbox):
        with Api(sandbox) as api:
            api.subscribe()
            job = api.export(START - HOUR, START)
            sandbox.clock.advance(1)
            api.files(job)
        assert sandbox.service.artifacts._scratch.path.exists()
        print("made", flush=True)

    sandbox = Sandbox(Settings(messages_per_minute=1), clock=ManualClock(START))
"""
TESTS = """
    import os, signal
    from tickhaul_sandbox import ManualClock, Sandbox, Settings

    def test_one(ticksupply_sandbox):
        assert ticksupply_sandbox.service.artifacts._scratch.path.exists()

    def test_two(ticksupply_sandbox_session):
        assert ticksupply_sandbox_session.service.artifacts._scratch.path.exists()
        {end}
"""


def left(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name.startswith(PREFIX))


def environment(directory: Path) -> dict[str, str]:
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(directory))
    return {**os.environ, **places, "PYTHONPATH": str(ROOT)}


def python(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(directory),
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("with sandbox: work(sandbox)", 0),
        ("with sandbox: work(sandbox); 1 / 0", 1),
        ("sandbox.start(); work(sandbox)", 0),
        pytest.param(
            "sandbox.start(); work(sandbox); os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, marks=POSIX
        ),
        pytest.param("with sandbox: work(sandbox); os.fork() or sys.exit(); os.wait()", 0, marks=POSIX),
    ],
)
def test_a_program_leaves_nothing(tmp_path: Path, ending: str, code: int) -> None:
    done = python(tmp_path, "-c", f"{textwrap.dedent(RUNNING)}\n{ending}")
    assert "made" in done.stdout, done.stderr
    assert (done.returncode, left(tmp_path)) == (code, [])


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("", 0),
        ("assert False", 1),
        pytest.param("os.kill(os.getpid(), signal.SIGINT)", 2, marks=POSIX),
    ],
)
def test_a_run_of_pytest_leaves_nothing(tmp_path: Path, end: str, code: int) -> None:
    (tmp_path / "test_it.py").write_text(textwrap.dedent(TESTS).format(end=end), encoding="utf-8")
    done = python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:timeout")
    assert (done.returncode, left(tmp_path)) == (code, []), done.stdout


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_leaves_nothing_when_a_signal_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    program = textwrap.dedent(RUNNING) + textwrap.dedent("""
        from tickhaul_sandbox import serve

        def ready(sandbox):
            sandbox.clock.advance(0)
            sandbox.service.artifacts._scratch.path
            print("made", flush=True)

        sys.exit(serve(Settings(), ready))
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment(tmp_path), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"made\n"
        assert len(left(tmp_path)) == 1
        process.send_signal(number)
        assert process.wait(60) in {0, 130}
    assert left(tmp_path) == []


@POSIX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_process_leaves_the_next_one_sweeps_up(tmp_path: Path, number: int) -> None:
    killed = f"sandbox.start(); work(sandbox); os.kill(os.getpid(), {number})"
    for _ in range(2):
        done = python(tmp_path, "-c", f"{textwrap.dedent(RUNNING)}\n{killed}")
        assert done.returncode == -number
        assert len(left(tmp_path)) == 1
    assert python(tmp_path, "-c", f"{textwrap.dedent(RUNNING)}\nwith sandbox: work(sandbox)").returncode == 0
    assert left(tmp_path) == []


def test_a_living_sandbox_keeps_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with ExitStack() as stack:
        for _ in range(3):
            one = Scratch()
            stack.callback(one.close)
            (one.path / "file").write_bytes(b"kept")
        assert python(tmp_path, "-c", f"{textwrap.dedent(RUNNING)}\nwith sandbox: work(sandbox)").returncode == 0
        sweep(tmp_path)
        assert len(left(tmp_path)) == 3
        assert all((tmp_path / name / "file").read_bytes() == b"kept" for name in left(tmp_path))
    assert left(tmp_path) == []


def test_what_cannot_be_told_to_be_dead_is_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "held").touch()
    (tmp_path / f"{PREFIX}unheld").mkdir()
    (tmp_path / f"{PREFIX}file").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere, target_is_directory=True)
    (tmp_path / f"{PREFIX}dead").mkdir()
    (tmp_path / f"{PREFIX}dead" / "held").touch()
    sweep(tmp_path)
    assert left(tmp_path) == [f"{PREFIX}file", f"{PREFIX}link", f"{PREFIX}unheld"]
    assert (elsewhere / "held").exists()


def test_a_sandbox_that_exports_nothing_makes_no_directory(tmp_path: Path) -> None:
    program = f"{textwrap.dedent(RUNNING)}\nwith sandbox: print(os.listdir())\nSandbox()"
    done = python(tmp_path, "-c", program)
    assert (done.returncode, done.stdout, left(tmp_path)) == (0, "[]\n", [])


def test_a_closed_one_makes_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one = Scratch()
    assert one.path.parent == tmp_path
    for _ in range(2):
        one.close()
    with pytest.raises(RuntimeError, match="gone"):
        _ = one.path
    assert left(tmp_path) == []
