"""Contains all the data models used in inputs/outputs."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .access_status import AccessStatus
    from .artifact import Artifact
    from .availability import Availability
    from .availability_range import AvailabilityRange
    from .billing_summary import BillingSummary
    from .column import Column
    from .create_export_request import CreateExportRequest
    from .create_schema_request import CreateSchemaRequest
    from .create_subscription_request import CreateSubscriptionRequest
    from .data_column import DataColumn
    from .datastream import Datastream
    from .datastream_page import DatastreamPage
    from .derive import Derive
    from .derive_operation import DeriveOperation
    from .derive_rule import DeriveRule
    from .download import Download
    from .error_code import ErrorCode
    from .error_detail import ErrorDetail
    from .error_details import ErrorDetails
    from .error_response import ErrorResponse
    from .exchange import Exchange
    from .export_format import ExportFormat
    from .export_job import ExportJob
    from .export_page import ExportPage
    from .export_status import ExportStatus
    from .extractor import Extractor
    from .format_options import FormatOptions
    from .inline_schema import InlineSchema
    from .instrument import Instrument
    from .instrument_page import InstrumentPage
    from .json_extraction import JsonExtraction
    from .meta_column import MetaColumn
    from .meta_format import MetaFormat
    from .meta_value import MetaValue
    from .schema import Schema
    from .schema_content import SchemaContent
    from .schema_list_item import SchemaListItem
    from .span import Span
    from .stream_category import StreamCategory
    from .subscription import Subscription
    from .subscription_detail import SubscriptionDetail
    from .subscription_page import SubscriptionPage
    from .subscription_status import SubscriptionStatus
    from .tagged_array import TaggedArray
    from .unfold import Unfold
    from .unfold_rule import UnfoldRule
    from .usage import Usage
else:
    _MODULES = {
        "AccessStatus": "access_status",
        "Artifact": "artifact",
        "Availability": "availability",
        "AvailabilityRange": "availability_range",
        "BillingSummary": "billing_summary",
        "Column": "column",
        "CreateExportRequest": "create_export_request",
        "CreateSchemaRequest": "create_schema_request",
        "CreateSubscriptionRequest": "create_subscription_request",
        "DataColumn": "data_column",
        "Datastream": "datastream",
        "DatastreamPage": "datastream_page",
        "Derive": "derive",
        "DeriveOperation": "derive_operation",
        "DeriveRule": "derive_rule",
        "Download": "download",
        "ErrorCode": "error_code",
        "ErrorDetail": "error_detail",
        "ErrorDetails": "error_details",
        "ErrorResponse": "error_response",
        "Exchange": "exchange",
        "ExportFormat": "export_format",
        "ExportJob": "export_job",
        "ExportPage": "export_page",
        "ExportStatus": "export_status",
        "Extractor": "extractor",
        "FormatOptions": "format_options",
        "InlineSchema": "inline_schema",
        "Instrument": "instrument",
        "InstrumentPage": "instrument_page",
        "JsonExtraction": "json_extraction",
        "MetaColumn": "meta_column",
        "MetaFormat": "meta_format",
        "MetaValue": "meta_value",
        "Schema": "schema",
        "SchemaContent": "schema_content",
        "SchemaListItem": "schema_list_item",
        "Span": "span",
        "StreamCategory": "stream_category",
        "Subscription": "subscription",
        "SubscriptionDetail": "subscription_detail",
        "SubscriptionPage": "subscription_page",
        "SubscriptionStatus": "subscription_status",
        "TaggedArray": "tagged_array",
        "Unfold": "unfold",
        "UnfoldRule": "unfold_rule",
        "Usage": "usage",
    }

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module("." + _MODULES[name], __name__), name)
        globals()[name] = value
        return value


__all__ = (
    "AccessStatus",
    "Artifact",
    "Availability",
    "AvailabilityRange",
    "BillingSummary",
    "Column",
    "CreateExportRequest",
    "CreateSchemaRequest",
    "CreateSubscriptionRequest",
    "DataColumn",
    "Datastream",
    "DatastreamPage",
    "Derive",
    "DeriveOperation",
    "DeriveRule",
    "Download",
    "ErrorCode",
    "ErrorDetail",
    "ErrorDetails",
    "ErrorResponse",
    "Exchange",
    "ExportFormat",
    "ExportJob",
    "ExportPage",
    "ExportStatus",
    "Extractor",
    "FormatOptions",
    "InlineSchema",
    "Instrument",
    "InstrumentPage",
    "JsonExtraction",
    "MetaColumn",
    "MetaFormat",
    "MetaValue",
    "Schema",
    "SchemaContent",
    "SchemaListItem",
    "Span",
    "StreamCategory",
    "Subscription",
    "SubscriptionDetail",
    "SubscriptionPage",
    "SubscriptionStatus",
    "TaggedArray",
    "Unfold",
    "UnfoldRule",
    "Usage",
)
