"""The schemas of one account: the built-in ones and its own, with versions and drafts.

Source: docs export-schemas/*, section 10 of the API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul_sandbox.errors import conflict, not_found, refused
from tickhaul_sandbox.schemas import builtin
from tickhaul_sandbox.times import format_instant, to_microsecond

if TYPE_CHECKING:
    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.ids import Ids
    from tickhaul_sandbox.jsontypes import JsonObject
    from tickhaul_sandbox.schemas.content import Content
    from tickhaul_sandbox.state.ledger import Shelf

RAW = "raw"
# Built-in schemas were there before anything else.
_BUILT_IN_NS = 1_704_067_200_000_000_000


@dataclass
class Schema:
    """One schema.

    Attributes:
        schema_id: Its id.
        name: Its name, unique in its category.
        category: The stream category it is for.
        is_built_in: Whether it belongs to the service.
        created_ns: When it was created.
        version: The version that is published.
        published: What that version says.
        draft: What the next version may say, `None` if there is no draft.
    """

    schema_id: str
    name: str
    category: str
    is_built_in: bool
    created_ns: int
    version: int
    published: Content
    draft: Content | None = None

    def item_body(self) -> JsonObject:
        """Return the SchemaListItem object of the API."""
        return {
            "id": self.schema_id,
            "name": self.name,
            "stream_category": self.category,
            "is_built_in": self.is_built_in,
            "created_at": format_instant(self.created_ns),
            "version": self.version,
            "has_draft": self.draft is not None,
        }

    def body(self, content: Content | None = None) -> JsonObject:
        """Return the Schema object of the API.

        Args:
            content: What it is to show; the published content when left out.
        """
        return {**self.item_body(), **(self.published if content is None else content).body()}


class Schemas:
    """The schemas an account can use.

    Args:
        clock: The sandbox's time.
        ids: Makes the ids.
        shelf: Where the account's own schemas are remembered.
    """

    def __init__(self, clock: Clock, ids: Ids, shelf: Shelf[Schema]) -> None:
        self._clock = clock
        self._ids = ids
        self._shelf = shelf
        self._by_id: dict[str, Schema] = {}
        for (name, category), content in builtin.contents().items():
            schema = Schema(builtin.identity(name, category), name, category, True, _BUILT_IN_NS, 1, content)
            self._by_id[schema.schema_id] = schema

    def restore(self) -> None:
        """Take up the account's schemas of an earlier run.

        Raises:
            StateError: If one makes no sense.
        """
        self._shelf.restore(lambda schema: self._by_id.update({schema.schema_id: schema}))

    def all(self) -> list[Schema]:
        """Return the built-in schemas and the account's own, oldest first."""
        return list(self._by_id.values())

    def get(self, schema_id: str) -> Schema:
        """Return a schema.

        Raises:
            ApiError: 404 if there is none.
        """
        schema = self._by_id.get(schema_id)
        if schema is None:
            raise not_found("Export schema", schema_id)
        return schema

    def own(self, schema_id: str) -> Schema:
        """Return a schema that may be changed.

        Raises:
            ApiError: 404 if there is none, or it is built in.
        """
        schema = self.get(schema_id)
        if schema.is_built_in:
            raise not_found("Export schema", schema_id)
        return schema

    def create(self, name: str, category: str, content: Content) -> Schema:
        """Add a schema; its content is version 1.

        Raises:
            ApiError: 409 if the name is taken in the category.
        """
        if name == RAW or self._named(name, category) is not None:
            raise conflict(f"An export schema named {name} already exists for {category}")
        now = to_microsecond(self._clock.now_ns())
        schema = Schema(self._ids.make("sch"), name, category, False, now, 1, content)
        self._by_id[schema.schema_id] = schema
        return self._kept(schema)

    def update(self, schema_id: str, content: Content) -> Schema:
        """Publish content at once; a draft is thrown away.

        Raises:
            ApiError: 404 if there is no such schema of the account's own.
        """
        schema = self.own(schema_id)
        schema.published, schema.draft = content, None
        schema.version += 1
        return self._kept(schema)

    def delete(self, schema_id: str) -> None:
        """Remove a schema; exports that used it keep what it said.

        Raises:
            ApiError: 404 if there is no such schema of the account's own.
        """
        del self._by_id[self.own(schema_id).schema_id]
        self._shelf.drop(schema_id)

    def draft(self, schema_id: str) -> Content:
        """Return the draft of a schema.

        Raises:
            ApiError: 404 if there is no such schema, or it has none.
        """
        draft = self.own(schema_id).draft
        if draft is None:
            raise not_found("Draft of export schema", schema_id)
        return draft

    def set_draft(self, schema_id: str, content: Content | None) -> Schema:
        """Give a schema a draft, replacing the one it has.

        Args:
            schema_id: The schema.
            content: What the draft says; a copy of what is published when `None`.

        Raises:
            ApiError: 404 if there is no such schema of the account's own.
        """
        schema = self.own(schema_id)
        schema.draft = schema.published if content is None else content
        return self._kept(schema)

    def discard_draft(self, schema_id: str) -> None:
        """Throw the draft of a schema away.

        Raises:
            ApiError: 404 if there is no such schema, or it has none.
        """
        self.draft(schema_id)
        schema = self.own(schema_id)
        schema.draft = None
        self._kept(schema)

    def publish(self, schema_id: str) -> Schema:
        """Make the draft of a schema its next version.

        Raises:
            ApiError: 404 if there is no such schema, or it has no draft.
        """
        return self.update(schema_id, self.draft(schema_id))

    def find(self, reference: str, category: str | None, mismatch: int) -> Schema:
        """Return the schema an export means.

        Args:
            reference: Its name or id.
            category: The category of the datastream, `None` if it has none.
            mismatch: The status for one of another category.

        Raises:
            ApiError: 404 if there is none, `mismatch` if it is for another category.
        """
        schema = self._by_id.get(reference) or self._named(reference, category)
        if schema is None and all(known.name != reference for known in self._by_id.values()):
            raise not_found("Export schema", reference)
        if schema is None or schema.category != category:
            shown = category or "streams of this type"
            raise refused(mismatch, f"Invalid schema: {reference} is not for {shown}")
        return schema

    def _kept(self, schema: Schema) -> Schema:
        self._shelf.put(schema.schema_id, schema)
        return schema

    def _named(self, name: str, category: str | None) -> Schema | None:
        return next(
            (known for known in self._by_id.values() if known.name == name and known.category == category), None
        )
