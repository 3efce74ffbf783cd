"""Export schemas as people write them, models or plain JSON objects, become request bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from tickhaul._core.arguments import one_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

M = TypeVar("M")


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
    from ticksupply_api import models  # noqa: PLC0415 (models load with their first use)

    if not name:
        raise ValueError("name='': a schema needs a name")
    return models.CreateSchemaRequest(
        name=name,
        stream_category=models.StreamCategory(one_of("stream_category", stream_category, list(models.StreamCategory))),
        columns=_columns(columns),
        unfold=_model("unfold", models.Unfold.from_dict, unfold),
        derive=_model("derive", models.Derive.from_dict, derive),
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
    from ticksupply_api import models  # noqa: PLC0415 (as above)

    return models.SchemaContent(
        columns=_columns(columns),
        unfold=_model("unfold", models.Unfold.from_dict, unfold),
        derive=_model("derive", models.Derive.from_dict, derive),
    )


def export_schema(
    schema: str | Schema | SchemaListItem | InlineSchema | Mapping[str, object] | None,
) -> str | InlineSchema | None:
    """What an export names as its schema: a name, an id, or the content itself.

    Raises:
        ValueError: it is empty, or a mapping without the documented shape.
        TypeError: it is none of these.
    """
    from ticksupply_api import models  # noqa: PLC0415 (as above)

    if schema is None or isinstance(schema, models.InlineSchema):
        return schema
    if isinstance(schema, str):
        if not schema:
            raise ValueError("schema='': expected a name such as 'raw' or 'normalized', an id, or columns")
        return schema
    if isinstance(schema, models.Schema | models.SchemaListItem):
        return schema.id
    if isinstance(schema, Mapping):
        return _model("schema", models.InlineSchema.from_dict, schema)
    raise TypeError(f"schema={schema!r}: expected a name, an id, a schema or its content, not {type(schema).__name__}")


def _columns(columns: Sequence[Column | Mapping[str, object]]) -> list[Column]:
    from ticksupply_api.models import Column  # noqa: PLC0415 (as above)

    if not columns:
        raise ValueError("columns=[]: a schema needs at least one column")
    return [_model(f"columns[{at}]", Column.from_dict, column) for at, column in enumerate(columns)]


def _model(name: str, read: Callable[[Mapping[str, object]], M], value: M | Mapping[str, object] | None) -> M:
    """A model given as itself or as its JSON object; ``None`` stays ``None``, which the generated classes take."""
    if not isinstance(value, Mapping):
        return value  # type: ignore[return-value]  # the callers' types allow no other value
    try:
        return read(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{name}={dict(value)!r} does not have the documented shape: {error!r}") from None
