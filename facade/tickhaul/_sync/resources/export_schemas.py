# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""Export schemas: which columns a file has, and where in a message each comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul._core import operations
from tickhaul._core.arguments import schema_id
from tickhaul._core.schemas import content_body, creation_body

if TYPE_CHECKING:
    import builtins
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tickhaul._sync.caller import Caller
    from tickhaul.models import Column, Derive, Schema, SchemaListItem, StreamCategory, Unfold


class ExportSchemas:
    """Schemas, their versions and their drafts (docs: guides/export-schemas).

    Args:
        caller: makes the calls.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self) -> builtins.list[SchemaListItem]:
        """The built-in schemas and the account's own. ``raw`` is always accepted and never listed.

        Raises:
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(operations.LIST_EXPORT_SCHEMAS)

    def create(
        self,
        name: str,
        stream_category: StreamCategory | str,
        columns: Sequence[Column | Mapping[str, object]],
        *,
        unfold: Unfold | Mapping[str, object] | None = None,
        derive: Derive | Mapping[str, object] | None = None,
        idempotency_key: str | UUID | None = None,
    ) -> Schema:
        """Create a schema of your own, as version 1.

        Args:
            name: unique in the account among the schemas of its category.
            stream_category: ``trade``, ``orderbook``, ``book_update``, ``quote``, ``kline``, ``ticker`` or
                ``liquidation``.
            columns: 1 to 100 columns, as models or as the JSON objects of the documentation.
            unfold: for each exchange, the array of which every element becomes a row.
            derive: for each exchange, fields to make before extraction.
            idempotency_key: a UUID; without it a fresh one, kept through all retries of this call.

        Raises:
            ConflictError: the name is taken.
            InvalidArgumentError: the service does not accept the content.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(
            operations.CREATE_EXPORT_SCHEMA,
            idempotency_key=idempotency_key,
            body=creation_body(name, stream_category, columns, unfold, derive),
        )

    def get(self, schema: str | Schema | SchemaListItem) -> Schema:
        """A schema with its latest published content.

        Args:
            schema: the schema or its id.

        Raises:
            NotFoundError: there is no such schema.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(operations.GET_EXPORT_SCHEMA, id=schema_id(schema))

    def update(
        self,
        schema: str | Schema | SchemaListItem,
        columns: Sequence[Column | Mapping[str, object]],
        *,
        unfold: Unfold | Mapping[str, object] | None = None,
        derive: Derive | Mapping[str, object] | None = None,
        resend: bool = False,
    ) -> Schema:
        """Publish new content at once, as the next version. A draft is discarded; what is left out is cleared.

        Args:
            schema: the schema or its id.
            columns: as for `create`.
            unfold: as for `create`; ``None`` clears it.
            derive: as for `create`; ``None`` clears it.
            resend: send it again after a lost answer too. The service takes no idempotency key here, so that may
                publish the same content twice.

        Raises:
            NotFoundError: the account has no such schema, or it is built in.
            NetworkError: the answer was lost; the content may have been published.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(
            operations.UPDATE_EXPORT_SCHEMA,
            resend=resend,
            id=schema_id(schema),
            body=content_body(columns, unfold, derive),
        )

    def delete(self, schema: str | Schema | SchemaListItem, *, idempotency_key: str | UUID | None = None) -> None:
        """Delete a schema of your own. Exports made with it keep the content they were created with.

        Args:
            schema: the schema or its id.
            idempotency_key: a UUID; without it a fresh one.

        Raises:
            NotFoundError: the account has no such schema, or it is built in.
            TickhaulError: see the module `tickhaul.errors`.
        """
        self._caller.call(operations.DELETE_EXPORT_SCHEMA, idempotency_key=idempotency_key, id=schema_id(schema))

    def create_draft(
        self,
        schema: str | Schema | SchemaListItem,
        columns: Sequence[Column | Mapping[str, object]] | None = None,
        *,
        unfold: Unfold | Mapping[str, object] | None = None,
        derive: Derive | Mapping[str, object] | None = None,
        idempotency_key: str | UUID | None = None,
    ) -> Schema:
        """Create a draft, or replace the one there is. The published version stays as it is.

        Args:
            schema: the schema or its id.
            columns: the draft's columns; ``None`` copies the latest published content.
            unfold: as for `create`.
            derive: as for `create`.
            idempotency_key: a UUID; without it a fresh one.

        Raises:
            ValueError: ``unfold`` or ``derive`` is given without ``columns``.
            NotFoundError: the account has no such schema, or it is built in.
            TickhaulError: see the module `tickhaul.errors`.
        """
        if columns is None and (unfold is not None or derive is not None):
            raise ValueError("unfold and derive need columns; a draft without columns copies the published content")
        return self._caller.call(
            operations.CREATE_DRAFT,
            idempotency_key=idempotency_key,
            id=schema_id(schema),
            body=None if columns is None else content_body(columns, unfold, derive),
        )

    def get_draft(self, schema: str | Schema | SchemaListItem) -> Schema:
        """A schema with its draft content.

        Args:
            schema: the schema or its id.

        Raises:
            NotFoundError: there is no such schema, or it has no draft.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(operations.GET_DRAFT, id=schema_id(schema))

    def update_draft(
        self,
        schema: str | Schema | SchemaListItem,
        columns: Sequence[Column | Mapping[str, object]],
        *,
        unfold: Unfold | Mapping[str, object] | None = None,
        derive: Derive | Mapping[str, object] | None = None,
        resend: bool = False,
    ) -> Schema:
        """Replace the content of the draft there is.

        Args:
            schema: the schema or its id.
            columns: as for `create`.
            unfold: as for `create`; ``None`` clears it.
            derive: as for `create`; ``None`` clears it.
            resend: send it again after a lost answer too; the service takes no idempotency key here.

        Raises:
            NotFoundError: there is no such schema, or it has no draft.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(
            operations.UPDATE_DRAFT, resend=resend, id=schema_id(schema), body=content_body(columns, unfold, derive)
        )

    def discard_draft(
        self, schema: str | Schema | SchemaListItem, *, idempotency_key: str | UUID | None = None
    ) -> None:
        """Throw the draft away.

        Args:
            schema: the schema or its id.
            idempotency_key: a UUID; without it a fresh one.

        Raises:
            NotFoundError: there is no such schema, or it has no draft.
            TickhaulError: see the module `tickhaul.errors`.
        """
        self._caller.call(operations.DISCARD_DRAFT, idempotency_key=idempotency_key, id=schema_id(schema))

    def publish_draft(
        self, schema: str | Schema | SchemaListItem, *, idempotency_key: str | UUID | None = None
    ) -> Schema:
        """Make the draft the next version.

        Args:
            schema: the schema or its id.
            idempotency_key: a UUID; without it a fresh one, kept through all retries of this call.

        Raises:
            NotFoundError: there is no such schema, or it has no draft.
            TickhaulError: see the module `tickhaul.errors`.
        """
        return self._caller.call(operations.PUBLISH_DRAFT, idempotency_key=idempotency_key, id=schema_id(schema))
