"""The service on this machine."""

import argparse
from importlib.util import find_spec

import typer

from tickhaul.cli.failures import UsageError
from tickhaul.cli.groups import place

_NEEDS = ("starlette", "uvicorn", "duckdb")
_EXAMPLES = """examples:
  tickhaul sandbox --port 8000 --api-key key_dev.secret
  TICKSUPPLY_API_KEY=key_dev.secret tickhaul --base-url http://127.0.0.1:8000 exchanges list
  tickhaul sandbox --port 8000 --storage-port 8001 --state sandbox.state
  tickhaul sandbox --fault lost-answer:exports.create:times=1 --set reset_style=delay
"""


def check_extra() -> None:
    """Check that what the sandbox needs is installed.

    Raises:
        UsageError: it is not.
    """
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise UsageError(f'the sandbox needs {", ".join(missing)}: pip install "tickhaul[sandbox]"')


def run_sandbox(context: typer.Context) -> None:
    """Run the service on this machine; Ctrl-C ends it."""
    check_extra()
    from tickhaul_sandbox.__main__ import add_arguments, run  # noqa: PLC0415 (an extra; loads with this command only)

    parser = argparse.ArgumentParser(
        prog="tickhaul sandbox",
        description="Run Ticksupply on this machine, with recorded or made-up data. Prints `ready http://HOST:PORT` "
        "when it accepts connections; Ctrl-C or SIGTERM ends it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    arguments, unknown = parser.parse_known_args(context.args)
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{_hint(context, unknown)}")
    raise typer.Exit(run(arguments))


def _hint(context: typer.Context, unknown: list[str]) -> str:
    names = [word.partition("=")[0] for word in unknown]
    return next(filter(None, (place(name, context) for name in names)), "")
