from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.export_format import ExportFormat
from ..models.export_status import ExportStatus
from ..models.format_options import FormatOptions
from ..types import (
    as_integer,
    as_moment,
    as_object,
    as_text,
    mistyped,
    moment_at,
    moment_text,
    others,
    show_free,
)

_KNOWN = frozenset(
    {
        "id",
        "datastream_id",
        "start_time",
        "end_time",
        "format",
        "status",
        "created_at",
        "format_options",
        "reason",
        "started_at",
        "finished_at",
    }
)
_EXPORT_FORMAT = {member.value: member for member in ExportFormat}
_EXPORT_STATUS = {member.value: member for member in ExportStatus}


@_attrs_define
class ExportJob:
    """A job that writes a time range of a datastream to files.

    Attributes:
        id: Id of the job.
        datastream_id: Id of the datastream.
        start_time: Start of the range.
        end_time: End of the range.
        format: File format.
        status: State of the job.
        created_at: When the job was created.
        format_options: The options in effect, defaults filled in; empty for CSV. Older versions of the service
            leave it out.
        reason: Why the job failed; only there when it has.
        started_at: When the job began to run.
        finished_at: When the job ended.
        additional_properties: Fields that the contract does not name, as they came.
    """

    id: str
    datastream_id: int
    start_time: int
    end_time: int
    format: ExportFormat | str
    status: ExportStatus | str
    created_at: datetime.datetime
    format_options: FormatOptions | None = None
    reason: str | None = None
    started_at: datetime.datetime | None = None
    finished_at: datetime.datetime | None = None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=show_free)

    @property
    def start(self) -> datetime.datetime:
        """`start_time` as a moment in UTC, floored to the microsecond."""
        return moment_at(self.start_time)

    @property
    def end(self) -> datetime.datetime:
        """`end_time` as a moment in UTC, floored to the microsecond."""
        return moment_at(self.end_time)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Read it from parsed JSON.

        Raises:
            KeyError: A required field is missing.
            TypeError: A value is of the wrong JSON type.
            ValueError: A number or a time cannot be read.
        """
        if not isinstance(src_dict, dict):
            src_dict = as_object("ExportJob", src_dict)
        id = src_dict["id"]
        if not isinstance(id, str):
            raise mistyped("ExportJob.id", "a string", id)

        datastream_id = src_dict["datastream_id"]
        if datastream_id.__class__ is not int:
            datastream_id = as_integer("ExportJob.datastream_id", datastream_id)

        start_time = src_dict["start_time"]
        if start_time.__class__ is not int:
            start_time = as_integer("ExportJob.start_time", start_time)

        end_time = src_dict["end_time"]
        if end_time.__class__ is not int:
            end_time = as_integer("ExportJob.end_time", end_time)

        format_ = src_dict["format"]
        format_ = _EXPORT_FORMAT.get(format_) or as_text("ExportJob.format", format_)

        status = src_dict["status"]
        status = _EXPORT_STATUS.get(status) or as_text("ExportJob.status", status)

        created_at = src_dict["created_at"]
        created_at = as_moment("ExportJob.created_at", created_at)

        format_options = src_dict.get("format_options")
        if format_options is not None:
            format_options = FormatOptions.from_dict(format_options)

        reason = src_dict.get("reason")
        if reason is not None:
            if not isinstance(reason, str):
                raise mistyped("ExportJob.reason", "a string", reason)

        started_at = src_dict.get("started_at")
        if started_at is not None:
            started_at = as_moment("ExportJob.started_at", started_at)

        finished_at = src_dict.get("finished_at")
        if finished_at is not None:
            finished_at = as_moment("ExportJob.finished_at", finished_at)

        made = cls(
            id,
            datastream_id,
            start_time,
            end_time,
            format_,
            status,
            created_at,
            format_options,
            reason,
            started_at,
            finished_at,
        )
        if (
            len(src_dict) > 7
            and (
                len(src_dict) != 11
                or format_options is None
                or reason is None
                or started_at is None
                or finished_at is None
            )
            and not src_dict.keys() <= _KNOWN
        ):
            made.additional_properties = others(src_dict, _KNOWN)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write it as what JSON can hold; absent fields are left out."""
        made: dict[str, Any] = {
            "id": self.id,
            "datastream_id": self.datastream_id,
            "start_time": self.start_time,
            "end_time": self.end_time,
            "format": str(self.format),
            "status": str(self.status),
            "created_at": moment_text(self.created_at),
        }
        if self.format_options is not None:
            made["format_options"] = self.format_options.to_dict()
        if self.reason is not None:
            made["reason"] = self.reason
        if self.started_at is not None:
            made["started_at"] = moment_text(self.started_at)
        if self.finished_at is not None:
            made["finished_at"] = moment_text(self.finished_at)
        made.update(self.additional_properties)
        return made
