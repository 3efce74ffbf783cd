"""What a person sees who asks the command for help, and what that costs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer
from tickhaul.cli.app import app
from typer.main import get_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Ran


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command by its words; groups too."""
    yield path
    for name, sub in getattr(command, "commands", {}).items():
        yield from commands(sub, (*path, name))


ALL = sorted(commands(get_command(app)))
GROUPS = {path[:-1] for path in ALL if path}
LEAVES = [path for path in ALL if path not in GROUPS]


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(offline: Callable[..., Ran], path: tuple[str, ...]) -> None:
    ran = offline(*path, "--help")
    assert (ran.code, ran.err) == (0, "")
    head, example = ran.out.lower().split("example", 1)
    assert head.startswith("usage: tickhaul " + " ".join(path))
    shortest = path[:-1] if path[-1] in ("get", "list") and path[0] in example else path
    assert "  tickhaul " + " ".join(shortest) in example


@pytest.mark.parametrize("path", sorted(GROUPS), ids=" ".join)
def test_every_group_shows_its_commands(offline: Callable[..., Ran], path: tuple[str, ...]) -> None:
    ran = offline(*path, "--help")
    assert ran.code == 0
    assert "Commands:" in ran.out


def test_every_operation_of_the_service_has_a_command() -> None:
    from tickhaul import Client

    words = {" ".join(path) for path in LEAVES}
    renamed = {
        "exchanges list_instruments": "instruments list",
        "exchanges list_datastreams": "datastreams list",
        "subscriptions list_spans": "subscriptions spans",
        "exports get_download": "exports urls",
        "billing get_summary": "billing get",
        "schemas create_draft": "schemas draft create",
        "schemas get_draft": "schemas draft get",
        "schemas update_draft": "schemas draft update",
        "schemas discard_draft": "schemas draft discard",
        "schemas publish_draft": "schemas draft publish",
    }
    resources = ["exchanges", "datastreams", "availability", "subscriptions", "exports", "export_schemas", "billing"]
    with Client("key", base_url="http://127.0.0.1:9") as client:
        for resource in resources:
            methods = [name for name in dir(type(getattr(client, resource))) if not name.startswith("_")]
            assert methods
            for method in methods:
                name = f"{resource.removeprefix('export_')} {method}"
                assert renamed.get(name, name) in words, name


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_loads_neither_the_client_nor_what_draws_tables(word: str) -> None:
    program = (
        "import sys, typer; before = {*sys.modules}; from tickhaul.cli import main; code = main(sys.argv[1:]);"
        "heavy = {'httpx', 'httpcore', 'attr', 'rich', 'anyio', 'dateutil', 'starlette', 'ticksupply_api'};"
        "sys.exit(code or ' '.join(sorted(heavy & {*sys.modules} - before)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program, word], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_told(offline: Callable[..., Ran]) -> None:
    from tickhaul import __version__

    assert offline("--version").out == f"tickhaul {__version__}\n"


def test_the_shell_completes_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"_TICKHAUL_COMPLETE": "complete_bash", "COMP_WORDS": "tickhaul exports ca", "COMP_CWORD": "2"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run([sys.executable, "-m", "tickhaul.cli"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "cancel" in done.stdout.split()


def test_typer_is_not_asked_to_show_tracebacks_with_values() -> None:
    assert isinstance(app, typer.Typer)
    assert not app.pretty_exceptions_enable
