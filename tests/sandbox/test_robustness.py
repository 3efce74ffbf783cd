"""Whatever is sent, the sandbox answers with a documented kind of answer and goes on."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.routes import OPERATIONS

from tests.sandbox.api import HOUR, START, Api, code, message, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul_sandbox.routes import Operation

CODES = {
    400: "invalid_argument",
    401: "unauthenticated",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    409: "already_exists",
}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        "datastream_id",
        "start_time",
        "end_time",
        "schema",
        "format",
        "format_options",
        "name",
        "stream_category",
        "columns",
        "unfold",
        "derive",
    ]
)
bodies = st.one_of(
    st.binary(max_size=40),
    values.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(fields, values, max_size=6).map(lambda value: json.dumps(value).encode()),
)
queries = st.dictionaries(
    st.sampled_from(["limit", "page_token", "datastream_id", "search", "exchange", "stream_type", "x"]),
    st.text(max_size=12),
    max_size=3,
)
names = st.text(min_size=1, max_size=12).filter(lambda text: text not in {".", ".."})


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    options = Settings(export_seconds=0, messages_per_minute=1, minute_limit=10**9, hour_limit=10**9)
    with Sandbox(options, clock=ManualClock(START)) as sandbox, Api(sandbox) as caller:
        caller.subscribe()
        yield caller


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(OPERATIONS), bodies, queries, names)
def test_no_request_is_a_fault_of_the_server(
    api: Api, operation: Operation, body: bytes, query: dict[str, str], name: str
) -> None:
    from urllib.parse import quote

    path = re.sub(r"\{\w+\}", lambda _: quote(name, safe=""), operation.path)
    response = api.http.request(operation.method, path, params=query, content=body)
    assert response.status_code < 500, response.text
    assert re.fullmatch(r"req_[0-9a-f]{16}", response.headers["x-request-id"])
    if response.status_code >= 400:
        assert response.json()["error"]["code"] == CODES[response.status_code]
    elif response.status_code != 204:
        response.json()


@pytest.mark.parametrize("target", ["/v1/exchanges", "http://localhost/v1/exchanges?x=1"])
def test_a_request_for_a_whole_url_is_one_for_its_path(api: Api, target: str) -> None:
    place = urlsplit(api.sandbox.base_url)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=30)) as connection:
        connection.request("GET", target, headers={"X-Api-Key": api.sandbox.api_key})
        response = connection.getresponse()
        assert response.status == 200
        assert json.loads(response.read())[0].keys() == {"code", "display_name"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"datastream_id":124,"x":NaN}',
        b'{"datastream_id":124,"x":-Infinity}',
        '{"datastream_id":124}'.encode("utf-16"),
        b'\xef\xbb\xbf{"datastream_id":124}',
        b'{"datastream_id":124,"x":"\xff"}',
        b"[" * 100_000,
        b'{"datastream_id":' + b"9" * 5_000 + b"}",
    ],
)
def test_a_body_that_is_not_quite_json_is_malformed(api: Api, body: bytes) -> None:
    response = api.post("/subscriptions", body)
    assert code(response) == (400, "invalid_argument")
    assert message(response) == "Malformed JSON in the request body"


def test_many_clients_at_once_lose_no_update_and_meet_no_error(api: Api) -> None:
    streams = range(200, 240)

    def work(datastream_id: int) -> str:
        with Api(api.sandbox) as mine:
            subscription_id = mine.subscribe(datastream_id)
            for verb in ("pause", "resume", "pause", "resume"):
                ok(mine.post(f"/subscriptions/{subscription_id}/{verb}"), 204)
            export_id = mine.export(START - HOUR, START, datastream_id)
            assert mine.rows(export_id)
            return subscription_id

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(work, streams))
    listed: dict[str, Any] = {
        item["id"]: item["datastream_id"] for item in ok(api.get("/subscriptions", limit=100))["items"]
    }
    assert {listed[subscription_id] for subscription_id in ids} == set(streams)
    assert all(len(ok(api.get(f"/subscriptions/{subscription_id}/spans"))) == 3 for subscription_id in ids)
