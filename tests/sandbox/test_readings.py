"""Readings of what no source states: each is a setting, and each of its values makes a difference over HTTP."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING, Any, Literal

import pyarrow.parquet as pq  # type: ignore[import-untyped]  # pyarrow has no types
import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.artifacts.csvfile import Dialect

from tests.sandbox.api import BTCUSDT, HOUR, SECOND, START, Api, code, ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "0194a1b2-c3d4-75f6-a7b8-c9d0e1f2a3b4"
NOWHERE = 99_999_999
ORDER: dict[str, Any] = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}
COLUMNS = [{"output_column": "at", "meta": {"value": "collection_timestamp_ns"}}]
CODES = {400: "invalid_argument", 403: "permission_denied", 404: "not_found", 409: "already_exists"}


@pytest.fixture
def chosen(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A caller of a sandbox with the settings of the test's parameter."""
    settings = Settings(messages_per_minute=1, **request.param)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        yield api


def by(name: str, *values: object) -> pytest.MarkDecorator:
    """Parametrize with the sandbox under each value of a setting, and that value."""
    cases = [pytest.param({name: value}, value, id=f"{name}={value}") for value in values]
    return pytest.mark.parametrize(("chosen", "value"), cases, indirect=["chosen"])


@by("unknown_datastream", 404, 400)
def test_an_unknown_datastream(chosen: Api, value: int) -> None:
    wanted = (value, CODES[value])
    assert code(chosen.post("/subscriptions", {"datastream_id": NOWHERE})) == wanted
    assert code(chosen.post("/exports", {**ORDER, "datastream_id": NOWHERE})) == wanted
    assert code(chosen.get("/availability", datastream_id=NOWHERE)) == wanted


@by("unknown_exchange", "missing", "empty")
def test_an_unknown_exchange_or_instrument(chosen: Api, value: str) -> None:
    for path in ("nowhere/instruments", "nowhere/instruments/X/datastreams", "binance/instruments/X/datastreams"):
        answer = chosen.get(f"/exchanges/{path}")
        if value == "missing":
            assert code(answer) == (404, "not_found")
        else:
            assert ok(answer) == {"items": [], "total": 0, "limit": 100, "next_page_token": None}
    assert ok(chosen.get("/exchanges/binance/instruments/BTCUSDT/datastreams"))["total"] > 0


@by("show_datastream", True, False)
def test_the_datastream_of_a_subscription(chosen: Api, value: bool) -> None:
    name = chosen.subscribe()
    [listed] = ok(chosen.get("/subscriptions"))["items"]
    assert ("datastream" in listed, "datastream" in ok(chosen.get(f"/subscriptions/{name}"))) == (value, value)
    assert listed["datastream_id"] == BTCUSDT


@by("early_download", 400, 403, 404, 409)
def test_a_download_before_the_end(chosen: Api, value: int) -> None:
    chosen.subscribe()
    path = f"/exports/{chosen.export(START - HOUR, START)}/download"
    assert code(chosen.get(path)) == (value, CODES[value])
    chosen.sandbox.clock.advance(1)
    assert ok(chosen.get(path))["count"] == 2


@by("late_cancel", 400, 409)
def test_canceling_what_has_ended(chosen: Api, value: int) -> None:
    chosen.subscribe()
    path = f"/exports/{chosen.export(START - HOUR, START)}/cancel"
    chosen.sandbox.clock.advance(1)
    assert code(chosen.post(path)) == (value, CODES[value])


@by("schema_mismatch", 400, 404)
def test_a_schema_of_another_category(chosen: Api, value: int) -> None:
    chosen.subscribe()
    assert code(chosen.post("/exports", {**ORDER, "schema": "book_5"})) == (value, CODES[value])


