"""What a sandbox with a state file still knows after it ended and began again."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings, StateError, SystemClock

from tests.sandbox.api import BTCUSDT, CAPTURES, HOUR, PER_MINUTE, SECOND, START, Api, code, fetch, ok

if TYPE_CHECKING:
    from pathlib import Path

KEY = "0194a1b2-c3d4-75f6-a7b8-c9d0e1f2a3b4"
COLUMNS = [
    {"output_column": "at", "meta": {"value": "collection_timestamp_ns", "format": "iso8601"}},
    {"output_column": "price", "data": {"binance": {"json": {"path": "p", "type": "decimal(18)"}}}},
    {
        "output_column": "side",
        "data": {
            "binance": {
                "json": {"path": "m", "type": "bool"},
                "transform": "CASE WHEN {v} THEN 'sell' ELSE 'buy' END",
            }
        },
    },
]
INLINE = {"columns": COLUMNS, "unfold": {"okx": {"path": "data"}}}
NEEDS_CAPTURES = pytest.mark.skipif(not CAPTURES.is_dir(), reason="no captures beside the checkout")


class Box:
    """Runs a sandbox again and again on one state file."""

    def __init__(self, path: Path, **more: Any) -> None:
        self._more = {"state": path, "messages_per_minute": PER_MINUTE, **more}

    def __call__(self, start: int = START, **more: Any) -> Sandbox:
        return Sandbox(Settings(**{**self._more, **more}), clock=ManualClock(start))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "state.sqlite")


def view(api: Api) -> dict[str, Any]:
    """Return everything an account can see of itself."""
    subscriptions = ok(api.get("/subscriptions", limit=100))
    exports = ok(api.get("/exports", limit=100))
    schemas = ok(api.get("/export-schemas"))
    own = [item["id"] for item in schemas if not item["is_built_in"]]
    return {
        "subscriptions": subscriptions,
        "spans": {item["id"]: ok(api.get(f"/subscriptions/{item['id']}/spans")) for item in subscriptions["items"]},
        "exports": exports,
        "downloads": {
            item["id"]: [
                (artifact["id"], artifact["filename"], artifact["bytes"])
                for artifact in ok(api.get(f"/exports/{item['id']}/download"))["artifacts"]
            ]
            for item in exports["items"]
            if item["status"] == "succeeded"
        },
        "schemas": {schema_id: ok(api.get(f"/export-schemas/{schema_id}")) for schema_id in own},
        "drafts": {schema_id: api.get(f"/export-schemas/{schema_id}/draft").json() for schema_id in own},
        "billing": ok(api.get("/billing/summary")),
    }


def fill(api: Api, sandbox: Sandbox) -> None:
    """Bring an account into every state there is."""
    first = api.subscribe()
    paused, deleted = api.subscribe(BTCUSDT + 1), api.subscribe(BTCUSDT + 2)
    sandbox.clock.advance(600)
    ok(api.post(f"/subscriptions/{paused}/pause"), 204)
    ok(api.delete(f"/subscriptions/{deleted}"), 204)
    ok(api.post(f"/subscriptions/{first}/pause"), 204)
    sandbox.clock.advance(0.5)
    ok(api.post(f"/subscriptions/{first}/resume"), 204)
    now = sandbox.clock.now_ns()
    schemas = [
        ok(api.post("/export-schemas", {"name": name, "stream_category": "trade", "columns": COLUMNS}), 201)["id"]
        for name in ("one", "two", "three")
    ]
    ok(api.put(f"/export-schemas/{schemas[0]}", INLINE))
    ok(api.post(f"/export-schemas/{schemas[1]}/draft", INLINE), 201)
    ok(api.delete(f"/export-schemas/{schemas[2]}"), 204)
    orders: tuple[dict[str, Any], ...] = (
        {},
        {"schema": "normalized"},
        {"schema": schemas[0], "format": "parquet", "format_options": {"compression": "gzip"}},
        {"schema": INLINE},
    )
    for more in orders:
        api.export(now - HOUR, now, **more)
    canceled, gone = api.export(now - HOUR, now), api.export(now - HOUR, now)
    ok(api.post(f"/exports/{canceled}/cancel"), 204)
    sandbox.faults.add("failed-export:times=1")
    api.export(now - HOUR, now)
    sandbox.clock.advance(1)
    ok(api.delete(f"/exports/{gone}"), 204)


def test_a_restart_changes_nothing_that_can_be_seen(box: Box) -> None:
    with box() as sandbox, Api(sandbox) as api:
        fill(api, sandbox)
        before = view(api)
    with box() as sandbox, Api(sandbox) as api:
        assert view(api) == before
        statuses = {job["status"] for job in before["exports"]["items"]}
    assert statuses == {"succeeded", "canceled", "failed"}


def test_files_are_the_same_after_a_restart_down_to_their_tags(box: Box) -> None:
    def files(api: Api) -> dict[str, tuple[bytes, str]]:
        jobs = [job["id"] for job in ok(api.get("/exports"))["items"] if job["status"] == "succeeded"]
        found: dict[str, tuple[bytes, str]] = {}
        for job in jobs:
            for item in ok(api.get(f"/exports/{job}/download"))["artifacts"]:
                response = fetch(item["url"])
                found[f"{job}/{item['filename']}"] = response.content, response.headers["etag"]
        return found

    with box() as sandbox, Api(sandbox) as api:
        fill(api, sandbox)
        before = files(api)
    with box() as sandbox, Api(sandbox) as api:
        assert files(api) == before
    assert len(before) == 4 * 2


@NEEDS_CAPTURES
def test_recorded_messages_and_books_are_the_same_after_a_restart(tmp_path: Path) -> None:
    box = Box(tmp_path / "state", captures=CAPTURES, books_from_updates=True, hour_messages=5000)

    def contents(api: Api) -> list[dict[str, bytes]]:
        return [api.files(job["id"]) for job in ok(api.get("/exports"))["items"]]

    with box() as sandbox, Api(sandbox) as api:
        for exchange, instrument, stream_type, schema in (
            ("okx", "BTC-USDT", "trades", "normalized"),
            ("binance", "BTCUSDT", "depth", "book_5"),
        ):
            stream = api.stream_id(exchange, instrument, stream_type)
            api.subscribe(stream)
            api.export(START - HOUR // 4, START, stream, schema=schema)
        sandbox.clock.advance(1)
        before = contents(api)
    with box() as sandbox, Api(sandbox) as api:
        assert contents(api) == before
    assert sum(map(len, before)) == 2


def test_a_file_that_comes_out_otherwise_is_not_passed_off_as_the_first(box: Box) -> None:
    with box() as sandbox, Api(sandbox) as api:
        api.subscribe()
        job = api.export(START - HOUR, START)
        sandbox.clock.advance(1)
        api.files(job)
    with box() as sandbox, Api(sandbox) as api:
        # As if a library had changed what it compresses to.
        [recipe, *_] = sandbox.account().exports._jobs[job].order.recipes
        object.__setattr__(recipe, "gzip_level", 1)
        [item, *_] = ok(api.get(f"/exports/{job}/download"))["artifacts"]
        response = fetch(item["url"])
        assert (response.status_code, "InternalError" in response.text) == (500, True)


def test_an_export_in_the_making_is_made_after_the_restart(box: Box) -> None:
    with box() as sandbox, Api(sandbox) as api:
        api.subscribe()
        busy = threading.Event()
        for _ in range(2):
            sandbox.service.makers.submit(busy.wait)
        jobs = [api.export(START - HOUR, START) for _ in range(2)]
        ok(api.post(f"/exports/{jobs[1]}/cancel"), 204)
        sandbox.service.artifacts.give_up()
        busy.set()
    with box() as sandbox, Api(sandbox) as api:
        sandbox.clock.advance(1)
        assert [ok(api.get(f"/exports/{job}"))["status"] for job in jobs] == ["succeeded", "canceled"]
        assert len(api.files(jobs[0])) == 2


def test_a_key_is_answered_as_before_and_acts_no_second_time(box: Box) -> None:
    order = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}
    other = str(uuid.uuid4())
    with box() as sandbox, Api(sandbox) as api:
        refused = api.post("/exports", order, Idempotency_Key=other)
        api.subscribe()
        first = api.post("/exports", order, Idempotency_Key=KEY)
    with box() as sandbox, Api(sandbox) as api:
        again = api.post("/exports", order, Idempotency_Key=KEY)
        assert (again.status_code, again.content) == (first.status_code, first.content) == (202, first.content)
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
        assert ok(api.get("/exports"))["total"] == 1
        assert api.post("/exports", order, Idempotency_Key=other).content == refused.content
        assert code(api.post("/exports", {**order, "format": "parquet"}, Idempotency_Key=KEY)) == (
            409,
            "already_exists",
        )


def test_a_key_is_forgotten_after_a_day_whatever_happened_in_between(box: Box) -> None:
    body = {"datastream_id": BTCUSDT}
    with box() as sandbox, Api(sandbox) as api:
        ok(api.post("/subscriptions", body, Idempotency_Key=KEY), 201)
    with box(START + 24 * HOUR - 1) as sandbox, Api(sandbox) as api:
        ok(api.post("/subscriptions", body, Idempotency_Key=KEY), 201)
    with box(START + 24 * HOUR) as sandbox, Api(sandbox) as api:
        assert code(api.post("/subscriptions", body, Idempotency_Key=KEY)) == (409, "already_exists")


def test_a_lost_answer_is_there_after_the_restart(box: Box) -> None:
    body = {"datastream_id": BTCUSDT}
    with box() as sandbox, Api(sandbox) as api:
        sandbox.faults.add("lost-answer:subscriptions.create:times=1")
        with pytest.raises(Exception, match=r"reset|disconnected|aborted"):
            api.post("/subscriptions", body, Idempotency_Key=KEY)
    with box() as sandbox, Api(sandbox) as api:
        created = ok(api.post("/subscriptions", body, Idempotency_Key=KEY), 201)
        assert [item["id"] for item in ok(api.get("/subscriptions"))["items"]] == [created["id"]]


def test_a_deleted_subscription_comes_back_with_its_old_id(box: Box) -> None:
    with box() as sandbox, Api(sandbox) as api:
        first = api.subscribe()
        ok(api.delete(f"/subscriptions/{first}"), 204)
    with box() as sandbox, Api(sandbox) as api:
        body = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}
        assert code(api.post("/exports", body)) == (403, "permission_denied")
        assert api.subscribe() == first


def test_ids_go_on_where_they_were(tmp_path: Path) -> None:
    def ids(restarts: bool) -> list[str]:
        box, made = Box(tmp_path / str(restarts)), list[str]()
        sandbox = box()
        sandbox.start()
        for number in range(6):
            if restarts and number % 2:
                sandbox.stop()
                sandbox = box()
                sandbox.start()
            with Api(sandbox) as api:
                made.append(api.subscribe(BTCUSDT + number))
        sandbox.stop()
        return made

    unbroken = ids(restarts=False)
    assert ids(restarts=True) == unbroken
    assert len(set(unbroken)) == 6


def test_request_ids_are_new_in_every_run(box: Box) -> None:
    seen: list[str] = []
    for _ in range(3):
        with box() as sandbox, Api(sandbox) as api:
            seen += [api.get("/exchanges").headers["x-request-id"] for _ in range(3)]
    assert len(set(seen)) == 9


def test_time_goes_on_from_where_it_was_advanced_to(box: Box, tmp_path: Path) -> None:
    seconds = 300 * 86_400 + 0.123456789
    with box() as sandbox:
        sandbox.clock.advance(seconds)
        before = sandbox.clock.now_ns()
    with box() as sandbox:
        assert sandbox.clock.now_ns() == before
    settings = Settings(state=tmp_path / "real")
    real = SystemClock()
    with Sandbox(settings, clock=real) as sandbox, Api(sandbox) as api:
        ok(api.http.post("/_sandbox/clock/advance", json={"seconds": seconds}))
        before = real.now_ns()
    with Sandbox(settings) as sandbox:
        assert before <= sandbox.clock.now_ns() < before + HOUR


def test_an_exhausted_account_is_not_refreshed_by_a_restart(box: Box) -> None:
    with box(minute_limit=2) as sandbox, Api(sandbox) as api:
        for status in (200, 200, 429):
            assert api.get("/exchanges").status_code == status
    with box(minute_limit=2) as sandbox, Api(sandbox) as api:
        assert api.get("/exchanges").status_code == 429
        sandbox.clock.advance(30)
        assert api.get("/exchanges").status_code == 200
        ok(api.http.post("/_sandbox/clock/advance", json={"seconds": 3600}))
    with box(minute_limit=1) as sandbox, Api(sandbox) as api:
        assert [api.get("/exchanges").status_code for _ in range(2)] == [200, 429]


def test_a_billing_state_that_was_set_lasts_and_one_of_the_settings_does_not(box: Box) -> None:
    with box(api_keys=("a:one", "b:two")) as sandbox, Api(sandbox) as api:
        ok(api.http.put("/_sandbox/accounts/a/billing", json={"access_status": "SUSPENDED"}), 204)
        ok(api.get("/exchanges"))
    with box(api_keys=("a:one", "b:two"), access_status="GRACE") as sandbox:
        for key, status in (("one", "SUSPENDED"), ("two", "GRACE")):
            with Api(sandbox, key) as api:
                assert ok(api.get("/billing/summary"))["access_status"] == status


def test_accounts_are_kept_apart_and_wait_for_their_keys(box: Box) -> None:
    with box(api_keys=("a:one", "b:two")) as sandbox, Api(sandbox, "one") as one, Api(sandbox, "two") as two:
        mine, other = one.subscribe(), two.subscribe()
    with box(api_keys=("a:new",)) as sandbox, Api(sandbox, "new") as one:
        assert [item["id"] for item in ok(one.get("/subscriptions"))["items"]] == [mine]
        assert code(one.get(f"/subscriptions/{other}")) == (404, "not_found")
    with box(api_keys=("a:one", "b:two")) as sandbox, Api(sandbox, "two") as two:
        assert [item["id"] for item in ok(two.get("/subscriptions"))["items"]] == [other]


def test_page_tokens_and_urls_outlive_a_restart_on_the_same_ports(box: Box) -> None:
    with box() as sandbox, Api(sandbox) as api:
        streams = [api.subscribe(BTCUSDT + number) for number in range(3)]
        token = ok(api.get("/subscriptions", limit=2))["next_page_token"]
        job = api.export(START - HOUR, START)
        sandbox.clock.advance(1)
        [item, *_] = ok(api.get(f"/exports/{job}/download"))["artifacts"]
        port = int(sandbox.storage_url.rsplit(":", 1)[1])
        content = fetch(item["url"]).content
    with box(storage_port=port) as sandbox, Api(sandbox) as api:
        [last] = ok(api.get("/subscriptions", limit=2, page_token=token))["items"]
        assert last["id"] in streams
        assert fetch(item["url"]).content == content


def test_secrets_are_not_in_the_file(box: Box, tmp_path: Path) -> None:
    with box(api_keys=("a:key_very.secret",)) as sandbox, Api(sandbox) as api:
        fill(api, sandbox)
        view(api)
    assert b"key_very" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_full_disk_is_a_500_and_what_was_meant_comes_later(box: Box) -> None:
    body = {"datastream_id": BTCUSDT}
    with box() as sandbox, Api(sandbox) as api:
        file = sandbox.service.ledger._file
        assert file is not None
        connection = file._connection
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        big = {"name": "x", "stream_category": "trade", "columns": [*COLUMNS, *many_columns()]}
        assert code(api.post("/export-schemas", big, Idempotency_Key=KEY)) == (500, "internal")
        connection.execute("PRAGMA max_page_count = 1000000")
        schema = ok(api.post("/export-schemas", big, Idempotency_Key=KEY), 201)
        ok(api.post("/subscriptions", body), 201)
    with box() as sandbox, Api(sandbox) as api:
        assert ok(api.get(f"/export-schemas/{schema['id']}"))["columns"] == schema["columns"]


def test_a_full_disk_is_told_by_controls_and_by_exports_nobody_waits_for(
    box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    with box(export_seconds=0) as sandbox, Api(sandbox) as api:
        api.subscribe()
        file = sandbox.service.ledger._file
        assert file is not None
        file._connection.execute("PRAGMA query_only = on")
        refused = api.http.post("/_sandbox/clock/advance", json={"seconds": 60})
        assert code(refused) == (500, "internal")
        order = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}
        assert code(api.post("/exports", order)) == (500, "internal")
        [job] = sandbox.account("default").exports._jobs.values()
        assert code(api.get(f"/exports/{job.export_id}")) == (500, "internal")
        file._connection.execute("PRAGMA query_only = off")
        assert ok(api.get(f"/exports/{job.export_id}"))["status"] == "succeeded"
    told = [record.getMessage().partition(": ") for record in caplog.records]
    [reason] = {reason for _, _, reason in told}
    assert reason.endswith(
        "cannot be written (attempt to write a readonly database); see to its permissions, or name another file"
    )
    assert {what.removesuffix(" could not be written down yet") for what, _, _ in told} == {
        f"export {job.export_id}",
        "/_sandbox/clock/advance",
        "exports.create",
        "exports.get",
    }
    assert not any(record.exc_info for record in caplog.records)
    with box() as sandbox, Api(sandbox) as api:
        assert ok(api.get(f"/exports/{job.export_id}"))["status"] == "succeeded"
        assert sandbox.clock.now_ns() == START + 60 * SECOND


def test_a_disk_that_stays_full_is_an_error_at_the_end(box: Box) -> None:
    with box() as sandbox, Api(sandbox) as api:
        api.subscribe()
    sandbox = box()
    sandbox.start()
    file = sandbox.service.ledger._file
    assert file is not None
    file._connection.execute("PRAGMA query_only = on")
    sandbox.clock.advance(60)
    with pytest.raises(StateError, match=r"state.sqlite: cannot be written \(.*; the last changes are not in it$"):
        sandbox.stop()
    with box() as sandbox, Api(sandbox) as api:
        assert sandbox.clock.now_ns() == START
        assert ok(api.get("/subscriptions"))["total"] == 1


def many_columns() -> list[dict[str, Any]]:
    extractor = {"json": {"path": "p" * 1000, "type": "string"}}
    return [{"output_column": f"c{number}", "data": {"binance": extractor}} for number in range(90)]


def test_changes_made_in_python_are_written_at_the_end(box: Box) -> None:
    with box() as sandbox:
        sandbox.clock.advance(60)
    with box() as sandbox:
        assert sandbox.clock.now_ns() == START + 60 * 10**9


def test_without_a_file_nothing_is_collected() -> None:
    with Sandbox(Settings(messages_per_minute=PER_MINUTE), clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        fill(api, sandbox)
        assert sandbox.service.ledger._changed == {}
