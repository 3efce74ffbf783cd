from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul_sandbox.errors import ApiError
from tickhaul_sandbox.times import format_instant, parse_instant

NS = 1_705_312_800_000_000_000


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (NS, NS),
        (str(NS), NS),
        (0, 0),
        ("2024-01-15T10:00:00Z", NS),
        ("2024-01-15T10:00:00.1Z", NS + 100_000_000),
        ("2024-01-15T10:00:00.123456789Z", NS + 123_456_789),
        ("2024-01-15t10:00:00z", NS),
        ("2024-01-15T12:30:00+02:30", NS),
        ("2024-01-15T07:00:00-03:00", NS),
    ],
)
def test_documented_forms_are_read_to_the_nanosecond(value: int | str, wanted: int) -> None:
    assert parse_instant(value, "start_time", naive_is_utc=False) == wanted


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1.0,
        [],
        {},
        "",
        "now",
        "1.5",
        "0x10",
        "1" * 20,
        -1,
        "-1",
        1 << 63,
        "2024-01-15",
        "2024-01-15T10:00Z",
        "2024-01-15T10:00:00.1234567890Z",
        "2024-01-15T10:00:00",
        "2024-02-30T10:00:00Z",
        "2024-01-15T25:00:00Z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.5Z",
        "9999-12-31T23:59:59-05:00",
        "0001-01-01T00:00:00+05:00",
        "2024-01-15T10:00:00+99:00",
        "1969-12-31T23:59:59Z",
        "2263-01-01T00:00:00Z",
        " 2024-01-15T10:00:00Z",
        "\u0662024-01-15T10:00:00Z",
        "\u0661\u0662",
    ],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ApiError, match="Invalid end_time"):
        parse_instant(value, "end_time", naive_is_utc=False)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (0, "2024-01-15T10:00:00Z"),
        (120_000_000, "2024-01-15T10:00:00.120Z"),
        (123_456_000, "2024-01-15T10:00:00.123456Z"),
        (1, "2024-01-15T10:00:00.000000001Z"),
    ],
)
def test_instants_are_written_with_the_digits_they_need(offset: int, text: str) -> None:
    assert format_instant(NS + offset) == text


@given(st.integers(0, (1 << 63) - 1))
def test_what_is_written_is_read_back(ns: int) -> None:
    assert parse_instant(format_instant(ns), "t", naive_is_utc=False) == ns


@given(st.integers(0, (1 << 63) - 1))
def test_the_standard_library_reads_what_is_written(ns: int) -> None:
    seconds, rest = divmod(ns, 10**9)
    wanted = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=rest // 1000)
    text = format_instant(seconds * 10**9 + rest // 1000 * 1000)
    assert datetime.fromisoformat(text) == wanted
