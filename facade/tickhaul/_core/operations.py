"""The 29 operations of the service: which generated module speaks each, and whether its success has a body.

A test holds this table against the contract.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from tickhaul._threads import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from ticksupply_api import models

T_co = TypeVar("T_co", covariant=True)

#: Bytes of a response's body. The largest page of any list stays below one megabyte; small texts can become objects of
#: some twenty times their size, and this is the bound on that too.
_LIMIT = 8 << 20
#: The one list without pages of things that are long: a presigned URL for each file of a job, 2 KB at most and ten thousand files.
_DOWNLOAD_LIMIT = 24 << 20


@dataclass(frozen=True, slots=True)
class Operation(Generic[T_co]):
    """One operation.

    Attributes:
        name: resource and method, as people call it.
        module: its generated module below ``ticksupply_api.api``.
        method: the HTTP method.
        has_body: whether a success has one.
        limit: bytes a response's body may have; a larger one is given up while it arrives.
    """

    name: str
    module: str
    method: str
    has_body: bool = True
    limit: int = _LIMIT

    @property
    def takes_key(self) -> bool:
        """Whether it accepts an ``Idempotency-Key`` (docs: guides/idempotency: any POST or DELETE)."""
        return self.method in ("POST", "DELETE")

    @property
    def repeatable(self) -> bool:
        """Whether sending it again is harmless even if it was carried out: reads are, and writes with a key."""
        return self.method == "GET" or self.takes_key

    def request(self, **arguments: object) -> dict[str, object]:
        """Method, URL, query and JSON body, by the generated module."""
        build = cast("Callable[..., dict[str, object]]", self._generated("_get_kwargs"))
        return build(**arguments)

    def parse(self, body: object) -> T_co:
        """The model in a success body, by the generated module."""
        read = cast("Callable[..., T_co]", self._generated("_parse_response"))
        return read(client=None, response=body)

    def _generated(self, name: str) -> object:
        module = f"ticksupply_api.api.{self.module}"
        load(module)
        return getattr(sys.modules[module], name)


LIST_EXCHANGES: Operation[list[models.Exchange]] = Operation("exchanges.list", "exchanges.list_exchanges", "GET")
LIST_INSTRUMENTS: Operation[models.InstrumentPage] = Operation(
    "exchanges.list_instruments", "exchanges.list_instruments", "GET"
)
LIST_INSTRUMENT_DATASTREAMS: Operation[models.DatastreamPage] = Operation(
    "exchanges.list_datastreams", "exchanges.list_instrument_datastreams", "GET"
)
LIST_DATASTREAMS: Operation[models.DatastreamPage] = Operation(
    "datastreams.list", "datastreams.list_datastreams", "GET"
)
GET_AVAILABILITY: Operation[models.Availability] = Operation("availability.get", "availability.get_availability", "GET")

CREATE_SUBSCRIPTION: Operation[models.SubscriptionDetail] = Operation(
    "subscriptions.create", "subscriptions.create_subscription", "POST"
)
LIST_SUBSCRIPTIONS: Operation[models.SubscriptionPage] = Operation(
    "subscriptions.list", "subscriptions.list_subscriptions", "GET"
)
GET_SUBSCRIPTION: Operation[models.Subscription] = Operation(
    "subscriptions.get", "subscriptions.get_subscription", "GET"
)
DELETE_SUBSCRIPTION: Operation[None] = Operation(
    "subscriptions.delete", "subscriptions.delete_subscription", "DELETE", has_body=False
)
PAUSE_SUBSCRIPTION: Operation[None] = Operation(
    "subscriptions.pause", "subscriptions.pause_subscription", "POST", has_body=False
)
RESUME_SUBSCRIPTION: Operation[None] = Operation(
    "subscriptions.resume", "subscriptions.resume_subscription", "POST", has_body=False
)
LIST_SUBSCRIPTION_SPANS: Operation[list[models.Span]] = Operation(
    "subscriptions.list_spans", "subscriptions.list_subscription_spans", "GET"
)

CREATE_EXPORT: Operation[models.ExportJob] = Operation("exports.create", "exports.create_export", "POST")
LIST_EXPORTS: Operation[models.ExportPage] = Operation("exports.list", "exports.list_exports", "GET")
GET_EXPORT: Operation[models.ExportJob] = Operation("exports.get", "exports.get_export", "GET")
DELETE_EXPORT: Operation[None] = Operation("exports.delete", "exports.delete_export", "DELETE", has_body=False)
CANCEL_EXPORT: Operation[None] = Operation("exports.cancel", "exports.cancel_export", "POST", has_body=False)
GET_EXPORT_DOWNLOAD: Operation[models.Download] = Operation(
    "exports.get_download", "exports.get_export_download", "GET", limit=_DOWNLOAD_LIMIT
)

LIST_EXPORT_SCHEMAS: Operation[list[models.SchemaListItem]] = Operation(
    "export_schemas.list", "export_schemas.list_export_schemas", "GET"
)
CREATE_EXPORT_SCHEMA: Operation[models.Schema] = Operation(
    "export_schemas.create", "export_schemas.create_export_schema", "POST"
)
GET_EXPORT_SCHEMA: Operation[models.Schema] = Operation("export_schemas.get", "export_schemas.get_export_schema", "GET")
UPDATE_EXPORT_SCHEMA: Operation[models.Schema] = Operation(
    "export_schemas.update", "export_schemas.update_export_schema", "PUT"
)
DELETE_EXPORT_SCHEMA: Operation[None] = Operation(
    "export_schemas.delete", "export_schemas.delete_export_schema", "DELETE", has_body=False
)
CREATE_DRAFT: Operation[models.Schema] = Operation(
    "export_schemas.create_draft", "export_schemas.create_export_schema_draft", "POST"
)
GET_DRAFT: Operation[models.Schema] = Operation(
    "export_schemas.get_draft", "export_schemas.get_export_schema_draft", "GET"
)
UPDATE_DRAFT: Operation[models.Schema] = Operation(
    "export_schemas.update_draft", "export_schemas.update_export_schema_draft", "PUT"
)
DISCARD_DRAFT: Operation[None] = Operation(
    "export_schemas.discard_draft", "export_schemas.discard_export_schema_draft", "DELETE", has_body=False
)
PUBLISH_DRAFT: Operation[models.Schema] = Operation(
    "export_schemas.publish_draft", "export_schemas.publish_export_schema_draft", "POST"
)

GET_BILLING_SUMMARY: Operation[models.BillingSummary] = Operation(
    "billing.get_summary", "billing.get_billing_summary", "GET"
)

ALL: tuple[Operation[object], ...] = tuple(value for value in globals().values() if isinstance(value, Operation))
