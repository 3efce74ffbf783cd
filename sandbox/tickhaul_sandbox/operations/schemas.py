"""Operations of export schemas."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from tickhaul_sandbox.errors import invalid_argument
from tickhaul_sandbox.market.streams import CATEGORIES
from tickhaul_sandbox.schemas.content import Content, Rules, read_content
from tickhaul_sandbox.schemas.layout import check_transforms
from tickhaul_sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json, JsonObject

_CONTENT = ("columns", "unfold", "derive")
_PLAIN = re.compile(r"[^\W_][\w .:/+-]*")
_ID = re.compile(r"sch_[0-9a-f]{32}")


async def list_all(call: Call) -> Answer:
    """Answer `GET /v1/export-schemas`."""
    return Answer(200, [schema.item_body() for schema in call.account.schemas.all()])


async def create(call: Call) -> Answer:
    """Answer `POST /v1/export-schemas`."""
    fields = call.fields("name", "stream_category", *_CONTENT)
    name = _name(call, fields.get("name"))
    category = fields.get("stream_category")
    if not isinstance(category, str) or category not in CATEGORIES:
        raise invalid_argument(f"Invalid stream_category: must be one of {', '.join(CATEGORIES)}")
    content = await read_checked(call, fields)
    return Answer(201, call.account.schemas.create(name, category, content).body())


async def get(call: Call) -> Answer:
    """Answer `GET /v1/export-schemas/{id}`."""
    return Answer(200, call.account.schemas.get(call.path["id"]).body())


async def update(call: Call) -> Answer:
    """Answer `PUT /v1/export-schemas/{id}`."""
    call.account.schemas.own(call.path["id"])
    content = await read_checked(call, call.fields(*_CONTENT))
    return Answer(200, call.account.schemas.update(call.path["id"], content).body())


async def delete(call: Call) -> Answer:
    """Answer `DELETE /v1/export-schemas/{id}`."""
    call.account.schemas.delete(call.path["id"])
    return Answer(204)


async def create_draft(call: Call) -> Answer:
    """Answer `POST /v1/export-schemas/{id}/draft`; an empty body copies what is published."""
    call.account.schemas.own(call.path["id"])
    content = await read_checked(call, call.fields(*_CONTENT)) if call.body.strip() else None
    schema = call.account.schemas.set_draft(call.path["id"], content)
    return Answer(call.service.settings.draft_created, schema.body(schema.draft))


async def get_draft(call: Call) -> Answer:
    """Answer `GET /v1/export-schemas/{id}/draft`."""
    draft = call.account.schemas.draft(call.path["id"])
    return Answer(200, call.account.schemas.get(call.path["id"]).body(draft))


async def update_draft(call: Call) -> Answer:
    """Answer `PUT /v1/export-schemas/{id}/draft`."""
    call.account.schemas.draft(call.path["id"])
    content = await read_checked(call, call.fields(*_CONTENT))
    schema = call.account.schemas.set_draft(call.path["id"], content)
    return Answer(200, schema.body(content))


async def discard_draft(call: Call) -> Answer:
    """Answer `DELETE /v1/export-schemas/{id}/draft`."""
    schemas, schema_id = call.account.schemas, call.path["id"]
    if call.service.settings.missing_draft == 404 or schemas.own(schema_id).draft is not None:
        schemas.discard_draft(schema_id)
    return Answer(204)


async def publish_draft(call: Call) -> Answer:
    """Answer `POST /v1/export-schemas/{id}/publish`."""
    return Answer(200, call.account.schemas.publish(call.path["id"]).body())


async def read_checked(call: Call, fields: JsonObject) -> Content:
    """Return the schema content of a request, its transforms tried out.

    Raises:
        ApiError: 400 for anything wrong.
    """
    settings = call.service.settings
    rules = Rules(
        max_columns=settings.max_schema_columns,
        duplicates=settings.duplicate_columns == "keep",
        unknown_fields=settings.unknown_schema_fields == "ignore",
        nulls=settings.nulls == "absent",
    )
    content = read_content(fields, rules)
    loop = asyncio.get_running_loop()
    problem = await loop.run_in_executor(call.service.checkers, check_transforms, content, call.service.cage)
    if problem is not None:
        raise invalid_argument(problem)
    return content


def _name(call: Call, value: Json) -> str:
    longest = call.service.settings.max_schema_name
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= longest or _ID.fullmatch(value):
        raise invalid_argument(f"Invalid name: must be a text of 1 to {longest} characters that is no id")
    if call.service.settings.schema_names == "plain" and not _PLAIN.fullmatch(value):
        raise invalid_argument("Invalid name: must start with a letter or digit and hold nothing but these and _ .:/+-")
    return value
