"""Who may import whom, and what an import costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


def lint(config: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINTER), "--no-cache", "--config", str(config)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_walls_stand() -> None:
    result = lint(ROOT / "pyproject.toml")
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("source", "forbidden"),
    [
        ("tickhaul._core", "tickhaul.errors"),
        ("tickhaul._core", "json"),
        ("tickhaul._async.transport", "httpcore"),
        ("tickhaul.cli", "tickhaul_sandbox"),
        ("ticksupply_api", "httpx"),
        ("tickhaul_sandbox", "starlette"),
    ],
)
def test_the_linter_sees_an_import_that_is_there(source: str, forbidden: str, tmp_path: Path) -> None:
    config = tmp_path / "walls.toml"
    config.write_text(
        "[tool.importlinter]\n"
        'root_packages = ["tickhaul", "tickhaul_sandbox", "ticksupply_api"]\n'
        "include_external_packages = true\n"
        "[[tool.importlinter.contracts]]\n"
        'name = "Not so"\n'
        'type = "forbidden"\n'
        f'source_modules = ["{source}"]\n'
        f'forbidden_modules = ["{forbidden}"]\n',
        encoding="utf-8",
    )
    result = lint(config)
    assert result.returncode == 1, result.stdout
    assert "1 broken" in result.stdout


def modules_after(code: str) -> set[str]:
    """The modules a fresh interpreter has loaded after some code, beyond those it begins with."""
    script = (
        f"import sys, json\nbefore = set(sys.modules)\n{code}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded: list[str] = json.loads(result.stdout)
    return set(loaded)


#: Design decision 10, and what else only a call needs.
LATER = {
    *("pandas", "pyarrow", "polars", "duckdb", "numpy", "rich", "typer", "click", "google", "xythub_proto"),
    *("httpx", "httpcore", "h11", "anyio", "trio", "sniffio", "certifi", "attr", "attrs", "dateutil"),
    *("ticksupply_api", "tickhaul_sandbox", "starlette", "uvicorn"),
    *("asyncio", "concurrent", "socket", "ssl", "_ssl", "_hashlib", "select", "selectors", "http", "email"),
    *("tempfile", "subprocess", "multiprocessing", "urllib.request", "pathlib", "shutil"),
}
BUILD = "from tickhaul import {kind}\nclient = {kind}('key', base_url='http://127.0.0.1:1')\n"
RESOURCES = ["exchanges", "datastreams", "availability", "subscriptions", "exports", "export_schemas", "billing"]


def of_later(loaded: set[str]) -> set[str]:
    return {name for name in loaded for later in LATER if name == later or name.startswith(f"{later}.")}


def test_importing_the_package_loads_nothing_but_itself() -> None:
    loaded = modules_after("import tickhaul")
    assert {name for name in loaded if name.startswith("tickhaul")} == {"tickhaul", "tickhaul._version"}
    assert not of_later(loaded)


@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_building_a_client_loads_no_library(kind: str) -> None:
    loaded = modules_after(BUILD.format(kind=kind))
    assert not of_later(loaded)
    other = "_async" if kind == "Client" else "_sync"
    assert not {name for name in loaded if name.startswith(("tickhaul.transfer", f"tickhaul.{other}"))}
    assert not {name for name in loaded if ".resources." in name}


@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_reaching_for_resources_loads_them_and_no_library(kind: str) -> None:
    reach = "".join(f"client.{name}\n" for name in RESOURCES)
    loaded = modules_after(BUILD.format(kind=kind) + reach)
    assert len({name for name in loaded if ".resources." in name}) == len(RESOURCES)
    assert not of_later(loaded)


@pytest.mark.parametrize("code", ["import tickhaul.errors", "import tickhaul.hooks", "import tickhaul.models"])
def test_errors_records_and_model_names_load_no_library(code: str) -> None:
    assert not of_later(modules_after(code))


def test_a_model_loads_with_its_name_and_without_the_http_libraries() -> None:
    loaded = modules_after("from tickhaul.models import Datastream")
    assert "ticksupply_api.models.datastream" in loaded
    assert not {name for name in loaded if name.partition(".")[0] in ("httpx", "httpcore", "anyio")}


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("import httpx", "httpx"),
        ("import asyncio", "asyncio"),
        ("from urllib.request import getproxies", "urllib.request"),
        ("import dateutil.parser", "dateutil"),
    ],
)
def test_a_library_that_is_loaded_is_seen(code: str, needed: str) -> None:
    assert needed in of_later(modules_after(code))
