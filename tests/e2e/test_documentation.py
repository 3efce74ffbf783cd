"""The programs in the README, the tutorial and the how-to page do what the text around them says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul import Client
from tickhaul._sync.executor import Clock
from tickhaul_sandbox import ManualClock, Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2024, 1, 15, 12, tzinfo=UTC)


def programs(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox on the day of the examples, which finishes its exports at once."""
    clock = ManualClock(int(NOON.timestamp()) * 10**9)
    with Sandbox(Settings(backdate=6 * 3600, export_seconds=0), clock=clock) as running:
        monkeypatch.setenv("TICKSUPPLY_API_KEY", running.api_key)
        monkeypatch.setenv("TICKSUPPLY_BASE_URL", running.base_url)
        monkeypatch.chdir(tmp_path)
        yield running


def test_the_ten_lines_of_the_readme_bring_files_home(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = next(text for text in programs("README.md") if "with Client() as th" in text)
    exec(compile(program, "README.md", "exec"), {})
    (printed,) = capsys.readouterr().out.splitlines()
    assert printed.startswith("data/binance_BTCUSDT_trades_part_2024011510.csv.gz ")
    assert len(list((tmp_path / "data").glob("*.csv.gz"))) == 1
    with Client() as th:
        assert [job.status for job in th.exports.list()] == ["succeeded"]


def test_the_tutorial_can_be_followed_to_its_end(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The tutorial says "now", which for the client is its own clock's.
    monkeypatch.setattr(Clock, "time_ns", lambda _: sandbox.clock.now_ns())
    scope: dict[str, object] = {}
    for program in programs("docs/tutorial.md"):
        exec(compile(program, "tutorial.md", "exec"), scope)
    said = capsys.readouterr().out
    assert "binance Binance" in said
    assert "BTC" in said
    assert "succeeded" in said
    assert "'collection_timestamp_ns': '17053" in said


def test_the_jobs_of_the_how_to_page_are_done(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Clock, "time_ns", lambda _: sandbox.clock.now_ns())
    many, again, read = (
        next(text for text in programs("docs/how-to.md") if mark in text)
        for mark in ("for symbol in", "already_there", "import duckdb")
    )
    with Client() as th:
        scope: dict[str, Any] = {"th": th}
        exec(compile(many, "how-to.md", "exec"), scope)
        assert sorted(path.name for path in Path("data").iterdir()) == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
        job = next(iter(scope["jobs"].values()))
        scope |= {"job": job, "job_id": job.id}
        exec(compile(again, "how-to.md", "exec"), scope)
        exec(compile(again, "how-to.md", "exec"), scope)
        assert [line.split(" ", 1)[1] for line in capsys.readouterr().out.splitlines()] == ["fetched", "was there"]
        exec(compile(read, "how-to.md", "exec"), scope)
    frame, lazy = scope["frame"], scope["lazy"].collect()
    assert str(frame["time"].dtype) == "datetime64[ns, UTC]"
    assert len(frame) == lazy.height > 0
    assert frame["time"].iloc[-1].value == frame["collection_timestamp_ns"].iloc[-1]
    assert scope["top"].fetchall()[0][0] == frame["collection_timestamp_ns"].max()
