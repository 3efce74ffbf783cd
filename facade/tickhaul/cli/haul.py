"""The main job in one command."""

from typing import Annotated

import typer

from tickhaul.cli import journey
from tickhaul.cli.download import file_document, show_files
from tickhaul.cli.exports import read_cut
from tickhaul.cli.options import (
    Connections,
    FileFormat,
    FormatOption,
    From,
    Hash,
    IdempotencyKey,
    Json,
    Out,
    Resume,
    SchemaFile,
    SchemaName,
    To,
    WaitSeconds,
    WireFormat,
)
from tickhaul.cli.orders import Fetch, Order
from tickhaul.cli.output import show_json
from tickhaul.cli.progress import Reporter
from tickhaul.cli.session import connect


def haul(
    exchange: Annotated[str, typer.Argument(metavar="EXCHANGE", help="The exchange's code, such as binance.")],
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="The instrument's symbol, such as BTCUSDT.")],
    stream_type: Annotated[str, typer.Argument(metavar="STREAM_TYPE", help="Such as trades or depth.")],
    start: From,
    end: To,
    out: Out,
    schema: SchemaName = None,
    schema_file: SchemaFile = None,
    file_format: FileFormat = None,
    format_options: FormatOption = None,
    wire_format: WireFormat = None,
    subscribe: Annotated[
        bool,
        typer.Option(
            "--subscribe/--no-subscribe", help="Have the stream recorded from now on, if it is not; or leave that be."
        ),
    ] = True,
    timeout: WaitSeconds = 3600.0,
    resume: Resume = True,
    connections: Connections = None,
    with_hash: Hash = False,
    idempotency_key: IdempotencyKey = None,
    as_json: Json = False,
) -> None:
    """Find, subscribe, export, wait, download: the whole job.

    Broken off by Ctrl-C or an error, it says what is left, and which command goes on from there.
    """
    cut = read_cut(start, end, schema, schema_file, file_format, format_options, idempotency_key)
    order = Order((exchange, instrument, stream_type), cut, wire_format, subscribe, timeout)
    fetch = Fetch(out, connections, with_hash, resume)
    with connect() as client, Reporter() as reporter:
        result = journey.haul(client, order, fetch, reporter)
    if as_json:
        show_json(
            {
                "datastream": result.datastream.to_dict(),
                "subscription": result.subscription and result.subscription.to_dict(),
                "export": result.job.to_dict(),
                "files": [file_document(file) for file in result.files],
            }
        )
    else:
        show_files(result.files, with_hash=with_hash, as_json=False)
