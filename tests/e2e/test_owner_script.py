"""The owner's script, as it stands, against the sandbox: only its base URL is changed, and its sleeps pass on a clock."""

from __future__ import annotations

import ast
import gzip
import re
import types
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT.parent / "shared" / "seeds").glob("000_*.txt"))
WORKFLOW = "Complete workflow example"

pytestmark = [
    pytest.mark.skipif(not SCRIPTS, reason="the owner's script is not beside this checkout"),
    # The script opens files and connections without closing them.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass
class World:
    """A sandbox and the time both it and the script live by."""

    sandbox: Sandbox
    clock: ManualClock


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # Not near a full hour: which hours have files is then the same on every run.
    clock = ManualClock(int(datetime(2026, 3, 14, 12, 40, tzinfo=UTC).timestamp()) * 10**9)
    with Sandbox(Settings(), clock=clock) as sandbox:
        monkeypatch.setenv("TICKSUPPLY_API_KEY", sandbox.api_key)
        yield World(sandbox, clock)


def is_code(paragraph: str) -> bool:
    try:
        tree = ast.parse(paragraph)
    except SyntaxError:
        return False
    # A prose heading of one word parses as a name.
    return not all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) for node in tree.body)


def code_of(text: str) -> list[str]:
    """The code of the page without its prose: the longest runs of lines that parse, top to bottom."""
    lines = text.splitlines()
    blocks, at = [], 0
    while at < len(lines):
        ends = [
            end for end in range(len(lines), at, -1) if lines[end - 1].strip() and is_code("\n".join(lines[at:end]))
        ]
        if lines[at].strip() and ends:
            blocks.append("\n".join(lines[at : ends[0]]))
            at = ends[0]
        else:
            at += 1
    return blocks


def run_script(code: str, world: World, name: str = "owner") -> dict[str, object]:
    """Run a script with the world's time in place of its ``import time``, and the sandbox in place of the service."""
    tree = ast.parse(code.replace("https://api.ticksupply.com", world.sandbox.base_url))
    tree.body = [node for node in tree.body if not (isinstance(node, ast.Import) and node.names[0].name == "time")]
    clock = types.SimpleNamespace(time=lambda: world.clock.now_ns() / 1e9, sleep=world.clock.advance)
    scope: dict[str, object] = {"__name__": name, "time": clock}
    exec(compile(tree, "owner_script.py", "exec"), scope)
    return scope


def script() -> tuple[str, str]:
    page, _, workflow = SCRIPTS[0].read_text("utf-8").partition(WORKFLOW)
    return page, workflow


def test_the_whole_workflow_runs_and_leaves_files(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run_script(script()[1], world, "__main__")
    said = capsys.readouterr().out
    assert "Found datastream ID: 123" in said
    assert "Status: succeeded" in said
    files = sorted(tmp_path.glob("binance_BTCUSDT_trades_part_*.csv.gz"))
    assert len(files) == int(re.search(r"Downloaded (\d+) file", said)[1])  # type: ignore[index]  # printed above
    for file in files:
        with gzip.open(file, "rt") as lines:
            assert lines.readline().startswith("collection_timestamp_ns,")
            assert int(lines.readline().split(",")[0]) > 1_700_000_000 * 10**9


@pytest.fixture
def functions(world: World) -> dict[str, Callable[..., object]]:
    """The page's functions, each defined but none of its usage lines run."""
    definitions = []
    for block in code_of(script()[0]):
        tree = ast.parse(block)
        kept = [node for node in tree.body if isinstance(node, ast.Import | ast.FunctionDef) or is_setting(node)]
        definitions += [ast.unparse(node) for node in kept]
    scope = run_script("\n".join(definitions), world)
    return {name: value for name, value in scope.items() if callable(value)}


def is_setting(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper()


def test_the_page_yields_every_function_it_shows(functions: dict[str, Callable[..., object]]) -> None:
    shown = set(re.findall(r"^def (\w+)\(", script()[0], re.MULTILINE))
    assert len(shown) == 15
    assert shown <= set(functions)


def test_each_function_of_the_page_does_its_work(
    world: World, functions: dict[str, Callable[..., object]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import uuid

    call: dict[str, Any] = {**functions}  # what they return is JSON, whose shape is what this test is about
    assert {"code": "binance", "display_name": "Binance"} in call["list_exchanges"]()
    instruments = call["list_instruments"]("binance", search="BTC", limit=10)
    assert 0 < len(instruments["items"]) <= 10
    assert all("BTC" in found["symbol"] for found in instruments["items"])
    streams = call["get_datastreams"]("binance", "BTCUSDT", "trade")
    assert [stream["datastream_id"] for stream in streams["items"]] == [123]

    key = str(uuid.uuid4())
    created = call["create_subscription"](123, key)
    assert call["create_subscription"](123, key) == created, "a repeated key gives the first answer"
    assert created["status"] == "active"
    listed = call["list_subscriptions"](limit=1)
    assert [found["id"] for found in listed] == [created["id"]]
    call["pause_subscription"](created["id"])
    paused = call["get_subscription"](created["id"])
    assert paused["status"] == "paused"
    world.clock.advance(60)
    call["resume_subscription"](created["id"])
    world.clock.advance(1)
    spans = call["get_subscription_spans"](created["id"])
    assert [span["ended_at"] is None for span in spans] == [False, True]

    available = call["get_availability"](123)
    assert all(found["from"] < found["to"] for found in available["ranges"])
    now = world.clock.now_ns()
    job = call["create_export"](123, now - 30 * 60 * 10**9, now, str(uuid.uuid4()))
    done = call["wait_for_export"](job["id"])
    assert done["finished_at"]
    files = call["download_export"](job["id"], str(tmp_path))
    assert files
    assert all(gzip.decompress(Path(file).read_bytes()).count(b"\n") > 1 for file in files)

    call["delete_subscription"](created["id"], str(uuid.uuid4()))
    assert call["list_subscriptions"]() == []
    assert "Fetched 1/1" in capsys.readouterr().out
