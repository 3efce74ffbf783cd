"""Looking for instruments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xythub_proto.v1_1_2 import types_pb2 as types
from xythub_proto.v1_1_2.api_lookup_pb2 import ProductSearchRequest, ProductSearchResponse

from tickhaul._async.pages import AsyncPages
from tickhaul._core.paging import PageRequest
from tickhaul.xythub import requests
from tickhaul.xythub.products import read_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tickhaul.xythub._async.session import AsyncHubCaller
    from tickhaul.xythub.moments import DayLike
    from tickhaul.xythub.products import Product, ProductPage

#: The default page of the vendor's libraries (reference: xyt-hub section 8.1); the largest is not stated.
_USUAL, _LARGEST = 100, 2**31 - 1
_NAME = "products.search"


class AsyncProducts:
    """The catalog of instruments.

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: AsyncHubCaller) -> None:
        self._caller = caller

    def search(
        self,
        pattern: str,
        *,
        exchanges: str | Iterable[str] | None = None,
        product_types: str | int | Iterable[str | int] | None = None,
        item_types: str | int | Iterable[str | int] | None = None,
        entity_classes: str | Iterable[str] | None = None,
        regions: str | Iterable[str] | None = None,
        sources: str | Iterable[str] | None = None,
        first_day: DayLike | None = None,
        last_day: DayLike | None = None,
        explicit_query: bool = False,
        max_items: int | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> AsyncPages[Product]:
        """Instruments that fit a text, page by page (``/product`` of contract 1.1.2).

        Args:
            pattern: part of a name, a symbol, an ISIN.
            exchanges: only of these.
            product_types: only with such data: ``TRADES``, ``QUOTES``, ``MARKET_BY_PRICE``, ``MARKET_BY_ORDER``.
            item_types: only such: ``INDIVIDUAL_ITEM``, ``OPTION_CHAIN``, ``FUTURE_CHAIN``, ``ENTIRE_EXCHANGE``.
            entity_classes: only of these kinds.
            regions: only from these.
            sources: only of these data sources.
            first_day: only with data on or after this day.
            last_day: only with data on or before this day.
            explicit_query: take the pattern as a Lucene query, as it is.
            max_items: stop after so many; ``None`` for all.
            page_size: items a page; ``None`` for the service's own.
            page_token: go on from an earlier page's ``next_page_token``, which is the index of the next item.

        Raises:
            ValueError: an argument is out of range.
            TypeError: an argument is of the wrong type.
        """
        if page_token is not None and not (str(page_token).isdecimal() and int(page_token) <= _LARGEST):
            raise ValueError(f"page_token={page_token!r}: expected the next_page_token of an earlier page")
        request = ProductSearchRequest(
            pattern=requests.text("pattern", pattern),
            exchange_filters=requests.texts("exchanges", exchanges),
            product_type_filters=requests.members("product_types", product_types, types.ProductType),
            item_type_filters=requests.members("item_types", item_types, types.ItemType),
            entity_class_filters=requests.texts("entity_classes", entity_classes),
            region_filters=requests.texts("regions", regions),
            source_filters=requests.texts("sources", sources),
            first_day=requests.optional_day("first_day", first_day),
            last_day=requests.optional_day("last_day", last_day),
            explicit_query=explicit_query,
        )

        async def fetch(token: str | None, limit: int | None, /) -> ProductPage:
            start = int(token or 0)
            asked = ProductSearchRequest(header=requests.header(), start=start, limit=limit)
            asked.MergeFrom(request)
            return await self._caller.typed(_NAME, asked, ProductSearchResponse, lambda found: read_page(found, start))

        return AsyncPages(_NAME, fetch, PageRequest(max_items, page_size, page_token, _USUAL, _LARGEST))
