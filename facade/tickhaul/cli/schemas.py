"""Export schemas: which columns a file has."""

from typing import Annotated

import typer

from tickhaul.cli.documents import read_content, read_schema
from tickhaul.cli.groups import group
from tickhaul.cli.options import IdempotencyKey, Json, examples
from tickhaul.cli.output import show_done, show_list, show_one
from tickhaul.cli.session import connect
from tickhaul.cli.tables import SCHEMA, SCHEMA_WHOLE

schemas = group("Export schemas: which columns a file has.")
drafts = typer.Typer(help="The draft of a schema: content that is not published yet.", rich_markup_mode=None)
schemas.add_typer(drafts, name="draft")

_ID = "sch_550e8400e29b41d4a716446655440000"

Schema = Annotated[str, typer.Argument(metavar="SCHEMA", help="The schema's id, sch_...")]
File = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="A JSON file with columns, unfold, derive; `get SCHEMA --json` writes one. - for stdin."
    ),
]


@schemas.command("list", epilog=examples("tickhaul schemas list"))
def list_schemas(as_json: Json = False) -> None:
    """List the built-in schemas and the account's own (raw always works and is never listed)."""
    with connect() as client:
        show_list(client.export_schemas.list(), SCHEMA, as_json=as_json)


@schemas.command("get", epilog=examples(f"tickhaul schemas get {_ID} --json > schema.json"))
def get_schema(schema: Schema, as_json: Json = False) -> None:
    """Show a schema with its latest published content (--json shows all of it)."""
    with connect() as client:
        show_one(client.export_schemas.get(schema), SCHEMA_WHOLE, as_json=as_json)


@schemas.command(
    "create",
    epilog=examples(
        "tickhaul schemas create trades.json --name my_trades --category trade",
        "tickhaul schemas create copy.json",
    ),
)
def create_schema(
    file: File,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Its name, unless the file has one.")
    ] = None,
    category: Annotated[
        str | None,
        typer.Option(
            "--category", metavar="CATEGORY", help="Such as trade or book_update, unless the file has stream_category."
        ),
    ] = None,
    idempotency_key: IdempotencyKey = None,
    as_json: Json = False,
) -> None:
    """Create a schema of your own, as version 1."""
    wanted = read_schema(file, name, category)
    with connect() as client:
        made = client.export_schemas.create(
            wanted.name,
            wanted.category,
            wanted.content.columns,
            unfold=wanted.content.unfold,
            derive=wanted.content.derive,
            idempotency_key=idempotency_key,
        )
        show_one(made, SCHEMA_WHOLE, as_json=as_json)


@schemas.command("update", epilog=examples(f"tickhaul schemas update {_ID} schema.json"))
def update_schema(schema: Schema, file: File, as_json: Json = False) -> None:
    """Publish new content at once, as the next version. A draft is discarded."""
    content = read_content(file)
    with connect() as client:
        made = client.export_schemas.update(schema, content.columns, unfold=content.unfold, derive=content.derive)
        show_one(made, SCHEMA_WHOLE, as_json=as_json)


@schemas.command("delete", epilog=examples(f"tickhaul schemas delete {_ID}"))
def delete_schema(schema: Schema, as_json: Json = False) -> None:
    """Delete a schema of your own. Exports made with it keep their content."""
    with connect() as client:
        client.export_schemas.delete(schema)
    show_done(schema, "deleted", as_json=as_json)


@drafts.command("get", epilog=examples(f"tickhaul schemas draft get {_ID} --json > draft.json"))
def get_draft(schema: Schema, as_json: Json = False) -> None:
    """Show a schema with its draft content."""
    with connect() as client:
        show_one(client.export_schemas.get_draft(schema), SCHEMA_WHOLE, as_json=as_json)


@drafts.command(
    "create", epilog=examples(f"tickhaul schemas draft create {_ID}", f"tickhaul schemas draft create {_ID} draft.json")
)
def create_draft(
    schema: Schema,
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="Its content as JSON; left out, a copy of what is published."),
    ] = None,
    idempotency_key: IdempotencyKey = None,
    as_json: Json = False,
) -> None:
    """Create a draft, or replace the one there is. What is published stays as it is."""
    content = None if file is None else read_content(file)
    with connect() as client:
        made = client.export_schemas.create_draft(
            schema,
            None if content is None else content.columns,
            unfold=None if content is None else content.unfold,
            derive=None if content is None else content.derive,
            idempotency_key=idempotency_key,
        )
        show_one(made, SCHEMA_WHOLE, as_json=as_json)


@drafts.command("update", epilog=examples(f"tickhaul schemas draft update {_ID} draft.json"))
def update_draft(schema: Schema, file: File, as_json: Json = False) -> None:
    """Replace the content of the draft there is."""
    content = read_content(file)
    with connect() as client:
        made = client.export_schemas.update_draft(schema, content.columns, unfold=content.unfold, derive=content.derive)
        show_one(made, SCHEMA_WHOLE, as_json=as_json)


@drafts.command("discard", epilog=examples(f"tickhaul schemas draft discard {_ID}"))
def discard_draft(schema: Schema, as_json: Json = False) -> None:
    """Throw the draft away."""
    with connect() as client:
        client.export_schemas.discard_draft(schema)
    show_done(schema, "draft discarded", as_json=as_json)


@drafts.command("publish", epilog=examples(f"tickhaul schemas draft publish {_ID}"))
def publish_draft(schema: Schema, idempotency_key: IdempotencyKey = None, as_json: Json = False) -> None:
    """Make the draft the next version."""
    with connect() as client:
        made = client.export_schemas.publish_draft(schema, idempotency_key=idempotency_key)
        show_one(made, SCHEMA_WHOLE, as_json=as_json)
