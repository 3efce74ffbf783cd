"""Operations of the catalog: exchanges, instruments, datastreams, availability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul_sandbox.errors import not_found
from tickhaul_sandbox.market.streams import canonical
from tickhaul_sandbox.pages import LARGE
from tickhaul_sandbox.times import format_instant
from tickhaul_sandbox.wire import Answer, Call, positive_id_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tickhaul_sandbox.catalog import Datastream
    from tickhaul_sandbox.jsontypes import Json


async def list_exchanges(call: Call) -> Answer:
    """Answer `GET /v1/exchanges`."""
    return Answer(200, [{"code": code, "display_name": name} for code, name in call.service.catalog.exchanges.items()])


async def list_instruments(call: Call) -> Answer:
    """Answer `GET /v1/exchanges/{exchange}/instruments`."""
    exchange = call.path["exchange"]
    instruments = call.service.catalog.instruments(exchange)
    if instruments is None:
        instruments = _nothing(call, "Exchange", exchange)
    same = _equality(call)
    wanted = {name: call.query[name] for name in ("base", "quote", "instrument_type") if name in call.query}
    chosen = [instrument for instrument in instruments if _contains(call, instrument.symbol)]
    for name, value in wanted.items():
        chosen = [instrument for instrument in chosen if same(getattr(instrument, name) or "", value)]
    scope = f"instruments/{exchange}/{sorted(wanted.items())}/{call.query.get('search')}"
    page = call.service.paginator.cut(chosen, lambda item: (item.symbol,), call.query, LARGE, scope)
    items: list[Json] = [
        {
            "symbol": item.symbol,
            "base": item.base,
            "quote": item.quote,
            "instrument_type": item.instrument_type,
        }
        for item in page.items
    ]
    return Answer(
        200, {"items": items, "total": page.total, "limit": page.limit, "next_page_token": page.next_page_token}
    )


async def list_instrument_datastreams(call: Call) -> Answer:
    """Answer `GET /v1/exchanges/{exchange}/instruments/{instrument}/datastreams`."""
    exchange, instrument = call.path["exchange"], call.path["instrument"]
    catalog = call.service.catalog
    if catalog.instruments(exchange) is None:
        _nothing(call, "Exchange", exchange)
    elif catalog.instrument(exchange, instrument) is None:
        _nothing(call, "Instrument", instrument)
    streams = catalog.of_instrument(exchange, instrument)
    return _datastreams(call, streams, ("stream_type", "wire_format"), f"{exchange}/{instrument}")


async def list_datastreams(call: Call) -> Answer:
    """Answer `GET /v1/datastreams`."""
    filters = ("exchange", "instrument", "stream_type", "wire_format")
    catalog, exchange, instrument = call.service.catalog, call.query.get("exchange"), call.query.get("instrument")
    streams: Sequence[Datastream] = catalog.datastreams
    if exchange and instrument and not call.service.settings.filters_ignore_case:
        # What everybody asks first, and too many streams to look through for it.
        streams = catalog.of_instrument(exchange, instrument)
    return _datastreams(call, streams, filters, "")


async def get_availability(call: Call) -> Answer:
    """Answer `GET /v1/availability`: what has been recorded of a datastream."""
    service = call.service
    datastream_id = positive_id_text(call.query.get("datastream_id"), "datastream_id")
    stream = call.datastream(datastream_id)
    now = service.clock.now_ns()
    everyone = service.settings.availability == "anyone"
    accounts = service.accounts.by_name.values() if everyone else (call.account,)
    subscriptions = [account.subscriptions.of_stream(stream) for account in accounts]
    recorded = _joined(span for subscription in subscriptions if subscription for span in subscription.recorded(now))
    source = service.feed.source(service.catalog, stream)
    ranges: list[Json] = [
        {"from": service.ns(start), "to": service.ns(end), "rows_estimate": source.estimate(start, start, end)}
        for start, end in recorded
    ]
    return Answer(200, {"datastream": stream.body(), "ranges": ranges, "updated_at": format_instant(now)})


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order of time, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _datastreams(call: Call, streams: Sequence[Datastream], filters: tuple[str, ...], place: str) -> Answer:
    same = _equality(call)
    wanted = {name: call.query[name] for name in filters if name in call.query}
    if "stream_type" in wanted:
        wanted["stream_type"] = canonical(wanted["stream_type"])
    chosen = streams
    for name, value in wanted.items():
        chosen = [stream for stream in chosen if same(getattr(stream, name), value)]
    scope = f"datastreams/{place}/{sorted(wanted.items())}"
    page = call.service.paginator.cut(chosen, lambda item: (item.datastream_id,), call.query, LARGE, scope)
    items: list[Json] = [item.body() for item in page.items]
    return Answer(
        200, {"items": items, "total": page.total, "limit": page.limit, "next_page_token": page.next_page_token}
    )


def _nothing(call: Call, resource: str, name: str) -> tuple[()]:
    """Return what is listed of what does not exist, if the settings say so.

    Raises:
        ApiError: 404 otherwise.
    """
    if call.service.settings.unknown_exchange == "missing":
        raise not_found(resource, name)
    return ()


def _equality(call: Call) -> Callable[[str, str], bool]:
    if call.service.settings.filters_ignore_case:
        return lambda left, right: left.casefold() == right.casefold()
    return lambda left, right: left == right


def _contains(call: Call, symbol: str) -> bool:
    search = call.query.get("search")
    if search is None:
        return True
    if call.service.settings.search_ignores_case:
        return search.casefold() in symbol.casefold()
    return search in symbol
