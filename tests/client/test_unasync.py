"""The sync half is what its source gives, and whoever touches it by hand is told."""

from __future__ import annotations

import ast
import functools
import inspect
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tickhaul
from tickhaul._async import primitives as async_primitives
from tickhaul._sync import primitives as sync_primitives

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "unasync.py"
PACKAGE = ROOT / "facade" / "tickhaul"


@pytest.fixture(scope="module")
def unasync() -> Any:  # the script, which is no module of a package
    spec = spec_from_file_location("unasync", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    # The same text is formatted for every test below.
    module.formatted = functools.cache(module.formatted)  # type: ignore[attr-defined]  # as above
    return module


@pytest.fixture
def run(unasync: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the script on a copy of the sources, which is what the tests may spoil."""
    for half in ("_async", "_sync"):
        shutil.copytree(PACKAGE / half, tmp_path / half, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(unasync, "SOURCE", tmp_path / "_async")
    monkeypatch.setattr(unasync, "TARGET", tmp_path / "_sync")

    def call(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["unasync.py", *arguments])
        result: int = unasync.main()
        return result

    return call


def test_the_tree_is_what_its_source_gives() -> None:
    command = [sys.executable, str(SCRIPT), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def _flip(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("retries", "retrys", 1) + "#", "utf-8")


SPOILS: dict[str, Callable[[Path], object]] = {
    "altered": _flip,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "emptied": lambda path: path.write_bytes(b""),
    "removed": Path.unlink,
}


@pytest.mark.parametrize("spoil", list(SPOILS))
@pytest.mark.parametrize("name", ["executor.py", "resources/exports.py", "__init__.py"])
def test_a_module_that_is_not_what_its_source_gives_is_found_and_repaired(
    name: str, spoil: str, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "_sync" / name
    right = target.read_bytes()
    SPOILS[spoil](target)
    assert run("--check") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert f"_sync/{name} is not what its source gives" in line
    assert run() == 0
    assert "1 written, 0 removed" in capsys.readouterr().out
    assert target.read_bytes() == right
    assert run("--check") == 0


@pytest.mark.parametrize("name", ["stranger.py", "resources/stranger.py", "deeper/still/stranger.py"])
def test_a_module_without_a_source_is_found_and_removed(
    name: str, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = tmp_path / "_sync" / name
    stranger.parent.mkdir(parents=True, exist_ok=True)
    stranger.write_text("")
    assert run("--check") == 1
    assert f"_sync/{name}" in capsys.readouterr().out
    assert run() == 0
    assert not stranger.exists()
    assert run("--check") == 0


def test_a_new_source_is_missed_until_its_twin_is_written(run: Callable[..., int], tmp_path: Path) -> None:
    (tmp_path / "_async" / "resources" / "news.py").write_text("async def news() -> None:\n    await news()\n")
    assert run("--check") == 1
    assert run() == 0
    assert (tmp_path / "_sync" / "resources" / "news.py").read_text().endswith("def news() -> None:\n    news()\n")


def test_what_is_written_by_hand_is_left_alone(run: Callable[..., int], tmp_path: Path) -> None:
    by_hand = tmp_path / "_sync" / "primitives.py"
    by_hand.write_text("# mine\n")
    assert run("--check") == 0
    assert run() == 0
    assert by_hand.read_text() == "# mine\n"


def test_a_rule_that_applies_to_nothing_any_more_is_an_error(
    unasync: Any, run: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(unasync.RULES, r"\baquire\b", "acquire")
    with pytest.raises(SystemExit, match=r"rules that apply to nothing: .*aquire"):
        run("--check")


def _modules(half: str) -> list[Path]:
    return sorted((PACKAGE / half).rglob("*.py"))


@pytest.mark.parametrize("path", _modules("_sync"), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_in_the_sync_half_waits_or_names_what_does(path: Path) -> None:
    waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not isinstance(node, waiting), f"line {node.lineno}"
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None) or ""
        assert not str(name).startswith(("Async", "__a", "aclose", "anext", "asyncio", "anyio")), name


def _definitions(module: Any) -> dict[str, Any]:
    tree = ast.parse(inspect.getsource(module))
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name: getattr(module, name) for name in names if not name.startswith("_")}


def test_both_sides_define_the_same_primitives_with_the_same_parameters() -> None:
    ours, theirs = _definitions(async_primitives), _definitions(sync_primitives)
    assert ours.keys() == theirs.keys()
    for name, primitive in ours.items():
        if inspect.isfunction(primitive) and inspect.isfunction(theirs[name]):
            assert list(inspect.signature(primitive).parameters) == list(inspect.signature(theirs[name]).parameters)


def test_both_clients_have_the_same_methods_with_the_same_parameters() -> None:
    renamed = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
    ours = {renamed.get(name, name): value for name, value in vars(tickhaul.AsyncClient).items()}
    theirs = vars(tickhaul.Client)
    # Python adds these to a class when somebody first asks for them.
    on_demand = {"__annotations__", "__slotnames__"}
    assert ours.keys() - on_demand == theirs.keys() - on_demand
    for name, method in ours.items():
        if inspect.isfunction(method):
            assert str(inspect.signature(method)).replace("Async", "") == str(inspect.signature(theirs[name]))
