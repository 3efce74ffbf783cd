"""Modules that load with their first use are loaded where no interrupt arrives."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tickhaul import _threads
from tickhaul._threads import load

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
FACADE = ROOT / "facade" / "tickhaul"
#: Ctrl-C ends a command, so what it leaves behind ends too; a transfer runs in threads of its own; and the names of
#: models are asked for by the user's own import.
ELSEWHERE = ("cli", "contract", "transfer", "testing.py", "models.py")


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Writes a module that can be loaded, and gives its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text: str) -> str:
        name = f"loaded_by_{tmp_path.name}".replace("-", "_")
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        return name

    return write


WHERE = "import threading\nthread = threading.get_ident()\n"


def test_a_module_is_loaded_in_another_thread(module: Callable[[str], str]) -> None:
    name = module(WHERE)
    load("json", name)
    assert sys.modules[name].thread != threading.get_ident()


def test_a_module_that_is_loaded_needs_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_threads, "start_new_thread", None)
    load("json", "threading")


def test_without_room_for_a_thread_the_caller_loads_it(
    module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_threads, "start_new_thread", refuse)
    monkeypatch.setattr(_threads, "_START", 1000.0)  # it would be waited for in vain
    name = module(WHERE)
    load(name)
    assert sys.modules[name].thread == threading.get_ident()


@pytest.mark.parametrize(
    ("text", "error"),
    [("import no_such_module_anywhere", ModuleNotFoundError), ("raise RuntimeError('on purpose')", RuntimeError)],
)
def test_what_a_module_raises_is_raised(module: Callable[[str], str], text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        load(module(text))


def test_an_interrupted_caller_leaves_the_module_whole(
    module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = module(WHERE)
    real = _threads._has_ended
    calls: list[float] = []

    def ended(*arguments: object) -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(_threads, "_has_ended", ended)
    with pytest.raises(KeyboardInterrupt):
        load(name)
    assert sys.modules[name].thread != threading.get_ident()


#: What every script begins with: from here on, what the caller's thread loads by itself is noted.
_WATCH = """
import sys, threading, traceback
caller = threading.get_ident()
found = []

def watch(event, details):
    if event == "import" and threading.get_ident() == caller:
        lines = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_stack()]
        found.append((details[0], [line for line in lines if "tickhaul/" in line or "ticksupply_api" in line][-1:]))

"""
_CALLS = """
from tickhaul_sandbox import Sandbox, Settings
from tickhaul import Client, NotFoundError
with Sandbox(Settings(export_seconds=0.01)) as sandbox:
    sandbox.faults.add("html-503:exchanges.list:times=1")
    sys.addaudithook(watch)
    with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        assert th.exchanges.list()
        stream = next(iter(th.datastreams.list(exchange="binance")))
        th.availability.get(stream)
        th.subscriptions.list_spans(th.subscriptions.ensure(stream))
        column = {"output_column": "t", "meta": {"value": "collection_timestamp_ns", "format": "ns"}}
        schema = th.export_schemas.create("mine", stream_category="trade", columns=[column])
        th.export_schemas.update(schema, columns=[column])
        job = th.exports.wait(th.exports.create(stream, "-2min", "now", schema=schema))
        assert th.exports.download(job, sys.argv[1])
        th.exports.create(stream, "2026-01-01T00:00:00Z", "2026-02", schema={"columns": [column]})
        th.billing.get_summary()
        try:
            th.exports.get("exp_00000000000000000000000000000000")
        except NotFoundError:
            pass
        else:
            raise AssertionError("found")
"""
_HUB_CALLS = """
from tickhaul_sandbox import Sandbox, Settings
from tickhaul_sandbox.xythub.settings import HubSettings
from tickhaul.xythub import Client
with Sandbox(Settings(hub=HubSettings(users=("user:key",), client_secret="s"))) as sandbox:
    sys.addaudithook(watch)
    with Client("user", password="key", client_secret="s", base_url=sandbox.base_url) as hub:
        table = hub.overview.exchanges()
        hub.market, hub.products, hub.csv
        table.to_csv()
        table.to_json()
        table.to_numpy()
"""


@pytest.mark.parametrize("calls", [_CALLS, _HUB_CALLS], ids=["Client", "xythub.Client"])
def test_a_client_loads_nothing_in_its_caller_s_thread(calls: str, tmp_path: Path) -> None:
    script = f"{_WATCH}{calls}\nfor name, place in found:\n    print(name, *place)"
    command = [sys.executable, "-c", script, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert not result.stdout


def lazy(path: Path) -> list[str]:
    """The imports inside functions that `load` does not come before."""
    found = []
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            loaded: list[str] = []
            for node in ast.walk(function):
                match node:
                    case ast.Call(func=ast.Name("load"), args=arguments):
                        loaded += [str(argument.value) for argument in arguments if isinstance(argument, ast.Constant)]
                    case _:
                        pass
            for node in ast.walk(function):
                match node:
                    case ast.Import(names=[ast.alias(name=name)]) | ast.ImportFrom(module=name):
                        if not any(f"{module}.".startswith(f"{name}.") for module in loaded):
                            found.append(f"{path.name}:{node.lineno}: {name}")
    return found


def test_each_import_inside_a_function_is_loaded_before() -> None:
    modules = [path for path in FACADE.rglob("*.py") if path.relative_to(FACADE).parts[0] not in ELSEWHERE]
    assert len(modules) > 50
    assert not [line for path in modules for line in lazy(path)]
