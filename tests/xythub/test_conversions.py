"""What a table turns into, with real nulls and real types."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys
from datetime import date, time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from tickhaul.xythub.errors import TableError
from tickhaul.xythub.framing import frame
from tickhaul.xythub.tables.decode import read_table
from xythub_proto.v2_0_0 import types_pb2 as types

from tests.xythub.answers import DAY_NULL, INTEGER_NULL, answer, answers, lists_of

if TYPE_CHECKING:
    from pathlib import Path

    from tickhaul.xythub.tables.table import Table
    from xythub_proto.v2_0_0.api_data_pb2 import DataResponse

NINE = 9 * 3600 * 1000
NOON_NS = 12 * 3600 * 10**9 + 1
TEN = 1_570_701_600_000_000_000


def words(*values: str) -> types.Value:
    return types.Value(list=lists_of("string_list", values))


@pytest.fixture
def table() -> Table:
    """Two rows of each kind: a value, and the null of the kind where it has one."""
    return read_table(
        frame(
            answer(
                integer=("integer_list", [7, INTEGER_NULL]),
                double=("double_list", [1.5, math.nan]),
                boolean=("bool_list", [True, False]),
                dates=("days_list", [18171, DAY_NULL]),
                ms=("milliseconds_list", [NINE, DAY_NULL]),
                ns=("nanoseconds_list", [NOON_NS, INTEGER_NULL]),
                stamp=("timestamps_list", [TEN + 1, INTEGER_NULL]),
                text=("string_list", ["Zürich", ""]),
                lists=("mixed_list", [words("a", "b"), types.Value()]),
                mixed=("mixed_list", [types.Value(integer_value=1), types.Value(string_value="one")]),
            )
        )
    )


def long(**columns: object) -> Table:
    return read_table(frame(answer(**{name: ("string_list", content) for name, content in columns.items()})))


def has_times_outside_a_day(table: Table) -> bool:
    times = [array for array in table.to_numpy().values() if array.dtype.kind == "m"]
    day = np.timedelta64(1, "D")
    return any(bool(((array < np.timedelta64(0, "ns")) | (array >= day)).any()) for array in times)


class TestArrow:
    def test_every_kind_has_its_type_and_its_nulls(self, table: Table) -> None:
        arrow = table.to_arrow()
        arrow.validate(full=True)
        assert {name: str(arrow.schema.field(name).type) for name in table.column_names} == {
            "integer": "int64",
            "double": "double",
            "boolean": "bool",
            "dates": "date32[day]",
            "ms": "time32[ms]",
            "ns": "time64[ns]",
            "stamp": "timestamp[ns]",
            "text": "string",
            "lists": "list<item: string>",
            "mixed": "string",
        }
        assert arrow.drop_columns(["ns", "stamp"]).to_pylist() == [
            {
                "integer": 7,
                "double": 1.5,
                "boolean": True,
                "dates": date(2019, 10, 2),
                "ms": time(9),
                "text": "Zürich",
                "lists": ["a", "b"],
                "mixed": "1",
            },
            dict.fromkeys(["integer", "double", "dates", "ms", "lists"])
            | {"boolean": False, "text": "", "mixed": '"one"'},
        ]
        assert arrow["ns"].cast("int64").to_pylist() == [NOON_NS, None]
        assert arrow["stamp"].cast("int64").to_pylist() == [TEN + 1, None]

    @given(answers())
    def test_any_table_is_a_valid_arrow_table_or_has_times_outside_a_day(self, response: DataResponse) -> None:
        table = read_table(frame(response))
        if has_times_outside_a_day(table):
            with pytest.raises(TableError):
                table.to_arrow()
            return
        arrow = table.to_arrow()
        arrow.validate(full=True)
        assert arrow.column_names == table.column_names
        assert arrow.num_rows == (table.row_count if table.columns else 0)

    def test_numbers_are_shared_and_not_copied(self) -> None:
        table = read_table(frame(answer(x=("integer_list", [1, 2]))))
        buffer = table.to_arrow()["x"].chunk(0).buffers()[1]
        assert buffer.address == table.to_numpy()["x"].ctypes.data

    def test_strings_are_encoded_as_asked(self) -> None:
        table = long(often=["a", "b"] * 4096, seldom=[str(number) for number in range(8192)])
        found = {
            dictionary: {name: str(table.to_arrow(dictionary=dictionary)[name].type) for name in table.column_names}
            for dictionary in (None, True, False)
        }
        coded = "dictionary<values=string, indices=int32, ordered=0>"
        assert found == {
            None: {"often": coded, "seldom": "string"},
            True: {"often": coded, "seldom": coded},
            False: {"often": "string", "seldom": "string"},
        }
        for dictionary in (None, True, False):
            rows = table.to_arrow(dictionary=dictionary).slice(4095, 2).to_pylist()
            assert rows == [{"often": "b", "seldom": "4095"}, {"often": "a", "seldom": "4096"}]

    def test_strings_of_more_than_two_gibibytes_have_wide_offsets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tickhaul.xythub.tables.as_arrow._INT32_MAX", 3)
        arrow = long(x=["ab", "cd"]).to_arrow()
        arrow.validate(full=True)
        assert str(arrow["x"].type) == "large_string"
        assert arrow["x"].to_pylist() == ["ab", "cd"]


class TestPandas:
    def test_every_kind_has_its_type_and_its_nulls(self, table: Table) -> None:
        frame_ = table.to_pandas()
        assert {name: str(dtype) for name, dtype in frame_.dtypes.items()} == {
            "integer": "Int64",
            "double": "float64",
            "boolean": "bool",
            "dates": "datetime64[s]",
            "ms": "timedelta64[ms]",
            "ns": "timedelta64[ns]",
            "stamp": "datetime64[ns]",
            "text": str(pd.Series(["a"], dtype="str").dtype),
            "lists": "object",
            "mixed": "object",
        }
        first, second = frame_.to_dict("records")
        assert first["integer"] == 7
        assert first["dates"] == pd.Timestamp("2019-10-02")
        assert first["ms"] == pd.Timedelta(hours=9)
        assert first["ns"].value == NOON_NS
        assert first["stamp"].value == TEN + 1
        assert first["text"] == "Zürich"
        assert first["lists"] == ["a", "b"]
        assert second["lists"] is None
        nulls = {name for name, cell in second.items() if name != "lists" and pd.isna(cell)}
        assert nulls == {"integer", "double", "dates", "ms", "ns", "stamp"}
        assert second["text"] == ""

    def test_the_frame_can_be_written_to_and_the_table_does_not_change(self, table: Table) -> None:
        frame_ = table.to_pandas()
        for name, value in (("integer", 9), ("double", 2.5), ("boolean", False)):
            frame_.loc[0, name] = value
        assert table.to_numpy()["integer"][0] == 7
        assert table.to_numpy()["double"][0] == 1.5
        assert table.to_numpy()["boolean"][0]

    def test_strings_are_categories_as_asked(self) -> None:
        table = long(often=["a", "b"] * 4096, seldom=[str(number) for number in range(8192)])
        for dictionary, wanted in ((None, [True, False]), (True, [True, True]), (False, [False, False])):
            frame_ = table.to_pandas(dictionary=dictionary)
            assert [isinstance(dtype, pd.CategoricalDtype) for dtype in frame_.dtypes] == wanted
            assert frame_.iloc[4095].tolist() == ["b", "4095"]

    def test_times_outside_of_a_day_are_durations(self) -> None:
        table = read_table(frame(answer(t=("milliseconds_list", [-1, 86_400_000]))))
        assert table.to_pandas()["t"].tolist() == [pd.Timedelta(milliseconds=-1), pd.Timedelta(days=1)]


class TestPolars:
    def test_every_kind_has_its_type_and_its_nulls(self, table: Table) -> None:
        frame_ = table.to_polars()
        assert dict(frame_.schema) == {
            "integer": pl.Int64,
            "double": pl.Float64,
            "boolean": pl.Boolean,
            "dates": pl.Date,
            "ms": pl.Time,
            "ns": pl.Time,
            "stamp": pl.Datetime("ns"),
            "text": pl.String,
            "lists": pl.List(pl.String),
            "mixed": pl.String,
        }
        assert frame_.drop("ns", "stamp").rows() == [
            (True, date(2019, 10, 2), 1.5, 7, ["a", "b"], "1", time(9), "Zürich"),
            (False, None, None, None, None, '"one"', None, ""),
        ]
        assert frame_["ns"].to_physical().to_list() == [NOON_NS, None]
        assert frame_["stamp"].to_physical().to_list() == [TEN + 1, None]

    def test_strings_are_categorical_as_asked(self) -> None:
        table = long(often=["a", "b"] * 4096, seldom=[str(number) for number in range(8192)])
        for dictionary, wanted in ((None, [True, False]), (True, [True, True]), (False, [False, False])):
            frame_ = table.to_polars(dictionary=dictionary)
            assert [dtype == pl.Categorical for dtype in frame_.dtypes] == wanted
            assert frame_.row(4095) == ("b", "4095")

    @given(answers())
    def test_any_table_is_a_frame_of_its_rows_or_has_times_outside_a_day(self, response: DataResponse) -> None:
        table = read_table(frame(response))
        if has_times_outside_a_day(table):
            with pytest.raises(TableError):
                table.to_polars()
            return
        frame_ = table.to_polars()
        assert frame_.columns == table.column_names
        assert frame_.height == (table.row_count if table.columns else 0)


class TestNumpy:
    def test_every_kind_has_its_type_and_its_nulls(self, table: Table) -> None:
        arrays = table.to_numpy()
        assert {name: str(array.dtype) for name, array in arrays.items()} == {
            "integer": "int64",
            "double": "float64",
            "boolean": "bool",
            "dates": "datetime64[D]",
            "ms": "timedelta64[ms]",
            "ns": "timedelta64[ns]",
            "stamp": "datetime64[ns]",
            "text": "object",
            "lists": "object",
            "mixed": "object",
        }
        integers = arrays["integer"]
        assert isinstance(integers, np.ma.MaskedArray)
        assert integers.tolist() == [7, None]
        assert np.isnan(arrays["double"]).tolist() == [False, True]
        for name in ("dates", "ms", "ns", "stamp"):
            assert np.isnat(arrays[name]).tolist() == [False, True]
        assert arrays["lists"].tolist() == [["a", "b"], None]

    def test_integers_without_nulls_are_a_plain_array(self) -> None:
        array = read_table(frame(answer(x=("integer_list", [1])))).to_numpy()["x"]
        assert type(array) is np.ndarray

    def test_cells_that_are_lists_of_one_length_stay_cells(self) -> None:
        array = read_table(frame(answer(x=("mixed_list", [words("a", "b"), words("c", "d")])))).to_numpy()["x"]
        assert array.shape == (2,)


class TestCsv:
    WANTED = (
        "boolean,dates,double,integer,lists,mixed,ms,ns,stamp,text\n"
        'true,2019-10-02,1.5,7,"[""a"", ""b""]",1,09:00:00.000,12:00:00.000000001,'
        "2019-10-10T10:00:00.000000001,Zürich\n"
        "false,,,,,one,,,,\n"
    )

    def test_every_kind_is_written_exactly(self, table: Table) -> None:
        assert table.to_csv() == self.WANTED

    def test_it_goes_to_a_path_or_an_open_file(self, table: Table, tmp_path: Path) -> None:
        table.to_csv(tmp_path / "a.csv")
        table.to_csv(str(tmp_path / "b.csv"))
        opened = io.StringIO(newline="")
        table.to_csv(opened)
        wanted = self.WANTED.encode()
        assert (tmp_path / "a.csv").read_bytes() == wanted
        assert (tmp_path / "b.csv").read_bytes() == wanted
        assert opened.getvalue().encode() == wanted

    def test_long_tables_are_written_whole(self) -> None:
        rows = 70_000
        table = read_table(
            frame(
                answer(
                    a=("integer_list", range(rows)),
                    b=("string_list", ["x", "y"] * (rows // 2)),
                    c=("string_list", [f"é{number}" for number in range(rows)]),
                    d=("mixed_list", [types.Value(integer_value=number) for number in range(rows)]),
                )
            )
        )
        read = list(csv.reader(io.StringIO(table.to_csv())))
        assert read[0] == ["a", "b", "c", "d"]
        assert read[1:] == [[str(n), "xy"[n % 2], f"é{n}", str(n)] for n in range(rows)]

    @pytest.mark.parametrize("text", ["a\rb", "\r", "\n", "\r\n", 'a"b', "a,b", " a ", "\0", "\u2028"])
    def test_every_text_is_read_back_exactly(self, text: str) -> None:
        written = read_table(frame(answer(x=("string_list", [text, "next"])))).to_csv()
        assert list(csv.reader(io.StringIO(written, newline=""))) == [["x"], [text], ["next"]]

    def test_every_double_is_read_back_exactly(self) -> None:
        content = [0.1, 1e300, -0.0, math.inf, 5e-324]
        lines = read_table(frame(answer(x=("double_list", content)))).to_csv().splitlines()
        assert [float(line) for line in lines[1:]] == content

    def test_times_in_mixed_cells_are_readable(self) -> None:
        cells = [
            types.Value(nanoseconds_value=NOON_NS),
            types.Value(milliseconds_value=-1),
            types.Value(days_value=0),
            types.Value(list=lists_of("nanoseconds_list", [1])),
            types.Value(bool_value=True),
        ]
        assert read_table(frame(answer(x=("mixed_list", cells)))).to_csv() == (
            'x\n12:00:00.000000001\n-00:00:00.001000000\n1970-01-01\n"[""00:00:00.000000001""]"\ntrue\n'
        )


@pytest.mark.parametrize("convert", ["to_csv", "to_json"])
def test_a_disk_that_is_full_leaves_the_file_that_was_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, convert: str
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a").write_text("what was there")
    monkeypatch.setattr("tickhaul._files.atomic.os.fsync", full)
    table = read_table(frame(answer(x=("integer_list", [1]))))
    with pytest.raises(OSError, match="No space left on device"):
        getattr(table, convert)(tmp_path / "a")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a", "what was there")]


@pytest.mark.parametrize("convert", ["to_csv", "to_json"])
def test_a_table_that_cannot_be_written_leaves_the_file_that_was_there(convert: str, tmp_path: Path) -> None:
    table = read_table(frame(answer(t=("milliseconds_list", [-1]))))
    file = tmp_path / "a"
    file.write_text("what was there")
    with pytest.raises(TableError):
        getattr(table, convert)(file)
    assert file.read_text() == "what was there"


@pytest.mark.parametrize("convert", ["to_arrow", "to_polars", "to_csv", "to_json"])
@pytest.mark.parametrize(
    ("member", "value"), [("milliseconds_list", -1), ("milliseconds_list", 86_400_000), ("nanoseconds_list", -1)]
)
def test_times_outside_of_a_day_are_an_error_where_they_have_no_type(convert: str, member: str, value: int) -> None:
    table = read_table(frame(answer(t=(member, [value, 0]))))
    with pytest.raises(TableError, match="'t' has 1 times of day outside of a day"):
        getattr(table, convert)()


@pytest.mark.parametrize(
    ("library", "convert"), [("pyarrow", "to_arrow"), ("pandas", "to_pandas"), ("polars", "to_polars")]
)
def test_a_missing_library_is_an_error_that_says_how_to_install_it(
    table: Table, library: str, convert: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    extra = "arrow" if library == "pyarrow" else library
    with pytest.raises(ModuleNotFoundError) as caught:
        getattr(table, convert)()
    assert str(caught.value) == f'Table.{convert} needs {library}: pip install "tickhaul[{extra}]"'
    assert caught.value.name == library


def test_reading_a_table_loads_none_of_the_libraries_it_may_turn_into() -> None:
    code = (
        "import sys\n"
        "from tickhaul.xythub.tables.decode import read_table\n"
        "table = read_table(b'\\xfa\\x00')\n"
        "table.to_numpy(), table.to_csv()\n"
        "print([name for name in ('pyarrow', 'pandas', 'polars', 'httpx') if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


CELLS = {
    "text": ([types.Value(string_value="a"), types.Value()], "string", ["a", None]),
    "integers": ([types.Value(integer_value=1), types.Value()], "int64", [1, None]),
    "booleans": ([types.Value(bool_value=True)], "bool", [True]),
    "floats": ([types.Value(double_value=1.5), types.Value(double_value=math.nan)], "double", [1.5, None]),
    "lists of integers": (
        [types.Value(list=lists_of("integer_list", [1, INTEGER_NULL])), types.Value()],
        "list<item: int64>",
        [[1, None], None],
    ),
    "lists of nothing": ([types.Value(list=types.ValueList())], "list<item: string>", [[]]),
    "nulls": ([types.Value()], "string", [None]),
    "booleans and integers": (
        [types.Value(bool_value=True), types.Value(integer_value=1)],
        "string",
        ["true", "1"],
    ),
    "days": ([types.Value(days_value=0)], "string", ['"1970-01-01"']),
    "infinity and text": (
        [
            types.Value(double_value=math.inf),
            types.Value(string_value="a"),
            types.Value(list=lists_of("double_list", [-math.inf])),
        ],
        "string",
        ['"inf"', '"a"', '["-inf"]'],
    ),
    "lists and text": ([words("a"), types.Value(string_value="a")], "string", ['["a"]', '"a"']),
    "lists of lists": ([types.Value(list=lists_of("mixed_list", [words("a")]))], "string", ['[["a"]]']),
    "objects": (
        [types.Value(object=types.ValueObject(fields={"a": types.Value(integer_value=7)}))],
        "string",
        ['{"a": 7}'],
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_mixed_cells_have_the_type_they_share_or_are_json(name: str) -> None:
    cells, kind, wanted = CELLS[name]
    table = read_table(frame(answer(x=("mixed_list", cells))))
    arrow = table.to_arrow()["x"]
    assert str(arrow.type) == kind
    assert arrow.to_pylist() == wanted
    polars = table.to_polars()["x"]
    assert polars.to_list() == wanted


class TestJson:
    def test_every_kind_has_its_form(self, table: Table) -> None:
        assert json.loads(table.to_json()) == [
            {
                "boolean": True,
                "dates": "2019-10-02",
                "double": 1.5,
                "integer": 7,
                "lists": ["a", "b"],
                "mixed": 1,
                "ms": "09:00:00.000",
                "ns": "12:00:00.000000001",
                "stamp": "2019-10-10T10:00:00.000000001",
                "text": "Zürich",
            },
            dict.fromkeys(["dates", "double", "integer", "lists", "ms", "ns", "stamp"])
            | {"boolean": False, "mixed": "one", "text": ""},
        ]

    def test_it_is_a_line_for_each_row_and_an_array_in_any_case(self, tmp_path: Path) -> None:
        assert read_table(b"\xfa\x00").to_json() == "[]\n"
        table = read_table(frame(answer(x=("double_list", [1, math.inf, -math.inf]))))
        table.to_json(tmp_path / "a.json")
        assert (tmp_path / "a.json").read_text() == '[\n{"x": 1.0},\n{"x": "inf"},\n{"x": "-inf"}\n]\n'

    def test_times_in_mixed_cells_are_readable(self) -> None:
        cells = [types.Value(nanoseconds_value=NOON_NS), types.Value(list=lists_of("days_list", [0]))]
        assert json.loads(read_table(frame(answer(x=("mixed_list", cells)))).to_json()) == [
            {"x": "12:00:00.000000001"},
            {"x": ["1970-01-01"]},
        ]

    def test_infinity_is_text_wherever_it_stands(self) -> None:
        inner = types.Value(
            object=types.ValueObject(fields={"a": types.Value(list=lists_of("double_list", [math.inf]))})
        )
        assert json.loads(read_table(frame(answer(x=("mixed_list", [inner])))).to_json()) == [{"x": {"a": ["inf"]}}]

    @given(answers())
    def test_any_table_is_json_or_has_times_outside_a_day(self, response: DataResponse) -> None:
        table = read_table(frame(response))
        if has_times_outside_a_day(table):
            with pytest.raises(TableError):
                table.to_json()
            return
        rows = json.loads(table.to_json())
        assert len(rows) == table.row_count
        assert all(list(row) == table.column_names for row in rows)
