"""The sandbox's own transcription of the contracts and its own few lines of Protocol Buffers, against protobuf."""

from __future__ import annotations

import datetime as dt
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from tickhaul import InvalidArgumentError
from tickhaul.xythub.framing import Marker
from tickhaul.xythub.framing import frame as our_frame
from tickhaul.xythub.varints import varint
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.xythub.app import ROUTES
from tickhaul_sandbox.xythub.contracts import NEW as NEW_SCHEMA
from tickhaul_sandbox.xythub.contracts import OLD as OLD_SCHEMA
from tickhaul_sandbox.xythub.errors import HubError
from tickhaul_sandbox.xythub.framing import FrameError, frame, unframe
from tickhaul_sandbox.xythub.parameters import Parameters
from tickhaul_sandbox.xythub.protobuf import Schema, WireError
from tickhaul_sandbox.xythub.settings import HubSettings
from tickhaul_sandbox.xythub.tokens import Tokens
from xythub_proto.v1_1_2 import api_data_pb2 as old_data
from xythub_proto.v1_1_2 import api_lookup_pb2 as old_lookup
from xythub_proto.v1_1_2 import types_pb2 as old_types
from xythub_proto.v2_0_0 import api_data_pb2 as new_data
from xythub_proto.v2_0_0 import types_pb2 as new_types

from tests.xythub.faces import CLIENT_SECRET, KEY, USER
from tests.xythub.vectors import VECTORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message
    from tickhaul import xythub

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
generic_requests = st.fixed_dictionaries({"parameters": st.dictionaries(st.text(max_size=5), leaves, max_size=4)})


@given(generic_requests)
def test_what_the_sandbox_writes_protobuf_reads_and_the_other_way_round(message: dict[str, Any]) -> None:
    written = NEW_SCHEMA.encode("DataRequest", message)
    parsed = new_data.DataRequest.FromString(written)
    again = NEW_SCHEMA.decode("DataRequest", parsed.SerializeToString())
    assert again.get("parameters", {}) == message["parameters"]
    assert NEW_SCHEMA.decode("DataRequest", written).get("parameters", {}) == message["parameters"]


@pytest.mark.parametrize("name", VECTORS)
def test_the_sandbox_reads_and_writes_the_vectors_of_the_reference_exactly(name: str) -> None:
    message, wanted = VECTORS[name]
    schema = OLD_SCHEMA if ".v1_1_2." in message.DESCRIPTOR.full_name else NEW_SCHEMA
    kind = message.DESCRIPTOR.name
    assert schema.encode(kind, schema.decode(kind, bytes.fromhex(wanted))).hex() == wanted
    for marker in Marker:
        assert unframe(frame(marker, bytes.fromhex(wanted))) == (marker, bytes.fromhex(wanted))


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


DAYS = [
    {"days_value": 16926},
    {"date_value": {"days": 16926}},
    {"date_value": {"year": 2016, "month": 5, "day": 5}},
    {"timestamp_value": 16926 * 86_400 * 10**9 + 1},
    {"string_value": "2016-05-05"},
    {"string_value": "2016.05.05"},
]
TIMES = [
    {"nanoseconds_value": 32_400 * 10**9},
    {"milliseconds_value": 32_400_000},
    {"time_value": {"milliseconds": 32_400_000}},
    {"string_value": "09:00:00.000"},
]