@by("schema_names", "plain", "any")
def test_the_names_of_schemas(chosen: Api, value: str) -> None:
    def create(name: object) -> int:
        body = {"name": name, "stream_category": "trade", "columns": COLUMNS}
        return chosen.post("/export-schemas", body).status_code

    assert create("Trades 2024/01: a.b+c-d_e") == 201
    assert create("1" * 128) == 201
    assert {create(name) for name in ("_x", "x!", "été?", "x" * 3 + "|")} == {201 if value == "any" else 400}
    assert {create(name) for name in ("", "x" * 129, "a\nb", "sch_" + "0" * 32, 5, None)} == {400}


@by("max_schema_name", 3)
def test_the_length_of_the_name_of_a_schema(chosen: Api, value: int) -> None:
    body = {"stream_category": "trade", "columns": COLUMNS}
    ok(chosen.post("/export-schemas", {**body, "name": "x" * value}), 201)
    refused = chosen.post("/export-schemas", {**body, "name": "x" * (value + 1)})
    assert code(refused) == (400, "invalid_argument")


@by("duplicate_columns", "reject", "keep")
def test_two_columns_of_one_name(chosen: Api, value: str) -> None:
    chosen.subscribe()
    twice = {**ORDER, "schema": {"columns": COLUMNS * 2}}
    if value == "reject":
        assert code(chosen.post("/exports", twice)) == (400, "invalid_argument")
        return
    export_id = str(ok(chosen.post("/exports", twice), 202)["id"])
    chosen.sandbox.clock.advance(1)
    assert all(gzip.decompress(content).startswith(b"at,at\n") for content in chosen.files(export_id).values())


@pytest.mark.parametrize("names", [("price", "Price"), ("a", "A")])
def test_names_that_differ_in_case_alone_fail_a_parquet_file_with_the_reason(api: Api, names: tuple[str, str]) -> None:
    api.subscribe()
    columns = [{**COLUMNS[0], "output_column": name} for name in names]
    export_id = api.export(START - HOUR, START, schema={"columns": columns}, format="parquet")
    api.sandbox.clock.advance(1)
    job = ok(api.get(f"/exports/{export_id}"))
    assert (job["status"], job["reason"]) == ("failed", f"A Parquet file cannot hold two columns named {names[1]}")


@by("unknown_schema_fields", "reject", "ignore")
def test_a_field_the_schema_language_does_not_have(chosen: Api, value: str) -> None:
    body = {"name": "mine", "stream_category": "trade", "columns": [{**COLUMNS[0], "position": 0}]}
    answer = chosen.post("/export-schemas", body)
    if value == "reject":
        assert code(answer) == (400, "invalid_argument")
    else:
        assert ok(answer, 201)["columns"] == [
            {"output_column": "at", "meta": {"value": "collection_timestamp_ns", "format": "ns"}}
        ]


@by("unknown_fields", "ignore", "reject")
def test_a_field_an_inline_schema_does_not_have(chosen: Api, value: str) -> None:
    chosen.subscribe()
    answer = chosen.post("/exports", {**ORDER, "schema": {"columns": COLUMNS, "colour": "blue"}})
    assert answer.status_code == (202 if value == "ignore" else 400)


@by("nulls", "reject", "absent")
def test_null_for_what_may_be_left_out(chosen: Api, value: str) -> None:
    chosen.subscribe()
    column = {"output_column": "at", "data": None, "meta": {"value": "collection_timestamp_ns", "format": None}}
    order = {**ORDER, "schema": {"columns": [column]}, "format": None, "format_options": None}
    answer = chosen.post("/exports", order)
    if value == "reject":
        assert code(answer) == (400, "invalid_argument")
    else:
        assert ok(answer, 202)["format"] == "csv"
    assert code(chosen.post("/exports", {**order, "datastream_id": None})) == (400, "invalid_argument")


@by("unknown_method", 405, 404)
def test_a_method_that_is_not_there(chosen: Api, value: int) -> None:
    for method, path in (("PUT", "/v1/subscriptions"), ("DELETE", "/v1/exchanges"), ("OPTIONS", "/v1/exports")):
        response = chosen.http.request(method, path)
        assert response.status_code == value
        assert ("allow" in response.headers) == (value == 405)
    assert chosen.http.get("/v1/nothing").status_code == 404


