"""What can be recorded, and what has been: exchanges, instruments, datastreams, availability."""

from typing import TYPE_CHECKING, Annotated

import typer

from tickhaul.cli.failures import UsageError
from tickhaul.cli.groups import group, single
from tickhaul.cli.options import Json, Limit, Target, WireFormat, examples
from tickhaul.cli.output import show_json, show_list, show_one
from tickhaul.cli.session import connect
from tickhaul.cli.tables import DATASTREAM, EXCHANGE, INSTRUMENT, RANGE
from tickhaul.cli.targets import check_target, resolve

if TYPE_CHECKING:
    from tickhaul import Client, Pages
    from tickhaul.models import Datastream

exchanges = group("The exchanges of the catalog.")
instruments = group("The instruments of an exchange.", takes_arguments=True)
datastreams = group(
    "Datastreams: what can be recorded of an instrument.",
    takes_arguments=True,
)
availability = single("What has been recorded of a datastream.")

#: As large as the service allows: fewer requests, of which an account has so many a minute.
_PAGE = 1000

Exchange = Annotated[str, typer.Argument(metavar="EXCHANGE", help="The exchange's code, such as binance.")]


@exchanges.command("list", epilog=examples("tickhaul exchanges list", "tickhaul exchanges --json"))
def list_exchanges(as_json: Json = False) -> None:
    """List the exchanges."""
    with connect() as client:
        show_list(client.exchanges.list(), EXCHANGE, as_json=as_json)


@instruments.command(
    "list",
    epilog=examples("tickhaul instruments list binance --search BTC --limit 20", "tickhaul instruments deribit"),
)
def list_instruments(
    exchange: Exchange,
    search: Annotated[str | None, typer.Option("--search", metavar="TEXT", help="Part of the symbol.")] = None,
    base: Annotated[str | None, typer.Option("--base", metavar="ASSET", help="What is traded, such as BTC.")] = None,
    quote: Annotated[
        str | None, typer.Option("--quote", metavar="ASSET", help="What it is priced in, such as USDT.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Such as spot, perpetual, futures or option.")
    ] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List the instruments of an exchange."""
    with connect() as client:
        found = client.exchanges.list_instruments(
            exchange,
            search=search,
            base=base,
            quote=quote,
            instrument_type=kind,
            max_items=limit,
            page_size=_page_size(limit),
        )
        show_list(found, INSTRUMENT, as_json=as_json)


@datastreams.command(
    "list",
    epilog=examples(
        "tickhaul datastreams list binance BTCUSDT", "tickhaul datastreams list --stream-type liquidations"
    ),
)
def list_datastreams(
    exchange: Annotated[
        str | None, typer.Argument(metavar="[EXCHANGE]", show_default=False, help="An exchange's code.")
    ] = None,
    instrument: Annotated[
        str | None, typer.Argument(metavar="[INSTRUMENT]", show_default=False, help="A symbol on it.")
    ] = None,
    stream_type: Annotated[
        str | None, typer.Option("--stream-type", metavar="TYPE", help="Such as trades or depth.")
    ] = None,
    symbol: Annotated[
        str | None, typer.Option("--instrument", metavar="SYMBOL", help="An instrument, on whatever exchange.")
    ] = None,
    wire_format: WireFormat = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List datastreams: of one instrument, of an exchange, or all that fit."""
    if instrument is not None and symbol is not None:
        raise UsageError("the instrument is given twice, as INSTRUMENT and as --instrument")
    with connect() as client:
        found = _datastreams(client, exchange, instrument or symbol, stream_type, wire_format, limit)
        show_list(found, DATASTREAM, as_json=as_json)


@datastreams.command(
    "find",
    epilog=examples("tickhaul datastreams find binance BTCUSDT trades"),
)
def find_datastream(
    exchange: Exchange,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="The instrument's symbol.")],
    stream_type: Annotated[str, typer.Argument(metavar="STREAM_TYPE", help="Such as trades or depth.")],
    wire_format: WireFormat = None,
    as_json: Json = False,
) -> None:
    """Find the one datastream that fits, or say what there is instead."""
    with connect() as client:
        found = client.datastreams.find(exchange, instrument, stream_type, wire_format)
        show_one(found, DATASTREAM, as_json=as_json)


@availability.command(
    "get", epilog=examples("tickhaul availability 123", "tickhaul availability binance BTCUSDT trades --json")
)
def get_availability(target: Target, wire_format: WireFormat = None, as_json: Json = False) -> None:
    """Show the time ranges recorded of a datastream."""
    checked = check_target(target, wire_format)
    with connect() as client:
        found = client.availability.get(resolve(client, checked, wire_format))
        if as_json:
            show_json(found.to_dict())
        else:
            show_list(found.ranges, RANGE, as_json=False)


def _datastreams(
    client: "Client",
    exchange: str | None,
    instrument: str | None,
    stream_type: str | None,
    wire_format: str | None,
    limit: int | None,
) -> "Pages[Datastream]":
    size = _page_size(limit)
    if exchange is not None and instrument is not None:
        # This operation says so when there is no such instrument; a filter would just find nothing.
        return client.exchanges.list_datastreams(
            exchange, instrument, stream_type=stream_type, wire_format=wire_format, max_items=limit, page_size=size
        )
    return client.datastreams.list(
        exchange=exchange,
        instrument=instrument,
        stream_type=stream_type,
        wire_format=wire_format,
        max_items=limit,
        page_size=size,
    )


def _page_size(limit: int | None) -> int:
    return _PAGE if limit is None else min(limit, _PAGE)
