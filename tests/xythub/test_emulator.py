"""The sandbox's own transcription of the contracts and its own few lines of Protocol Buffers, against protobuf."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul.xythub.framing import Marker
from tickhaul.xythub.framing import frame as our_frame
from tickhaul_sandbox import ManualClock
from tickhaul_sandbox.xythub.contracts import NEW as NEW_SCHEMA
from tickhaul_sandbox.xythub.contracts import OLD as OLD_SCHEMA
from tickhaul_sandbox.xythub.errors import HubError
from tickhaul_sandbox.xythub.framing import FrameError, frame, unframe
from tickhaul_sandbox.xythub.protobuf import Schema, WireError
from tickhaul_sandbox.xythub.settings import HubSettings
from tickhaul_sandbox.xythub.tokens import Tokens
from xythub_proto.v1_1_2 import api_data_pb2 as old_data
from xythub_proto.v1_1_2 import api_lookup_pb2 as old_lookup
from xythub_proto.v1_1_2 import types_pb2 as old_types
from xythub_proto.v2_0_0 import api_data_pb2 as new_data
from xythub_proto.v2_0_0 import types_pb2 as new_types

if TYPE_CHECKING:
    from google.protobuf.message import Message

#: What the sandbox calls messages that the contract nests in others, several of them by one name.
NESTED = {
    "TickDataResponse.Chunk": "TickChunk",
    "TickDataResponse.Series": "Tick",
    "TickDataResponse.TradeCondition": "TradeCondition",
    "OhlcvResponse.Chunk": "BarChunk",
    "OhlcvResponse.Series": "Bar",
    "OrderDataResponse.Chunk": "OrderChunk",
    "OrderDataResponse.Series": "Order",
    "AuctionDataResponse.Chunk": "AuctionChunk",
    "AuctionDataResponse.Series": "Auction",
    "InstrumentStatusResponse.Chunk": "StatusChunk",
    "InstrumentStatusResponse.Series": "Status",
    "TickRulesResponse.Chunk": "RuleChunk",
    "TickRulesResponse.Series": "Rule",
    "DaysAvailabilityResponse.Symbol": "AvailableSymbol",
    "LookupOtherVenuesResponse.Symbol": "VenueSymbol",
    "OverviewExchangesResponse.Exchange": "ExchangeOverview",
    "OverviewDaysResponse.Table": "DayOverview",
    "OverviewSymbolsResponse.Symbol": "SymbolOverview",
    "OverviewTablesResponse.Table": "TableOverview",
    "ProductSearchResponse.Product": "FoundProduct",
    "OverviewProductsResponse.View": "ProductView",
    "OverviewDatasetsResponse.Dataset": "Dataset",
    "OverviewDatasetsResponse.Product": "DatasetProduct",
    "OverviewEntitiesResponse.Entity": "Entity",
}
MODULES: dict[str, tuple[Schema, list[Any]]] = {
    "2.0.0": (NEW_SCHEMA, [new_types, new_data]),
    "1.1.2": (OLD_SCHEMA, [old_types, old_data, old_lookup]),
}


def messages(version: str) -> dict[str, Any]:
    """Every message of a contract that the sandbox speaks, by the sandbox's name."""
    found: dict[str, Any] = {}

    def below(descriptor: Any, path: str) -> None:
        found[NESTED.get(path, path)] = descriptor
        for nested in descriptor.nested_types:
            if not nested.GetOptions().map_entry:
                below(nested, f"{path}.{nested.name}")

    for module in MODULES[version][1]:
        for name, descriptor in module.DESCRIPTOR.message_types_by_name.items():
            # No message refers to it.
            if name != "Timestamp":
                below(descriptor, name)
    return found


def kind_of(field: Any) -> str:
    """A field's kind in the sandbox's words."""
    if field.message_type is not None:
        message = field.message_type
        if message.GetOptions().map_entry:
            return "{" + kind_of(message.fields_by_name["value"]) + "}"
        path: str = message.full_name.split(".", 2)[2]
        kind = NESTED.get(path, path)
    else:
        kinds: dict[int, str] = {1: "double", 3: "int64", 5: "int32", 8: "bool", 9: "string", 14: "enum"}
        kind = kinds[field.type]
    return f"{kind}*" if field.is_repeated else kind


@pytest.mark.parametrize("version", MODULES)
def test_both_transcriptions_say_the_same(version: str) -> None:
    schema = MODULES[version][0]
    theirs = {
        name: {
            field.number: (
                field.name,
                f"{{{field.kind}}}" if field.is_map else f"{field.kind}*" if field.repeated else field.kind,
            )
            for field in fields.values()
        }
        for name, fields in schema._messages.items()
    }
    ours = {
        name: {field.number: (field.name, kind_of(field)) for field in descriptor.fields}
        for name, descriptor in messages(version).items()
    }
    assert theirs == ours


