"""Run the tests with the oldest dependencies that pyproject.toml allows, in a virtual environment of their own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-oldest"
LOCK = ROOT / "locks" / "oldest.lock"
#: These look at the contract, the types and the sources, which are the same whatever is installed, or at transfers,
#: which need nothing installed.
LEFT_OUT = ("spec", "typing", "walls", "contract", "transfer", "client/test_unasync.py", "xythub/test_contracts.py")


def main() -> int:
    """Set the environment up unless it is already that of the lock, then test."""
    mark = HOME / ".ready"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    python = HOME / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not mark.exists() or mark.read_text("ascii") != wanted:
        venv.create(HOME, clear=True, with_pip=True)
        pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", LOCK], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT], check=True)
        mark.write_text(wanted, "ascii")
    ignored = [f"--ignore=tests/{name}" for name in LEFT_OUT]
    tests: list[str | Path] = [python, "-m", "pytest", "-q", *ignored, *sys.argv[1:]]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
