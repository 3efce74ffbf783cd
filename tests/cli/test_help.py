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


#: The options of the run, each as it is typed and as the error shows it.
FIRST = {
    "--base-url": "--base-url URL",
    "--api-key-file": "--api-key-file FILE",
    "--timeout": "--timeout SECONDS",
    "--deadline": "--deadline SECONDS",
    "--allow-plain-http": "--allow-plain-http",
    "--verbose": "--verbose",
    "-v": "-v",
    "--version": "--version",
}
#: Those with an option of their own of such a name.
OWN = {"--timeout": {("haul",), ("exports", "wait")}}


@pytest.mark.parametrize("option", FIRST)
def test_an_option_of_the_run_after_a_command_is_told_where_it_stands(offline: Callable[..., Ran], option: str) -> None:
    for path in [path for path in LEAVES if path not in OWN.get(option, ())]:
        ran = offline(*path, option, "x")
        words = " ".join(path)
        outer = "tickhaul xyt " if option == "--api-key-file" and path[0] == "xyt" else "tickhaul "
        rest = words.removeprefix("xyt ") if outer == "tickhaul xyt " else words
        assert (ran.code, ran.out) == (2, ""), words
        assert f"; it stands before {rest}: {outer}{FIRST[option]} {rest} ..." in ran.err, words


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (
            ("contract", "check", "--base-url=http://x"),
            "stands before contract check: tickhaul --base-url URL contract",
        ),
        (
            ("exchanges", "--deadline", "5", "list"),
            "stands before exchanges list: tickhaul --deadline SECONDS exchanges",
        ),
        (("instruments", "-vv", "binance"), "stands before instruments list: tickhaul -v instruments list"),
        (("xyt", "ticks", "--url", "http://x"), "stands before ticks: tickhaul xyt --url URL ticks"),
        (("--json", "exchanges"), "stands after a command that has it, as in: tickhaul haul ... --json"),
        (("xyt", "--json", "token"), "stands after a command that has it, as in: tickhaul xyt token ... --json"),
        (("--out", "x", "haul"), "stands after a command that has it, as in: tickhaul haul ... --out DIR"),
        (
            ("--url", "http://x", "xyt", "token"),
            "stands after a command that has it, as in: tickhaul xyt ... --url URL",
        ),
    ],
)
def test_an_option_in_another_place_is_told_where_it_stands(
    offline: Callable[..., Ran], words: tuple[str, ...], hint: str
) -> None:
    ran = offline(*words)
    assert (ran.code, ran.out) == (2, "")
    assert hint in ran.err


@pytest.mark.parametrize("words", [("exports", "list", "--nonsense"), ("sandbox", "--nonsense"), ("--nonsense",)])
def test_an_option_of_nothing_has_no_place(offline: Callable[..., Ran], words: tuple[str, ...]) -> None:
    ran = offline(*words)
    assert ran.code == 2
    assert "--nonsense" in ran.err
    assert "stands" not in ran.err
