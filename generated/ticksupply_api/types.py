"""What the endpoints and the models share."""

import datetime
import re
from collections.abc import Iterable, Mapping, MutableMapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from attrs import define

if TYPE_CHECKING:
    Unset: TypeAlias = None
else:
    Unset = type(None)

UNSET = None

T = TypeVar("T")

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
DECIMAL = re.compile("-?[0-9]+")
QUERY = re.compile("[?#]")


@define
class Response(Generic[T]):
    """A response from an endpoint."""

    status_code: HTTPStatus
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None


def mistyped(where: str, expected: str, value: object) -> TypeError:
    """Make the error for a value of the wrong JSON type; it names the type only, as the value may be a secret."""
    return TypeError(f"{where}: expected {expected}, got {type(value).__name__}")


def as_object(where: str, value: Any) -> dict[str, Any]:
    """Read a JSON object."""
    if isinstance(value, Mapping):
        return dict(value)
    raise mistyped(where, "an object", value)


def as_text(where: str, value: Any) -> str:
    """Read a JSON string."""
    if isinstance(value, str):
        return value
    raise mistyped(where, "a string", value)


def as_integer(where: str, value: Any) -> int:
    """Read a JSON integer, or one written as a JSON string, exactly: never by way of a float."""
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if not isinstance(value, str):
        raise mistyped(where, "an integer", value)
    if DECIMAL.fullmatch(value) is None:
        raise ValueError(f"{where}: not an integer")
    return int(value)


def as_number(where: str, value: Any) -> float:
    """Read a JSON number whose digits do not matter."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise mistyped(where, "a number", value)


def as_moment(where: str, value: Any) -> datetime.datetime:
    """Read RFC 3339 text; digits past the microsecond are cut, and text without an offset is in UTC."""
    if not isinstance(value, str):
        raise mistyped(where, "a string", value)
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError:
        try:
            moment = datetime.datetime.fromisoformat(value.upper())
        except ValueError:
            raise ValueError(f"{where}: not an RFC 3339 time: {value!r}") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)


def moment_text(moment: datetime.datetime) -> str:
    """Write RFC 3339 text, with `Z` for UTC."""
    return moment.isoformat().replace("+00:00", "Z")


def moment_at(nanoseconds: int) -> datetime.datetime:
    """Turn nanoseconds since 1970 into a moment in UTC, floored to the microsecond, without a float."""
    return EPOCH + datetime.timedelta(microseconds=nanoseconds // 1000)


def others(source: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Keep the fields that the contract does not name."""
    return {key: value for key, value in source.items() if key not in known}


def without_query(address: str) -> str:
    """Hide what follows the path of an address: the query of a presigned one is a secret."""
    path, *rest = QUERY.split(address, maxsplit=1)
    return f"{path}?..." if rest else address


def without_queries(value: Any) -> Any:
    """Copy JSON with every address in it cut short."""
    if isinstance(value, dict):
        return {key: without_queries(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_queries(item) for item in value]
    return without_query(value) if isinstance(value, str) and "://" in value else value


def show_address(value: Any) -> str:
    """Write a field that holds an address for a repr."""
    return repr(without_query(str(value)))


def show_free(value: Any) -> str:
    """Write free-form JSON, which may hold an address, for a repr."""
    return repr(without_queries(value))


__all__ = (
    "UNSET",
    "Response",
    "Unset",
    "as_integer",
    "as_moment",
    "as_number",
    "as_object",
    "as_text",
    "mistyped",
    "moment_at",
    "moment_text",
    "others",
    "show_address",
    "show_free",
)
