from __future__ import annotations

import json
import math
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import RecordedRequest, Settings
from tickhaul_sandbox.control import _listed
from tickhaul_sandbox.settings import read_setting

from tests.sandbox.api import BTCUSDT, HOUR, SECOND, START, Api, code, ok

if TYPE_CHECKING:
    import httpx
    from tickhaul_sandbox import Sandbox


def control(api: Api, method: str, path: str, body: Any = None) -> httpx.Response:
    return api.http.request(method, f"/_sandbox{path}", json=body)


def test_time_can_be_advanced(api: Api) -> None:
    api.subscribe()
    path = f"/exports/{api.export(START - HOUR, START)}"
    assert ok(control(api, "GET", "/clock")) == {"now_ns": START, "now": "2024-01-15T10:30:00Z"}
    assert ok(control(api, "POST", "/clock/advance", {"seconds": 1.5}))["now_ns"] == START + 3 * SECOND // 2
    assert ok(api.get(path))["status"] == "succeeded"


@pytest.mark.parametrize("seconds", [-1, "1", None, True, 1e300, 10**400, math.nan])
def test_time_is_advanced_by_a_sensible_number_of_seconds(api: Api, seconds: object) -> None:
    body = json.dumps({"seconds": seconds})
    assert code(api.http.post("/_sandbox/clock/advance", content=body)) == (400, "invalid_argument")
    assert ok(control(api, "GET", "/clock"))["now_ns"] == START


def test_time_is_never_advanced_past_what_can_be_written(api: Api) -> None:
    api.subscribe()
    century = {"seconds": 100 * 366 * 86_400}
    ok(control(api, "POST", "/clock/advance", century))
    assert code(control(api, "POST", "/clock/advance", century)) == (400, "invalid_argument")
    now = ok(control(api, "GET", "/clock"))["now_ns"]
    ok(control(api, "POST", "/clock/advance", {"seconds": 7_258_118_400 - now // SECOND}))
    assert ok(control(api, "GET", "/clock"))["now"] == "2200-01-01T00:00:00Z"
    assert code(control(api, "POST", "/clock/advance", {"seconds": 1})) == (400, "invalid_argument")
    ok(api.get("/billing/summary"))
    ok(api.get("/availability", datastream_id=BTCUSDT))
    api.subscribe(BTCUSDT + 1)


def test_faults_can_be_added_looked_at_and_cleared(api: Api) -> None:
    spec = "html-503:exchanges.list:times=1"
    assert ok(control(api, "POST", "/faults", {"spec": spec}))["faults"] == [spec]
    assert api.get("/exchanges").status_code == 503
    [strike] = ok(control(api, "GET", "/faults"))["strikes"]
    assert strike == {"spec": spec, "operation": "exchanges.list", "path": "/v1/exchanges"}
    ok(control(api, "DELETE", "/faults"), 204)
    assert ok(control(api, "GET", "/faults"))["faults"] == []
    for wrong in ({"spec": "explode"}, {"spec": 5}, {}):
        assert code(control(api, "POST", "/faults", wrong)) == (400, "invalid_argument")


def test_requests_can_be_looked_at_and_forgotten(api: Api) -> None:
    api.post("/exports", {"a": 1})
    [seen] = ok(control(api, "GET", "/requests"))
    assert (seen["operation"], seen["status"]) == ("exports.create", 400)
    assert json.loads(str(seen["body"])) == {"a": 1}
    assert seen["headers"]["x-api-key"] == "[secret]"
    ok(control(api, "DELETE", "/requests"), 204)
    assert ok(control(api, "GET", "/requests")) == []


def test_requests_are_given_part_by_part_without_what_is_forgotten_meanwhile() -> None:
    requests = [
        RecordedRequest("api", str(number), "POST", "/", "", {}, b"x" * 10_000, None, 200) for number in range(100)
    ]
    parts = _listed([weakref.ref(item) for item in requests])
    first = next(parts)
    assert len(first) < 100_000
    del requests[50:]
    rest = [*parts]
    assert max(map(len, rest)) < 100_000
    assert [item["operation"] for item in json.loads(first + b"".join(rest))] == [*map(str, range(50))]


def test_the_billing_state_can_be_set(api: Api) -> None:
    ok(control(api, "PUT", "/accounts/mine/billing", {"access_status": "SUSPENDED"}), 204)
    assert code(api.post("/subscriptions", {"datastream_id": 123})) == (402, "payment_required")
    assert code(control(api, "PUT", "/accounts/nobody/billing", {"access_status": "ACTIVE"})) == (404, "not_found")
    assert code(control(api, "PUT", "/accounts/mine/billing", {"access_status": "RICH"})) == (400, "invalid_argument")


def test_controls_want_a_key_a_known_method_and_an_object(api: Api, sandbox: Sandbox) -> None:
    with Api(sandbox, "") as nobody:
        assert code(control(nobody, "GET", "/clock")) == (401, "unauthenticated")
    assert code(control(api, "DELETE", "/clock")) == (405, "invalid_argument")
    assert code(control(api, "POST", "/faults", [])) == (400, "invalid_argument")
    assert code(api.http.post("/_sandbox/faults", content=b"{")) == (400, "invalid_argument")
    assert code(control(api, "GET", "/nothing")) == (404, "not_found")


def test_controls_use_up_no_limit(api: Api) -> None:
    before = int(api.get("/exchanges").headers["x-ratelimit-remaining-hour"])
    control(api, "GET", "/clock")
    control(api, "GET", "/nothing")
    assert int(api.get("/exchanges").headers["x-ratelimit-remaining-hour"]) == before - 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("reset_style=delay", "delay"),
        ("ns_as_strings=true", True),
        ("unsubscribed_export=404", 404),
        ("csv_line_end=\n", "\n"),
        ("url_lifetime=2.5", 2.5),
        ("gzip_level=1", 1),
        ("plan_code=starter", "starter"),
        ("storage_url=http://x", "http://x"),
    ],
)
def test_a_setting_can_be_written_as_text(text: str, value: object) -> None:
    name, read = read_setting(text)
    assert (name, read) == (text.split("=", maxsplit=1)[0], value)
    assert getattr(Settings(**{name: read}), name) == value  # type: ignore[arg-type]  # of the setting's own type


@pytest.mark.parametrize(
    "text", ["nothing=1", "reset_style", "reset_style=sometimes", "ns_as_strings=1", "gzip_level=high", "faults=reset"]
)
def test_a_setting_that_cannot_be_written_so_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        read_setting(text)


@pytest.mark.parametrize(
    "setting",
    [
        {"url_lifetime": 604_801},
        {"trial_streams": -1},
        {"recorded_requests": -1},
        {"max_schema_columns": 0},
        {"daily_stamp": "%Y"},
        {"daily_stamp": "%Y/%m/%d"},
    ],
)
def test_a_setting_that_cannot_work_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(setting))} must be"):
        Settings(**setting)


def test_a_choice_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="list_order must be"):
        Settings(list_order="random")  # type: ignore[arg-type]  # wrong on purpose
