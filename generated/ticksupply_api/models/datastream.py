from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import as_integer, as_object, mistyped, others, show_free

_KNOWN = frozenset({"datastream_id", "exchange", "instrument", "stream_type", "wire_format"})


@_attrs_define
class Datastream:
    """One stream of messages of one instrument that can be recorded.

    Attributes:
        datastream_id: Id of the datastream, used to subscribe and to export.
        exchange: Code of the exchange.
        instrument: Symbol of the instrument.
        stream_type: What the stream carries, such as `trades` or `depth`.
        wire_format: How the exchange sends it, such as `json` or `sbe`.
        additional_properties: Fields that the contract does not name, as they came.
    """

    datastream_id: int
    exchange: str
    instrument: str
    stream_type: str
    wire_format: str
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
            src_dict = as_object("Datastream", src_dict)
        datastream_id = src_dict["datastream_id"]
        if datastream_id.__class__ is not int:
            datastream_id = as_integer("Datastream.datastream_id", datastream_id)

        exchange = src_dict["exchange"]
        if not isinstance(exchange, str):
            raise mistyped("Datastream.exchange", "a string", exchange)

        instrument = src_dict["instrument"]
        if not isinstance(instrument, str):
            raise mistyped("Datastream.instrument", "a string", instrument)

        stream_type = src_dict["stream_type"]
        if not isinstance(stream_type, str):
            raise mistyped("Datastream.stream_type", "a string", stream_type)

        wire_format = src_dict["wire_format"]
        if not isinstance(wire_format, str):
            raise mistyped("Datastream.wire_format", "a string", wire_format)

        made = cls(datastream_id, exchange, instrument, stream_type, wire_format)
        if len(src_dict) > 5:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "datastream_id": self.datastream_id,
            "exchange": self.exchange,
            "instrument": self.instrument,
            "stream_type": self.stream_type,
            "wire_format": self.wire_format,
        }
        made.update(self.additional_properties)
        return made
