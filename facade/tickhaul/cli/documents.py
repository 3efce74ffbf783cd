"""What a command reads from files: export schemas, and the options of a file format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tickhaul.cli.failures import UsageError
from tickhaul.cli.reading import read_stdin, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONTENT = frozenset({"columns", "unfold", "derive"})
#: What `schemas get --json` writes beside the content.
_ABOUT = frozenset({"id", "name", "stream_category", "is_built_in", "created_at", "version", "has_draft"})


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a schema, as JSON objects.

    Attributes:
        columns: its columns.
        unfold: which array becomes rows, by exchange.
        derive: fields made before extraction, by exchange.
    """

    columns: Sequence[Mapping[str, object]]
    unfold: Mapping[str, object] | None
    derive: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class NewSchema:
    """A schema to create."""

    name: str
    category: str
    content: Content


def read_content(file: str) -> Content:
    """Read the content of a schema.

    Args:
        file: a path, or ``-`` for stdin.

    Raises:
        UsageError: it cannot be read, or is not such a document.
    """
    return _content(file, _read(file))


def read_schema(file: str, name: str | None, category: str | None) -> NewSchema:
    """Read a schema with its name and category, which what was typed overrides.

    Raises:
        UsageError: it cannot be read, is not such a document, or lacks a name or a category.
    """
    document = _read(file)
    found = document if isinstance(document, Mapping) else {}
    return NewSchema(
        _chosen(name, found, "name", "--name"),
        _chosen(category, found, "stream_category", "--category"),
        _content(file, document),
    )


def read_inline_schema(file: str) -> dict[str, object]:
    """Read a schema that an export is to carry in itself.

    Raises:
        UsageError: it cannot be read, or is not such a document.
    """
    content = read_content(file)
    parts = {"columns": content.columns, "unfold": content.unfold, "derive": content.derive}
    return {name: part for name, part in parts.items() if part is not None}


def read_format_options(pairs: Sequence[str] | None) -> dict[str, object] | None:
    """The options of a file format, from ``NAME=VALUE``; a value that is JSON counts as that, any other as text.

    Raises:
        UsageError: one has no name or no value.
    """
    if not pairs:
        return None
    options: dict[str, object] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not (name and separator):
            raise UsageError(f"--format-option {pair!r}: expected NAME=VALUE")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
        except RecursionError:
            raise UsageError(f"--format-option {name}: its value is nested too deeply") from None
    return options


def _read(file: str) -> object:
    try:
        return json.loads(read_stdin() if file == "-" else read_text(Path(file)))
    except OSError as error:
        reason = error.strerror or str(error)
    except ValueError as error:
        reason = str(error)
    except RecursionError:
        reason = "it is nested too deeply"
    raise UsageError(f"{_called(file)} cannot be read as JSON: {reason}")


def _content(file: str, document: object) -> Content:
    if isinstance(document, list):
        document = {"columns": document}
    if not isinstance(document, dict) or not isinstance(document.get("columns"), list):
        raise UsageError(f"{_called(file)}: expected a JSON object with columns, or an array of them")
    strangers = sorted(map(str, document.keys() - _CONTENT - _ABOUT))
    if strangers:
        raise UsageError(f"{_called(file)}: a schema has no {', '.join(strangers)}, only {', '.join(sorted(_CONTENT))}")
    for name in ("unfold", "derive"):
        if not isinstance(document.get(name), dict | None):
            raise UsageError(f"{_called(file)}: {name} is an object with one member for each exchange")
    # The client checks the rest, down to each column.
    parts = cast("dict[str, Mapping[str, object] | None]", document)
    return Content(document["columns"], parts.get("unfold"), parts.get("derive"))


def _chosen(typed: str | None, document: Mapping[str, object], name: str, option: str) -> str:
    value = typed if typed is not None else document.get(name)
    if not isinstance(value, str):
        raise UsageError(f"the schema needs a {name}: in the file, or with {option}")
    return value


def _called(file: str) -> str:
    return "stdin" if file == "-" else file
