from __future__ import annotations

import re

import pytest

from tests.facts.caller import TIME, Caller
from tests.sandbox.api import BTCUSDT, code, message, ok


def test_the_version_is_the_first_part_of_every_path(api: Caller) -> None:
    """docs: api-reference/overview"""
    for path in ("/exchanges", "/subscriptions", "/billing/summary"):
        assert api.http.get(f"/v1{path}").status_code == 200
        assert api.http.get(path).status_code == 404
        assert api.http.get(f"/v2{path}").status_code == 404


def test_answers_and_errors_are_json(api: Caller) -> None:
    """docs: api-reference/overview"""
    for response in (api.get("/exchanges"), api.get("/exports/exp_x"), api.post("/subscriptions", b"{")):
        assert response.headers["content-type"].split(";")[0] == "application/json"
        assert response.json()


def test_every_answer_carries_an_x_request_id(api: Caller) -> None:
    """docs: guides/error-handling"""
    path = f"/subscriptions/{api.subscribe()}"
    with Caller(api.sandbox, "") as nobody:
        answers = [
            api.get("/exchanges"),
            api.post(f"{path}/pause"),
            api.get("/exports/exp_x"),
            api.post("/exports", b"{"),
            api.get("/no/such/path"),
            nobody.get("/exchanges"),
        ]
    assert [answer.status_code for answer in answers] == [200, 204, 404, 400, 404, 401]
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


def test_a_request_id_is_req_and_sixteen_hex_digits(api: Caller) -> None:
    """docs: guides/error-handling"""
    assert re.fullmatch(r"req_[0-9a-f]{16}", api.get("/exchanges").headers["x-request-id"])


def test_ids_are_their_prefix_and_32_lower_case_hex_digits(api: Caller) -> None:
    """docs: api-reference/overview"""
    subscription_id, export_id = api.subscribe(), api.export(*sorted((api.now(), api.advance(60))))
    [span] = ok(api.get(f"/subscriptions/{subscription_id}/spans"))
    ids = {"sub": subscription_id, "spn": span["id"], "exp": export_id, "sch": api.schema()["id"]}
    for prefix, name in ids.items():
        assert re.fullmatch(rf"{prefix}_[a-f0-9]{{32}}", name)


def test_a_datastream_id_is_a_positive_integer_without_a_prefix(api: Caller) -> None:
    """docs: guides/error-handling"""
    ids = [item["datastream_id"] for item in ok(api.get("/datastreams", limit=1000))["items"]]
    assert all(type(datastream_id) is int and datastream_id > 0 for datastream_id in ids)


def test_a_datastream_id_that_is_not_positive_is_refused_by_its_name(api: Caller) -> None:
    """docs: guides/error-handling"""
    answers = [api.get("/availability", datastream_id=value) for value in ("0", "-1")]
    answers += [api.post("/subscriptions", {"datastream_id": value}) for value in (0, -1)]
    for response in answers:
        assert code(response) == (400, "invalid_argument")
        assert message(response) == "Invalid datastream_id: must be a positive integer"


def test_a_content_type_is_taken_where_there_is_no_body(api: Caller) -> None:
    """client 0.2.0: _base.py"""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    path = f"/v1/subscriptions/{api.subscribe()}"
    statuses = [
        api.http.request(method, f"{path}{end}", headers=headers).status_code
        for method, end in (("GET", ""), ("POST", "/pause"), ("POST", "/resume"), ("DELETE", ""))
    ]
    assert statuses == [200, 204, 204, 204]


@pytest.mark.parametrize("path", ["/exchanges", "/subscriptions/{}/spans", "/export-schemas"])
def test_exchanges_and_spans_and_schemas_come_as_plain_arrays(api: Caller, path: str) -> None:
    """docs: guides/pagination"""
    items = ok(api.get(path.format(api.subscribe())))
    assert isinstance(items, list)
    assert items
    assert all(isinstance(item, dict) and "next_page_token" not in item for item in items)


def test_what_is_read_or_replaced_answers_200(api: Caller) -> None:
    """docs: api-reference/overview"""
    subscription_id, schema = api.subscribe(), api.schema()
    path = f"/export-schemas/{schema['id']}"
    content = {"columns": schema["columns"]}
    ok(api.put(path, content))
    api.post(f"{path}/draft")
    ok(api.put(f"{path}/draft", content))
    for read in (
        "/exchanges",
        "/subscriptions",
        f"/subscriptions/{subscription_id}",
        "/exports",
        path,
        f"{path}/draft",
    ):
        ok(api.get(read))


def test_what_is_created_answers_201(api: Caller) -> None:
    """docs: subscriptions/create-subscription; docs: export-schemas/create-export-schema"""
    ok(api.post("/subscriptions", {"datastream_id": BTCUSDT}), 201)
    ok(api.post("/export-schemas", {"name": "mine", "stream_category": "trade", "columns": [TIME]}), 201)


def test_what_is_only_accepted_answers_202(api: Caller) -> None:
    """docs: exports/create-export"""
    start, end = api.record()
    ok(api.post("/exports", {"datastream_id": BTCUSDT, "start_time": start, "end_time": end}), 202)
