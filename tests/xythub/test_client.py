"""A call from end to end: where it goes, what comes back, and each way it may end."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import logging
import pickle
import traceback
import uuid
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tickhaul import (
    ApiError,
    InvalidArgumentError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
    TickhaulError,
    xythub,
)
from tickhaul.net import secrets as net_secrets
from tickhaul.net.secrets import Secret
from tickhaul.xythub import grants
from tickhaul.xythub.errors import FramingError, TableError
from tickhaul.xythub.framing import Marker, frame, read_delimited_from
from tickhaul.xythub.secrets import Secrets
from tickhaul_sandbox.xythub.framing import SPOILED
from xythub_proto.v1_1_2 import api_data_pb2 as old
from xythub_proto.v2_0_0.api_data_pb2 import DataRequest, DataResponse

from tests.support.behaviours import answer, body, html, last, lose, stall
from tests.support.clock import FakeClock
from tests.support.interrupts import Interrupt, interrupt_call, interrupted, variables_of
from tests.xythub.answers import answer as table_answer
from tests.xythub.faces import CLIENT_SECRET, KEY, PASSWORD, USER
from tests.xythub.wire import TOKEN, asked, framed, grant, refusal, sent

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from tickhaul import RequestInfo, ResponseInfo, RetryInfo
    from tickhaul_sandbox import Sandbox

    from tests.support.behaviours import Step
    from tests.support.server import Received, Serve
    from tests.xythub.faces import Connect

EMPTY = framed(DataResponse())


def message_of(request: Received) -> DataRequest:
    return read_delimited_from(DataRequest, request.body)


class TestGet:
    def test_a_generic_request_gives_its_table(self, hub: xythub.Client) -> None:
        table = hub.get(
            "lcGetMarketShare", source="LC", isins=["DE000A1EWWW0"], dateFrom="2019-10-02", dateTo=dt.date(2019, 10, 3)
        )
        assert table.row_count == 2 * 4
        frame_ = table.to_pandas()
        assert set(frame_["isin"]) == {"DE000A1EWWW0"}
        assert sorted(frame_["date"].unique().astype(str)) == ["2019-10-02", "2019-10-03"]
        assert frame_["capped"].isna().all()
        assert frame_["turnover_of_trades_above_listhreshold_regular_hours"].isna().all()
        assert table.request_id is not None
        assert uuid.UUID(table.reference_id or "").version == 4

    def test_a_warning_is_no_error(self, hub: xythub.Client) -> None:
        days = {"dateFrom": "2019-10-02", "dateTo": "2019-10-02"}
        table = hub.get("lcGetMarketShare", source="LC", isins="nothing", **days)
        assert table.row_count == 0
        assert table.warning == "Unknown ISINs: nothing"
        assert table.to_arrow().schema.field("date").type == "date32[day]"

    def test_core_operations_give_their_meta(self, hub: xythub.Client) -> None:
        ticks = hub.get(
            "tickData",
            source="ACTIV",
            data_type="TRADES",
            symbol="ZAL.XE",
            day="2016.05.05",
            from_time="09:00:00.000",
            to_time=dt.time(9, 5),
            flags=["INCLUDE_TRADE_CONDITION_INFO"],
        )
        assert ticks.column_names == ["symbol", "date", "time", "trade", "trade_size", "trade_condition"]
        conditions: Any = ticks.meta["trade_conditions"]
        assert conditions["OA"]["trade_category"] == "Lit - Auction"
        assert (ticks.to_numpy()["time"] <= np.timedelta64(9 * 60 + 5, "m")).all()

    def test_cells_that_are_lists_are_lists(self, hub: xythub.Client) -> None:
        exchanges = hub.get("lookupExchanges", source="ACTIV", exchange_filters=["XETRA"])
        assert exchanges.to_arrow()["feeds"].to_pylist() == [["SANDBOX"]]

    def test_pages_can_be_followed_by_the_cursor(self, hub: xythub.Client) -> None:
        symbols: list[str] = []
        cursor: object = None
        while True:
            page = hub.get("lookupSymbols", source="ACTIV", page_limit=7, cursor=cursor)
            symbols += page.to_numpy()["symbol"].tolist()
            cursor = page.meta.get("cursor")
            if cursor is None:
                break
        assert len(symbols) == len(set(symbols)) == page.meta["total_hits"] == 24

    @pytest.mark.parametrize(
        ("endpoint", "parameters", "kind", "code", "words"),
        [
            ("nothing", {"source": "LC"}, NotFoundError, "not_found", "Unknown endpoint: nothing"),
            ("lcGetIsinList", {"source": "TCA"}, PermissionDeniedError, "access_denied", "No access to source TCA"),
            ("lcGetIsinList", {"source": "LC"}, InvalidArgumentError, "invalid_request", "Missing required parameter"),
        ],
    )
    def test_an_error_of_the_service_has_its_words(
        self, hub: xythub.Client, endpoint: str, parameters: dict[str, str], kind: type[ApiError], code: str, words: str
    ) -> None:
        with pytest.raises(kind, match=words) as caught:
            hub.get(endpoint, **parameters)
        assert caught.value.code == code
        assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message

    def test_the_request_is_a_frame_with_an_id_of_its_own(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), EMPTY, EMPTY)
        client = connect(server.url)
        client.get("some Thing/with", a=1, b=None)
        client.get("other", source="LC")
        first, second = server.requests[1:]
        assert first.path == "/get/some%20Thing%2Fwith"
        assert first.body[0] == Marker.VARINT
        assert dict(message_of(first).parameters) == {"a": message_of(first).parameters["a"]}
        assert message_of(second).parameters["source"].string_value == "LC"
        ids = [message_of(request).header.reference_id.value for request in (first, second)]
        assert len({uuid.UUID(text) for text in ids}) == 2

    def test_the_same_bytes_are_sent_on_every_try(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), html(502), last(lose()), EMPTY)
        connect(server.url, clock=FakeClock()).get("nothing", a=1, b=2)
        assert len({request.body for request in sent(server, "/get/nothing")}) == 1
        assert len(sent(server, "/get/nothing")) == 3

    @pytest.mark.parametrize("endpoint", ["", ".", "..", "a/../b", "a\nb", 7])
    def test_an_endpoint_that_could_lead_elsewhere_is_refused(self, hub: xythub.Client, endpoint: Any) -> None:
        with pytest.raises((ValueError, TypeError), match="endpoint"):
            hub.get(endpoint)


class TestSend:
    def test_it_sends_one_message_and_gives_the_other(self, hub: xythub.Client) -> None:
        request = old.TickDataRequest(symbols=["ZAL.XE"])
        request.day.year, request.day.month, request.day.day = 2016, 5, 5
        request.header.reference_id.value = "mine"
        response = hub.send("/tickData", request, old.TickDataResponse)
        assert response.header.reference_id.value == "mine"
        assert [chunk.symbol for chunk in response.chunks] == ["ZAL.XE"]

    def test_an_endpoint_may_be_a_whole_url_below_the_service(self, hub: xythub.Client, sandbox: Sandbox) -> None:
        request = DataRequest()
        response = hub.send(f"{sandbox.base_url}/get/lookupSources", request, DataResponse)
        assert list(response.data.columns["source"].string_list.values) == ["ACTIV", "LC"]

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1/get/x", "https://example.com/get/x", "http://127.0.0.1"])
    def test_the_token_goes_to_no_other_host(self, hub: xythub.Client, sandbox: Sandbox, endpoint: str) -> None:
        with pytest.raises(ValueError, match="the token goes nowhere else"):
            hub.send(endpoint, DataRequest(), DataResponse)
        assert not len(sandbox.requests)

    @pytest.mark.parametrize("endpoint", ["/a?b", "/a#b", "/../a", "/a b", "/./a", "/\x00"])
    def test_a_path_is_a_plain_path(self, hub: xythub.Client, endpoint: str) -> None:
        with pytest.raises(ValueError, match="expected a plain path"):
            hub.send(endpoint, DataRequest(), DataResponse)

    def test_an_answer_of_another_kind_is_a_decode_error(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), body(bytes.fromhex("fa0212ff")))
        with pytest.raises(ResponseDecodeError, match=r"a xyt\.v1_1_2\.TickDataResponse") as caught:
            connect(server.url).send("/tickData", old.TickDataRequest(), old.TickDataResponse)
        assert isinstance(caught.value.__cause__, FramingError)


class TestFailures:
    @pytest.mark.parametrize("how", SPOILED)
    def test_a_malformed_answer_is_a_decode_error_whose_cause_says_what_was_expected(
        self, hub: xythub.Client, sandbox: Sandbox, how: str
    ) -> None:
        sandbox.faults.add(f"malformed-frame:xyt.get.lookupSources:how={how}")
        with pytest.raises(ResponseDecodeError, match=r"expected .*, found ") as caught:
            hub.get("lookupSources")
        assert isinstance(caught.value.__cause__, FramingError)
        assert caught.value.__cause__.expected in str(caught.value)
        assert caught.value.status == 200
        assert asked(sandbox, "xyt.get.lookupSources") == 1

    def test_a_table_that_is_none_is_a_decode_error(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), framed(table_answer(a=("integer_list", [1]), b=("integer_list", []))))
        with pytest.raises(ResponseDecodeError, match="columns have different lengths") as caught:
            connect(server.url).get("nothing")
        assert isinstance(caught.value.__cause__, TableError)

    def test_an_answer_that_does_not_fit_in_memory_is_a_decode_error(
        self, connect: Connect, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fill_memory(*_: object, **__: object) -> None:
            raise MemoryError

        monkeypatch.setattr("tickhaul.xythub.framing.is_heavy", fill_memory)
        server = serve(grant(), framed(table_answer(a=("integer_list", [1]))))
        with pytest.raises(ResponseDecodeError, match="not enough memory"):
            connect(server.url).get("nothing")

    def test_an_answer_above_the_limit_is_refused(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), framed(table_answer(a=("integer_list", range(100)))))
        with pytest.raises(ResponseDecodeError, match="0 to 64 bytes"):
            connect(server.url, limit=64).get("nothing")

    @pytest.mark.parametrize("packed", [False, True])
    def test_an_answer_far_above_the_limit_is_given_up_while_it_arrives(
        self, connect: Connect, serve: Serve, packed: bool
    ) -> None:
        content = bytes(2 << 20)
        far = body(gzip.compress(content), headers={"Content-Encoding": "gzip"}) if packed else body(content)
        server = serve(grant(), far)
        with pytest.raises(NetworkError, match="more than 1,048,640 bytes"):
            connect(server.url, limit=64).get("nothing")
        assert len(server.requests) == 2

    def test_an_error_of_the_service_may_be_longer_than_the_limit(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), refusal(400, "invalid_request", "No such day" + " " * 1000))
        with pytest.raises(InvalidArgumentError, match="No such day"):
            connect(server.url, limit=1).get("nothing")

    @pytest.mark.parametrize("kind", ["reset", "lost-answer", "html-503", "html-520", "truncated-body"])
    def test_what_passes_is_tried_again(self, connect: Connect, sandbox: Sandbox, kind: str) -> None:
        client = connect(sandbox.base_url, clock=FakeClock())
        sandbox.faults.add(f"{kind}:xyt.get.lookupSources:times=2")
        assert client.get("lookupSources").row_count == 2
        assert asked(sandbox, "xyt.get.lookupSources") == 3

    def test_a_rate_limit_is_obeyed(self, connect: Connect, sandbox: Sandbox) -> None:
        clock = FakeClock()
        client = connect(sandbox.base_url, clock=clock)
        sandbox.faults.add("rate-limit:xyt.get.*:retry-after=7:times=1")
        client.get("lookupSources")
        assert 7 <= clock.slept[0] <= 8
        sandbox.faults.add("rate-limit:xyt.get.*:retry-after=700")
        with pytest.raises(RateLimitError) as caught:
            client.get("lookupSources")
        assert caught.value.retry_after == 700

    def test_an_error_without_the_services_body_is_told_by_its_status(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), otherwise=html(500))
        with pytest.raises(ServerError, match="status 500 without the service's error body") as caught:
            connect(server.url, clock=FakeClock(), max_retries=1).get("nothing")
        assert (caught.value.code, caught.value.attempts) == ("unknown", 2)

    @pytest.mark.parametrize(
        "document", [[], {"error": 7, "error_description": 7}, {"error": "no\ncode"}, "text", {"error_description": ""}]
    )
    def test_an_error_body_of_another_shape_is_no_harm(self, connect: Connect, serve: Serve, document: object) -> None:
        server = serve(grant(), answer(document, 400))
        with pytest.raises(InvalidArgumentError) as caught:
            connect(server.url).get("nothing")
        assert caught.value.code == "unknown"

    def test_a_description_without_a_code_is_the_message(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), answer({"error_description": "only words"}, 418, {"X-Request-Id": "abc"}))
        with pytest.raises(ApiError, match="only words") as caught:
            connect(server.url).get("nothing")
        assert caught.value.request_id == "abc"

    def test_a_redirect_is_not_followed(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), body(b"", 302, {"Location": "http://127.0.0.1:1/?token=1"}))
        with pytest.raises(ApiError, match=r"redirects to 'http://127.0.0.1:1/'; check the settings"):
            connect(server.url).get("nothing")

    def test_nobody_there_is_a_network_error(self, connect: Connect) -> None:
        with pytest.raises(NetworkError, match="token: no answer after trying once"):
            connect("http://127.0.0.1:1", max_retries=0).get("nothing")

    def test_a_closed_client_refuses_calls(self, hub: xythub.Client) -> None:
        hub.close()
        with pytest.raises(RuntimeError, match="closed"):
            hub.get("nothing")


class TestSettings:
    def test_every_address_and_name_is_a_setting(self, face: Any, serve: Serve) -> None:
        auth, data, lookup = serve(grant(), answer({})), serve(otherwise=EMPTY), serve(otherwise=EMPTY)
        settings = xythub.Settings(
            auth_url=f"{auth.url}/login",
            token_path="/token",
            user_path="/me",
            client_id="me",
            data_url=f"{data.url}/v2/",
            lookup_url=f"{lookup.url}/find",
            get_path="/{source}/ask/{endpoint}",
            paths={"market.ohlcv": "/retrieval/ohlcv"},
            marker=Marker.FIXED,
        )
        with face.hub(settings=settings) as client:
            client.check_token()
            client.get("x", source="LC")
            client.market.ohlcv("ZAL.XE", "2016-05-05", "2016-05-05")
            client.overview.entities()
        assert [request.path for request in auth.requests] == ["/login/token", "/login/me"]
        assert [request.path for request in data.requests] == ["/v2/LC/ask/x", "/v2/retrieval/ohlcv"]
        assert [request.path for request in lookup.requests] == ["/find/overview/entities"]
        assert data.requests[0].body[0] == Marker.FIXED
        assert "source" not in message_of(data.requests[0]).parameters

    def test_the_sandbox_answers_in_the_marker_of_the_request(self, face: Any, sandbox: Sandbox) -> None:
        with face.hub(settings=xythub.Settings.at(sandbox.base_url, marker=Marker.FIXED)) as client:
            assert client.get("lookupSources").row_count == 2

    def test_the_sandbox_takes_a_source_in_the_path(self, face: Any, sandbox: Sandbox) -> None:
        settings = xythub.Settings.at(sandbox.base_url, get_path="/{source}/get/{endpoint}")
        with face.hub(settings=settings) as client:
            assert client.get("lookupExchanges", source="ACTIV").row_count == 7

    def test_no_source_is_sent_where_none_is_wanted(self, face: Any, serve: Serve) -> None:
        server = serve(grant(), EMPTY)
        with face.hub(settings=xythub.Settings.at(server.url, source_parameter=None)) as client:
            client.get("x", source="LC")
        assert not message_of(server.requests[1]).parameters

    def test_generic_requests_can_speak_the_old_contract(self, face: Any, serve: Serve) -> None:
        server = serve(grant(), framed(table_answer(t=("timestamps_list", [0]))))
        with face.hub(settings=xythub.Settings.at(server.url, get_contract="1.1.2")) as client:
            table = client.get("x", day="2019-10-02")
        assert table.to_numpy()["t"].astype(str).tolist() == ["2000-01-01T00:00:00.000000000"]
        request = read_delimited_from(old.DataRequest, server.requests[1].body)
        assert request.header.raw_time
        assert request.parameters["day"].days_value == 18171

    def test_what_is_proposed_is_marked(self) -> None:
        assert xythub.Settings.proposed() == {
            "api_key_field",
            "data_url",
            "lookup_url",
            "get_path",
            "source_parameter",
            "day_parameters",
            "time_parameters",
            "renew_before",
        }

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"paths": {"market.nothing": "/x"}}, "market.nothing"),
            ({"get_path": "/get"}, "get_path"),
            ({"get_path": "/get/{endpoint}/{name}"}, "get_path"),
            ({"get_path": "/get/{endpoint.__class__}"}, "get_path"),
            ({"get_path": "/{/{endpoint}"}, "get_path"),
            ({"renew_before": -1}, "renew_before"),
            ({"renew_before": float("nan")}, "renew_before"),
            ({"get_path": "/get/{endpoint}?a=b"}, "get_path"),
            ({"get_path": "/../get/{endpoint}"}, "get_path"),
            ({"paths": {"market.ohlcv": "/a b"}}, r"paths\['market.ohlcv'\]"),
            ({"token_path": "/token#"}, "token_path"),
            ({"user_path": "/../user"}, "user_path"),
            ({"client_id": "a:b"}, "client_id"),
            ({"client_id": "a\ud800"}, "client_id"),
            ({"api_key_field": "a\ud800"}, "api_key_field"),
            ({"api_key_field": ""}, "api_key_field"),
            ({"source_parameter": ""}, "source_parameter"),
            ({"marker": 7}, "Marker"),
        ],
    )
    def test_settings_that_cannot_work_are_refused(self, settings: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            xythub.Settings(**settings)

    @pytest.mark.parametrize(
        "settings",
        [
            {"paths": {"market.ohlcv": 7}},
            {"get_path": None},
            {"token_path": b"/token"},
            {"user_path": None},
            {"client_id": 1},
            {"api_key_field": None},
            {"source_parameter": 1},
            {"day_parameters": "day"},
            {"time_parameters": "time"},
            {"renew_before": "60"},
        ],
    )
    def test_settings_of_another_type_are_refused(self, settings: dict[str, Any]) -> None:
        with pytest.raises(TypeError, match=next(iter(settings))):
            xythub.Settings(**settings)

    def test_settings_are_taken_in_related_types(self) -> None:
        settings = xythub.Settings(marker=0xFF, day_parameters=["when"])  # type: ignore[arg-type]  # as people write them
        assert settings.marker is xythub.Marker.FIXED
        assert settings.day_parameters == {"when"}

    @pytest.mark.parametrize("name", ["auth_url", "data_url", "lookup_url"])
    @pytest.mark.parametrize(
        "url",
        [
            "http://api.xythub.com",
            "ftp://api.xythub.com",
            "api.xythub.com",
            "https://a?b=c",
            "https://u:p@a",
            "https://a/../b",
        ],
    )
    def test_addresses_that_would_not_do_are_refused(self, face: Any, name: str, url: str) -> None:
        with pytest.raises(ValueError, match=name if "/../" not in url else "path") as caught:
            face.hub(settings=xythub.Settings(**{name: url}))  # type: ignore[arg-type]  # one of three names
        assert "u:p" not in str(caught.value)

    def test_a_contract_that_there_is_not_is_refused(self, face: Any) -> None:
        with pytest.raises(ValueError, match=r"contract='3\.0\.0': expected one of 2\.0\.0, 1\.1\.2"):
            face.hub(settings=xythub.Settings(get_contract="3.0.0"))

    @pytest.mark.parametrize("limit", [0, -1, 1.5, True, "1"])
    def test_a_limit_is_a_number_of_bytes(self, face: Any, limit: Any) -> None:
        with pytest.raises((ValueError, TypeError), match="limit"):
            face.hub(limit=limit)

    def test_addresses_are_texts(self, face: Any) -> None:
        with pytest.raises(TypeError, match="data_url must be a str"):
            face.hub(settings=xythub.Settings(data_url=7))  # type: ignore[arg-type]  # what is asked about

    def test_plain_http_beyond_this_machine_must_be_asked_for(self, face: Any) -> None:
        face.hub(settings=xythub.Settings.at("http://hub.example"), allow_plain_http=True).close()


class TestAccess:
    def test_the_environment_completes_what_is_not_given(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in {
            "XYTHUB_USER": USER,
            "XYTHUB_API_KEY": KEY,
            "XYTHUB_CLIENT_SECRET": CLIENT_SECRET,
            "XYTHUB_BASE_URL": sandbox.base_url,
        }.items():
            monkeypatch.setenv(name, value)
        with xythub.Client() as client:
            assert repr(client) == f"<Client of {sandbox.base_url}>"
            assert client.settings.auth_url == f"{sandbox.base_url}/auth"
            assert client.last_response is None
            client.check_token()
        monkeypatch.setenv("XYTHUB_PASSWORD", "both")
        with pytest.raises(ValueError, match="XYTHUB_PASSWORD and XYTHUB_API_KEY are both set"):
            xythub.Client()
        with xythub.Client(password=PASSWORD) as client:
            client.check_token()

    def test_settings_in_code_win_over_the_environments_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XYTHUB_BASE_URL", "https://elsewhere.example")
        client = xythub.Client(USER, PASSWORD, client_secret="", settings=xythub.Settings())
        assert repr(client) == "<Client of https://api.xythub.com>"
        client.close()

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "no user for xyt hub: pass user=… or set XYTHUB_USER"),
            ({"user": "a"}, "no password or api_key"),
            ({"user": "a", "password": ""}, "no password or api_key"),
            ({"user": "a", "password": "hidden"}, "no client_secret"),
            ({"user": "a", "password": "hidden", "api_key": "hidden"}, "one of them is enough"),
        ],
    )
    def test_what_is_missing_or_too_much_is_said(self, options: dict[str, str], words: str) -> None:
        with pytest.raises(ValueError, match=words) as caught:
            xythub.Client(**options)  # type: ignore[arg-type]  # only texts are passed
        assert "hidden" not in str(caught.value)

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"user": "a\ud800"}, "user .*is not valid Unicode"),
            ({"password": "hunter2\ud800"}, "password .*is not valid Unicode"),
            ({"password": None, "api_key": "hunter2\ud800"}, "api_key .*is not valid Unicode"),
            ({"client_secret": "hunter2\udcff"}, "client_secret .*is not valid Unicode"),
            ({"settings": xythub.Settings(), "password": b"hunter2"}, "password must be a str, not bytes"),
            ({"api_key": b"hunter2"}, "api_key must be a str, not bytes"),
            ({"client_secret": ["hunter2"]}, "client_secret must be a str, not list"),
            ({"proxy": b"http://me:hunter2@p"}, "proxy must be a str, not bytes"),
            ({"proxy": "http//me:hunter2"}, "proxy: .*expected a URL"),
            ({"ssl_context": "/ca.pem"}, "ssl_context must be an ssl.SSLContext, not str"),
            ({"base_url": "https://me:hunter2@h"}, "base_url has a user name"),
            ({"base_url": b"https://me:hunter2@h"}, "base_url must be a str, not bytes"),
            ({"limit": 0}, "limit"),
        ],
        ids=ascii,
    )
    def test_no_wrong_value_shows_itself(self, wrong: dict[str, Any], words: str) -> None:
        for kind in (xythub.Client, xythub.AsyncClient):
            with pytest.raises((ValueError, TypeError), match=words) as caught:
                kind(**{"user": USER, "password": PASSWORD, "client_secret": CLIENT_SECRET, **wrong})
            shown = variables_of(caught.value) + repr(caught.value)
            for secret in ("hunter2", PASSWORD, CLIENT_SECRET):
                assert secret not in shown

    @pytest.mark.parametrize("name", ["XYTHUB_USER", "XYTHUB_PASSWORD", "XYTHUB_CLIENT_SECRET"])
    def test_a_variable_that_is_not_utf_8_is_named_and_not_shown(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for variable in ("XYTHUB_USER", "XYTHUB_PASSWORD", "XYTHUB_CLIENT_SECRET"):
            monkeypatch.setenv(variable, "hunter2\udcff" if variable == name else "hunter2")
        with pytest.raises(ValueError, match=f"{name}.* is not valid Unicode") as caught:
            xythub.Client()
        assert "hunter2" not in variables_of(caught.value) + repr(caught.value)

    def test_credentials_are_texts(self) -> None:
        with pytest.raises(TypeError, match="password must be a str, not bytes"):
            xythub.Client("a", b"b")  # type: ignore[arg-type]  # what is asked about


class TestTelling:
    def test_hooks_hear_of_every_request_the_tokens_included(self, connect: Connect, serve: Serve) -> None:
        server = serve(grant(), html(503), EMPTY)
        told: list[RequestInfo | RetryInfo | ResponseInfo] = []
        client = connect(
            server.url, clock=FakeClock(), on_request=told.append, on_retry=told.append, on_response=told.append
        )
        client.get("nothing")
        assert [(type(info).__name__, info.operation) for info in told] == [
            ("RequestInfo", "token"),
            ("ResponseInfo", "token"),
            ("RequestInfo", "get nothing"),
            ("ResponseInfo", "get nothing"),
            ("RetryInfo", "get nothing"),
            ("RequestInfo", "get nothing"),
            ("ResponseInfo", "get nothing"),
        ]
        assert client.last_response is not None
        assert client.last_response.status == 200

    def test_nothing_secret_shows_anywhere(
        self, connect: Connect, serve: Serve, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        echo = f"{PASSWORD} {KEY} {CLIENT_SECRET} {TOKEN}"

        def echoing(exchange: Any) -> None:
            text = f"{echo} {exchange.request.headers['authorization']} {exchange.request.body!r}"
            refusal(400, "invalid_request", text)(exchange)

        server = serve(grant(), echoing, body(f"no frame {echo}".encode()), html(500))
        told: list[object] = []
        client = connect(
            server.url, max_retries=0, on_request=told.append, on_retry=told.append, on_response=told.append
        )
        shown = [repr(client), repr(client._session), repr(client._session._tokens)]
        for _ in range(3):
            with pytest.raises((ApiError, ResponseDecodeError)) as caught:
                client.get("nothing")
            shown += [str(caught.value), repr(caught.value), repr(vars(caught.value)), repr(caught.value.__cause__)]
        shown += [repr(vars(client._session._tokens)), repr(told), caplog.text]
        for secret in (PASSWORD, CLIENT_SECRET, TOKEN, "cDRzcyZ3MHJk", "p4ss%26w0rd"):
            assert secret not in "\n".join(shown), secret

    @pytest.mark.parametrize(
        "plan",
        [
            pytest.param([grant(), refusal(404, "not_found", "no")], id="an error"),
            pytest.param([grant(), refusal(401, "no", "no"), grant("another"), refusal(401, "no", "no")], id="refused"),
            pytest.param([grant(), refusal(401, "no", "no"), refusal(400, "no", "no")], id="no new token"),
            pytest.param([grant(), body(b"no frame")], id="no frame"),
            pytest.param([grant(), last(lose())], id="lost"),
            pytest.param([grant(), stall()], id="late"),
            pytest.param([refusal(400, "no", "no")], id="no token"),
            pytest.param([answer({"access_token": "a b", "password": PASSWORD})], id="no grant"),
            pytest.param([stall()], id="a late token"),
        ],
    )
    def test_nothing_secret_shows_to_tools_that_report_variables(
        self, connect: Connect, serve: Serve, plan: list[Step]
    ) -> None:
        client = connect(serve(*plan).url, max_retries=0, deadline=0.5)
        with pytest.raises(TickhaulError) as caught:
            client.get("nothing")
        report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        text = "".join(report.format())
        assert "arguments = " in text or "held" in text or "self = " in text
        for secret in (PASSWORD, "p4ss%26w0rd", CLIENT_SECRET, TOKEN, "another", "Bearer ", "Basic "):
            assert secret not in text.replace(repr(plan), ""), secret

    @pytest.mark.parametrize(
        ("owner", "name"), [(json, "loads"), (grants, "_lifetime"), (grants, "b64encode"), (grants, "urlencode")]
    )
    def test_nothing_secret_shows_when_a_token_is_interrupted(
        self, connect: Connect, serve: Serve, owner: Any, name: str, monkeypatch: pytest.MonkeyPatch, face: Any
    ) -> None:
        client = connect(serve(grant()).url)
        monkeypatch.setattr(owner, name, interrupted(getattr(owner, name), "after"))
        error = interrupt_call(client, face, lambda client: client.get("nothing"))
        shown = variables_of(error)
        for secret in (PASSWORD, "p4ss%26w0rd", CLIENT_SECRET, TOKEN):
            assert secret not in shown

    def test_nothing_secret_shows_when_the_scrubbing_is_interrupted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        secrets = Secrets(Secret(PASSWORD), Secret(CLIENT_SECRET))
        secrets.learn(Secret(TOKEN))
        from tickhaul.net import redaction

        monkeypatch.setattr(net_secrets, "hide_queries", interrupted(redaction.hide_queries, "before"))
        with pytest.raises(Interrupt) as caught:
            secrets.scrub("a text")
        for secret in (PASSWORD, CLIENT_SECRET, TOKEN):
            assert secret not in variables_of(caught.value)

    def test_nothing_secret_shows_when_no_token_is_given(self, connect: Connect, serve: Serve) -> None:
        def echoing(exchange: Any) -> None:
            request = exchange.request
            text = f"{request.headers['authorization']} {request.body.decode()} {PASSWORD}"
            refusal(400, "invalid_grant", text)(exchange)

        server = serve(echoing)
        with pytest.raises(xythub.TokenError) as caught:
            connect(server.url).get("nothing")
        for secret in (PASSWORD, CLIENT_SECRET, "p4ss%26w0rd", server.requests[0].headers["authorization"][6:]):
            assert secret not in str(caught.value)

    def test_secrets_are_neither_pickled_nor_printed(self, connect: Connect, sandbox: Sandbox) -> None:
        client = connect(sandbox.base_url)
        with pytest.raises(TypeError):
            pickle.dumps(client._session)
        assert PASSWORD not in repr(vars(client._session))


def test_a_view_has_its_own_options_and_the_same_token(connect: Connect, sandbox: Sandbox) -> None:
    client = connect(sandbox.base_url)
    parts = [client.market, client.overview, client.products, client.csv]
    view = client.with_options(deadline=7, timeout=3, max_retries=0, max_retry_after=1)
    assert view.market._caller.options.deadline == 7
    assert parts[0]._caller.options.deadline == 300  # type: ignore[attr-defined]  # of whichever part
    view.get("lookupSources")
    client.get("lookupSources")
    assert asked(sandbox, "xyt.token") == 1


def test_a_frame_of_a_request_is_the_same_for_the_same_message() -> None:
    message: Message = DataRequest()
    assert frame(message) == frame(message)
