"""The owner's own script against the sandbox, with nothing changed but its base URL and no time lost in its sleeps."""

from __future__ import annotations

import ast
import re
import types
import uuid
from pathlib import Path
from typing import Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings

SCRIPT = next(iter((Path(__file__).resolve().parents[3] / "shared" / "seeds").glob("000_*.txt")), None)
pytestmark = [
    pytest.mark.skipif(SCRIPT is None, reason="the owner's script is not beside this checkout"),
    # The script opens files and connections without closing them.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def functions(text: str, sandbox: Sandbox, clock: ManualClock) -> dict[str, Any]:
    """Return the functions of a text, in a world whose service is the sandbox and whose time is the clock."""
    import requests

    time = types.SimpleNamespace(time=lambda: clock.now_ns() / 1e9, sleep=clock.advance)
    scope: dict[str, Any] = {"requests": requests, "time": time, "uuid": uuid}
    scope |= {"API_KEY": sandbox.api_key, "BASE_URL": sandbox.base_url}
    for match in re.finditer(r"^def .*\n(?:(?:[ \t].*)?\n)+", text, re.MULTILINE):
        exec(compile(ast.parse(match.group()), "owner", "exec"), scope)
    return scope


@pytest.fixture
def script() -> str:
    assert SCRIPT is not None
    return SCRIPT.read_text(encoding="utf-8")


def test_every_function_of_the_script_works(script: str, tmp_path: Path, clock: ManualClock) -> None:
    with Sandbox(Settings(), clock=clock) as sandbox:
        do = functions(script.partition("Complete workflow example")[0], sandbox, clock)
        assert {"code", "display_name"} <= set(do["list_exchanges"]()[0])
        assert len(do["list_instruments"]("binance", search="BTC", limit=10)["items"]) == 10
        assert do["get_datastreams"]("binance", "BTCUSDT", "trade")["items"][0]["wire_format"] == "json"
        created = do["create_subscription"](datastream_id=123, idempotency_key=str(uuid.uuid4()))
        assert [item["status"] for item in do["list_subscriptions"](limit=1)] == ["active"]
        do["pause_subscription"](created["id"])
        assert do["get_subscription"](created["id"])["status"] == "paused"
        do["resume_subscription"](created["id"])
        assert len(do["get_subscription_spans"](created["id"])) == 2
        now = int(do["time"].time() * 1e9)
        export = do["create_export"](123, now - int(86400 * 1e9), now, idempotency_key=str(uuid.uuid4()))
        assert do["wait_for_export"](export["id"])["finished_at"]
        files = do["download_export"](export["id"], output_dir=str(tmp_path))
        assert files
        assert all(Path(file).stat().st_size for file in files)
        assert do["get_availability"](123)["ranges"][0]["rows_estimate"] > 0
        do["delete_subscription"](created["id"], idempotency_key=str(uuid.uuid4()))
        assert do["list_subscriptions"]() == []


def test_the_complete_workflow_of_the_script_works(
    script: str, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Sandbox(Settings(), clock=clock) as sandbox:
        functions(script.partition("Complete workflow example")[2], sandbox, clock)["main"]()
    assert [file.name for file in sorted(tmp_path.iterdir())] == [
        "binance_BTCUSDT_trades_part_2024011509.csv.gz",
        "binance_BTCUSDT_trades_part_2024011510.csv.gz",
    ]
