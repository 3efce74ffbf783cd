"""What a product search finds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, cast

import numpy as np
from xythub_proto.v1_1_2 import types_pb2 as types

from tickhaul._core.deadline import watched
from tickhaul.xythub.moments import to_days
from tickhaul.xythub.tables.columns import Kind, Numbers
from tickhaul.xythub.tables.strings import plain
from tickhaul.xythub.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
    from xythub_proto.v1_1_2.api_lookup_pb2 import ProductSearchResponse

    from tickhaul.xythub.tables.columns import Column


_DAYS = ("first_day", "last_day")
_NO_DAY = -(2**31)


@dataclass(frozen=True, slots=True)
class Product:
    """An instrument, a chain, or a whole exchange.

    Attributes:
        symbol: its symbol, such as ``ZAL.XE``.
        name: its name.
        exchange: where it trades.
        currency: what in.
        local_code: its code there.
        isin: its ISIN.
        market_segment: the part of the exchange.
        entity_class: what kind of instrument it is.
        product_type: what data there is: ``TRADES``, ``QUOTES`` (with trades), ``MARKET_BY_PRICE``, ``MARKET_BY_ORDER``.
        item_type: what it stands for: ``INDIVIDUAL_ITEM``, ``OPTION_CHAIN``, ``FUTURE_CHAIN``, ``ENTIRE_EXCHANGE``.
        region: where the data comes from.
        source: the data source.
        first_day: the first day with data, or ``None``.
        last_day: the last day with data, or ``None``.
        liquidity_index: a rank whose meaning is not stated.
    """

    symbol: str
    name: str
    exchange: str
    currency: str
    local_code: str
    isin: str
    market_segment: str
    entity_class: str
    product_type: str
    item_type: str
    region: str
    source: str
    first_day: date | None
    last_day: date | None
    liquidity_index: int


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A page of a search, with the index of the next one as its token."""

    items: Sequence[Product]
    total: int
    limit: int
    next_page_token: str | None


def read_page(response: ProductSearchResponse, start: int) -> ProductPage:
    """The page in an answer.

    Args:
        response: the answer.
        start: the index of the first hit that was asked for.

    Raises:
        ValueError: a product has a date that is in no calendar.
    """
    items = [_read(product) for product in watched(response.products)]
    following = start + len(items)
    more = bool(items) and following < response.total_hits
    return ProductPage(items, response.total_hits, len(items), str(following) if more else None)


def to_table(products: Iterable[Product]) -> Table:
    """Products as a table, a column for each of their attributes.

    Args:
        products: in the order of the rows; walked once.
    """
    items = list(products)
    return Table(
        {item.name: _column(item.name, [getattr(found, item.name) for found in items]) for item in fields(Product)}
    )


def _column(name: str, values: list[object]) -> Column:
    if name in _DAYS:
        days = [_NO_DAY if day is None else to_days(name, cast("date", day)) for day in values]
        return Numbers(Kind.DATE, np.array(days, np.int32))
    if name == "liquidity_index":
        return Numbers(Kind.INTEGER, np.array(values, np.int64))
    return plain(cast("list[str]", values))


def _read(product: ProductSearchResponse.Product) -> Product:
    return Product(
        symbol=product.symbol,
        name=product.name,
        exchange=product.exchange,
        currency=product.currency,
        local_code=product.local_code,
        isin=product.isin,
        market_segment=product.market_segment,
        entity_class=product.entity_class,
        product_type=_enum_name(types.ProductType, product.product_type),
        item_type=_enum_name(types.ItemType, product.item_type),
        region=product.region,
        source=product.source,
        first_day=_day(product.first_day),
        last_day=_day(product.last_day),
        liquidity_index=product.liquidity_index,
    )


def _day(value: types.Date) -> date | None:
    parts = (value.year, value.month, value.day)
    try:
        return date(*parts) if any(parts) else None
    except ValueError:
        shown = "-".join(map(str, parts))
    raise ValueError(f"expected days of the calendar, found {shown} (year-month-day)")


def _enum_name(enum: EnumTypeWrapper, number: int) -> str:
    return enum.Name(number) if number in enum.values() else str(number)
