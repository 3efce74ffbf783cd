from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.data_column import DataColumn
from ..models.meta_column import MetaColumn
from ..types import as_object, mistyped, others, show_free

_KNOWN = frozenset({"output_column", "meta", "data"})


@_attrs_define
class Column:
    """A column of the exported file, filled either with something the service knows about the message (`meta`) or with
    something taken out of it (`data`); exactly one of the two.

    Attributes:
        output_column: Name of the column in the file.
        meta: What the service knows about the message.
        data: What is taken out of the message, by exchange.
        additional_properties: Fields that the contract does not name, as they came.
    """

    output_column: str
    meta: MetaColumn | None = None
    data: DataColumn | None = None
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
            src_dict = as_object("Column", src_dict)
        output_column = src_dict["output_column"]
        if not isinstance(output_column, str):
            raise mistyped("Column.output_column", "a string", output_column)

        meta = src_dict.get("meta")
        if meta is not None:
            meta = MetaColumn.from_dict(meta)

        data = src_dict.get("data")
        if data is not None:
            data = DataColumn.from_dict(data)

        made = cls(output_column, meta, data)
        if len(src_dict) > 1 and (len(src_dict) != 3 or meta is None or data is None) and not src_dict.keys() <= _KNOWN:
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "output_column": self.output_column,
        }
        if self.meta is not None:
            made["meta"] = self.meta.to_dict()
        if self.data is not None:
            made["data"] = self.data.to_dict()
        made.update(self.additional_properties)
        return made
