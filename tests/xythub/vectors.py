"""The test vectors of the reference, section 3: messages and their exact bytes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xythub_proto.v1_1_2 import api_data_pb2 as old_data
from xythub_proto.v1_1_2 import types_pb2 as old_types
from xythub_proto.v2_0_0 import api_data_pb2 as new_data
from xythub_proto.v2_0_0 import types_pb2 as new_types

if TYPE_CHECKING:
    from google.protobuf.message import Message

INT64_NULL = -(2**63)

REQUEST_HEX = (
    "0a280a260a2431313131313131312d323232322d333333332d343434342d353535353535353535353535"
    "12100a086461746546726f6d120440fb8d01120e0a0664617465546f120440fe8d01"
)
RESPONSE_FRAME_HEX = "fa2a12280a260a046973696e121e0a1c0a0c41454446584131454e3031380a0c414e38303638353731303836"


def request() -> new_data.DataRequest:
    message = new_data.DataRequest()
    message.header.reference_id.value = "11111111-2222-3333-4444-555555555555"
    message.parameters["dateFrom"].days_value = 18171
    message.parameters["dateTo"].days_value = 18174
    return message


def request_with_list() -> new_data.DataRequest:
    message = new_data.DataRequest()
    message.parameters["isins"].list.string_list.values.append("DE000A1EWWW0")
    return message


def response() -> new_data.DataResponse:
    message = new_data.DataResponse()
    message.data.columns["isin"].string_list.values.extend(["AEDFXA1EN018", "AN8068571086"])
    return message


def value_object() -> new_types.Value:
    message = new_types.Value()
    message.object.fields["a"].integer_value = 7
    return message


def tick_request() -> old_data.TickDataRequest:
    nine = 9 * 3_600_000
    return old_data.TickDataRequest(
        type=old_data.TickDataRequest.TRADES_AND_QUOTES,
        symbols=["ZAL.XE"],
        day=old_types.Date(year=2016, month=5, day=5),
        from_time=old_types.Time(milliseconds=nine),
        to_time=old_types.Time(milliseconds=nine + 120_000),
        limit=1000,
        flags=[old_data.TickDataRequest.INCLUDE_NON_REGULAR, old_data.TickDataRequest.INCLUDE_TRADE_CONDITION_INFO],
    )


_list = new_types.ValueList

VECTORS: dict[str, tuple[Message, str]] = {
    "request": (request(), REQUEST_HEX),
    "request with a list": (request_with_list(), "121b0a056973696e7312127a100a0e0a0c444530303041314557575730"),
    "response": (response(), RESPONSE_FRAME_HEX[4:]),
    "integers with a null": (
        _list(integer_list=new_types.IntegerList(values=[1, INT64_NULL, -1])),
        "12170a150180808080808080808001ffffffffffffffffff01",
    ),
    "doubles with a null": (
        _list(double_list=new_types.DoubleList(values=[1.5, math.nan])),
        "1a120a10000000000000f83f000000000000f87f",
    ),
    "days": (_list(days_list=new_types.DaysList(values=[18171])), "42050a03fb8d01"),
    "milliseconds": (
        _list(milliseconds_list=new_types.MillisecondsList(values=[32_400_000, -1])),
        "4a100a0e80c5b90fffffffffffffffffff01",
    ),
    "nanoseconds": (
        _list(nanoseconds_list=new_types.NanosecondsList(values=[32_400_000_000_000])),
        "52090a0780c0f6b3fbae07",
    ),
    "timestamps": (
        _list(timestamps_list=new_types.TimestampsList(values=[1_570_701_600_000_000_000])),
        "5a0b0a0980808da1889990e615",
    ),
    "false is sent": (new_types.Value(bool_value=False), "2000"),
    "object": (value_object(), "72090a070a016112021007"),
    "date of 2.0.0": (new_types.Date(days=18171), "50fb8d01"),
    "date of 1.1.2": (old_types.Date(year=2019, month=10, day=2), "08e30f100a1802"),
    "tick data request of 1.1.2": (
        tick_request(),
        "10021a065a414c2e5845220708e00f100518052a050880c5b90f320508c0eec00f38e8077a020605",
    ),
}

#: Whole frames of the reference.
FRAMES: dict[str, tuple[Message, str]] = {
    "request, marker A": (request(), f"fa4c{REQUEST_HEX}"),
    "request, marker B": (request(), f"ff0000004c{REQUEST_HEX}"),
    "response, marker A": (response(), RESPONSE_FRAME_HEX),
    "empty, marker A": (new_data.DataResponse(), "fa00"),
    "empty, marker B": (new_data.DataResponse(), "ff00000000"),
}

#: What a ``Date`` of 1.1.2 can say that is in no calendar, or beyond any that can be held.
NO_DAYS = [
    (2019, 13, 1),
    (2019, 2, 29),
    (2019, 0, 5),
    (2019, 5, 0),
    (2019, -1, 1),
    (0, 0, 1),
    (-5, 1, 1),
    (100_000_000, 1, 1),
    (2**31 - 1, 2**31 - 1, 2**31 - 1),
]
