"""The 29 operations of the API and where they are found.

Source: section 1 of the API reference. The names are those of the methods people know from clients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul_sandbox.operations import billing, catalog, exports, schemas, subscriptions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tickhaul_sandbox.wire import Answer, Call


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: Its name, `resource.method`.
        method: HTTP method.
        path: Template of its path.
        handler: Answers it.
    """

    name: str
    method: str
    path: str
    handler: Callable[[Call], Awaitable[Answer]]

    @property
    def takes_key(self) -> bool:
        """Whether it takes an idempotency key: any POST or DELETE does."""
        return self.method in {"POST", "DELETE"}


OPERATIONS: tuple[Operation, ...] = (
    Operation("exchanges.list", "GET", "/v1/exchanges", catalog.list_exchanges),
    Operation("exchanges.list_instruments", "GET", "/v1/exchanges/{exchange}/instruments", catalog.list_instruments),
    Operation(
        "exchanges.list_datastreams",
        "GET",
        "/v1/exchanges/{exchange}/instruments/{instrument}/datastreams",
        catalog.list_instrument_datastreams,
    ),
    Operation("datastreams.list", "GET", "/v1/datastreams", catalog.list_datastreams),
    Operation("availability.get", "GET", "/v1/availability", catalog.get_availability),
    Operation("subscriptions.create", "POST", "/v1/subscriptions", subscriptions.create),
    Operation("subscriptions.list", "GET", "/v1/subscriptions", subscriptions.list_own),
    Operation("subscriptions.get", "GET", "/v1/subscriptions/{id}", subscriptions.get),
    Operation("subscriptions.delete", "DELETE", "/v1/subscriptions/{id}", subscriptions.delete),
    Operation("subscriptions.pause", "POST", "/v1/subscriptions/{id}/pause", subscriptions.pause),
    Operation("subscriptions.resume", "POST", "/v1/subscriptions/{id}/resume", subscriptions.resume),
    Operation("subscriptions.list_spans", "GET", "/v1/subscriptions/{id}/spans", subscriptions.list_spans),
    Operation("exports.create", "POST", "/v1/exports", exports.create),
    Operation("exports.list", "GET", "/v1/exports", exports.list_own),
    Operation("exports.get", "GET", "/v1/exports/{id}", exports.get),
    Operation("exports.delete", "DELETE", "/v1/exports/{id}", exports.delete),
    Operation("exports.cancel", "POST", "/v1/exports/{id}/cancel", exports.cancel),
    Operation("exports.get_download", "GET", "/v1/exports/{id}/download", exports.get_download),
    Operation("export_schemas.list", "GET", "/v1/export-schemas", schemas.list_all),
    Operation("export_schemas.create", "POST", "/v1/export-schemas", schemas.create),
    Operation("export_schemas.get", "GET", "/v1/export-schemas/{id}", schemas.get),
    Operation("export_schemas.update", "PUT", "/v1/export-schemas/{id}", schemas.update),
    Operation("export_schemas.delete", "DELETE", "/v1/export-schemas/{id}", schemas.delete),
    Operation("export_schemas.create_draft", "POST", "/v1/export-schemas/{id}/draft", schemas.create_draft),
    Operation("export_schemas.get_draft", "GET", "/v1/export-schemas/{id}/draft", schemas.get_draft),
    Operation("export_schemas.update_draft", "PUT", "/v1/export-schemas/{id}/draft", schemas.update_draft),
    Operation("export_schemas.discard_draft", "DELETE", "/v1/export-schemas/{id}/draft", schemas.discard_draft),
    Operation("export_schemas.publish_draft", "POST", "/v1/export-schemas/{id}/publish", schemas.publish_draft),
    Operation("billing.get_summary", "GET", "/v1/billing/summary", billing.get_summary),
)