@pytest.mark.parametrize("whose", ["account", "anyone"])
def test_whose_recordings_are_available(whose: Literal["account", "anyone"]) -> None:
    keys = ("a:1", "b:2")
    clock = ManualClock(START)
    with (
        Sandbox(Settings(api_keys=keys, availability=whose, backdate=0), clock=clock) as sandbox,
        Api(sandbox, "1") as first,
        Api(sandbox, "2") as second,
    ):
        name = first.subscribe()
        clock.advance(100)
        second.subscribe()
        clock.advance(100)
        ok(first.post(f"/subscriptions/{name}/pause"), 204)
        clock.advance(100)
        seen = [(item["from"], item["to"]) for item in ok(second.get("/availability", datastream_id=BTCUSDT))["ranges"]]
        began = START if whose == "anyone" else START + 100 * SECOND
        assert seen == [(began, START + 300 * SECOND)]


@by("draft_created", 201, 200)
def test_the_status_of_a_new_draft(chosen: Api, value: int) -> None:
    assert chosen.post(f"/export-schemas/{schema(chosen)}/draft").status_code == value


@by("missing_draft", 404, 204)
def test_throwing_away_a_draft_that_is_not_there(chosen: Api, value: int) -> None:
    path = f"/export-schemas/{schema(chosen)}/draft"
    assert chosen.delete(path).status_code == value
    ok(chosen.post(path), 201)
    ok(chosen.delete(path), 204)
    assert code(chosen.get(path)) == (404, "not_found")
    assert code(chosen.delete("/export-schemas/sch_" + "0" * 32 + "/draft")) == (404, "not_found")


@by("idempotency_body", "bytes", "json")
def test_bodies_that_differ_in_nothing_but_writing(chosen: Api, value: str) -> None:
    name = schema(chosen)
    first = chosen.post(f"/export-schemas/{name}/draft", b'{"columns": %s}' % written(), Idempotency_Key=KEY)
    again = chosen.post(f"/export-schemas/{name}/draft", b'{ "columns":%s }' % written(), Idempotency_Key=KEY)
    if value == "bytes":
        assert code(again) == (409, "already_exists")
    else:
        assert (again.status_code, again.content) == (first.status_code, first.content)
    other = chosen.post(f"/export-schemas/{name}/draft", b"{}", Idempotency_Key=KEY)
    assert code(other) == (409, "already_exists")
    assert code(chosen.post(f"/export-schemas/{name}/draft", b"{", Idempotency_Key=KEY)) == (409, "already_exists")


@by("content_type", "ignore", "reject")
def test_a_body_that_says_it_is_something_else(chosen: Api, value: str) -> None:
    def send(kind: str | None, stream: int) -> int:
        headers = {} if kind is None else {"Content-Type": kind}
        body = b'{"datastream_id": %d}' % stream
        return chosen.http.post("/v1/subscriptions", content=body, headers=headers).status_code

    kinds = ["text/plain", None, "application/json", "Application/JSON; charset=utf-8"]
    wanted = [201] * 4 if value == "ignore" else [415, 415, 201, 201]
    assert [send(kind, BTCUSDT + number) for number, kind in enumerate(kinds)] == wanted
    assert chosen.http.post("/v1/subscriptions/x/pause", headers={"Content-Type": "text/plain"}).status_code == 404


@by("count_errors", True, False)
def test_whether_errors_use_tokens(chosen: Api, value: bool) -> None:
    left = [chosen.get(path).headers["x-ratelimit-remaining-minute"] for path in ("/exchanges", "/x", "/exchanges")]
    assert left == (["199", "198", "197"] if value else ["199", "199", "198"])


@by("burst", 1.0, 0.05, 2.0)
def test_how_many_tokens_a_bucket_holds(chosen: Api, value: float) -> None:
    headers = chosen.get("/exchanges").headers
    assert headers["x-ratelimit-limit-minute"] == "200"
    assert int(headers["x-ratelimit-remaining-minute"]) == 200 * value - 1
    chosen.sandbox.clock.advance(3600)
    assert int(chosen.get("/exchanges").headers["x-ratelimit-remaining-minute"]) == 200 * value - 1


