"""An answer of the generic operations becomes a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tickhaul._core.deadline import watched
from tickhaul.xythub.contracts import Contract, find_contract
from tickhaul.xythub.errors import FramingError, TableError
from tickhaul.xythub.framing import DEFAULT_LIMIT, parse, read_body
from tickhaul.xythub.tables.columns import Kind, Mixed, Numbers
from tickhaul.xythub.tables.layout import OddLayout, Slot, find_columns, only_content, straighten
from tickhaul.xythub.tables.order import arrange
from tickhaul.xythub.tables.packed import read_doubles, read_varints
from tickhaul.xythub.tables.strings import read_strings
from tickhaul.xythub.tables.table import Table
from tickhaul.xythub.values import read_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tickhaul.xythub.framing import Bytes
    from tickhaul.xythub.tables.columns import Column

    Decode = Callable[[memoryview, Contract], Column]


_LATEST = 2**63 - 1
#: Each cell of a mixed column becomes a Python object, of some twenty times its bytes at worst.
_LARGEST_MIXED = 64 << 20
_MIXED = 15


def read_table(data: Bytes, contract: str = "2.0.0", *, limit: int = DEFAULT_LIMIT) -> Table:
    """The table in the answer of a generic request.

    Args:
        data: the whole HTTP body, one frame.
        contract: the version of the contract, ``2.0.0`` or ``1.1.2``; the bytes alone cannot tell which day their dates
            and timestamps count from.
        limit: bytes; a longer message is refused.

    Returns:
        The table. It holds nothing of ``data``.

    Raises:
        FramingError: the data is no frame, or what is in it no ``DataResponse``.
        TableError: its columns are no table.
        ValueError: there is no such contract.
    """
    version = find_contract(contract)
    body = read_body(data, limit=limit)
    try:
        return _decode(body, version)
    except (OddLayout, FramingError):
        # A part that is malformed makes the whole so, and that is what the error is to tell.
        straight = straighten(version.data.DataResponse, body, offset=memoryview(data).nbytes - len(body))
    return _decode(memoryview(straight), version)


def _decode(body: memoryview, contract: Contract) -> Table:
    slots, rest = find_columns(body)
    if sum(len(slot.content) for slot in slots if slot.member == _MIXED) > _LARGEST_MIXED:
        raise TableError(f"expected at most {_LARGEST_MIXED:,} bytes of mixed columns, found more")
    answer = parse(contract.data.DataResponse, rest)
    columns = {slot.name: _read_column(slot, contract) for slot in slots}
    return Table(
        {name: columns[name] for name in arrange(columns)},
        meta={name: read_value(value, contract) for name, value in answer.meta.items()},
        request_id=answer.header.request_id.value or None,
        reference_id=answer.header.reference_id.value or None,
        warning=answer.header.warning_message or None,
    )


def _read_column(slot: Slot, contract: Contract) -> Column:
    decode = _MEMBERS.get(slot.member)
    if decode is None:
        raise TableError(
            f"column {slot.name!r} is a list of kind {slot.member}, which contract {contract.version} does not know",
            column=slot.name,
        )
    try:
        return decode(slot.content, contract)
    except TableError as error:
        raise error.at(slot.name) from None


def _nothing(content: memoryview, contract: Contract) -> Column:  # noqa: ARG001 (as all of these)
    return Mixed([])


def _strings(content: memoryview, contract: Contract) -> Column:  # noqa: ARG001
    return read_strings(content)


def _doubles(content: memoryview, contract: Contract) -> Column:  # noqa: ARG001
    return Numbers(Kind.DOUBLE, read_doubles(only_content(content)))


def _integers(content: memoryview, contract: Contract) -> Column:
    return Numbers(Kind.INTEGER, read_varints(only_content(content), contract.types.IntegerList.FromString, np.int64))


def _booleans(content: memoryview, contract: Contract) -> Column:
    return Numbers(Kind.BOOLEAN, read_varints(only_content(content), contract.types.BoolList.FromString, np.bool_))


def _days(content: memoryview, contract: Contract) -> Column:
    return Numbers(Kind.DATE, read_varints(only_content(content), contract.types.DaysList.FromString, np.int32))


def _milliseconds(content: memoryview, contract: Contract) -> Column:
    parse_list = contract.types.MillisecondsList.FromString
    return Numbers(Kind.TIME_MS, read_varints(only_content(content), parse_list, np.int32))


def _nanoseconds(content: memoryview, contract: Contract) -> Column:
    parse_list = contract.types.NanosecondsList.FromString
    return Numbers(Kind.TIME_NS, read_varints(only_content(content), parse_list, np.int64))


def _timestamps(content: memoryview, contract: Contract) -> Column:
    # 1.1.2 has no such list. Should a service of that version send one, its timestamps count from where its own do.
    values = read_varints(only_content(content), contract.types.IntegerList.FromString, np.int64)
    if contract.epoch:
        if len(values) and values.max() > _LATEST - contract.epoch:
            raise TableError("expected timestamps up to the year 2262, found later ones")
        values[values != np.iinfo(np.int64).min] += contract.epoch
    return Numbers(Kind.TIMESTAMP, values)


def _dates(content: memoryview, contract: Contract) -> Column:
    return Numbers(Kind.DATE, contract.read_dates(_read_list(contract.types.DateList, content)))


def _times(content: memoryview, contract: Contract) -> Column:
    times = _read_list(contract.types.TimeList, content)
    nanoseconds = (time.milliseconds * 1_000_000 + time.nanoseconds for time in times)
    return Numbers(Kind.TIME_NS, np.fromiter(nanoseconds, np.int64))


def _mixed(content: memoryview, contract: Contract) -> Column:
    return Mixed([read_value(value, contract) for value in _read_list(contract.types.MixedList, content)])


def _read_list(message_type: Any, content: memoryview) -> Iterator[Any]:
    return watched(parse(message_type, content).values)


#: By number in ``ValueList``, the same in both contracts (reference: xyt-hub sections 4.2 and 5.1).
_MEMBERS: dict[int, Decode] = {
    0: _nothing,
    1: _strings,
    2: _integers,
    3: _doubles,
    4: _booleans,
    5: _dates,
    6: _times,
    8: _days,
    9: _milliseconds,
    10: _nanoseconds,
    11: _timestamps,
    _MIXED: _mixed,
}