class TestParameters:
    """The sandbox takes a parameter in any form a client might send it in."""

    @pytest.mark.parametrize("value", DAYS)
    def test_a_day(self, value: dict[str, Any]) -> None:
        assert Parameters({"dateFrom": value}).day("date_from") == dt.date(2016, 5, 5)
        assert Parameters({}).optional_day("date_from", dt.date.min) == dt.date.min

    @pytest.mark.parametrize("value", TIMES)
    def test_a_time(self, value: dict[str, Any]) -> None:
        assert Parameters({"fromTime": value}).time("from_time", 7) == 32_400 * 10**9
        assert Parameters({}).time("from_time", 7) == 7

    def test_texts_numbers_and_choices(self) -> None:
        given = Parameters(
            {
                "one": {"string_value": "a"},
                "many": {"list": {"string_list": {"values": ["a", "b"]}}},
                "pageLimit": {"integer_value": 7},
                "kind": {"string_value": "B"},
                "number": {"integer_value": 2},
            }
        )
        assert (given.texts("one"), given.texts("many"), given.texts("none")) == (["a"], ["a", "b"], [])
        assert given.number("page_limit", 1) == 7
        assert given.number("other", 1) == 1
        assert given.choice("kind", {"A": 1, "B": 2}) == given.choice("number", {"A": 1, "B": 2}) == 2
        assert given.choices("many", {"a": 5, "b": 6}) == [5, 6]
        assert given.choices("kind", {"B": 2}) == given.choices("number", {"B": 2}) == [2]
        assert given.choices("none", {"a": 5}) == []
        assert given.optional_text("none") is None

    @pytest.mark.parametrize(
        "ask",
        [
            lambda given: given.text("number"),
            lambda given: given.text("none"),
            lambda given: given.number("text", 1),
            lambda given: given.day("none"),
            lambda given: given.day("text"),
            lambda given: given.day("flag"),
            lambda given: given.day("huge"),
            lambda given: given.day("odd"),
            lambda given: given.time("text", 1),
            lambda given: given.time("flag", 1),
            lambda given: given.choice("none", {"A": 1}),
            lambda given: given.choice("text", {"A": 1}),
            lambda given: given.choices("text", {"A": 1}),
            lambda given: given.choices("number", {"A": 1}),
            lambda given: given.choices("mixed", {"A": 1}),
        ],
    )
    def test_what_is_missing_or_wrong_is_a_bad_request(self, ask: Callable[[Parameters], object]) -> None:
        given = Parameters(
            {
                "number": {"integer_value": 7},
                "text": {"string_value": "x"},
                "flag": {"bool_value": True},
                "huge": {"days_value": 2**31 - 1},
                "odd": {"date_value": {"year": 2016, "month": 13, "day": 1}},
                "mixed": {"list": {"mixed_list": {"values": [{"string_value": "A"}]}}},
            }
        )
        with pytest.raises(HubError) as caught:
            ask(given)
        assert (caught.value.status, caught.value.code) == (400, "invalid_request")


def deep(levels: int) -> bytes:
    """A framed request whose parameter is a list in a list in a list."""
    value = b""
    for _ in range(levels):
        for field in (1, 15, 15):
            value = bytes([field << 3 | 2]) + varint(len(value)) + value
    entry = b"\x0a\x01a\x12" + varint(len(value)) + value
    request = b"\x12" + varint(len(entry)) + entry
    return b"\xfa" + varint(len(request)) + request


