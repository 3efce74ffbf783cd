"""Both type checkers, run as on a person's own code: what is right passes, what is wrong is told, line by line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = ("usage.py", "mistakes.py")
MARK = re.compile(r"  # type: ignore\[.*")


def marked_lines() -> set[int]:
    """The lines of the mistakes."""
    lines = (HERE / "mistakes.py").read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if MARK.search(line)}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody's project, beyond the reach of this repository's settings."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(HERE / "usage.py", folder)
    mistakes = (HERE / "mistakes.py").read_text(encoding="utf-8")
    (folder / "mistakes.py").write_text(MARK.sub("", mistakes), encoding="utf-8")
    return folder


#: What was said of each line of each file.
Told = dict[str, dict[int, str]]


@pytest.fixture(scope="module")
def told_by_mypy(project: Path) -> Told:
    (project / "mypy.ini").write_text("[mypy]\nstrict = True\n", encoding="utf-8")
    # A cache of its own: other settings than the repository's would throw that one away.
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache" / "of_users"), *FILES]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert not result.stderr, result.stderr
    told: Told = {name: {} for name in FILES}
    for name, line, words in re.findall(r"^(\w+\.py):(\d+): error: (.*)$", result.stdout, re.MULTILINE):
        told[name][int(line)] = words
    return told


@pytest.fixture(scope="module")
def told_by_pyright(project: Path) -> Told:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, *FILES]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    told: Told = {name: {} for name in FILES}
    for found in json.loads(result.stdout)["generalDiagnostics"]:
        if found["severity"] == "error":
            told[Path(found["file"]).name][found["range"]["start"]["line"] + 1] = found["message"]
    return told


def test_mypy_accepts_ordinary_code_under_strict(told_by_mypy: Told) -> None:
    assert told_by_mypy["usage.py"] == {}


def test_mypy_tells_every_mistake_and_nothing_else(told_by_mypy: Told) -> None:
    assert told_by_mypy["mistakes.py"].keys() == marked_lines()


def test_pyright_accepts_ordinary_code_under_strict(told_by_pyright: Told) -> None:
    assert told_by_pyright["usage.py"] == {}


def test_pyright_tells_every_mistake_and_nothing_else(told_by_pyright: Told) -> None:
    assert told_by_pyright["mistakes.py"].keys() == marked_lines()


def test_there_are_mistakes_to_tell() -> None:
    assert len(marked_lines()) > 30
