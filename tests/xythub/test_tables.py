"""Tables hold what protobuf says the answer holds, however the answer is laid out."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul._core.deadline import Deadline, DeadlinePassed
from tickhaul.xythub import framing
from tickhaul.xythub.errors import FramingError, TableError
from tickhaul.xythub.framing import Marker, frame
from tickhaul.xythub.tables import decode, layout
from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers
from tickhaul.xythub.tables.decode import read_table
from tickhaul.xythub.tables.strings import Coded, Plain
from tickhaul.xythub.varints import varint
from xythub_proto.v1_1_2 import api_data_pb2 as old_data
from xythub_proto.v1_1_2 import types_pb2 as old_types
from xythub_proto.v2_0_0 import types_pb2 as types
from xythub_proto.v2_0_0.api_data_pb2 import DataResponse

from tests.xythub.answers import INTEGER_NULL, MEMBERS, answer, answers, by_numpy, by_protobuf, lists_of
from tests.xythub.vectors import NO_DAYS, RESPONSE_FRAME_HEX

if TYPE_CHECKING:
    from tickhaul.xythub.tables.table import Table


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def framed(body: bytes) -> bytes:
    return b"\xfa" + varint(len(body)) + body


def entry(name: str, kind: int, content: bytes) -> bytes:
    """A column's entry, by hand."""
    return field(1, field(1, name.encode()) + field(2, field(kind, content)))


def read_by_hand(*entries: bytes) -> Table:
    return read_table(framed(field(2, b"".join(entries))))


def test_the_vector_of_the_reference_is_a_table() -> None:
    table = read_table(bytes.fromhex(RESPONSE_FRAME_HEX))
    assert table.column_names == ["isin"]
    assert table.row_count == len(table) == 2
    assert table.to_numpy()["isin"].tolist() == ["AEDFXA1EN018", "AN8068571086"]


@given(answers(), st.sampled_from(Marker))
def test_a_table_holds_what_protobuf_says_the_answer_holds(response: DataResponse, marker: Marker) -> None:
    table = read_table(frame(response, marker=marker))
    assert by_numpy(table) == by_protobuf(response)
    assert set(table.column_names) == set(response.data.columns)
    assert table.request_id == (response.header.request_id.value or None)
    assert table.warning == (response.header.warning_message or None)
    assert set(table.meta) == set(response.meta)


@given(answers(), st.data())
def test_an_answer_cut_anywhere_is_an_error_or_still_what_protobuf_reads(
    response: DataResponse, data: st.DataObject
) -> None:
    body = response.SerializeToString()
    part = body[: data.draw(st.integers(0, len(body)))]
    try:
        table = read_table(framed(part))
    except (FramingError, TableError):
        return
    assert by_numpy(table) == by_protobuf(DataResponse.FromString(part))