class TestRequests:
    """What a client of ours does not send, and the sandbox must still answer."""

    def ask(self, sandbox: Sandbox, method: str, path: str, body: bytes = b"", token: str | None = None) -> Any:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return requests.request(method, f"{sandbox.base_url}{path}", data=body, headers=headers, timeout=30)

    @pytest.fixture
    def token(self, sandbox: Sandbox) -> str:
        form = f"grant_type=password&username={USER}&password={KEY}"
        answer = requests.post(
            f"{sandbox.base_url}/auth/oauth/token", data=form, auth=("xyt", CLIENT_SECRET), timeout=30
        )
        found: str = answer.json()["access_token"]
        return found

    @pytest.mark.parametrize("token", [None, "", "stranger"])
    def test_no_token_or_a_strangers_is_a_401(self, sandbox: Sandbox, token: str | None) -> None:
        answer = self.ask(sandbox, "POST", "/tickData", token=token)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize("word", [b"Basic \xe9", b"Basic \xc3\xa9", b"Basic ====", b"Basic /w==", b"Basic"])
    def test_a_client_that_cannot_be_read_is_a_401(self, sandbox: Sandbox, word: bytes) -> None:
        answer = requests.post(f"{sandbox.base_url}/auth/oauth/token", headers={"Authorization": word}, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize("sent", [b"", b"3\r\nabc\r\n"])
    def test_a_body_that_does_not_come_is_a_408(self, sent: bytes) -> None:
        with Sandbox(Settings(hub=HubSettings(request_seconds=1))) as sandbox:
            assert self.first_line(sandbox, sent).split()[1] == b"408"

    def test_no_more_is_read_of_a_body_without_end_than_is_held(self, sandbox: Sandbox) -> None:
        assert self.first_line(sandbox, b"10000\r\n%s\r\n" % bytes(65536) * 20).split()[1] == b"400"

    def first_line(self, sandbox: Sandbox, sent: bytes) -> bytes:
        """How a request is answered of whose body only a part comes."""
        place = urlsplit(sandbox.base_url)
        with socket.create_connection((str(place.hostname), place.port or 0), timeout=30) as connection:
            head = b"POST /tickData HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(head + sent)
            return connection.makefile("rb").readline()

    def test_a_token_ends_when_its_time_is_over(self, sandbox: Sandbox, server_clock: ManualClock, token: str) -> None:
        assert self.ask(sandbox, "GET", "/auth/user", token=token).json() == {"name": USER}
        server_clock.advance(43_201)
        assert self.ask(sandbox, "GET", "/auth/user", token=token).status_code == 401

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "/tickData", b"", 405),
            ("POST", "/auth/user", b"", 405),
            ("POST", "/tickData", b"", 400),
            ("POST", "/tickData", b"\xfa\x02\xff\xff", 400),
            ("POST", "/tickData", b"\xfa\x00", 400),
            ("POST", "/overview/symbols", b"\xfa\x00", 400),
            ("POST", "/lookup/otherVenues", b"\xfa\x00", 400),
            ("POST", "/product", b"\xfa\x00", 400),
            ("POST", "/csv/timeseries", b"\xfa\x00", 400),
            ("POST", "/get/lcGetMarketShare", b"\xfa\x00", 400),
            ("POST", "/get/lookupSources", deep(3000), 400),
        ],
    )
    def test_what_cannot_be_answered_is_said_so(
        self, sandbox: Sandbox, token: str, method: str, path: str, body: bytes, status: int
    ) -> None:
        answer = self.ask(sandbox, method, path, body, token)
        assert answer.status_code == status
        assert answer.json()["error_description"]

    def test_one_long_answer_keeps_nobody_else_waiting(
        self, sandbox: Sandbox, token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, others_answered = threading.Event(), threading.Event()

        def long(market: object, request: object) -> dict[str, Any]:
            del market, request
            begun.set()
            assert others_answered.wait(30)
            return {"chunks": []}

        monkeypatch.setitem(ROUTES, "/ohlcv", replace(ROUTES["/ohlcv"], answer=long))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.ask, sandbox, "POST", "/ohlcv", b"\xfa\x00", token)
            assert begun.wait(30)
            assert self.ask(sandbox, "GET", "/auth/user", token=token).status_code == 200
            others_answered.set()
            assert waiting.result(30).status_code == 200

    def test_ticksupplys_paths_are_still_its_own(self, sandbox: Sandbox) -> None:
        assert self.ask(sandbox, "GET", "/v1/get/exchanges").status_code == 401
        assert "error_description" not in self.ask(sandbox, "GET", "/nothing").text

    @pytest.mark.parametrize("status", [500, 403])
    def test_an_injected_error_speaks_this_services_language(self, sandbox: Sandbox, token: str, status: int) -> None:
        sandbox.faults.add(f"error:xyt.tickData:status={status}:code=boom:message=Injected")
        answer = self.ask(sandbox, "POST", "/tickData", b"\xfa\x00", token)
        assert (answer.status_code, answer.json()) == (status, {"error": "boom", "error_description": "Injected"})


TRADE, QUOTE = ["trade", "trade_size", "trade_condition"], ["bid", "bid_size", "ask", "ask_size"]
BAR = ["open", "high", "low", "close", "trade_condition", "trade_count", "volume"]
ONE = {"source": "ACTIV", "symbol": "ZAL.XE", "day": "2016-05-05"}
MANY = {"source": "ACTIV", "symbols": ["ZAL.XE", "ADS.XE"], "day": "2016-05-05"}
HALF_AN_HOUR = {"from_time": "09:00", "to_time": "09:30"}

