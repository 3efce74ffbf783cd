"""The tree of commands, and the options before them."""

from pathlib import Path
from typing import Annotated

import typer

from tickhaul._version import __version__
from tickhaul.cli.billing import billing
from tickhaul.cli.catalog import availability, datastreams, exchanges, instruments
from tickhaul.cli.contract import contract
from tickhaul.cli.demo import demo
from tickhaul.cli.download import download_export, verify_folder
from tickhaul.cli.exports import exports
from tickhaul.cli.groups import Root
from tickhaul.cli.haul import haul
from tickhaul.cli.options import examples
from tickhaul.cli.output import write
from tickhaul.cli.run import log_to_stderr
from tickhaul.cli.sandbox import run_sandbox
from tickhaul.cli.schemas import schemas
from tickhaul.cli.session import current
from tickhaul.cli.subscriptions import subscriptions
from tickhaul.cli.xyt import xyt

# Plain help: it costs a third of the decorated one's time, and looks the same in a pipe.
app = typer.Typer(
    name="tickhaul",
    cls=Root,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=examples(
        "export TICKSUPPLY_API_KEY=...",
        "tickhaul haul binance BTCUSDT trades --from -1h --to now --out data/",
        "tickhaul exports list --json",
        "tickhaul demo",
    ),
)
app.command(
    epilog=examples(
        "tickhaul haul binance BTCUSDT trades --from 2024-01-15T10:00Z --to 2024-01-15T11:00Z --out data/",
        "tickhaul haul okx BTC-USDT trades --from -1month --to now --schema normalized --format parquet --out data/",
    )
)(haul)
app.command("download", epilog=examples("tickhaul download exp_550e8400e29b41d4a716446655440000 --out data/"))(
    download_export
)
app.command("verify", epilog=examples("tickhaul verify data/"))(verify_folder)
app.add_typer(exchanges, name="exchanges")
app.add_typer(instruments, name="instruments")
app.add_typer(datastreams, name="datastreams")
app.add_typer(availability, name="availability")
app.add_typer(subscriptions, name="subscriptions")
app.add_typer(exports, name="exports")
app.add_typer(schemas, name="schemas")
app.add_typer(billing, name="billing")
app.add_typer(contract, name="contract")
app.add_typer(xyt, name="xyt")
app.command(epilog=examples("tickhaul demo", "tickhaul demo --out data/ --captures captures/"))(demo)
app.command(
    "sandbox",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(run_sandbox)


def _show_version(value: bool) -> None:
    if value:
        write(f"tickhaul {__version__}\n")
        raise typer.Exit


@app.callback()
def settings(
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url", metavar="URL", help="The service's origin; TICKSUPPLY_BASE_URL, then its own, by default."
        ),
    ] = None,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            "--api-key-file",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="A file with the API key; TICKSUPPLY_API_KEY by default.",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", help="Silence of the service before a try is given up.")
    ] = 30.0,
    deadline: Annotated[
        float, typer.Option("--deadline", metavar="SECONDS", help="For one whole call, its retries and waits included.")
    ] = 120.0,
    allow_plain_http: Annotated[
        bool,
        typer.Option("--allow-plain-http", help="Send the key unencrypted to http:// origins beyond this machine."),
    ] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Log to stderr; -vv for all the details.")
    ] = 0,
    version: Annotated[  # noqa: ARG001 (its callback acts)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Haul recorded tick data home from Ticksupply.

    Exit codes: 0 done, 1 the service or the job failed, 2 wrong usage, 3 not authenticated, 4 timed out, 130 interrupted.
    """
    session = current()
    session.base_url = base_url
    session.api_key_file = api_key_file
    session.timeout = timeout
    session.deadline = deadline
    session.allow_plain_http = allow_plain_http
    session.verbosity = verbose
    log_to_stderr(verbose)
