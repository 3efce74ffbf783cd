"""Build the wheel and use it as a stranger would: in a new environment, from a folder that knows nothing of this one.

First with the dependencies of a bare install, then as a project that tests its own program against the sandbox.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"tickhaul", "tickhaul_sandbox", "ticksupply_api", "xythub_proto"}

USE_BARE = """
import tickhaul
from tickhaul import AsyncClient, Client, models
assert "site-packages" in tickhaul.__file__, tickhaul.__file__
with Client("key_wheel.secret", base_url="http://127.0.0.1:9", max_retries=0) as th:
    try:
        th.exchanges.list()
    except tickhaul.NetworkError as error:
        print("a bare install works:", error)
"""

THEIR_TEST = """
from tickhaul import Client


def test_my_program(ticksupply_sandbox):
    with Client(ticksupply_sandbox.api_key, base_url=ticksupply_sandbox.base_url) as th:
        stream = th.datastreams.find("binance", "BTCUSDT", "trades")
        assert stream.datastream_id == 123
"""


def build(folder: Path) -> Path:
    """The wheel, built anew by way of the source distribution's own contents."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder, "-t", "sdist", "-t", "wheel"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """The wheel holds its packages, each typed, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    metadata = {top for top in tops if top.endswith(".dist-info")}
    if tops - metadata != PACKAGES or len(metadata) != 1:
        raise SystemExit(f"{wheel.name} holds {sorted(tops)}, expected {sorted(PACKAGES)}")
    if untyped := [package for package in PACKAGES if f"{package}/py.typed" not in names]:
        raise SystemExit(f"{wheel.name}: no py.typed in {untyped}")


def main() -> int:
    """Build, look, install, use."""
    with tempfile.TemporaryDirectory(prefix="tickhaul-wheel-") as name:
        folder = Path(name)
        wheel = build(folder / "dist")
        check_contents(wheel)
        home = folder / "venv"
        venv.create(home, with_pip=True)
        scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
        python, command = scripts / "python", scripts / "tickhaul"
        away = folder / "away"
        away.mkdir()
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TICKSUPPLY", "COVERAGE"))
        }

        def run(*words: str | Path, expected: int = 0) -> str:
            done = subprocess.run(words, cwd=away, env=clean, capture_output=True, text=True, check=False)
            if done.returncode != expected:
                raise SystemExit(f"{words}: exit {done.returncode}, expected {expected}\n{done.stdout}{done.stderr}")
            return done.stdout + done.stderr

        def install(*words: str | Path) -> None:
            run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words)

        install("--require-hashes", "-r", ROOT / "locks" / "base.lock")
        install("--no-deps", wheel)
        run(python, "-m", "pip", "check")
        print(run(python, "-c", USE_BARE).strip())
        run(command, "--help")
        missing = run(command, "sandbox", expected=2)
        if "pip install" not in missing:
            raise SystemExit(f"`tickhaul sandbox` does not name the missing extra:\n{missing}")

        install("--require-hashes", "-r", ROOT / "locks" / "trial.lock")
        (away / "test_theirs.py").write_text(THEIR_TEST, "utf-8")
        run(python, "-W", "error", "-m", "pytest", "-q", "test_theirs.py")
        run(command, "demo", "--out", "demo-data")
        print(f"{wheel.name}: contents, bare install, sandbox extra, pytest fixture and demo are fine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