# endpoint, parameters, rows, columns without those of every one
CORE: dict[str, tuple[str, dict[str, Any], int, set[str]]] = {
    "ticks": ("tickData", {**ONE, **HALF_AN_HOUR, "data_type": "TRADES"}, 109, {"date", "time", *TRADE}),
    "bins": (
        "tickAggregated",
        {**ONE, **HALF_AN_HOUR, "data_type": "TRADES_AND_QUOTES"},
        30,
        {"date", "time", *BAR, *QUOTE},
    ),
    "hours": ("tickAggregated", {**ONE, "data_type": "QUOTES", "bin_size": 3600}, 24, {"date", "time", *QUOTE}),
    "an instant": (
        "tickSnapshot",
        {**MANY, "data_type": "TRADES_AND_QUOTES", "time": "12:00"},
        2,
        {"date", "time", *TRADE, *QUOTE},
    ),
    "orders": (
        "orderData",
        {**MANY, "from_time": "12:00", "to_time": "12:10"},
        142,
        {
            *("order_date", "time", "action", "order_id", "order_side", "order_price", "order_size", "order_time"),
            *("trade_id", "order_type", "seq"),
        },
    ),
    "status": (
        "instrumentStatus",
        MANY,
        6,
        {"date", "time", "seq", "instrument_status", "instrument_status_description", "continuous_session"},
    ),
    "rules": ("tickRules", MANY, 6, {"tick_rule_symbol", "lower_bound", "tick_size"}),
}


@pytest.mark.parametrize("name", CORE)
def test_a_core_operation_has_its_documented_columns_and_types(hub: xythub.Client, name: str) -> None:
    endpoint, parameters, rows, columns = CORE[name]
    table = hub.get(endpoint, **parameters)
    assert (table.row_count, table.warning) == (rows, None)
    assert set(table.column_names) == columns | {"symbol"}
    types = {field.name: str(field.type) for field in table.to_arrow(dictionary=False).schema}
    assert all(kind == "date32[day]" for column, kind in types.items() if column.endswith("date"))
    assert all(kind == "time64[ns]" for column, kind in types.items() if column.endswith("time"))


def test_auctions_have_their_documented_columns(hub: xythub.Client) -> None:
    table = hub.get("auctionData", **MANY)
    assert table.row_count == 4
    assert {"imbalance_buy_volume", "uncrossing_price", "auction_type", "seq"} <= set(table.column_names)
    assert table.to_pandas()["cross_type"].tolist() == ["OPENING", "CLOSING"] * 2


def test_bins_without_ticks_have_a_row_without_values(hub: xythub.Client) -> None:
    table = hub.get("tickAggregated", **ONE, data_type="TRADES", from_time="08:58", to_time="09:02")
    rows = table.to_arrow().select(["time", "open", "trade_count", "volume"]).to_pylist()
    assert [row["time"].isoformat("minutes") for row in rows] == ["08:59", "09:00", "09:01", "09:02"]
    assert [row["trade_count"] is None for row in rows] == [True, True, False, False]
    ticks = hub.get("tickData", **ONE, data_type="TRADES", from_time="08:58", to_time="09:02")
    assert sum(row["volume"] or 0 for row in rows) == ticks.to_numpy()["trade_size"].sum()


def test_flags_of_generic_ticks_do_what_they_do_in_typed_ones(hub: xythub.Client) -> None:
    for flags in (
        [],
        ["USE_MARKET_TS"],
        ["INCLUDE_NON_REGULAR"],
        ["INCLUDE_CONTINUOUS_SESSION_ONLY", "EXCLUDE_CANCELLED_TRADES", "APPLY_TRADE_CORRECTIONS"],
    ):
        generic = hub.get("tickData", **ONE, **HALF_AN_HOUR, data_type="TRADES", flags=flags).to_numpy()
        numbered = hub.market.tick_data(
            "ZAL.XE", "2016-05-05", from_time="09:00", to_time="09:30", flags=flags
        ).to_numpy()
        assert generic["time"].tolist() == numbered["time"].tolist()
        assert generic["trade_condition"].tolist() == numbered["trade_condition"].tolist()