@by("daily_stamp", "%Y%m%d", "%Y-%m-%d")
def test_how_files_of_a_day_are_named(chosen: Api, value: str) -> None:
    chosen.subscribe()
    export_id = chosen.export(START - 8 * 24 * HOUR, START)
    chosen.sandbox.clock.advance(1)
    [item] = ok(chosen.get(f"/exports/{export_id}/download"))["artifacts"]
    stamp = {"%Y%m%d": "20240115", "%Y-%m-%d": "2024-01-15"}[value]
    assert item["filename"] == f"binance_BTCUSDT_trades_part_{stamp}.csv.gz"


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({}, {"compression": "zstd", "row_group_size": 122_880}),
        ({"parquet_compression": "gzip"}, {"compression": "gzip", "row_group_size": 122_880}),
        ({"parquet_row_group_size": 2048}, {"compression": "zstd", "row_group_size": 2048}),
    ],
    indirect=["chosen"],
)
def test_the_defaults_of_parquet(chosen: Api, wanted: dict[str, Any]) -> None:
    chosen.subscribe()
    export_id = chosen.export(START - HOUR, START, format="parquet")
    chosen.sandbox.clock.advance(1)
    assert ok(chosen.get(f"/exports/{export_id}"))["format_options"] == wanted
    [content, *_] = chosen.files(export_id).values()
    packed = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(0).compression
    assert packed == str(wanted["compression"]).upper()


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({}, ("", "false", "1.5")),
        ({"csv_null": "backslash-n"}, ("\\N", "false", "1.5")),
        ({"csv_booleans": "digits"}, ("", "0", "1.5")),
        ({"csv_decimals": "padded"}, ("", "false", "1.500")),
    ],
    indirect=["chosen"],
)
def test_how_csv_writes_what_its_standard_leaves_open(chosen: Api, wanted: tuple[str, str, str]) -> None:
    def column(name: str, kind: str, path: str, transform: str | None = None) -> dict[str, Any]:
        extractor: dict[str, Any] = {"json": {"path": path, "type": kind}}
        if transform is not None:
            extractor["transform"] = transform
        return {"output_column": name, "data": {"binance": extractor}}

    columns = [
        column("null", "string", "nothing.at.all"),
        column("truth", "bool", "data.m", "{v} AND NOT {v}"),
        column("number", "decimal(3)", "data.p", "{v} - {v} + CAST(1.5 AS DECIMAL(38,3))"),
    ]
    chosen.subscribe()
    export_id = chosen.export(START - HOUR, START, schema={"columns": columns})
    chosen.sandbox.clock.advance(1)
    assert tuple(chosen.rows(export_id)[0].values()) == wanted


def test_an_empty_text_is_told_from_null_either_way() -> None:
    for null, written_null in (("empty", ""), ("backslash-n", "\\N")):
        dialect = Dialect(null=null)
        assert (dialect.render(""), dialect.render(None)) == ('""', written_null)


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("early_download=409", lambda settings: settings.early_download == 409),
        ("count_errors=false", lambda settings: settings.count_errors is False),
        ("burst=0.5", lambda settings: settings.burst == 0.5),
        ("daily_stamp=%Y-%j", lambda settings: settings.daily_stamp == "%Y-%j"),
    ],
)
def test_readings_can_be_chosen_from_the_command(text: str, check: Callable[[Settings], bool]) -> None:
    from tickhaul_sandbox.settings import read_setting

    assert check(Settings(**dict([read_setting(text)])))  # type: ignore[arg-type]  # names are checked when read


def schema(api: Api) -> str:
    body = {"name": "one", "stream_category": "trade", "columns": COLUMNS}
    return str(ok(api.post("/export-schemas", body), 201)["id"])


def written() -> bytes:
    return b'[{"output_column":"at","meta":{"value":"collection_timestamp_ns"}}]'
