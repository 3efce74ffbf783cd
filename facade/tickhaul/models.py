"""The shapes of the service's answers: generated attrs classes, under the names people import.

A field the service leaves out is ``None``. A field it adds is kept in ``additional_properties``. A value of an
enumeration that this version does not know is kept as text, so compare with text: ``job.status == "succeeded"``.
Moments in nanoseconds are ``int``; beside them stands a datetime without the digits it has no room for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ticksupply_api.models import (
        AccessStatus,
        Artifact,
        Availability,
        AvailabilityRange,
        BillingSummary,
        Column,
        DataColumn,
        Datastream,
        Derive,
        DeriveOperation,
        DeriveRule,
        Download,
        Exchange,
        ExportFormat,
        ExportJob,
        ExportStatus,
        Extractor,
        FormatOptions,
        InlineSchema,
        Instrument,
        JsonExtraction,
        MetaColumn,
        MetaFormat,
        MetaValue,
        Schema,
        SchemaListItem,
        Span,
        StreamCategory,
        Subscription,
        SubscriptionDetail,
        SubscriptionStatus,
        TaggedArray,
        Unfold,
        UnfoldRule,
        Usage,
    )

__all__ = [
    "AccessStatus",
    "Artifact",
    "Availability",
    "AvailabilityRange",
    "BillingSummary",
    "Column",
    "DataColumn",
    "Datastream",
    "Derive",
    "DeriveOperation",
    "DeriveRule",
    "Download",
    "Exchange",
    "ExportFormat",
    "ExportJob",
    "ExportStatus",
    "Extractor",
    "FormatOptions",
    "InlineSchema",
    "Instrument",
    "JsonExtraction",
    "MetaColumn",
    "MetaFormat",
    "MetaValue",
    "Schema",
    "SchemaListItem",
    "Span",
    "StreamCategory",
    "Subscription",
    "SubscriptionDetail",
    "SubscriptionStatus",
    "TaggedArray",
    "Unfold",
    "UnfoldRule",
    "Usage",
]


# Hidden from type checkers, which would take it for a promise of any name at all.
if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module 'tickhaul.models' has no attribute {name!r}")
        from ticksupply_api import models  # noqa: PLC0415 (the generated package loads with its first use)

        value: object = getattr(models, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
