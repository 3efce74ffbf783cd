"""xyt hub from a shell: the token, products, availability, ticks, bars, and whatever else there is by name."""

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tickhaul.cli.failures import UsageError
from tickhaul.cli.options import Json, Limit, examples
from tickhaul.cli.output import Column, show_json, show_list, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tickhaul.xythub import Client, Product, Table

_CREDENTIALS = "XYTHUB_USER, XYTHUB_API_KEY (or XYTHUB_PASSWORD) and XYTHUB_CLIENT_SECRET"
xyt = typer.Typer(
    help=f"xyt hub by big-xyt. Credentials come from {_CREDENTIALS}, or from the options of this group.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Symbols = Annotated[
    list[str], typer.Argument(metavar="SYMBOL...", show_default=False, help="Symbols, such as ZAL.XE; at most 10.")
]
FromTime = Annotated[str | None, typer.Option("--from", metavar="TIME", help="Only from then: 09:00 or 09:00:00.000.")]
ToTime = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only until then.")]
RowLimit = Annotated[
    int | None, typer.Option("--limit", min=1, metavar="N", help="Rows of a symbol before the service bins them.")
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", dir_okay=False, help="Write a file instead of stdout."),
]
Format = Annotated[
    Literal["csv", "json", "parquet"] | None,
    typer.Option("--format", help="What FILE's ending says by default, and csv where it says nothing."),
]


def _secret_file(option: str, what: str, variable: str) -> object:
    return typer.Option(
        option, metavar="FILE", exists=True, dir_okay=False, help=f"A file with the {what}; {variable} by default."
    )


@xyt.callback()
def service(
    context: typer.Context,
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", help="XYTHUB_USER by default.")] = None,
    password_file: Annotated[Path | None, _secret_file("--password-file", "password", "XYTHUB_PASSWORD")] = None,
    api_key_file: Annotated[Path | None, _secret_file("--api-key-file", "API key", "XYTHUB_API_KEY")] = None,
    client_secret_file: Annotated[
        Path | None, _secret_file("--client-secret-file", "client program's secret", "XYTHUB_CLIENT_SECRET")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="One origin for the whole service; XYTHUB_BASE_URL by default."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any setting of tickhaul.xythub.Settings, such as data_url=https://data.example; may be repeated.",
        ),
    ] = None,
) -> None:
    """Remember who asks, and where."""
    context.obj = {
        "user": user,
        "password_file": password_file,
        "api_key_file": api_key_file,
        "client_secret_file": client_secret_file,
        "url": url,
        "settings": settings or [],
    }


@xyt.command("token", epilog=examples("tickhaul xyt token", "tickhaul xyt token --json"))
def check_token(context: typer.Context, as_json: Json = False) -> None:
    """Check the credentials: get a token and show it to the service."""
    with _connect(context) as hub:
        info = hub.check_token()
    # An endless lifetime has no form in JSON.
    seconds = None if info.expires_in == float("inf") else int(info.expires_in)
    if as_json:
        show_json({"scope": info.scope, "expires_in": seconds})
    else:
        lasts = "for as long as the service pleases" if seconds is None else f"for {seconds:,} s"
        write(f"the token is good {lasts}, scope {info.scope or 'unknown'}\n")


@xyt.command(
    "products",
    epilog=examples(
        "tickhaul xyt products zalando",
        "tickhaul xyt products sap --exchange XETRA --json",
        "tickhaul xyt products a --out products.csv",
    ),
)
def search_products(
    context: typer.Context,
    pattern: Annotated[str, typer.Argument(metavar="TEXT", help="Part of a name, a symbol or an ISIN.")],
    exchanges: Annotated[
        list[str] | None, typer.Option("--exchange", metavar="E", help="Only of this exchange; may be repeated.")
    ] = None,
    limit: Limit = None,
    out: OutFile = None,
    shape: Format = None,
    as_json: Json = False,
) -> None:
    """Look for instruments."""
    as_table = not as_json and out is None and shape is None
    show = None if as_table else _choose_output(out, shape, as_json=as_json)
    with _connect(context) as hub:
        found = hub.products.search(pattern, exchanges=exchanges, max_items=limit)
        if show is None:
            show_list(found, _PRODUCT, as_json=False)
        else:
            from tickhaul.xythub.products import to_table  # noqa: PLC0415 (an extra; loads with this command only)

            show(to_table(found))


@xyt.command("availability", epilog=examples("tickhaul xyt availability ZAL.XE ADS.XE"))
def availability(
    context: typer.Context,
    symbols: Symbols,
    category: Annotated[
        str, typer.Option("--category", metavar="C", help="LEVEL_1 (trades, quotes), LEVEL_2 or LEVEL_3 (orders).")
    ] = "LEVEL_1",
    out: OutFile = None,
    shape: Format = None,
    as_json: Json = False,
) -> None:
    """Show of which days there is data."""
    show = _choose_output(out, shape, as_json=as_json)
    with _connect(context) as hub:
        show(hub.market.days_availability(symbols, data_category=category))


