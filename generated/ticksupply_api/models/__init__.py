"""Contains all the data models used in inputs/outputs"""

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
