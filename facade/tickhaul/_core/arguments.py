"""What people pass becomes what goes into a request, checked before anything is sent."""

from __future__ import annotations

import re
from inspect import iscoroutinefunction
from operator import index
from typing import TYPE_CHECKING, SupportsIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ticksupply_api.models import Datastream, ExportJob, Schema, SchemaListItem, Subscription, SubscriptionDetail

#: Characters that are never part of a code, an id or a symbol, and could change where a request goes.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MAX_SEGMENT = 256
#: What the system's clocks and sockets can count; longer than anybody means.
_MAX_SECONDS = 1e9


def segment(name: str, value: str) -> str:
    """A text that becomes one segment of a path, such as an exchange code or an instrument's symbol.

    Anything a path can carry when percent-encoded is let through, for symbols hold slashes and colons.

    Args:
        name: the parameter's name, for the error.
        value: what the caller passed.

    Raises:
        ValueError: it is empty, too long, holds control characters, or is or holds ``.`` or ``..`` as a step of a path
            (which would collapse; some proxies decode a path before they look at it).
        TypeError: it is not text.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name}={value!r}: expected a str, not {type(value).__name__}")
    steps = re.split(r"[/\\]", value)
    if not value.strip() or "." in steps or ".." in steps or _UNSAFE.search(value) or len(value) > _MAX_SEGMENT:
        raise ValueError(f"{name}={value[:_MAX_SEGMENT]!r}: expected a code or symbol such as 'binance' or 'BTCUSDT'")
    return value


def datastream_id(datastream: int | Datastream) -> int:
    """The id of a datastream given as itself or by its id.

    Raises:
        ValueError: the id is not positive (docs: guides/error-handling).
        TypeError: it is neither.
    """
    value: object = getattr(datastream, "datastream_id", datastream)
    try:
        number = index(value)  # type: ignore[arg-type]  # a wrong type is what this asks about
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(
            f"datastream={datastream!r}: expected a Datastream or its integer id, not {type(datastream).__name__}; "
            "client.datastreams.find(exchange, instrument, stream_type) gives one"
        )
    if not 0 < number < 2**63:
        raise ValueError(f"datastream={number}: expected a positive 64-bit id")
    return number


def export_id(job: str | ExportJob) -> str:
    """The id of an export job given as itself or by its id (docs: api-reference/overview for the form)."""
    return _prefixed("job", "exp_", job)


def subscription_id(subscription: str | Subscription | SubscriptionDetail) -> str:
    """The id of a subscription given as itself or by its id."""
    return _prefixed("subscription", "sub_", subscription)


def schema_id(schema: str | Schema | SchemaListItem) -> str:
    """The id of an export schema given as itself or by its id."""
    return _prefixed("schema", "sch_", schema)


def _prefixed(name: str, prefix: str, value: object) -> str:
    """Ids are opaque but for their documented prefix, which tells a job from a subscription when one is mistaken."""
    text = getattr(value, "id", value)
    if not isinstance(text, str):
        raise TypeError(f"{name}={value!r}: expected the object or its id, not {type(value).__name__}")
    if not re.fullmatch(rf"{prefix}[A-Za-z0-9_-]{{1,{_MAX_SEGMENT}}}", text):
        raise ValueError(f"{name}={text[:_MAX_SEGMENT]!r}: expected an id that begins with {prefix!r}")
    return text


def one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    """A value of a closed list.

    Raises:
        ValueError: it is not on the list.
    """
    if value not in allowed:
        raise ValueError(f"{name}={value!r}: expected one of {', '.join(allowed)}")
    return value


def count(name: str, value: SupportsIndex, least: int) -> int:
    """A whole number.

    Raises:
        ValueError: it is less than ``least``.
        TypeError: it is no whole number.
    """
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise TypeError(f"{name}={value!r}: expected a whole number, not {type(value).__name__}")
    number = index(value)
    if number < least:
        raise ValueError(f"{name}={number}: expected {least} or more")
    return number


def seconds(name: str, value: float) -> float:
    """A duration in seconds.

    Raises:
        ValueError: it is not positive, or longer than clocks can count.
        TypeError: it is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}={value!r}: expected a number of seconds, not {type(value).__name__}")
    if not 0 < value <= _MAX_SECONDS:
        raise ValueError(f"{name}={value!r}: expected a positive number of seconds, at most {_MAX_SECONDS:.0e}")
    return float(value)


def seconds_or_unlimited(name: str, value: float | None) -> float | None:
    """A duration in seconds, or ``None`` for no limit."""
    return None if value is None else seconds(name, value)


def check_callback(name: str, value: object) -> None:
    """See to it that a value is a function that can be called while something goes on, or ``None``.

    Raises:
        TypeError: it cannot be called, or calling it would only make a coroutine, which nobody would run.
    """
    if value is not None and not callable(value):
        raise TypeError(f"{name}={value!r}: expected a function, not {type(value).__name__}")
    if iscoroutinefunction(value) or iscoroutinefunction(getattr(value, "__call__", None)):  # noqa: B004 (see above)
        raise TypeError(f"{name}: expected a plain function; nobody would run a coroutine")
