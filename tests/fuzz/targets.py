"""What is fuzzed: each target takes any bytes, and raises where the code under test does what it must not.

Each has seeds, from which the fuzzer starts; what it once found is kept among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from tickhaul.xythub.errors import FramingError, TableError
from tickhaul.xythub.framing import FrameReader, read_delimited_from
from tickhaul.xythub.rows import read_rows
from tickhaul.xythub.tables.decode import read_table
from tickhaul.xythub.varints import varint
from xythub_proto.v1_1_2 import api_data_pb2 as old_data
from xythub_proto.v1_1_2 import api_lookup_pb2 as old_lookup
from xythub_proto.v1_1_2.api_data_pb2 import DataResponse as OldResponse
from xythub_proto.v2_0_0 import types_pb2 as types
from xythub_proto.v2_0_0.api_data_pb2 import DataResponse

from tests.xythub.answers import answer, by_numpy, by_protobuf, lists_of
from tests.xythub.vectors import FRAMES, VECTORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message
    from tickhaul.xythub.tables.table import Table

_LIMIT = 1 << 20


class MisbehaviourError(AssertionError):
    """The code under test did what it must not."""


def frames(data: bytes) -> None:
    """A body is one message or a typed error, and a stream of the same bytes agrees, however it is cut."""
    try:
        whole = read_delimited_from(DataResponse, data, limit=_LIMIT)
    except FramingError as error:
        if error.expected not in str(error) or error.found not in str(error):
            raise MisbehaviourError(f"{error!r} does not say what was expected and found") from error
        whole = None
    one, pieces = _streamed(data, len(data) or 1), _streamed(data, 1)
    if one != pieces:
        raise MisbehaviourError("what a stream gives depends on how it is cut")
    if whole is not None and one != [whole.SerializeToString(deterministic=True)]:
        raise MisbehaviourError("the stream gives something else than the body")


def tables(data: bytes) -> None:
    """An answer is the table that protobuf finds in it, or a typed error.

    The first byte chooses the contract; the others are the message, which gets its frame here: a fuzzer that has to
    guess lengths gets nowhere.
    """
    old, body = data[:1] == b"\x01", data[1:]
    parsed: DataResponse | OldResponse | None
    try:
        parsed = (OldResponse if old else DataResponse).FromString(body)
    except DecodeError:
        parsed = None
    try:
        table = read_table(b"\xfa" + varint(len(body)) + body, contract="1.1.2" if old else "2.0.0")
    except FramingError as error:
        if parsed is not None:
            raise MisbehaviourError("refused what protobuf accepts") from error
        return
    except TableError:
        return
    if parsed is None:
        raise MisbehaviourError("accepted what protobuf refuses")
    if isinstance(parsed, DataResponse) and by_numpy(table) != by_protobuf(parsed):
        raise MisbehaviourError("read something else than protobuf")
    _convert(table)


def rows(data: bytes) -> None:
    """An answer of a typed operation is a table with its rows, or a typed error. The first byte chooses the operation."""
    kind, body = _RESPONSES[(data[0] if data else 0) % len(_RESPONSES)], data[1:]
    try:
        message = read_delimited_from(kind, b"\xfa" + varint(len(body)) + body)
    except FramingError:
        return
    try:
        table = read_rows(message)
    except TableError:
        return
    found = next(getattr(message, field.name) for field in kind.DESCRIPTOR.fields if field.number == _ROWS)
    series = [len(chunk.series) for chunk in found if hasattr(chunk, "series")]
    if table.row_count != (sum(series) if series else len(found)):
        raise MisbehaviourError("rows were lost or made up")
    _convert(table)


def _convert(table: Table) -> None:
    """Turn a table into everything it can be turned into."""
    for convert in (table.to_arrow, table.to_polars, table.to_csv, table.to_json):
        try:
            convert()
        except TableError:
            # Times outside of a day have no type to go into.
            continue
    if table.column_names:
        table.to_pandas()


def canary(data: bytes) -> None:
    """Fails on anything but nothing."""
    if data:
        raise MisbehaviourError("as it should")


_ROWS = 10  # the number of the rows in every response of contract 1.1.2


def _streamed(data: bytes, size: int) -> list[bytes] | None:
    reader = FrameReader(DataResponse, limit=_LIMIT)
    found = []
    try:
        for start in range(0, len(data), size):
            reader.feed(data[start : start + size])
            found += [message.SerializeToString(deterministic=True) for message in reader]
        reader.finish()
    except FramingError:
        return None
    return found


def _answers() -> list[DataResponse]:
    cells = [types.Value(list=lists_of("string_list", ["a", "b"])), types.Value(object=types.ValueObject())]
    return [
        answer(a=("integer_list", [1, -(2**63), -1]), b=("double_list", [1.5, float("nan"), 0.0])),
        answer(a=("string_list", ["one", "two", ""]), b=("bool_list", [True, False, True])),
        answer(a=("days_list", [18171]), b=("milliseconds_list", [-1]), c=("nanoseconds_list", [1])),
        answer(a=("timestamps_list", [1]), b=("mixed_list", cells[:1])),
        answer(a=("mixed_list", cells), b=("string_list", ["line\n", "x" * 130])),
        answer(a=("date_list", [types.Date(days=1)]), b=("time_list", [types.Time(milliseconds=1)])),
        answer(a=("string_list", ["XE", "CHIX", "DE0001.XE0"] * 3000)),
    ]


def _responses() -> list[type[Message]]:
    """The responses of contract 1.1.2 that hold rows."""
    kinds = [
        getattr(module, name)
        for module in (old_data, old_lookup)
        for name in sorted(module.DESCRIPTOR.message_types_by_name)
    ]
    return [kind for kind in kinds if _ROWS in kind.DESCRIPTOR.fields_by_number and kind.__name__.endswith("Response")]


_RESPONSES = _responses()


def _typed_answers() -> list[Message]:
    """An answer of each typed operation, with something in every field."""
    found = []
    for kind in _RESPONSES:
        answered = kind()
        _fill(answered)
        found.append(answered)
    return found


# Messages of many classes, filled by what their fields are.
def _fill(message: Any) -> None:
    for field in message.DESCRIPTOR.fields:
        if field.message_type is None:
            value = _FILLINGS.get(field.cpp_type, 1)
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
        elif field.message_type.GetOptions().map_entry:
            _fill(getattr(message, field.name)["OA"])
        else:
            _fill(getattr(message, field.name).add() if field.is_repeated else getattr(message, field.name))


_FILLINGS: dict[int, object] = {
    FieldDescriptor.CPPTYPE_STRING: "ZAL.XE",
    FieldDescriptor.CPPTYPE_DOUBLE: 1.5,
    FieldDescriptor.CPPTYPE_BOOL: True,
}


SEEDS: dict[str, list[bytes]] = {
    "frames": [bytes.fromhex(wanted) for _, wanted in (*FRAMES.values(), *VECTORS.values())],
    "tables": [
        version + message.SerializeToString(deterministic=True)
        for version in (b"\x00", b"\x01")
        for message in _answers()
    ],
    "rows": [
        bytes([number]) + message.SerializeToString(deterministic=True)
        for number, message in enumerate(_typed_answers())
    ],
}
TARGETS: dict[str, Callable[[bytes], None]] = {"frames": frames, "tables": tables, "rows": rows}
