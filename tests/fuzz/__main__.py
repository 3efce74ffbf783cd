"""Fuzz each target for some seconds, guided by coverage: ``python -m tests.fuzz --seconds 60``.

Every target runs in a process of its own, because the fuzzer ends the one it is in. An input that breaks something is
printed as hex, ready to be kept among the target's seeds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: A target that fails at once, to see that failures are told.
CANARY = "canary"
_TARGETS = ("frames", "tables", "rows")
_LONGEST = 40_000


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fuzz(name: str, seconds: int, runs: int | None) -> bool:
    """Fuzz one target; whether it survived.

    Args:
        name: the target.
        seconds: how long at most.
        runs: how many inputs, always the same ones; ``None`` for as many as there is time for, each time others.
    """
    with tempfile.TemporaryDirectory(prefix="tickhaul-fuzz-") as place:
        found, corpus = Path(place) / "found", Path(place) / "corpus"
        found.mkdir()
        corpus.mkdir()
        command = [sys.executable, "-m", "tests.fuzz", "--target", name, str(corpus)]
        command += [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-artifact_prefix={found}/", "-timeout=60"]
        command += [] if runs is None else [f"-runs={runs}", "-seed=1"]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if ran.returncode == 0:
            say(f"{name}: nothing found ({_last_line(ran.stderr)})")
            return True
        say(f"{name}: FAILED\n{ran.stdout}{ran.stderr[-6000:]}")
        for file in found.iterdir():
            say(f"{name}: {file.name}: {file.read_bytes().hex()}")
        return False


def _last_line(log: str) -> str:
    return next((line for line in reversed(log.splitlines()) if "cov:" in line), "no coverage was reported")


def run_here(name: str, arguments: list[str]) -> None:
    """Hand this process to the fuzzer."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["tickhaul.xythub"]):
        from tests.fuzz.targets import SEEDS, TARGETS, canary
    for number, seed in enumerate([b"x"] if name == CANARY else SEEDS[name]):
        (Path(arguments[0]) / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], *arguments], canary if name == CANARY else TARGETS[name])
    atheris.Fuzz()


def main() -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("--runs", type=int, help="so many inputs for each target, always the same ones")
    parser.add_argument("--only", choices=(*_TARGETS, CANARY), help="this target alone")
    parser.add_argument("--target", help=argparse.SUPPRESS)
    options, rest = parser.parse_known_args()
    if options.target:
        run_here(options.target, rest)
        return 0
    survived = [fuzz(name, options.seconds, options.runs) for name in ([options.only] if options.only else _TARGETS)]
    return 0 if all(survived) else 1


if __name__ == "__main__":
    sys.exit(main())