@settings(max_examples=30)
@given(
    st.sampled_from(["integer_list", "nanoseconds_list", "timestamps_list", "milliseconds_list", "bool_list"]),
    st.data(),
)
def test_long_columns_of_numbers_are_read_in_pieces_without_a_seam(member: str, data: st.DataObject) -> None:
    pattern = data.draw(st.lists(MEMBERS[member][1], min_size=1, max_size=7))
    content = pattern * (300_000 // len(pattern))
    response = answer(x=(member, content))
    assert by_numpy(read_table(frame(response)))["x"] == by_protobuf(response)["x"]


class TestLayouts:
    """Legal but unusual bytes mean what protobuf says they mean."""

    def check(self, body: bytes) -> Table:
        table = read_table(framed(body))
        assert by_numpy(table) == by_protobuf(DataResponse.FromString(body))
        return table

    def test_unpacked_numbers(self) -> None:
        numbers = b"".join(b"\x08" + varint(number) for number in (1, 300, 2**63))
        self.check(field(2, entry("a", 2, numbers)))
        doubles = b"".join(b"\x09" + np.float64(number).tobytes() for number in (1.5, math.inf))
        self.check(field(2, entry("a", 3, doubles)))

    def test_unpacked_numbers_are_left_to_protobuf_at_the_second(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looks: list[int] = []
        look = layout._read_varint

        def count(data: memoryview, at: int, most: int) -> tuple[int, int]:
            looks.append(at)
            return look(data, at, most)

        monkeypatch.setattr(layout, "_read_varint", count)
        self.check(field(2, entry("a", 2, b"\x08\x01" * 10_000)))
        assert len(looks) < 100

    def test_a_list_in_several_parts(self) -> None:
        parts = field(1, b"\x01\x02") + field(1, b"\x03")
        self.check(field(2, entry("a", 2, parts)))

    def test_a_list_message_in_several_parts(self) -> None:
        value = field(2, field(2, field(1, b"\x01"))) + field(2, field(2, field(1, b"\x02")))
        self.check(field(2, field(1, field(1, b"a") + value)))

    def test_a_list_that_changes_its_kind(self) -> None:
        value = field(2, field(2, field(1, b"\x01")) + field(1, field(1, b"text")))
        table = self.check(field(2, field(1, field(1, b"a") + value)))
        assert isinstance(table.columns["a"], Plain)

    def test_a_column_twice(self) -> None:
        self.check(field(2, entry("a", 2, field(1, b"\x01\x02")) + entry("a", 2, field(1, b"\x03"))))

    def test_a_table_in_several_parts(self) -> None:
        one, two = entry("a", 2, field(1, b"\x01")), entry("b", 2, field(1, b"\x02"))
        assert self.check(field(2, one) + field(2, two)).column_names == ["a", "b"]

    def test_an_entry_with_its_value_first_and_one_without_a_name(self) -> None:
        value = field(2, field(2, field(1, b"\x01")))
        self.check(field(2, field(1, value + field(1, b"a")) + field(1, value)))

    def test_an_entry_without_a_value_is_an_empty_column(self) -> None:
        assert self.check(field(2, field(1, field(1, b"a")))).row_count == 0

    def test_unknown_fields_everywhere(self) -> None:
        unknown = field(99, b"?") + varint(98 << 3) + b"\x01" + varint(97 << 3 | 5) + b"four"
        value = field(2, field(2, field(1, b"\x01") + unknown) + unknown)
        body = field(2, field(1, field(1, b"a") + value + unknown) + unknown) + unknown
        self.check(body)

    def test_groups_are_unknown_fields_too(self) -> None:
        group = varint(50 << 3 | 3) + varint(50 << 3 | 4)
        self.check(group + field(2, entry("a", 2, field(1, b"\x01"))))

    def test_an_unknown_field_among_strings(self) -> None:
        self.check(field(2, entry("a", 1, field(1, b"one") + field(7, b"?") + field(1, b"two"))))

    def test_an_empty_list_of_each_kind(self) -> None:
        for member in MEMBERS:
            table = self.check(answer(a=(member, [])).SerializeToString())
            assert table.row_count == 0

    def test_no_table_at_all(self) -> None:
        table = self.check(b"")
        assert (table.row_count, table.column_names) == (0, [])
        assert repr(table) == "<Table of 0 rows: no columns>"

    @pytest.mark.parametrize(
        "body",
        [
            pytest.param(field(2, entry("a", 2, field(1, b"\x80"))), id="a truncated number"),
            pytest.param(field(2, entry("a", 2, field(1, b"\xff" * 11 + b"\x01"))), id="an over-long number"),
            pytest.param(field(2, entry("a", 2, field(1, b"\x80" * 200_000))), id="a number without an end"),
            pytest.param(field(2, entry("a", 3, field(1, b"1234567"))), id="a double of seven bytes"),
            pytest.param(field(2, entry("a", 1, field(1, b"\xff"))), id="a string that is not UTF-8"),
            pytest.param(field(2, entry("a", 1, b"\x0a\x05four")), id="a string that is cut short"),
            pytest.param(field(2, entry("a", 1, field(1, b"\xff" * 200))), id="a long string that is not UTF-8"),
            pytest.param(field(2, field(1, field(1, b"\xff") + field(2, b""))), id="a name that is not UTF-8"),
            pytest.param(field(2, b"\x0a\x7f"), id="an entry that is cut short"),
            pytest.param(field(2, b"\x00\x01"), id="a field without a number"),
            pytest.param(field(2, b"\x0e"), id="a wire type that is none"),
            pytest.param(field(3, b"\xff"), id="a meta entry that is none"),
            pytest.param(b"\x12", id="a table without a length"),
            pytest.param(field(2, entry("a", 15, b"\xff")), id="a mixed list that is none"),
            pytest.param(field(2, entry("a", 5, b"\xff")), id="a list of dates that is none"),
        ],
    )
    def test_malformed_bytes_are_a_framing_error(self, body: bytes) -> None:
        data = framed(body)
        with pytest.raises(
            FramingError, match=f"expected a xyt.v2_0_0.DataResponse, found {len(body)} bytes"
        ) as caught:
            read_table(data)
        assert caught.value.offset == len(data) - len(body)

    def test_a_table_keeps_nothing_of_the_answer(self) -> None:
        data = bytearray(frame(answer(a=("double_list", [1.5]), b=("string_list", ["one"]), c=("integer_list", [7]))))
        table = read_table(data)
        data[:] = bytes(len(data))
        assert by_numpy(table) == {"a": [1.5], "b": ["one"], "c": [7]}


class TestStrings:
    @pytest.mark.parametrize(
        "words",
        [
            pytest.param(["XE", "CHIX", "L"], id="short"),
            pytest.param([""], id="only empty"),
            pytest.param(["", "a", "", ""], id="mostly empty"),
            pytest.param(["0123456789", "DE0001.XE0", "x"], id="as long as the tag is large"),
            pytest.param(["12345678", "123456789", "1234567", "1234567\0"], id="around a word of eight"),
            pytest.param(["line\n", "\n\n", "feed"], id="with line feeds"),
            pytest.param(["Zürich", "東京", "🙂", "a"], id="beyond ASCII"),
            pytest.param(["x" * 127, "y" * 127, "x" * 126 + "y"], id="as long as a dictionary takes"),
            pytest.param(["x" * 128, "y", "x" * 128], id="longer than a dictionary takes"),
            pytest.param(["x" * 200_000, "y"], id="longer than a piece"),
        ],
    )
    def test_lists_of_a_few_words_are_read_exactly(self, words: list[str]) -> None:
        repeats = 6 if len(words[0]) > 1000 else 9000
        content = words * repeats
        response = answer(x=("string_list", content))
        table = read_table(frame(response))
        assert table.to_numpy()["x"].tolist() == content

    def test_long_lists_that_repeat_themselves_have_a_dictionary_in_order_of_appearance(self) -> None:
        column = read_table(frame(answer(x=("string_list", ["b", "a", "b", "c"] * 1024)))).columns["x"]
        assert isinstance(column, Coded)
        assert column.words == ["b", "a", "c"]
        assert column.codes[:4].tolist() == [0, 1, 0, 2]

    def test_short_lists_and_such_that_do_not_repeat_themselves_are_plain(self) -> None:
        short = ["a"] * 4095
        distinct = [f"order-{number}" for number in range(50_000)]
        table = read_table(frame(answer(x=("string_list", distinct))))
        assert isinstance(table.columns["x"], Plain)
        assert table.to_numpy()["x"].tolist() == distinct
        assert isinstance(read_table(frame(answer(x=("string_list", short)))).columns["x"], Plain)

    def test_a_list_that_stops_repeating_itself_is_plain(self) -> None:
        content = ["same"] * 40_000 + [f"order-{number}" for number in range(60_000)]
        table = read_table(frame(answer(x=("string_list", content))))
        assert isinstance(table.columns["x"], Plain)
        assert table.to_numpy()["x"].tolist() == content

    @settings(max_examples=40)
    @given(st.lists(st.text(max_size=40), min_size=1, max_size=40), st.integers(0, 2**32))
    def test_any_words_in_any_order_are_read_exactly(self, words: list[str], seed: int) -> None:
        content = [words[index] for index in np.random.default_rng(seed).integers(0, len(words), 20_000)]
        assert read_table(frame(answer(x=("string_list", content)))).to_numpy()["x"].tolist() == content

    def test_two_strings_with_one_hash_cost_the_dictionary_and_nothing_else(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tickhaul.xythub.tables.strings._MIX", np.uint64(0))
        content = ["one", "two", "six"] * 4096
        table = read_table(frame(answer(x=("string_list", content))))
        assert isinstance(table.columns["x"], Plain)
        assert table.to_numpy()["x"].tolist() == content

    def test_many_strings_of_one_slot_cost_the_dictionary_and_nothing_else(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tickhaul.xythub.tables.strings._SLOT_BITS", 1)
        content = [f"{number % 500:03}" for number in range(20_000)]
        table = read_table(frame(answer(x=("string_list", content))))
        assert isinstance(table.columns["x"], Plain)
        assert table.to_numpy()["x"].tolist() == content


class TestContracts:
    def test_timestamps_count_from_the_contracts_own_day(self) -> None:
        data = frame(answer(t=("timestamps_list", [0, INTEGER_NULL, 1])))
        new = read_table(data, contract="2.0.0").to_numpy()["t"]
        old = read_table(data, contract="1.1.2").to_numpy()["t"]
        assert new.astype(str).tolist() == ["1970-01-01T00:00:00.000000000", "NaT", "1970-01-01T00:00:00.000000001"]
        assert old.astype(str).tolist() == ["2000-01-01T00:00:00.000000000", "NaT", "2000-01-01T00:00:00.000000001"]

    def test_timestamps_past_what_nanoseconds_hold_are_an_error(self) -> None:
        with pytest.raises(TableError, match="column 't': expected timestamps up to the year 2262"):
            read_table(frame(answer(t=("timestamps_list", [2**63 - 1]))), contract="1.1.2")

    def test_dates_have_the_shape_of_their_contract(self) -> None:
        old = old_data.DataResponse()
        dates = [
            old_types.Date(year=2019, month=10, day=2),
            old_types.Date(),
            old_types.Date(year=1969, month=2, day=28),
        ]
        old.data.columns["d"].date_list.values.extend(dates)
        old.data.columns["d"].date_list.values.append(old_types.Date(year=2020, month=2, day=29))
        found = read_table(frame(old), contract="1.1.2").to_numpy()["d"]
        assert found.astype(str).tolist() == ["2019-10-02", "NaT", "1969-02-28", "2020-02-29"]
        new = answer(d=("date_list", [types.Date(days=18171)]))
        assert read_table(frame(new)).to_numpy()["d"].astype(str).tolist() == ["2019-10-02"]

    @pytest.mark.parametrize("parts", NO_DAYS)
    def test_a_date_in_no_calendar_is_an_error_that_shows_it(self, parts: tuple[int, int, int]) -> None:
        year, month, day = parts
        shown = f"expected days of the calendar, found {year}-{month}-{day}"
        date = old_types.Date(year=year, month=month, day=day)
        column, cell, meta = old_data.DataResponse(), old_data.DataResponse(), old_data.DataResponse()
        column.data.columns["d"].date_list.values.extend([old_types.Date(year=2019, month=10, day=2), date])
        cell.data.columns["d"].mixed_list.values.add(date_value=date)
        meta.meta["d"].date_value.CopyFrom(date)
        for message, where in ((column, "d"), (cell, "d"), (meta, None)):
            with pytest.raises(TableError, match=re.escape(shown)) as caught:
                read_table(frame(message), contract="1.1.2")
            assert caught.value.column == where

    @given(st.dates())
    def test_a_date_of_the_calendar_is_that_date_under_both_contracts(self, day: dt.date) -> None:
        old = old_data.DataResponse()
        old.data.columns["d"].date_list.values.add(year=day.year, month=day.month, day=day.day)
        new = answer(d=("date_list", [types.Date(days=(day - dt.date(1970, 1, 1)).days)]))
        for message, contract in ((old, "1.1.2"), (new, "2.0.0")):
            assert read_table(frame(message), contract=contract).to_arrow()["d"].to_pylist() == [day]

    def test_an_unknown_contract_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"expected one of 2\.0\.0, 1\.1\.2"):
            read_table(b"\xfa\x00", contract="3")

    def test_a_list_of_a_kind_the_contract_does_not_know_is_an_error(self) -> None:
        with pytest.raises(TableError, match="'x' is a list of kind 7, which contract 1"):
            read_table(framed(field(2, entry("x", 7, b""))), contract="1.1.2")


def test_columns_of_different_lengths_are_an_error_that_names_two() -> None:
    with pytest.raises(TableError, match=r"'a' has 2 rows and 'c' has 1") as caught:
        read_table(frame(answer(a=("integer_list", [1, 2]), b=("days_list", [1, 2]), c=("bool_list", [True]))))
    assert caught.value.column == "c"


def test_documented_columns_come_first_and_in_order() -> None:
    names = ["zzz", "trade", "aaa", "time", "symbol", "date", "trade_size"]
    table = read_table(frame(answer(**{name: ("integer_list", [1]) for name in names})))
    assert table.column_names == ["symbol", "date", "time", "trade", "trade_size", "aaa", "zzz"]


def test_a_table_says_what_it_is() -> None:
    response = answer(symbol=("string_list", ["ZAL.XE"]), price=("double_list", [1.5]), day=("days_list", [1]))
    assert repr(read_table(frame(response))) == "<Table of 1 rows: symbol string, day date, price double>"


def test_what_comes_beside_the_table_is_kept() -> None:
    response = answer(x=("integer_list", [1]))
    response.header.request_id.value = "request"
    response.header.reference_id.value = "reference"
    response.header.warning_message = "unknown symbol"
    response.meta["total_hits"].integer_value = 3
    response.meta["cursor"].string_value = "next"
    response.meta["day"].days_value = 18171
    response.meta["nested"].object.fields["list"].list.double_list.values.extend([1.5, math.nan])
    response.meta["nothing"].list.SetInParent()
    table = read_table(frame(response))
    assert (table.request_id, table.reference_id, table.warning) == ("request", "reference", "unknown symbol")
    assert dict(table.meta) == {
        "total_hits": 3,
        "cursor": "next",
        "day": np.datetime64("2019-10-02"),
        "nested": {"list": [1.5, None]},
        "nothing": [],
    }


def test_numbers_cannot_be_written_to() -> None:
    table = read_table(frame(answer(x=("integer_list", [1]))))
    with pytest.raises(ValueError, match="read-only"):
        table.to_numpy()["x"][0] = 2


def test_mixed_cells_hold_python_values() -> None:
    cells = [
        types.Value(string_value="text"),
        types.Value(bool_value=False),
        types.Value(list=lists_of("string_list", ["a", "b"])),
        types.Value(),
        types.Value(nanoseconds_value=32_400_000_000_000),
        types.Value(time_value=types.Time(milliseconds=1, nanoseconds=2)),
        types.Value(date_value=types.Date(days=1)),
        types.Value(timestamp_value=1),
    ]
    column = read_table(frame(answer(x=("mixed_list", cells)))).columns["x"]
    assert isinstance(column, Mixed)
    assert column.cells == [
        "text",
        False,
        ["a", "b"],
        None,
        np.timedelta64(9, "h"),
        np.timedelta64(1_000_002, "ns"),
        np.datetime64("1970-01-02"),
        np.datetime64(1, "ns"),
    ]


def test_a_column_has_no_nulls_where_its_kind_has_none() -> None:
    assert Numbers(Kind.BOOLEAN, np.array([True, False])).nulls() is None


MANY = {
    "in the answer": framed(b"\x98\x01\x01" * 9),
    "headers": framed(b"\x0a\x00" * 9),
    "in the table": framed(field(2, b"\x18\x01" * 9)),
    "columns": framed(field(2, b"".join(entry(f"c{number}", 2, b"") for number in range(9)))),
}


@pytest.mark.parametrize("data", MANY.values(), ids=MANY)
def test_an_answer_of_more_fields_than_any_table_has_is_refused(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    read_table(data)
    monkeypatch.setattr(layout, "_MOST_FIELDS", 8)
    with pytest.raises(TableError, match="at most 8 columns and other fields"):
        read_table(data)


def test_much_beside_the_columns_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_LARGEST_REST", 9)
    with pytest.raises(TableError, match="at most 9 bytes beside the columns"):
        read_table(framed(field(1, field(3, b"12345678"))))


def test_mixed_columns_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = b"\x0a\x00" * 3
    monkeypatch.setattr(decode, "_LARGEST_MIXED", 11)
    assert read_by_hand(entry("a", 15, cells)).row_count == 3
    with pytest.raises(TableError, match="at most 11 bytes of mixed columns"):
        read_by_hand(entry("a", 15, cells), entry("b", 15, cells))


@pytest.mark.parametrize("kind", [5, 6, 15], ids=["dates", "times", "mixed"])
def test_the_cells_that_become_objects_are_counted_first(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "MOST_FIELDS", 8)
    assert read_by_hand(entry("a", kind, b"\x0a\x00" * 8)).row_count == 8
    with pytest.raises(FramingError, match="more than 8 rows, cells and other fields"):
        read_by_hand(entry("a", kind, b"\x0a\x00" * 9))


@pytest.mark.parametrize("kind", [1, 2, 4, 5, 6, 15])
def test_a_column_is_read_with_an_eye_on_the_clock(kind: int) -> None:
    packed = field(1, b"\x01" * 9)
    data = framed(field(2, entry("a", kind, packed if kind in (2, 4) else b"\x0a\x00" * 9)))
    assert Deadline(1, lambda: 0).run(lambda: read_table(data)).row_count == 9
    with pytest.raises(DeadlinePassed):
        Deadline(0, lambda: 0).run(lambda: read_table(data))
