"""Export jobs and their files."""

from typing import Annotated

import typer

from tickhaul.cli import journey
from tickhaul.cli.documents import read_format_options, read_inline_schema
from tickhaul.cli.download import download_export
from tickhaul.cli.failures import UsageError
from tickhaul.cli.groups import group
from tickhaul.cli.options import (
    Export,
    FileFormat,
    FormatOption,
    From,
    IdempotencyKey,
    Json,
    Limit,
    SchemaFile,
    SchemaName,
    Target,
    To,
    WaitSeconds,
    WireFormat,
    examples,
)
from tickhaul.cli.orders import Cut, check, read_range
from tickhaul.cli.output import show_done, show_json, show_list, show_one
from tickhaul.cli.progress import Reporter
from tickhaul.cli.session import connect
from tickhaul.cli.tables import ARTIFACT, EXPORT, EXPORT_WHOLE
from tickhaul.cli.targets import check_target, resolve

exports = group("Export jobs: a time range written to files.")

_PAGE = 100
_ID = "exp_550e8400e29b41d4a716446655440000"


@exports.command("list", epilog=examples("tickhaul exports list --limit 10", "tickhaul exports --json"))
def list_exports(limit: Limit = None, as_json: Json = False) -> None:
    """List the export jobs."""
    with connect() as client:
        found = client.exports.list(max_items=limit, page_size=min(limit or _PAGE, _PAGE))
        show_list(found, EXPORT, as_json=as_json)


@exports.command("get", epilog=examples(f"tickhaul exports get {_ID}"))
def get_export(export: Export, as_json: Json = False) -> None:
    """Show one job."""
    with connect() as client:
        show_one(client.exports.get(export), EXPORT_WHOLE, as_json=as_json)


@exports.command(
    "create",
    epilog=examples(
        "tickhaul exports create 123 --from 2024-01-15T10:00Z --to 2024-01-15T11:00Z",
        "tickhaul exports create binance BTCUSDT trades --from -1h --to now --schema normalized --format parquet",
    ),
)
def create_export(
    target: Target,
    start: From,
    end: To,
    schema: SchemaName = None,
    schema_file: SchemaFile = None,
    file_format: FileFormat = None,
    format_options: FormatOption = None,
    wire_format: WireFormat = None,
    idempotency_key: IdempotencyKey = None,
    as_json: Json = False,
) -> None:
    """Start an export. The account needs a subscription to the datastream, active or paused."""
    checked = check_target(target, wire_format)
    cut = read_cut(start, end, schema, schema_file, file_format, format_options, idempotency_key)
    with connect() as client:
        made = journey.export(client, resolve(client, checked, wire_format), cut)
        show_one(made, EXPORT_WHOLE, as_json=as_json)


@exports.command("wait", epilog=examples(f"tickhaul exports wait {_ID} --timeout 600"))
def wait_for_export(
    export: Export,
    timeout: WaitSeconds = 3600.0,
    cancel_on_timeout: Annotated[
        bool, typer.Option("--cancel-on-timeout", help="Cancel the job when the time is up.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Wait until a job has succeeded."""
    with connect() as client, Reporter() as reporter:
        job = journey.wait(client, export, timeout, reporter, cancel_on_timeout=cancel_on_timeout)
    show_one(job, EXPORT_WHOLE, as_json=as_json)


@exports.command("cancel", epilog=examples(f"tickhaul exports cancel {_ID}"))
def cancel_export(export: Export, as_json: Json = False) -> None:
    """Cancel a job that is queued or running."""
    with connect() as client:
        client.exports.cancel(export)
    show_done(export, "canceled", as_json=as_json)


@exports.command("delete", epilog=examples(f"tickhaul exports delete {_ID}"))
def delete_export(export: Export, as_json: Json = False) -> None:
    """Delete a job."""
    with connect() as client:
        client.exports.delete(export)
    show_done(export, "deleted", as_json=as_json)


@exports.command("urls", epilog=examples(f"tickhaul exports urls {_ID} --json"))
def list_urls(export: Export, as_json: Json = False) -> None:
    """Show the presigned URLs of a job's files. They live five minutes, and whoever has one can read the file.

    `tickhaul download` fetches the files, renews the URLs by itself and shows none.
    """
    with connect() as client:
        found = client.exports.get_download(export)
        if as_json:
            show_json(found.to_dict())
        else:
            show_list(found.artifacts, ARTIFACT, as_json=False)


exports.command("download", epilog=examples(f"tickhaul exports download {_ID} --out data/"))(download_export)


def read_cut(
    start: str,
    end: str,
    schema: str | None,
    schema_file: str | None,
    file_format: str | None,
    format_options: list[str] | None,
    idempotency_key: str | None,
) -> Cut:
    """What an export is to hold, from what was typed; checked before anything is sent.

    Raises:
        ValueError: it cannot be made.
    """
    if schema is not None and schema_file is not None:
        raise UsageError("--schema and --schema-file name the columns twice")
    first, last = read_range(start, end)
    columns = schema if schema_file is None else read_inline_schema(schema_file)
    options = read_format_options(format_options)
    return check(Cut(first, last, columns, file_format, options, idempotency_key))
