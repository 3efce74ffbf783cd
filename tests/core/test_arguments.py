"""What people pass is checked before anything is sent."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul._core.arguments import (
    check_callback,
    count,
    datastream_id,
    export_id,
    one_of,
    schema_id,
    seconds,
    seconds_or_unlimited,
    segment,
    subscription_id,
)


@pytest.mark.parametrize(
    "value",
    [
        "binance",
        "BTCUSDT",
        "BTC/USDT",
        "BTC-PERP",
        "BTC:USDT",
        "1INCH",
        "a b",
        "...",
        "..a",
        "%2e%2e",
        "比特币",
        "x" * 256,
    ],
)
def test_a_code_or_symbol_passes_as_it_is(value: str) -> None:
    assert segment("instrument", value) == value


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "\t", ".", "..", "../exports", "a/..", "a/../b", "a\\..\\b", "./a", "a/."),
        *("a\nb", "a\x00", "\x7f", "a\x85", "a\u2028b", "a\ud800", "x" * 257),
    ],
    ids=ascii,
)
def test_a_text_that_could_change_where_a_request_goes_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="expected a code or symbol such as 'binance' or 'BTCUSDT'") as caught:
        segment("instrument", value)
    assert str(caught.value).startswith(f"instrument={value[:256]!r}")


@pytest.mark.parametrize("value", [None, 5, b"binance", ["binance"]])
def test_a_code_is_text(value: Any) -> None:
    with pytest.raises(TypeError, match=r"exchange=.*expected a str, not") as caught:
        segment("exchange", value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("value", "number"),
    [(123, 123), (1, 1), (2**63 - 1, 2**63 - 1), (np.int64(5), 5), (SimpleNamespace(datastream_id=7), 7)],
)
def test_a_datastream_is_itself_or_its_id(value: Any, number: int) -> None:
    assert datastream_id(value) == number
    assert type(datastream_id(value)) is int


@pytest.mark.parametrize("value", [0, -1, 2**63, SimpleNamespace(datastream_id=0)])
def test_a_datastream_id_is_positive(value: Any) -> None:
    with pytest.raises(ValueError, match="expected a positive 64-bit id"):
        datastream_id(value)


@pytest.mark.parametrize("value", [None, "123", 1.0, True, [1], object(), SimpleNamespace(datastream_id="7")])
def test_another_type_is_no_datastream(value: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a Datastream or its integer id, .*datastreams\.find") as caught:
        datastream_id(value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("read", "prefix"), [(export_id, "exp_"), (subscription_id, "sub_"), (schema_id, "sch_")])
class TestPrefixedIds:
    """Ids of jobs, subscriptions and schemas."""

    def test_an_id_or_what_has_it_passes(self, read: Any, prefix: str) -> None:
        text = f"{prefix}550e8400-e29b_41D4"
        assert read(text) == text
        assert read(SimpleNamespace(id=text)) == text

    @pytest.mark.parametrize("rest", ["", "../x", "a/b", "a b", "a\n", "é", "a.b", "x" * 257, "%2e"])
    def test_an_id_of_another_shape_is_refused(self, read: Any, prefix: str, rest: str) -> None:
        with pytest.raises(ValueError, match=f"expected an id that begins with '{prefix}'"):
            read(prefix + rest)

    def test_an_id_of_another_kind_is_refused(self, read: Any, prefix: str) -> None:
        for other in {"exp_1", "sub_1", "sch_1", "1", "", prefix.upper() + "1"} - {f"{prefix}1"}:
            with pytest.raises(ValueError, match=f"={other!r}: expected an id that begins with '{prefix}'"):
                read(other)

    @pytest.mark.parametrize("value", [None, 5, b"exp_1", SimpleNamespace(id=5)])
    def test_another_type_is_no_id(self, read: Any, prefix: str, value: Any) -> None:
        with pytest.raises(TypeError, match="expected the object or its id, not"):
            read(value)


def test_one_of_a_closed_list() -> None:
    assert one_of("format", "csv", ["csv", "parquet"]) == "csv"
    with pytest.raises(ValueError, match="format='xml': expected one of csv, parquet"):
        one_of("format", "xml", ["csv", "parquet"])


@pytest.mark.parametrize("value", [0.001, 1, 30.0, 1e9, np.float64(2.5)])
def test_a_duration_is_a_positive_number(value: float) -> None:
    assert seconds("timeout", value) == value
    assert type(seconds("timeout", value)) in (float, np.float64)
    assert seconds_or_unlimited("timeout", value) == value


@pytest.mark.parametrize("value", [0, -1, -0.5, float("nan"), float("inf"), 1e10, 10**400])
def test_a_duration_that_clocks_cannot_count_is_refused(value: float) -> None:
    for read in (seconds, seconds_or_unlimited):
        with pytest.raises(ValueError, match=r"timeout=.*expected a positive number of seconds"):
            read("timeout", value)


@pytest.mark.parametrize("value", ["30", True, [30], b"30"])
def test_a_duration_of_another_type_is_refused(value: Any) -> None:
    for read in (seconds, seconds_or_unlimited):
        with pytest.raises(TypeError, match=r"timeout=.*expected a number of seconds, not"):
            read("timeout", value)


def test_no_duration_means_no_limit_where_that_is_allowed() -> None:
    wrong: Any = None
    assert seconds_or_unlimited("timeout", None) is None
    with pytest.raises(TypeError, match="expected a number of seconds, not NoneType"):
        seconds("timeout", wrong)


@given(st.integers(0, 10**9))
def test_a_count_is_a_whole_number(number: int) -> None:
    assert count("max_items", number, 0) == number
    assert count("max_items", np.int64(number), number) == number


@pytest.mark.parametrize(("value", "least"), [(-1, 0), (0, 1), (-(10**30), 0)])
def test_a_count_below_its_least_is_refused(value: int, least: int) -> None:
    with pytest.raises(ValueError, match=f"max_items={value}: expected {least} or more"):
        count("max_items", value, least)


@pytest.mark.parametrize("value", [None, "5", 1.0, True, [5]])
def test_a_count_of_another_type_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"max_items=.*expected a whole number, not"):
        count("max_items", value, 0)


async def later() -> None:
    """Would have to be awaited."""


class Later:
    """Calling it makes a coroutine."""

    async def __call__(self) -> None:
        await later()


@pytest.mark.parametrize("value", [None, print, lambda info: info, [].append, partial(print, "retry")])
def test_a_function_can_be_told(value: Any) -> None:
    check_callback("on_retry", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("print", "on_retry='print': expected a function, not str"),
        (5, "on_retry=5: expected a function, not int"),
        (later, "on_retry: expected a plain function; nobody would run a coroutine"),
        (partial(later), "on_retry: expected a plain function"),
        (Later(), "on_retry: expected a plain function"),
    ],
)
def test_what_nobody_would_run_is_refused(value: Any, expected: str) -> None:
    with pytest.raises(TypeError, match=expected):
        check_callback("on_retry", value)
