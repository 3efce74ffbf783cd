"""Requests of contract 1.1.2, from what people pass.

Which fields there are, which are required and how many symbols one request takes: reference, xyt-hub sections 5.3 and 5.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from xythub_proto.v1_1_2 import types_pb2 as types
from xythub_proto.v1_1_2.api_data_pb2 import TickDataRequest

from tickhaul._core.arguments import count
from tickhaul.xythub.moments import to_day, to_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

    from tickhaul.xythub.moments import DayLike, TimeOfDay

MOST_SYMBOLS = 10
_INT32_MAX = 2**31 - 1


def header() -> types.RequestHeader:
    """The header of a request, with an id of its own."""
    return types.RequestHeader(reference_id=types.UUID(value=str(uuid4())))


def texts(
    name: str, value: str | Iterable[str] | None, *, required: bool = False, most: int | None = None
) -> list[str]:
    """A list of texts, such as symbols or filters; a single one counts as a list.

    Args:
        name: the parameter's name, for errors.
        value: what was passed.
        required: whether there must be one at least.
        most: how many there may be.

    Raises:
        ValueError: there are too few, too many, or empty ones.
        TypeError: one of them is no text.
    """
    found = [value] if isinstance(value, str) else list(value or ())
    for text in found:
        if not isinstance(text, str):
            raise TypeError(f"{name}: expected texts, not a {type(text).__name__}")
        if not text:
            raise ValueError(f"{name}: expected texts that are not empty")
    if required and not found:
        raise ValueError(f"{name}: expected one at least")
    if most is not None and len(found) > most:
        raise ValueError(f"{name}: {len(found)} of them, and the service takes {most} in one request")
    return found


def symbols(value: str | Iterable[str], *, most: int | None = None) -> list[str]:
    """The symbols of a request."""
    return texts("symbols", value, required=True, most=most)


def text(name: str, value: str) -> str:
    """A text that must be there."""
    (found,) = texts(name, [value], required=True)
    return found


def day(name: str, value: DayLike) -> types.Date:
    """A day."""
    found = to_day(name, value)
    return types.Date(year=found.year, month=found.month, day=found.day)


def optional_day(name: str, value: DayLike | None) -> types.Date | None:
    """A day, or none."""
    return None if value is None else day(name, value)


def optional_time(name: str, value: TimeOfDay | None) -> types.Time | None:
    """A time of day, or none."""
    if value is None:
        return None
    milliseconds, nanoseconds = divmod(to_time(name, value), 1_000_000)
    return types.Time(milliseconds=milliseconds, nanoseconds=nanoseconds)


def optional_count(name: str, value: int | None, *, least: int = 1) -> int | None:
    """A number of 32 bits, or none."""
    if value is not None and count(name, value, least) > _INT32_MAX:
        raise ValueError(f"{name}={value}: expected at most {_INT32_MAX}")
    return value


def member(name: str, value: str | int, enum: EnumTypeWrapper) -> str:
    """The name of an enumeration's member, given by it in any case, or by its number.

    Raises:
        ValueError: there is no such member.
    """
    if isinstance(value, str) and value.upper() in enum.keys():  # noqa: SIM118 (it is no mapping)
        return value.upper()
    if isinstance(value, int) and not isinstance(value, bool) and value in enum.values():
        return enum.Name(value)
    raise ValueError(f"{name}={value!r}: expected one of {', '.join(enum.keys())}")


def members(name: str, values: str | int | Iterable[str | int] | None, enum: EnumTypeWrapper) -> list[str]:
    """The names of members of an enumeration."""
    if values is None:
        return []
    return [member(name, value, enum) for value in ([values] if isinstance(values, str | int) else values)]


#: Columns of tick data that only trades or only quotes fill (reference: xyt-hub section 8.2, the table of `tick_data`).
_TRADES = frozenset({"trade", "trade_size", "trade_condition"})
_QUOTES = frozenset({"bid", "bid_size", "ask", "ask_size"})
EMPTY_TICK_COLUMNS = {TickDataRequest.TRADES: _QUOTES, TickDataRequest.QUOTES: _TRADES}
