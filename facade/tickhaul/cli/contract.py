"""Holding a running service against the contract."""

import io
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from tickhaul.cli import output
from tickhaul.cli.options import Json, examples
from tickhaul.cli.session import current

contract = typer.Typer(help="The contract: what the service promises.", no_args_is_help=True, rich_markup_mode=None)


@contract.callback()
def _about() -> None:
    """The contract: what the service promises."""


@contract.command(
    epilog=examples(
        "tickhaul contract check",
        "tickhaul --base-url http://127.0.0.1:8000 contract check --write --junit report.xml",
    )
)
def check(
    write: Annotated[
        bool, typer.Option("--write", help="Also make and remove a subscription, an export and a schema.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", dir_okay=False, help="Write JUnit XML there as well.")
    ] = None,
    tolerate_additions: Annotated[
        bool, typer.Option("--tolerate-additions", help="Report new fields and values, but do not fail on them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Walk over a service and tell, operation by operation, where it differs from the contract.

    Exit codes: 0 no difference, 1 some, 2 wrong usage, 3 not authenticated, 4 no answer in time.
    """
    from tickhaul.contract.command import run_check  # noqa: PLC0415 (an extra; loads when it is used)

    session = current()
    session.json = as_json
    report = io.StringIO()
    try:
        code = run_check(
            session.base_url,
            session.api_key(),
            report,
            write=write,
            as_json=as_json,
            junit=junit,
            additions=not tolerate_additions,
            allow_plain_http=session.allow_plain_http,
            timeout=session.timeout,
        )
    except KeyboardInterrupt as interruption:
        session.left = "; ".join(getattr(interruption, "__notes__", ()))
        raise
    finally:
        if text := report.getvalue():
            # The exit code tells what was found even where the reader of the report has left (`| head`).
            with suppress(typer.Exit):
                output.write(text)
    raise typer.Exit(code)
