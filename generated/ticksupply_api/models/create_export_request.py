from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.export_format import ExportFormat
from ..models.format_options import FormatOptions
from ..models.inline_schema import InlineSchema
from ..types import as_integer, as_object, as_text, mistyped, others, show_free

_KNOWN = frozenset({"datastream_id", "start_time", "end_time", "schema", "format", "format_options"})
_EXPORT_FORMAT = {member.value: member for member in ExportFormat}


@_attrs_define
class CreateExportRequest:
    """What to export, and how.

    Attributes:
        datastream_id: Id of the datastream.
        start_time: Start of the range.
        end_time: End of the range.
        schema: What a row looks like; `raw` when left out.
        format: File format; `csv` when left out.
        format_options: Options of the chosen format; the service's defaults when left out. An unknown key is
            refused.
        additional_properties: Fields that the contract does not name, as they came.
    """

    datastream_id: int
    start_time: int | str
    end_time: int | str
    schema: str | InlineSchema | None = None
    format: ExportFormat | str | None = None
    format_options: FormatOptions | None = None
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
            src_dict = as_object("CreateExportRequest", src_dict)
        datastream_id = src_dict["datastream_id"]
        if datastream_id.__class__ is not int:
            datastream_id = as_integer("CreateExportRequest.datastream_id", datastream_id)

        start_time = src_dict["start_time"]
        if start_time.__class__ is not int and not isinstance(start_time, str):
            raise mistyped("CreateExportRequest.start_time", "an integer or a string", start_time)

        end_time = src_dict["end_time"]
        if end_time.__class__ is not int and not isinstance(end_time, str):
            raise mistyped("CreateExportRequest.end_time", "an integer or a string", end_time)

        schema = src_dict.get("schema")
        if schema is not None:
            if not isinstance(schema, str):
                schema = InlineSchema.from_dict(schema)

        format_ = src_dict.get("format")
        if format_ is not None:
            format_ = _EXPORT_FORMAT.get(format_) or as_text("CreateExportRequest.format", format_)

        format_options = src_dict.get("format_options")
        if format_options is not None:
            format_options = FormatOptions.from_dict(format_options)

        made = cls(datastream_id, start_time, end_time, schema, format_, format_options)
        if (
            len(src_dict) > 3
            and (len(src_dict) != 6 or schema is None or format_ is None or format_options is None)
            and not src_dict.keys() <= _KNOWN
        ):
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "datastream_id": self.datastream_id,
            "start_time": self.start_time,
            "end_time": self.end_time,
        }
        if self.schema is not None:
            made["schema"] = self.schema if isinstance(self.schema, str) else self.schema.to_dict()
        if self.format is not None:
            made["format"] = str(self.format)
        if self.format_options is not None:
            made["format_options"] = self.format_options.to_dict()
        made.update(self.additional_properties)
        return made
