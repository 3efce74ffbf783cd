"""What a transform may call and cast to.

A list of what is let through rather than of what is not: DuckDB has hundreds of functions and gains more with every
version, and some read the clock, some the time zone of the machine. What is here depends on nothing but its arguments.
How much a function may make of a text is no matter of this list: that is measured, see `cage`.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Node: TypeAlias = dict[str, Any]  # of DuckDB's parse tree, whose shape differs from version to version

_OPERATORS = """
    !__postfix !~~ !~~* % & && * ** + - ->> / // < << <= <> = == != > >= >> ^ ^@ | || ~ ~~ ~~* ~~~ ! @ xor
"""
_NUMBERS = """
    abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees divide even exp factorial fdiv floor fmod gcd greatest
    greatest_common_divisor isfinite isinf isnan lcm least least_common_multiple ln log log10 log2 mod multiply pi pow
    power radians round round_even roundbankers sign signbit sin sqrt subtract add tan trunc
"""
_TEXTS = """
    ascii base64 bit_length char_length character_length chr concat concat_ws contains ends_with from_hex hamming hex
    instr jaccard json_quote lcase left len length like_escape ilike_escape not_like_escape not_ilike_escape lower ltrim
    md5 mismatches nfc_normalize ord position prefix regexp_escape regexp_extract regexp_full_match regexp_matches
    regexp_replace replace reverse right rtrim sha1 sha256 split_part starts_with strip_accents strlen strpos substr
    substring suffix to_base64 to_hex to_json translate trim ucase unhex unicode upper url_encode
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
FUNCTIONS = frozenset(f"{_OPERATORS} {_NUMBERS} {_TEXTS} {_TIMES} {_OTHERS}".split())
_TYPES = """
    BIGINT BOOL BOOLEAN BPCHAR CHAR DATE DATETIME DEC DECIMAL DOUBLE FLOAT FLOAT4 FLOAT8 HUGEINT INT INT1 INT2 INT4 INT8
    INT16 INT32 INT64 INT128 INTEGER INTERVAL LOGICAL LONG NUMERIC REAL SHORT SIGNED SMALLINT STRING TEXT TIME TIMESTAMP
    TIMESTAMP_MS TIMESTAMP_NS TIMESTAMP_S TIMESTAMP_US TINYINT UBIGINT UHUGEINT UINT8 UINT16 UINT32 UINT64 UINTEGER
    USMALLINT UTINYINT UUID VARCHAR
"""
# Plain types only, and none that depends on the time zone of the machine.
TYPES = frozenset(_TYPES.split())


def function_of(node: Node) -> str:
    """Return the name of the function a node calls, empty if it calls none."""
    return str(node.get("function_name")).lower() if node.get("class") == "FUNCTION" else ""


def type_of(node: Node) -> str:
    """Return the name of the type a cast is to."""
    kind = node.get("type_expr") or node.get("cast_type") or {}
    return str(kind.get("type_name") or kind.get("id")).upper()
