"""Datastreams: the smallest thing that can be recorded, one stream type of one instrument in one wire format."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from tickhaul._core import operations
from tickhaul._core.arguments import segment
from tickhaul.errors import DatastreamLookupError

if TYPE_CHECKING:
    import builtins

    from tickhaul._async.caller import AsyncCaller
    from tickhaul._async.pages import AsyncPages
    from tickhaul.models import Datastream

#: docs: guides/pagination.
_USUAL, _LARGEST = 100, 1000
_SUGGESTIONS = 10


class AsyncDatastreams:
    """Datastreams across exchanges.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    def list(
        self,
        *,
        exchange: str | None = None,
        instrument: str | None = None,
        stream_type: str | None = None,
        wire_format: str | None = None,
        max_items: int | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> AsyncPages[Datastream]:
        """Datastreams that fit all the filters given, page by page.

        Args:
            exchange: an exchange's code.
            instrument: an instrument's symbol.
            stream_type: such as ``trades`` or ``depth``.
            wire_format: such as ``json`` or ``sbe``.
            max_items: stop after so many; ``None`` for all.
            page_size: items a page, 1 to 1,000; ``None`` for the service's 100.
            page_token: go on from an earlier page's ``next_page_token``.

        Raises:
            ValueError: an argument is out of range.
        """
        return self._caller.pages(
            operations.LIST_DATASTREAMS,
            usual=_USUAL,
            largest=_LARGEST,
            max_items=max_items,
            page_size=page_size,
            page_token=page_token,
            exchange=exchange,
            instrument=instrument,
            stream_type=stream_type,
            wire_format=wire_format,
        )

    async def find(
        self, exchange: str, instrument: str, stream_type: str, wire_format: str | None = None
    ) -> Datastream:
        """The one datastream that fits.

        Args:
            exchange: the exchange's code.
            instrument: the instrument's symbol.
            stream_type: such as ``trades``.
            wire_format: such as ``json``; only needed where a stream is recorded in several.

        Raises:
            DatastreamLookupError: none fits, or several do; the message and ``candidates`` say what there is.
            TickhaulError: see the module `tickhaul.errors`.
        """
        segment("exchange", exchange)
        segment("instrument", instrument)
        segment("stream_type", stream_type)
        found = await self._some(
            exchange=exchange, instrument=instrument, stream_type=stream_type, wire_format=wire_format
        )
        if len(found) == 1:
            return found[0]
        wanted = f"{exchange} {instrument} {stream_type}" + (f" {wire_format}" if wire_format else "")
        if found:
            raise DatastreamLookupError(
                f"{len(found)} datastreams fit {wanted!r}: {_listed(found)}; choose one with wire_format",
                candidates=found,
            )
        siblings = await self._some(exchange=exchange, instrument=instrument)
        if siblings:
            raise DatastreamLookupError(
                f"no datastream fits {wanted!r}; {exchange} {instrument} has {_listed(siblings)}", candidates=siblings
            )
        raise DatastreamLookupError(
            f"no datastream fits {wanted!r}; {await self._near(exchange, instrument)}", candidates=()
        )

    async def _some(self, **filters: str | None) -> builtins.list[Datastream]:
        pages = self._caller.pages(
            operations.LIST_DATASTREAMS,
            usual=_USUAL,
            largest=_LARGEST,
            max_items=_USUAL,
            page_size=None,
            page_token=None,
            **filters,
        )
        return [stream async for stream in pages]

    async def _near(self, exchange: str, instrument: str) -> str:
        """What the caller may have meant, from the coarsest part that is wrong."""
        codes = [known.code for known in await self._caller.call(operations.LIST_EXCHANGES)]
        if exchange not in codes:
            near = get_close_matches(exchange, codes, _SUGGESTIONS, 0.5) or codes[:_SUGGESTIONS]
            return f"there is no exchange {exchange!r}" + (f", did you mean {' or '.join(near)}?" if near else "")
        # A wrong symbol often shares its beginning with the right one: BTCUSD for BTCUSDT, btcusdt for BTCUSDT.
        for part in (instrument, instrument.upper(), instrument.upper()[:3]):
            pages = self._caller.pages(
                operations.LIST_INSTRUMENTS,
                usual=_USUAL,
                largest=_LARGEST,
                max_items=_LARGEST,
                page_size=_LARGEST,
                page_token=None,
                exchange=exchange,
                search=part,
            )
            symbols = [found.symbol async for found in pages]
            if symbols:
                near = get_close_matches(instrument.upper(), symbols, _SUGGESTIONS, 0.5) or symbols[:_SUGGESTIONS]
                return f"there is no instrument {instrument!r} on {exchange}, did you mean {' or '.join(near)}?"
        return f"there is no instrument like {instrument!r} on {exchange}; list_instruments({exchange!r}) shows all"


def _listed(streams: list[Datastream]) -> str:
    shown = [f"{stream.stream_type} {stream.wire_format} (id {stream.datastream_id})" for stream in streams]
    more = len(shown) - _SUGGESTIONS
    return ", ".join(shown[:_SUGGESTIONS]) + (f" and {more} more" if more > 0 else "")
