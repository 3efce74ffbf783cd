"""The formats of an export and their options.

Source: section 10 of the API reference: `format_options` must match `format`, and a wrong shape or an unknown key is
a 400. What Parquet's options are called and may be is not stated anywhere: the names here are the sandbox's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul_sandbox.errors import invalid_argument

if TYPE_CHECKING:
    from tickhaul_sandbox.jsontypes import Json, JsonObject

COMPRESSIONS = ("zstd", "snappy", "gzip", "uncompressed")
_ROW_GROUP_MAXIMUM = 10_000_000


def resolve_format(fmt: Json, options: Json, parquet: JsonObject) -> tuple[str, JsonObject]:
    """Return the format and its options with all defaults filled in.

    Args:
        fmt: The `format` of the request.
        options: The `format_options` of the request; what is left out takes its default.
        parquet: The defaults of Parquet.

    Raises:
        ApiError: 400 for an unknown format, a wrong shape, or an unknown key.
    """
    if fmt not in ("csv", "parquet"):
        raise invalid_argument("Invalid format: must be csv or parquet")
    if not isinstance(options, dict):
        raise invalid_argument("Invalid format_options: must be an object")
    resolved: JsonObject = {} if fmt == "csv" else dict(parquet)
    unknown = sorted(set(options) - set(resolved))
    if unknown:
        raise invalid_argument(f"Invalid format_options: unknown key {unknown[0]!r} for format {fmt}")
    resolved.update(options)
    if fmt == "parquet":
        _check_parquet(resolved)
    return str(fmt), resolved


def _check_parquet(options: JsonObject) -> None:
    if options["compression"] not in COMPRESSIONS:
        raise invalid_argument(f"Invalid format_options.compression: must be one of {', '.join(COMPRESSIONS)}")
    size = options["row_group_size"]
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= _ROW_GROUP_MAXIMUM:
        raise invalid_argument(f"Invalid format_options.row_group_size: must be between 1 and {_ROW_GROUP_MAXIMUM}")
