# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""The catalog, from an exchange down to the datastreams of one instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul._core import operations
from tickhaul._core.arguments import segment

if TYPE_CHECKING:
    import builtins

    from tickhaul._sync.caller import Caller
    from tickhaul._sync.pages import Pages
    from tickhaul.models import Datastream, Exchange, Instrument

#: docs: guides/pagination.
_USUAL, _LARGEST = 100, 1000


class Exchanges:
    """Exchanges, their instruments, and those instruments' datastreams.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self) -> builtins.list[Exchange]:
        """All exchanges.

        Returns:
            Each with its ``code`` and ``display_name``. The service does not page this list.

        Raises:
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(operations.LIST_EXCHANGES)

    def list_instruments(
        self,
        exchange: str,
        *,
        search: str | None = None,
        base: str | None = None,
        quote: str | None = None,
        instrument_type: str | None = None,
        max_items: int | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> Pages[Instrument]:
        """The instruments of an exchange, page by page.

        Args:
            exchange: the exchange's code.
            search: part of the symbol.
            base: the base asset, such as ``BTC``.
            quote: the quote asset, such as ``USDT``.
            instrument_type: such as ``spot``, ``perpetual``, ``futures`` or ``option``.
            max_items: stop after so many; ``None`` for all.
            page_size: items a page, 1 to 1,000; ``None`` for the service's 100.
            page_token: go on from an earlier page's ``next_page_token``.

        Raises:
            ValueError: an argument is out of range.
        """
        return self._caller.pages(
            operations.LIST_INSTRUMENTS,
            usual=_USUAL,
            largest=_LARGEST,
            max_items=max_items,
            page_size=page_size,
            page_token=page_token,
            exchange=segment("exchange", exchange),
            search=search,
            base=base,
            quote=quote,
            instrument_type=instrument_type,
        )

    def list_datastreams(
        self,
        exchange: str,
        instrument: str,
        *,
        stream_type: str | None = None,
        wire_format: str | None = None,
        max_items: int | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> Pages[Datastream]:
        """The datastreams of one instrument, page by page.

        Args:
            exchange: the exchange's code.
            instrument: the instrument's symbol; whatever characters it holds, it stays one part of the path.
            stream_type: such as ``trades`` or ``depth``.
            wire_format: such as ``json`` or ``sbe``.
            max_items: stop after so many; ``None`` for all.
            page_size: items a page, 1 to 1,000; ``None`` for the service's 100.
            page_token: go on from an earlier page's ``next_page_token``.

        Raises:
            ValueError: an argument is out of range.
        """
        return self._caller.pages(
            operations.LIST_INSTRUMENT_DATASTREAMS,
            usual=_USUAL,
            largest=_LARGEST,
            max_items=max_items,
            page_size=page_size,
            page_token=page_token,
            exchange=segment("exchange", exchange),
            instrument=segment("instrument", instrument),
            stream_type=stream_type,
            wire_format=wire_format,
        )
