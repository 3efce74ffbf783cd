"""Build the wheel and use it as a stranger would: in a new environment, from a folder that knows nothing of this one.

First with the dependencies of a bare install, then as a project that tests its own program against the sandbox, and that
holds a service against the contract.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable

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

THEIR_TESTS = """
import pytest
from tickhaul import AsyncClient, Client

HOUR_NS = 3600 * 10**9


def client(sandbox, kind=Client):
    return kind(sandbox.api_key, base_url=sandbox.base_url)


def test_each_test_has_a_sandbox_of_its_own(ticksupply_sandbox, ticksupply_sandbox_session):
    assert ticksupply_sandbox.base_url != ticksupply_sandbox_session.base_url
    with client(ticksupply_sandbox) as th:
        th.subscriptions.create(th.datastreams.find("binance", "BTCUSDT", "trades"))


def test_nothing_of_an_earlier_test_is_there(ticksupply_sandbox):
    with client(ticksupply_sandbox) as th:
        assert list(th.subscriptions.list()) == []


@pytest.mark.parametrize("subscribed", [False, True])
def test_the_shared_one_keeps_what_was_done(ticksupply_sandbox_session, subscribed):
    with client(ticksupply_sandbox_session) as th:
        assert bool(list(th.subscriptions.list())) is subscribed
        th.subscriptions.ensure(123)


@pytest.mark.anyio
async def test_with_an_event_loop(ticksupply_sandbox, ticksupply_sandbox_session, anyio_backend):
    for sandbox in (ticksupply_sandbox, ticksupply_sandbox_session):
        async with client(sandbox, AsyncClient) as th:
            assert (await th.datastreams.find("binance", "BTCUSDT", "trades")).datastream_id == 123


def test_a_fault_hits_and_is_survived(ticksupply_sandbox):
    ticksupply_sandbox.faults.add("html-503:subscriptions.create:times=1")
    with client(ticksupply_sandbox) as th:
        th.subscriptions.create(123)
        assert th.last_response.attempt == 2
    asked = [request.operation for request in ticksupply_sandbox.requests]
    assert asked == ["subscriptions.create", "subscriptions.create"]


def test_time_passes_when_it_is_told_to(ticksupply_sandbox):
    with client(ticksupply_sandbox) as th:
        th.subscriptions.create(123)
        before = th.availability.get(123).ranges[-1].to
        ticksupply_sandbox.clock.advance(3600)
        assert th.availability.get(123).ranges[-1].to - before >= HOUR_NS
"""
THEIR_CONFTEST = """
import pytest


@pytest.fixture
def anyio_backend():
    return "asyncio"
"""

CHECK_CONTRACT = """
import sys
from pathlib import Path

from tickhaul.cli import main
from tickhaul_sandbox import Sandbox

with Sandbox() as sandbox:
    words = ["--base-url", sandbox.base_url, "contract", "check", "--write", "--junit", "report.xml"]
    Path("key").write_text(sandbox.api_key, "utf-8")
    sys.exit(main(["--api-key-file", "key", *words]))
"""


def requirements_of(extra: str) -> str:
    """What an extra needs, as the development lock has it: versions and hashes.

    Args:
        extra: its name.
    """
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / "locks" / "dev.lock").read_text("utf-8"))
    locked = {canonicalize_name(block.partition("==")[0]): block for block in blocks if "==" in block}
    wanted: dict[NormalizedName, set[str]] = {}

    def want(name: NormalizedName, extras: Iterable[str]) -> None:
        new = {"", *extras} - wanted.setdefault(name, set())
        wanted[name] |= new
        for text in requires(name) or () if new else ():
            needed = Requirement(text)
            if any(needed.marker is None or needed.marker.evaluate({"extra": one}) for one in new):
                want(canonicalize_name(needed.name), needed.extras)

    for text in requires("tickhaul") or ():
        needed = Requirement(text)
        if needed.marker and needed.marker.evaluate({"extra": extra}) and not needed.marker.evaluate({"extra": ""}):
            want(canonicalize_name(needed.name), needed.extras)
    return "\n".join(locked[name] for name in sorted(wanted))


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
        (away / "conftest.py").write_text(THEIR_CONFTEST, "utf-8")
        (away / "test_theirs.py").write_text(THEIR_TESTS, "utf-8")
        run(python, "-W", "error", "-m", "pytest", "-q", "-W", "error", "test_theirs.py")
        run(command, "demo", "--out", "demo-data")

        missing = run(python, "-c", CHECK_CONTRACT, expected=2)
        if 'pip install "tickhaul[contract]"' not in missing:
            raise SystemExit(f"`tickhaul contract check` does not name the missing extra:\n{missing}")
        (folder / "contract.txt").write_text(requirements_of("contract"), "utf-8")
        install("--require-hashes", "--no-deps", "-r", folder / "contract.txt")
        told = run(python, "-c", CHECK_CONTRACT)
        if "no difference" not in told or not (away / "report.xml").stat().st_size:
            raise SystemExit(f"`tickhaul contract check` does not find the sandbox clean:\n{told}")
        print(f"{wheel.name}: contents, bare install, sandbox and contract extras, pytest fixtures and demo are fine")
    return 0


if __name__ == "__main__":
    sys.exit(main())
