"""What a transform may call and cast to.

A list of what is let through rather than of what is not: DuckDB has hundreds of functions and gains more with every
version, and some read the clock, some the time zone of the machine, and some make a gigabyte of three letters, which
neither its limit of memory nor an interruption stops in time. What is here depends on nothing but its arguments and
makes no more of a text than it was, but for the few growing ones, of which a transform may have one. Nor does any take
longer than the text is long, as the distance of two texts does: a function at work on one value cannot be interrupted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Node = dict[str, Any]  # of DuckDB's parse tree, whose shape differs from version to version

_OPERATORS = """
    !__postfix !~~ !~~* % & && * ** + - ->> / // < << <= <> = == != > >= >> ^ ^@ | || ~ ~~ ~~* ~~~ ! @ xor
"""
_NUMBERS = """
    abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees divide even exp factorial fdiv floor fmod gcd greatest
    greatest_common_divisor isfinite isinf isnan lcm least least_common_multiple ln log log10 log2 mod multiply pi pow
    power radians round round_even roundbankers sign signbit sin sqrt subtract add tan trunc
"""
_TEXTS = """
    ascii bit_length char_length character_length chr concat concat_ws contains ends_with
    from_hex hamming instr jaccard lcase left len length
    like_escape ilike_escape not_like_escape not_ilike_escape lower ltrim md5 mismatches nfc_normalize ord position
    prefix regexp_extract regexp_full_match regexp_matches reverse right rtrim sha1 sha256 split_part starts_with
    strip_accents strlen strpos substr substring suffix translate trim ucase unhex unicode upper
"""
_TIMES = """
    century date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek
    dayofyear decade epoch epoch_ms epoch_ns epoch_us era hour isodow isoyear julian last_day make_date make_time
    make_timestamp make_timestamp_ms make_timestamp_ns microsecond millennium millisecond minute month monthname
    nanosecond quarter second strftime strptime time_bucket to_centuries to_days to_decades to_hours to_microseconds
    to_millennia to_milliseconds to_minutes to_months to_quarters to_seconds to_weeks to_years try_strptime week
    weekday weekofyear year yearweek
"""
_OTHERS = """
    if nullif constant_or_null typeof hash json_array_length json_exists json_extract json_extract_path
    json_extract_path_text json_extract_string json_type json_valid json_value
"""
# What one of these makes of a text is a few times as long; of what another one made, again.
_GROWING = frozenset({"base64", "hex", "json_quote", "regexp_escape", "to_base64", "to_hex", "to_json", "url_encode"})
_REPLACING = frozenset({"replace", "regexp_replace"})
_LONGEST_REPLACEMENT = 64

FUNCTIONS = frozenset(f"{_OPERATORS} {_NUMBERS} {_TEXTS} {_TIMES} {_OTHERS}".split()) | _GROWING | _REPLACING
_TYPES = """
    BIGINT BOOL BOOLEAN BPCHAR CHAR DATE DATETIME DEC DECIMAL DOUBLE FLOAT FLOAT4 FLOAT8 HUGEINT INT INT1 INT2 INT4 INT8
    INT16 INT32 INT64 INT128 INTEGER INTERVAL LOGICAL LONG NUMERIC REAL SHORT SIGNED SMALLINT STRING TEXT TIME TIMESTAMP
    TIMESTAMP_MS TIMESTAMP_NS TIMESTAMP_S TIMESTAMP_US TINYINT UBIGINT UHUGEINT UINT8 UINT16 UINT32 UINT64 UINTEGER
    USMALLINT UTINYINT UUID VARCHAR
"""
# Not the nested ones and not BIT, since as text they are longer than what they were made from; and none that depends on
# the time zone of the machine.
TYPES = frozenset(_TYPES.split())


def grow(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the name of each call that makes more of a text than it was, as often as it occurs."""
    for node in nodes:
        name = function_of(node)
        if name in _GROWING or (name in _REPLACING and not _shrinks(node)):
            yield name


def bounded(node: Node) -> bool:
    """Return whether a call makes a text longer by no more than a known factor, if at all."""
    if function_of(node) not in _REPLACING:
        return True
    replacement = _text(_arguments(node)[2:3])
    return replacement is not None and len(replacement) <= _LONGEST_REPLACEMENT


def function_of(node: Node) -> str:
    """Return the name of the function a node calls, empty if it calls none."""
    return str(node.get("function_name")).lower() if node.get("class") == "FUNCTION" else ""


def type_of(node: Node) -> str:
    """Return the name of the type a cast is to."""
    kind = node.get("type_expr") or node.get("cast_type") or {}
    return str(kind.get("type_name") or kind.get("id")).upper()


def _shrinks(node: Node) -> bool:
    """Return whether a replacement is no longer than what it replaces."""
    replaced, replacement = _text(_arguments(node)[1:2]), _text(_arguments(node)[2:3])
    if replacement == "":
        return True
    plain = function_of(node) == "replace" and replaced is not None and replacement is not None
    return plain and len(str(replacement)) <= len(str(replaced))


def _arguments(node: Node) -> list[Node]:
    named = node.get("arguments")
    return [item["expression"] for item in named] if named else list(node.get("children", ()))


def _text(nodes: list[Node]) -> str | None:
    """Return the text a constant stands for, `None` if it is not that."""
    if not nodes or nodes[0].get("class") != "CONSTANT":
        return None
    written = nodes[0].get("literal") or nodes[0].get("value") or {}
    text = written.get("text", written.get("value"))
    return text if isinstance(text, str) else None
