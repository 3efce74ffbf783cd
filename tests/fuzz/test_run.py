"""`make fuzz` for a few seconds: the fuzzer starts, gets through its inputs, and says what it finds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.fuzz.__main__ import CANARY, ROOT
from tests.fuzz.targets import TARGETS

RUNS = 1500

pytestmark = pytest.mark.skipif(
    find_spec("atheris") is None, reason="atheris is not installed: it has wheels for some Pythons on Linux only"
)


def fuzz(*words: str) -> subprocess.CompletedProcess[str]:
    # The fuzzer measures coverage by itself, and another measurement beside it would take most of the time.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", "30", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_short_run_of_every_target_finds_nothing() -> None:
    ran = fuzz("--runs", str(RUNS))
    assert ran.returncode == 0, ran.stdout
    lines = ran.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(TARGETS)
    assert all(f"nothing found (#{RUNS}\tDONE" in line for line in lines)


def test_what_is_found_is_told_with_its_bytes() -> None:
    ran = fuzz("--only", CANARY, "--runs", str(RUNS))
    assert ran.returncode == 1
    assert f"{CANARY}: FAILED" in ran.stdout
    assert "MisbehaviourError" in ran.stdout
    assert re.search(rf"^{CANARY}: crash-\w+: 78$", ran.stdout, re.MULTILINE)