@pytest.mark.parametrize(
    ("endpoint", "parameters"),
    [
        ("tickData", {**ONE, "data_type": "TRADES", "flags": ["TYPING_ERROR"]}),
        ("tickData", {**ONE, "data_type": "BARS"}),
        ("tickAggregated", {**ONE, "data_type": "TRADES", "bin_size": 0}),
        ("tickSnapshot", {**MANY, "data_type": "TRADES"}),
        ("tickSnapshot", {**ONE, "data_type": "TRADES", "time": "12:00"}),
        ("orderData", ONE),
        ("tickRules", {"source": "ACTIV", "symbols": ["ZAL.XE"]}),
    ],
)
def test_a_core_operation_says_what_is_missing_or_wrong(
    hub: xythub.Client, endpoint: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError, match=r"Missing required parameter|Invalid"):
        hub.get(endpoint, **parameters)


@pytest.mark.parametrize(
    ("endpoint", "parameters"),
    [
        ("tickData", {**ONE, "data_type": "TRADES", "day": "2016-05-07"}),
        ("tickAggregated", {**ONE, "data_type": "TRADES", "day": "2016-05-07"}),
        ("tickSnapshot", {**MANY, "data_type": "TRADES", "time": "00:01"}),
        ("orderData", {**MANY, "day": "2016-05-07"}),
        ("instrumentStatus", {**MANY, "day": "2016-05-07"}),
        ("endOfDayData", {**MANY, "first_day": "2016-05-07", "last_day": "2016-05-08"}),
    ],
)
def test_no_data_is_a_warning(hub: xythub.Client, endpoint: str, parameters: dict[str, Any]) -> None:
    table = hub.get(endpoint, **parameters)
    assert table.row_count == 0
    assert "No data for" in (table.warning or "")
    assert "symbol" in table.column_names


@pytest.mark.parametrize(
    ("endpoint", "narrowed"),
    [
        ("lookupSymbols", {"exchange_filters": ["NOWHERE"]}),
        ("lookupSymbols", {"region_filters": ["APAC"]}),
        ("lookupSymbols", {"entity_class_filters": ["Bonds"]}),
        ("lookupSymbols", {"first_day": "2030-01-01"}),
        ("lookupSymbols", {"last_day": "2010-01-01"}),
        ("lookupExchanges", {"first_day": "2030-01-01"}),
        ("lookupExchanges", {"last_day": "2010-01-01"}),
    ],
)
def test_look_ups_are_narrowed_by_each_of_their_filters(
    hub: xythub.Client, endpoint: str, narrowed: dict[str, Any]
) -> None:
    assert hub.get(endpoint, source="ACTIV", **narrowed).row_count == 0


def test_overviews_count_alike(hub: xythub.Client) -> None:
    products, exchanges = (
        table.to_pandas().set_index("exchange")["rows_count"].to_dict()
        for table in (hub.overview.products(), hub.overview.exchanges())
    )
    assert products == exchanges


def test_values_in_pence_are_not_taken_for_euros(hub: xythub.Client) -> None:
    day = "2016-05-05"
    shares = hub.get("lcGetMarketShare", source="LC", isins=["GB00BH4HKS39"], dateFrom=day, dateTo=day).to_numpy()
    assert (shares["traded_value_in_eur"] < 0.02 * shares["traded_value_in_local_ccy"]).all()


def test_core_operations_have_their_documented_columns(hub: xythub.Client) -> None:
    days = {"first_day": "2016-05-02", "last_day": "2016-05-08"}
    table = hub.get("endOfDayData", source="ACTIV", symbols=["ZAL.XE", "NOPE"], **days)
    assert table.column_names == ["symbol", "date", "open", "high", "low", "close", "trade_count", "volume"]
    assert (table.row_count, table.warning) == (5, "Unknown symbols: NOPE")
    table = hub.get("referenceData", source="ACTIV", symbols=["ZAL.XE"], day="2016-05-05")
    assert table.to_arrow().select(["isin", "lot_size"]).to_pylist() == [{"isin": "DE000ZAL1111", "lot_size": 1}]
    table = hub.get("lcGetIsinList", source="LC", dateFrom="2016-05-05", dateTo="2016-05-05")
    assert "DE000A1EWWW0" in table.to_numpy()["isin"]
