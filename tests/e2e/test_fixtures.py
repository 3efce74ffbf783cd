"""The fixtures that come with the package."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tickhaul import AsyncClient, Client, testing

if TYPE_CHECKING:
    from tickhaul import models
    from tickhaul_sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]


def test_a_test_gets_a_sandbox_of_its_own(ticksupply_sandbox: Sandbox, ticksupply_sandbox_session: Sandbox) -> None:
    assert ticksupply_sandbox.base_url != ticksupply_sandbox_session.base_url
    for sandbox in (ticksupply_sandbox, ticksupply_sandbox_session):
        with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
            assert th.datastreams.find("binance", "BTCUSDT", "trades").datastream_id == 123


def test_the_shared_one_keeps_what_was_done(ticksupply_sandbox_session: Sandbox) -> None:
    for _ in range(2):
        with Client(ticksupply_sandbox_session.api_key, base_url=ticksupply_sandbox_session.base_url) as th:
            th.subscriptions.ensure(124)
    assert [request.operation for request in ticksupply_sandbox_session.requests].count("subscriptions.create") == 1


def test_faults_and_time_are_in_the_tests_hands(ticksupply_sandbox: Sandbox) -> None:
    ticksupply_sandbox.faults.add("html-503:subscriptions.create:times=1")
    with Client(ticksupply_sandbox.api_key, base_url=ticksupply_sandbox.base_url) as th:
        subscription = th.subscriptions.create(123)
        assert th.last_response is not None
        assert th.last_response.attempt == 2
        before = th.availability.get(123).ranges[-1].to
        ticksupply_sandbox.clock.advance(3600)
        assert th.availability.get(123).ranges[-1].to - before >= 3600 * 10**9
        assert subscription.status == "active"


def test_a_test_with_an_event_loop_uses_the_same(ticksupply_sandbox: Sandbox) -> None:
    import anyio

    async def program() -> list[models.Exchange]:
        async with AsyncClient(ticksupply_sandbox.api_key, base_url=ticksupply_sandbox.base_url) as th:
            return await th.exchanges.list()

    assert anyio.run(program)


def test_the_test_in_the_documentation_passes_with_nothing_configured(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "testing.md").read_text("utf-8")
    (program,) = re.findall(r"^```python\n(import pytest\n.*?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "test_theirs.py").write_text(program, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_theirs.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("tickhaul_sandbox")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    for name in [name for name in sys.modules if name.startswith("starlette.")]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(pytest.fail.Exception, match=r"pip install 'tickhaul\[sandbox\]'"):
        testing._new()
