"""The types of the schema language, and how JSON values become values of them.

A value that does not fit its type becomes null: what the service does with one is not stated.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING

from tickhaul_sandbox.market.generated import write
from tickhaul_sandbox.schemas.paths import Missing

if TYPE_CHECKING:
    from tickhaul_sandbox.artifacts.tables import Value
    from tickhaul_sandbox.jsontypes import Json

_DECIMAL = re.compile(r"decimal\(([0-9]{1,2})\)")
_PRECISION = 38
_EXACT = Context(prec=_PRECISION, rounding=ROUND_DOWN)
_INT64 = 1 << 63
_BOOLEANS = {"true": True, "false": False}
_SQL_NAMES = {"f64": "DOUBLE", "i64": "BIGINT", "string": "VARCHAR", "bool": "BOOLEAN"}


@dataclass(frozen=True)
class DataType:
    """A type of the language.

    Attributes:
        name: `decimal`, `f64`, `i64`, `string` or `bool`.
        places: The decimal places of a decimal, else 0.
    """

    name: str
    places: int = 0

    @property
    def sql(self) -> str:
        """Its name in DuckDB."""
        return f"DECIMAL({_PRECISION},{self.places})" if self.name == "decimal" else _SQL_NAMES[self.name]

    def cast(self, value: Json | Missing) -> Value:
        """Return a JSON value as a value of this type, null if it does not fit."""
        if value is None or isinstance(value, Missing):
            return None
        if self.name == "string":
            return _whole(value if isinstance(value, str) else write(value))
        if self.name == "bool":
            return _boolean(value)
        number = _number(value)
        if number is None:
            return None
        if self.name == "f64":
            return float(number)
        return _integer(number) if self.name == "i64" else self._decimal(number)

    def _decimal(self, number: Decimal) -> Decimal | None:
        try:
            return number.quantize(Decimal((0, (1,), -self.places)), context=_EXACT)
        except InvalidOperation:
            return None


def _whole(text: str) -> str:
    # Half of a surrogate pair is possible in JSON, but no file can hold it.
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def parse_type(text: str) -> DataType | None:
    """Return the type a text names, `None` if it names none."""
    if text in _SQL_NAMES:
        return DataType(text)
    match = _DECIMAL.fullmatch(text)
    return DataType("decimal", int(match[1])) if match and int(match[1]) <= _PRECISION else None


def _number(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(value if not isinstance(value, float) else repr(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and math.isfinite(float(number)) else None


def _integer(number: Decimal) -> int | None:
    return int(number) if number == number.to_integral_value() and -_INT64 <= number < _INT64 else None


def _boolean(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _BOOLEANS.get(value.lower())
    return bool(value) if isinstance(value, int) and value in {0, 1} else None
