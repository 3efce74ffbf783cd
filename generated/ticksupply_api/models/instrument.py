from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_object, mistyped, others, show_free

_KNOWN = frozenset({"symbol", "base", "quote", "instrument_type"})


@_attrs_define
class Instrument:
    """Something traded on an exchange.

    Attributes:
        symbol: Symbol of the instrument on its exchange.
        base: Base asset.
        quote: Quote asset.
        instrument_type: Type, such as `spot`, `perpetual`, `futures` or `option`. The list is open.
        additional_properties: Fields that the contract does not name, as they came.
    """

    symbol: str
    base: str | None = None
    quote: str | None = None
    instrument_type: str | None = None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=show_free)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read it from parsed JSON.

        Raises:
            KeyError: A required field is missing.
            TypeError: A value is of the wrong JSON type.
            ValueError: A number or a time cannot be read.
        """
        if not isinstance(src_dict, dict):
            src_dict = as_object("Instrument", src_dict)
        symbol = src_dict["symbol"]
        if not isinstance(symbol, str):
            raise mistyped("Instrument.symbol", "a string", symbol)

        base = src_dict.get("base")
        if base is not None:
            if not isinstance(base, str):
                raise mistyped("Instrument.base", "a string", base)

        quote = src_dict.get("quote")
        if quote is not None:
            if not isinstance(quote, str):
                raise mistyped("Instrument.quote", "a string", quote)

        instrument_type = src_dict.get("instrument_type")
        if instrument_type is not None:
            if not isinstance(instrument_type, str):
                raise mistyped("Instrument.instrument_type", "a string", instrument_type)

        made = cls(symbol, base, quote, instrument_type)
        if (
            len(src_dict) > 1
            and (len(src_dict) != 4 or base is None or quote is None or instrument_type is None)
            and not src_dict.keys() <= _KNOWN
        ):
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "symbol": self.symbol,
        }
        if self.base is not None:
            made["base"] = self.base
        if self.quote is not None:
            made["quote"] = self.quote
        if self.instrument_type is not None:
            made["instrument_type"] = self.instrument_type
        made.update(self.additional_properties)
        return made