integers = st.integers(-(2**63), 2**63 - 1)
leaves = st.one_of(
    st.fixed_dictionaries({"string_value": st.text(max_size=5)}),
    st.fixed_dictionaries({"integer_value": integers}),
    st.fixed_dictionaries({"double_value": st.floats(allow_nan=False)}),
    st.fixed_dictionaries({"bool_value": st.booleans()}),
    st.fixed_dictionaries({"days_value": st.integers(-(2**31), 2**31 - 1)}),
    st.fixed_dictionaries(
        {
            "list": st.fixed_dictionaries(
                {"integer_list": st.fixed_dictionaries({"values": st.lists(integers, min_size=1, max_size=3)})}
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "list": st.fixed_dictionaries(
                {
                    "double_list": st.fixed_dictionaries(
                        {"values": st.lists(st.floats(allow_nan=False), min_size=1, max_size=3)}
                    )
                }
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "list": st.fixed_dictionaries(
                {
                    "string_list": st.fixed_dictionaries(
                        {"values": st.lists(st.text(max_size=3), min_size=1, max_size=3)}
                    )
                }
            )
        }
    ),
)
requests = st.fixed_dictionaries({"parameters": st.dictionaries(st.text(max_size=5), leaves, max_size=4)})


@settings(deadline=None)
@given(requests)
def test_what_the_sandbox_writes_protobuf_reads_and_the_other_way_round(message: dict[str, Any]) -> None:
    written = NEW_SCHEMA.encode("DataRequest", message)
    parsed = new_data.DataRequest.FromString(written)
    again = NEW_SCHEMA.decode("DataRequest", parsed.SerializeToString())
    assert again.get("parameters", {}) == message["parameters"]
    assert NEW_SCHEMA.decode("DataRequest", written).get("parameters", {}) == message["parameters"]


def test_numbers_that_are_not_packed_are_read_too() -> None:
    unpacked = b"\x08\x01\x08\x02"
    assert NEW_SCHEMA.decode("IntegerList", unpacked) == {"values": [1, 2]}
    assert NEW_SCHEMA.decode("DoubleList", b"\x09" + struct.pack("<d", 1.5)) == {"values": [1.5]}
    assert NEW_SCHEMA.decode("UUID", b"\x2d....\x0a\x01a\x79" + b"." * 8) == {"value": "a"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("UUID", b"\x0a\x05a"),
        ("UUID", b"\x0a\x01\xff"),
        ("UUID", b"\x08\x01"),
        ("UUID", b"\x0a"),
        ("UUID", b"\x00"),
        ("UUID", b"\x0b"),
        ("UUID", b"\x80" * 11),
        ("Time", b"\x0a\x00"),
        ("Time", b"\x08\x80"),
        ("DoubleList", b"\x0a\x07" + b"." * 7),
        ("DoubleList", b"\x08\x01"),
        ("DataRequest", b"\x10\x01"),
    ],
)
def test_bytes_that_are_no_message_are_refused(name: str, data: bytes) -> None:
    with pytest.raises(WireError):
        NEW_SCHEMA.decode(name, data)


@given(st.binary(max_size=300), st.sampled_from(Marker))
def test_both_frame_alike(content: bytes, marker: Marker) -> None:
    message: Message = new_types.UUID(value=content.hex())
    framed = our_frame(message, marker=marker)
    assert frame(marker, message.SerializeToString()) == framed
    assert unframe(framed) == (marker, message.SerializeToString())


@pytest.mark.parametrize(
    "body", ["", "00", "fa", "fa80", "fa808080808000", "fa0100ff", "fa02", "ff000000", "ffffffffff"]
)
def test_the_sandbox_refuses_what_is_no_frame(body: str) -> None:
    with pytest.raises(FrameError):
        unframe(bytes.fromhex(body))


class TestTokens:
    def grant(self, form: bytes, authorization: str = "Basic eHl0OnNlY3JldA==") -> Any:
        settings_ = HubSettings(users=("u:p",), client_secret="secret")
        return Tokens(settings_, ManualClock(), 0).grant(authorization, form)

    def test_a_grant_is_the_documented_object(self) -> None:
        granted = self.grant(b"grant_type=password&username=u&password=p")
        assert list(granted) == ["access_token", "token_type", "expires_in", "scope"]
        assert (granted["token_type"], granted["expires_in"], granted["scope"]) == ("bearer", 43199, "read")

    @pytest.mark.parametrize(
        ("form", "authorization", "code"),
        [
            (b"grant_type=password&username=u&password=p", "Basic bm8=", "invalid_client"),
            (b"grant_type=password&username=u&password=p", "Basic ???", "invalid_client"),
            (b"grant_type=password&username=u&password=p", "Bearer x", "invalid_client"),
            (b"grant_type=refresh_token&username=u&password=p", None, "unsupported_grant_type"),
            (b"grant_type=password&username=u", None, "invalid_request"),
            (b"grant_type=password&username=u&password=no", None, "invalid_grant"),
            (b"\xff", None, "invalid_request"),
        ],
    )
    def test_each_mistake_has_its_code(self, form: bytes, authorization: str | None, code: str) -> None:
        with pytest.raises(HubError) as caught:
            self.grant(form, authorization or "Basic eHl0OnNlY3JldA==")
        assert caught.value.code == code


@pytest.mark.parametrize(
    "options", [{"token_seconds": 0}, {"page_limit": 0}, {"users": ("nobody",)}, {"users": (":p",)}]
)
def test_settings_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        HubSettings(**options)