@xyt.command(
    "ticks",
    epilog=examples(
        "tickhaul xyt ticks ZAL.XE --day 2016-05-05 --from 09:00 --to 09:02",
        "tickhaul xyt ticks ZAL.XE ADS.XE --day 2016-05-05 --type TRADES_AND_QUOTES --out ticks.parquet",
    ),
)
def tick_data(
    context: typer.Context,
    symbols: Symbols,
    day: Annotated[str, typer.Option("--day", metavar="DAY", help="Such as 2016-05-05.")],
    from_time: FromTime = None,
    to_time: ToTime = None,
    data_type: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="TRADES, QUOTES or TRADES_AND_QUOTES.")
    ] = "TRADES",
    limit: RowLimit = None,
    flags: Annotated[
        list[str] | None, typer.Option("--flag", metavar="FLAG", help="Such as USE_MARKET_TS; may be repeated.")
    ] = None,
    out: OutFile = None,
    shape: Format = None,
    as_json: Json = False,
) -> None:
    """Fetch the ticks of a day."""
    show = _choose_output(out, shape, as_json=as_json)
    with _connect(context) as hub:
        show(
            hub.market.tick_data(
                symbols, day, data_type=data_type, from_time=from_time, to_time=to_time, limit=limit, flags=flags
            )
        )


@xyt.command("ohlcv", epilog=examples("tickhaul xyt ohlcv ZAL.XE --first 2016-05-02 --last 2016-05-06 --out bars.csv"))
def ohlcv(
    context: typer.Context,
    symbols: Symbols,
    first_day: Annotated[str, typer.Option("--first", metavar="DAY", help="The first day.")],
    last_day: Annotated[str, typer.Option("--last", metavar="DAY", help="The last day.")],
    from_time: FromTime = None,
    to_time: ToTime = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Rows at most.")] = None,
    out: OutFile = None,
    shape: Format = None,
    as_json: Json = False,
) -> None:
    """Fetch open, high, low, close and volume."""
    show = _choose_output(out, shape, as_json=as_json)
    with _connect(context) as hub:
        show(hub.market.ohlcv(symbols, first_day, last_day, from_time=from_time, to_time=to_time, limit=limit))


@xyt.command(
    "get",
    epilog=examples(
        "tickhaul xyt get lcGetIsinList --source LC dateFrom=2019-10-02 dateTo=2019-10-05",
        "tickhaul xyt get lcGetMarketShare --source LC isins[]=DE000A1EWWW0 dateFrom=2019-10-02 dateTo=2019-10-05",
        "tickhaul xyt get lookupSymbols --source ACTIV pattern=sap page_limit:=20",
    ),
)
def get(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="What is asked for, by name.")],
    parameters: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...",
            show_default=False,
            help="Parameters: NAME=TEXT, NAME[]=TEXT for each item of a list, NAME:=JSON for numbers and all else.",
        ),
    ] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="S", help="The data source.")] = None,
    out: OutFile = None,
    shape: Format = None,
    as_json: Json = False,
) -> None:
    """Fetch whatever the service has, by its name."""
    show = _choose_output(out, shape, as_json=as_json)
    words = ([] if source is None else [f"source={source}"]) + (parameters or [])
    given = read_parameters(words)
    with _connect(context) as hub:
        show(hub.get(endpoint, **given))


@contextmanager
def _connect(context: typer.Context) -> "Iterator[Client]":
    from tickhaul.cli.xyt_access import Service, connect  # noqa: PLC0415 (help works without)

    with connect(Service(**context.obj)) as hub:
        yield hub


def _choose_output(
    out: Path | None, shape: Literal["csv", "json", "parquet"] | None, *, as_json: bool
) -> "Callable[[Table], None]":
    from tickhaul.cli.xyt_output import choose_output  # noqa: PLC0415 (as above)

    return choose_output(out, shape, as_json=as_json)


def read_parameters(words: list[str]) -> dict[str, object]:
    """Parameters by name from words as people type them; days stay text, for the client knows which those are.

    Args:
        words: ``NAME=TEXT``, ``NAME[]=TEXT`` or ``NAME:=JSON`` each.

    Raises:
        UsageError: a word is none of these, or a name comes twice.
    """
    found: dict[str, object] = {}
    lists: dict[str, list[str]] = {}
    for word in words:
        name, separator, text = word.partition("=")
        if not separator or not name.strip(":[]") or name.endswith("[]:"):
            raise UsageError(f"{word!r}: expected NAME=TEXT, NAME[]=TEXT or NAME:=JSON")
        if name.endswith("[]"):
            name = name.removesuffix("[]")
            if name in found and name not in lists:
                raise UsageError(f"{name} is given twice; NAME[]=TEXT each time makes a list")
            lists.setdefault(name, []).append(text)
            found[name] = lists[name]
            continue
        value: object = text
        if name.endswith(":"):
            name = name.removesuffix(":")
            value = _read_json(word, text)
        if name in found:
            raise UsageError(f"{name} is given twice; NAME[]=TEXT each time makes a list")
        found[name] = value
    return found


def _read_json(word: str, text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"{word!r}: expected JSON after :=, such as 7, true or [1.5, 2]") from None
    return value


_PRODUCT: "list[Column[Product]]" = [
    Column("SYMBOL", lambda it: it.symbol),
    Column("NAME", lambda it: it.name),
    Column("EXCHANGE", lambda it: it.exchange),
    Column("CURRENCY", lambda it: it.currency),
    Column("ISIN", lambda it: it.isin),
    Column("DATA", lambda it: it.product_type),
    Column("FROM", lambda it: it.first_day),
    Column("TO", lambda it: it.last_day),
]
