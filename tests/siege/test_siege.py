"""`make siege` for a moment: every attack starts, carries out a round, and states its counts; what fails is reported."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.siege.__main__ import ATTACKS, CANARIES, ROOT

if sys.platform != "linux":
    pytest.skip("measures processes as Linux does", allow_module_level=True)


def besiege(*words: str) -> subprocess.Popen[str]:
    # The attacks are many processes, each of which coverage would slow down.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-m", "tests.siege", "--seed", "1", "--minutes", "1", *words]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_every_attack_carries_out_a_round_and_states_its_counts() -> None:
    # At once: what most of them do is to start, and to wait.
    running = {name: besiege("--only", name, "--rounds", "1", "--steps", "3") for name in ATTACKS}
    told = {name: process.communicate()[0] for name, process in running.items()}
    for name, text in told.items():
        assert re.search(rf"^{name}: 1 rounds, .*; \d[\d,]* MiB at most$", text, re.MULTILINE), text
        assert "the process" not in text, text


def test_what_goes_wrong_is_reported() -> None:
    # Nothing else than the hang is bounded tightly: the machine may be busy.
    bounds = {"canary-hang": ["--grace", "-59"]}
    running = {name: besiege("--only", name, "--rounds", "1", *bounds.get(name, [])) for name in CANARIES}
    told = {name: (process.communicate()[0], process.returncode) for name, process in running.items()}
    for name, (text, code) in told.items():
        assert code == 1, text
        assert f"{name}: FAILED" in text
        assert "(--seed 1)" in text
    assert "1 wrong" in told["canary-fault"][0]
    assert "--only canary-fault --seed 1 --first 0 --rounds 1" in told["canary-fault"][0]
    assert "the process ended with 2" in told["canary-crash"][0]
    assert "the process hung" in told["canary-hang"][0]
    assert "MiB of memory" in told["canary-memory"][0]
