"""An export schema from its making to its removal: versions and drafts (docs: export-schemas, guides/export-schemas)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tickhaul.contract.made import new_key

if TYPE_CHECKING:
    from tickhaul.contract.made import Made
    from tickhaul.contract.reading import Known
    from tickhaul.contract.session import Asked, Session

_BOTH: list[dict[str, Any]] = [
    {"output_column": "received", "meta": {"value": "collection_timestamp_ns", "format": "ns"}},
    {"output_column": "price", "data": {"binance": {"json": {"path": "data.p", "type": "decimal(18)"}}}},
]
_ONE = _BOTH[:1]
_OPERATIONS = (
    "update_export_schema",
    "delete_export_schema",
    "create_export_schema_draft",
    "update_export_schema_draft",
    "discard_export_schema_draft",
    "publish_export_schema_draft",
)


class SchemaTrip:
    """One round trip.

    Args:
        session: the check.
        made: keeps what is made.
    """

    def __init__(self, session: Session, made: Made) -> None:
        self._session = session
        self._made = made
        self._path: dict[str, str] = {}

    def take(self, known: Known) -> None:
        """Make a schema, publish versions of it, and delete it.

        Args:
            known: what reading has found.

        Raises:
            OutOfTimeError: the time of the check is over.
        """
        session = self._session
        built_in = next((schema for schema in known.schemas if schema["is_built_in"]), None)
        if built_in is not None:
            path = {"id": built_in["id"]}
            session.ask("create_export_schema_draft", path=path, expect=(404,), idempotency_key=new_key())
        name = self._create()
        if name is None:
            for operation in _OPERATIONS:
                session.leave_open(operation, "making one was not answered as the contract has it")
            return
        self._path = {"id": name}
        self._publish_at_once()
        self._draft_and_publish()
        self._discard()
        self._made.remove(name)
        session.ask("get_export_schema", path=self._path, expect=(404,))

    def _create(self) -> str | None:
        session = self._session
        body = {"name": f"tickhaul_{uuid.uuid4().hex}", "stream_category": "trade", "columns": _BOTH}
        wrong: tuple[dict[str, Any], ...] = (
            {"columns": []},
            {"columns": [{"output_column": "empty"}]},
            {"stream_category": "tickhaul"},
        )
        for change in wrong:
            self._make({**body, **change}, expect=400)
        created = self._make(body, expect=201)
        if not created.good or not self._made.is_mine(created):
            return None
        self._expect(created, 1, _BOTH, draft=False)
        session.ensure(created, created.value["is_built_in"] is False, "body.is_built_in", "is not false")
        session.ensure(created, created.value["name"] == body["name"], "body.name", "is not what was sent")
        self._make(body, expect=409, unsure=True)
        listed = session.ask("list_export_schemas")
        if listed.good:
            there = any(schema["id"] == created.value["id"] for schema in listed.value)
            session.ensure(listed, there, "body", "what was made is not in the list")
        return str(created.value["id"])

    def _make(self, body: dict[str, Any], *, expect: int, unsure: bool = False) -> Asked:
        return self._made.make("create_export_schema", body, expect=(expect,), unsure=unsure)

    def _publish_at_once(self) -> None:
        session, path = self._session, self._path
        session.ask("get_export_schema_draft", path=path, expect=(404,), unsure=True)
        session.ask("publish_export_schema_draft", path=path, expect=(404,), idempotency_key=new_key())
        session.ask("update_export_schema_draft", path=path, body={"columns": _ONE}, expect=(404,))
        self._expect(session.ask("update_export_schema", path=path, body={"columns": _ONE}), 2, _ONE, draft=False)

    def _draft_and_publish(self) -> None:
        session, path = self._session, self._path
        copied = session.ask("create_export_schema_draft", path=path, idempotency_key=new_key())
        self._expect(copied, 2, _ONE, draft=True)
        replaced = session.ask("update_export_schema_draft", path=path, body={"columns": _BOTH})
        self._expect(replaced, 2, _BOTH, draft=True)
        self._expect(session.ask("get_export_schema_draft", path=path), 2, _BOTH, draft=True)
        # What is published stays as it is.
        self._expect(session.ask("get_export_schema", path=path), 2, _ONE, draft=True)
        published = session.ask("publish_export_schema_draft", path=path, idempotency_key=new_key())
        self._expect(published, 3, _BOTH, draft=False)
        self._expect(session.ask("get_export_schema", path=path), 3, _BOTH, draft=False)

    def _discard(self) -> None:
        session, path = self._session, self._path
        given = session.ask("create_export_schema_draft", path=path, body={"columns": _ONE}, idempotency_key=new_key())
        self._expect(given, 3, _ONE, draft=True)
        session.ask("discard_export_schema_draft", path=path, idempotency_key=new_key())
        session.ask("get_export_schema_draft", path=path, expect=(404,), unsure=True)
        session.ask("create_export_schema_draft", path=path, idempotency_key=new_key())
        # Publishing at once throws the draft away.
        at_once = session.ask("update_export_schema", path=path, body={"columns": _ONE})
        self._expect(at_once, 4, _ONE, draft=False)

    def _expect(self, asked: Asked, version: int, columns: list[dict[str, Any]], *, draft: bool) -> None:
        if not asked.good:
            return
        ensure = self._session.ensure
        ensure(asked, asked.value["version"] == version, "body.version", f"is not {version}")
        ensure(asked, asked.value["has_draft"] is draft, "body.has_draft", f"is not {str(draft).lower()}")
        ensure(asked, asked.value["columns"] == columns, "body.columns", "is not the content that was sent")
