"""Export schemas as people write them, models or plain JSON objects, become request bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from tickhaul._core.arguments import one_of
from tickhaul._threads import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ticksupply_api.models import (
        Column,
        CreateSchemaRequest,
        Derive,
        InlineSchema,
        Schema,
        SchemaContent,
        SchemaListItem,
        StreamCategory,
        Unfold,
    )


def creation_body(
    name: str,
    stream_category: StreamCategory | str,
    columns: Sequence[Column | Mapping[str, object]],
    unfold: Unfold | Mapping[str, object] | None,
    derive: Derive | Mapping[str, object] | None,
) -> CreateSchemaRequest:
    """The body that creates a schema.

    Raises:
        ValueError: a part does not have the documented shape.
    """
    load("ticksupply_api.models.create_schema_request")
    from ticksupply_api import models  # noqa: PLC0415 (models load with their first use)

    if not name:
        raise ValueError("name='': a schema needs a name")
    return models.CreateSchemaRequest(
        name=name,
        stream_category=models.StreamCategory(one_of("stream_category", stream_category, list(models.StreamCategory))),
        columns=_columns(columns),
        unfold=read_optional("unfold", models.Unfold, unfold),
        derive=read_optional("derive", models.Derive, derive),
    )


def content_body(
    columns: Sequence[Column | Mapping[str, object]],
    unfold: Unfold | Mapping[str, object] | None,
    derive: Derive | Mapping[str, object] | None,
) -> SchemaContent:
    """The body that replaces a schema's content.

    Raises:
        ValueError: a part does not have the documented shape.
    """
    load("ticksupply_api.models.schema_content")
    from ticksupply_api import models  # noqa: PLC0415 (as above)

    return models.SchemaContent(
        columns=_columns(columns),
        unfold=read_optional("unfold", models.Unfold, unfold),
        derive=read_optional("derive", models.Derive, derive),
    )


def export_schema(
    schema: str | Schema | SchemaListItem | InlineSchema | Mapping[str, object] | None,
) -> str | InlineSchema | None:
    """What an export names as its schema: a name, an id, or the content itself.

    Raises:
        ValueError: it is empty, or a mapping without the documented shape.
        TypeError: it is none of these.
    """
    load(
        "ticksupply_api.models.schema", "ticksupply_api.models.schema_list_item", "ticksupply_api.models.inline_schema"
    )
    from ticksupply_api import models  # noqa: PLC0415 (as above)

    if schema is None:
        return None
    if isinstance(schema, str):
        if not schema:
            raise ValueError("schema='': expected a name such as 'raw' or 'normalized', an id, or columns")
        return schema
    if isinstance(schema, models.Schema | models.SchemaListItem):
        return schema.id
    if isinstance(schema, models.InlineSchema | Mapping):
        return read_model("schema", models.InlineSchema, schema)
    raise TypeError(f"schema={schema!r}: expected a name, an id, a schema or its content, not {type(schema).__name__}")


def _columns(columns: Sequence[Column | Mapping[str, object]]) -> list[Column]:
    load("ticksupply_api.models.column")
    from ticksupply_api.models import Column  # noqa: PLC0415 (as above)

    if isinstance(columns, str | Mapping) or not isinstance(columns, Iterable):
        raise TypeError(f"columns={columns!r}: expected a list of columns, not {type(columns).__name__}")
    read = [read_model(f"columns[{at}]", Column, column) for at, column in enumerate(columns)]
    if not read:
        raise ValueError("columns=[]: a schema needs at least one column")
    return read


class _Model(Protocol):
    """What the generated classes have in common."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, object], /) -> Self: ...


M = TypeVar("M", bound=_Model)


def read_optional(name: str, kind: type[M], value: M | Mapping[str, object] | None) -> M | None:
    """The same as `read_model`, where nothing may be given at all."""
    return None if value is None else read_model(name, kind, value)


def read_model(name: str, kind: type[M], value: M | Mapping[str, object]) -> M:
    """A model given as itself or as its JSON object.

    Args:
        name: the parameter's name, for the error.
        kind: the model's class.
        value: what the caller passed.

    Raises:
        ValueError: the object does not have the documented shape.
        TypeError: it is neither the model nor an object.
    """
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f"{name}={value!r}: expected {kind.__name__} or its JSON object, not {type(value).__name__}")
    try:
        return kind.from_dict(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{name}={dict(value)!r} does not have the documented shape: {error!r}") from None
