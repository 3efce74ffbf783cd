"""Export schemas as resources: versions, drafts, built-in ones, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.api import BTCUSDT, HOUR, START, Api, code, ok

TIME: dict[str, Any] = {"output_column": "t", "meta": {"value": "collection_timestamp_ns", "format": "ns"}}
PRICE: dict[str, Any] = {
    "output_column": "price",
    "data": {"binance": {"json": {"path": "data.p", "type": "decimal(18)"}}},
}
SIDE: dict[str, Any] = {
    "output_column": "side",
    "data": {
        "binance": {
            "json": {"path": "data.m", "type": "bool"},
            "transform": "CASE WHEN {v} THEN 'sell' ELSE 'buy' END",
        }
    },
}
UNFOLD = {"bybit_linear": {"path": "data"}}
DERIVE = {
    "binance": [
        {
            "field": "levels",
            "op": "tagged_concat",
            "arrays": [{"path": "data.b", "tag": "bid"}, {"path": "data.a", "tag": "ask"}],
            "tag_field": "side",
            "value_field": "level",
        }
    ]
}
NOBODY = "sch_" + "0" * 32


def create(api: Api, name: str = "mine", category: str = "trade", **content: Any) -> dict[str, Any]:
    body = {"name": name, "stream_category": category, "columns": [TIME, PRICE], **content}
    created: dict[str, Any] = ok(api.post("/export-schemas", body), 201)
    return created


def built_in(api: Api, name: str = "normalized", category: str = "trade") -> str:
    [item] = [
        item for item in ok(api.get("/export-schemas")) if (item["name"], item["stream_category"]) == (name, category)
    ]
    return str(item["id"])


def test_the_list_starts_with_the_built_in_ones_and_does_not_show_raw(api: Api) -> None:
    items = ok(api.get("/export-schemas"))
    assert {(item["name"], item["stream_category"]) for item in items} == {
        ("normalized", "trade"),
        ("normalized", "orderbook"),
        ("normalized", "book_update"),
        ("normalized", "quote"),
        ("normalized", "kline"),
        ("normalized", "liquidation"),
        ("book_5", "orderbook"),
        ("book_20", "orderbook"),
    }
    for item in items:
        assert set(item) == {"id", "name", "stream_category", "is_built_in", "created_at", "version", "has_draft"}
        assert (item["is_built_in"], item["version"], item["has_draft"]) == (True, 1, False)
        assert re.fullmatch(r"sch_[a-f0-9]{32}", item["id"])


def test_creating_one_answers_201_with_version_1(api: Api) -> None:
    body = create(api, columns=[TIME, PRICE, SIDE], unfold=UNFOLD, derive=DERIVE)
    assert re.fullmatch(r"sch_[a-f0-9]{32}", body["id"])
    assert body == {
        "id": body["id"],
        "name": "mine",
        "stream_category": "trade",
        "is_built_in": False,
        "created_at": "2024-01-15T10:30:00Z",
        "version": 1,
        "has_draft": False,
        "columns": [TIME, PRICE, SIDE],
        "unfold": UNFOLD,
        "derive": DERIVE,
    }
    assert ok(api.get(f"/export-schemas/{body['id']}")) == body
    assert ok(api.get("/export-schemas"))[-1]["id"] == body["id"]


@pytest.mark.parametrize("empty", [{}, {"unfold": None, "derive": None}, {"unfold": {}, "derive": {}}])
def test_unfold_and_derive_are_left_out_when_there_are_none(api: Api, empty: dict[str, Any]) -> None:
    assert not {"unfold", "derive"} & set(create(api, **empty))


def test_a_meta_column_is_in_nanoseconds_by_default(api: Api) -> None:
    bare = {"output_column": "t", "meta": {"value": "collection_timestamp_ns"}}
    assert create(api, columns=[bare])["columns"] == [TIME]


def test_names_are_unique_in_their_category_and_may_repeat_across(api: Api) -> None:
    create(api)
    body = {"name": "mine", "stream_category": "trade", "columns": [TIME]}
    assert code(api.post("/export-schemas", body)) == (409, "already_exists")
    create(api, category="quote")
    create(api, name="book_5")


@pytest.mark.parametrize(
    ("name", "category"), [("normalized", "trade"), ("book_5", "orderbook"), ("raw", "trade"), ("raw", "ticker")]
)
def test_names_of_built_in_schemas_are_taken(api: Api, name: str, category: str) -> None:
    body = {"name": name, "stream_category": category, "columns": [TIME]}
    assert code(api.post("/export-schemas", body)) == (409, "already_exists")


def test_putting_publishes_at_once_and_throws_the_draft_away(api: Api) -> None:
    path = f"/export-schemas/{create(api, unfold=UNFOLD)['id']}"
    ok(api.post(f"{path}/draft"), 201)
    body = ok(api.put(path, {"columns": [TIME]}))
    assert (body["version"], body["has_draft"], body["columns"]) == (2, False, [TIME])
    assert "unfold" not in body
    assert code(api.get(f"{path}/draft")) == (404, "not_found")
    assert ok(api.get(path)) == body


def test_a_draft_starts_as_a_copy_and_leaves_what_is_published_alone(api: Api) -> None:
    created = create(api, derive=DERIVE)
    path = f"/export-schemas/{created['id']}"
    draft = ok(api.post(f"{path}/draft"), 201)
    assert draft == {**created, "has_draft": True}
    assert ok(api.get(f"{path}/draft")) == draft
    changed = ok(api.put(f"{path}/draft", {"columns": [TIME]}))
    assert (changed["columns"], changed["version"], changed["has_draft"]) == ([TIME], 1, True)
    assert "derive" not in changed
    assert ok(api.get(path)) == {**created, "has_draft": True}
    again = ok(api.post(f"{path}/draft", {"columns": [PRICE]}), 201)
    assert again["columns"] == [PRICE]
    assert [item["has_draft"] for item in ok(api.get("/export-schemas")) if item["id"] == created["id"]] == [True]


def test_publishing_makes_the_draft_the_next_version(api: Api) -> None:
    path = f"/export-schemas/{create(api)['id']}"
    ok(api.post(f"{path}/draft", {"columns": [SIDE]}), 201)
    body = ok(api.post(f"{path}/publish"))
    assert (body["columns"], body["version"], body["has_draft"]) == ([SIDE], 2, False)
    assert ok(api.get(path)) == body
    assert code(api.post(f"{path}/publish")) == (404, "not_found")


def test_discarding_a_draft_drops_it(api: Api) -> None:
    path = f"/export-schemas/{create(api)['id']}"
    ok(api.post(f"{path}/draft"), 201)
    ok(api.delete(f"{path}/draft"), 204)
    assert code(api.delete(f"{path}/draft")) == (404, "not_found")
    assert code(api.get(f"{path}/draft")) == (404, "not_found")
    assert code(api.put(f"{path}/draft", {"columns": [TIME]})) == (404, "not_found")


def test_a_deleted_schema_is_gone_and_its_name_free(api: Api) -> None:
    path = f"/export-schemas/{create(api)['id']}"
    ok(api.delete(path), 204)
    assert code(api.get(path)) == (404, "not_found")
    assert code(api.delete(path)) == (404, "not_found")
    create(api)


def test_built_in_schemas_can_be_read_but_not_changed(api: Api) -> None:
    path = f"/export-schemas/{built_in(api)}"
    body = ok(api.get(path))
    assert body["is_built_in"] is True
    assert body["columns"][0]["output_column"] == "collection_timestamp_ns"
    for response in (
        api.delete(path),
        api.put(path, {"columns": [TIME]}),
        api.post(f"{path}/draft"),
        api.get(f"{path}/draft"),
        api.put(f"{path}/draft", {"columns": [TIME]}),
        api.delete(f"{path}/draft"),
        api.post(f"{path}/publish"),
    ):
        assert code(response) == (404, "not_found")


def test_an_unknown_schema_is_not_found_by_any_operation(api: Api) -> None:
    path = f"/export-schemas/{NOBODY}"
    for response in (
        api.get(path),
        api.delete(path),
        api.put(path, {"columns": [TIME]}),
        api.post(f"{path}/draft"),
        api.get(f"{path}/draft"),
        api.put(f"{path}/draft", {"columns": [TIME]}),
        api.delete(f"{path}/draft"),
        api.post(f"{path}/publish"),
    ):
        assert code(response) == (404, "not_found")


def test_too_many_columns_are_refused_with_the_numbers(api: Api) -> None:
    columns = [{**TIME, "output_column": f"c{index}"} for index in range(142)]
    response = api.post("/export-schemas", {"name": "wide", "stream_category": "trade", "columns": columns})
    assert response.status_code == 400
    assert response.json()["error"] == {
        "code": "invalid_argument",
        "message": "Schema has too many columns",
        "details": {"max_columns": 100, "provided": 142},
    }
    ok(api.post("/export-schemas", {"name": "wide", "stream_category": "trade", "columns": columns[:100]}), 201)


def data(**change: Any) -> dict[str, Any]:
    """Return a column of data with something changed in its extractor."""
    return {"output_column": "x", "data": {"binance": {"json": {"path": "p", "type": "f64"}, **change}}}


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"name": ""},
        {"name": 5},
        {"name": "a" * 129},
        {"name": "-x"},
        {"name": "new\nline"},
        {"name": NOBODY},
        {"stream_category": "trades"},
        {"stream_category": None},
        {"stream_category": ["trade"]},
        {"columns": None},
        {"columns": []},
        {"columns": {}},
        {"columns": ["t"]},
        {"columns": [{}]},
        {"columns": [{"output_column": "x"}]},
        {"columns": [{**TIME, **PRICE}]},
        {"columns": [TIME, TIME]},
        {"columns": [{**TIME, "output_column": ""}]},
        {"columns": [{**TIME, "output_column": "\ud800"}]},
        {"columns": [{**TIME, "colour": "blue"}]},
        {"columns": [{"output_column": "t", "meta": {"value": "sequence"}}]},
        {"columns": [{"output_column": "t", "meta": {"value": "collection_timestamp_ns", "format": "minutes"}}]},
        {"columns": [{"output_column": "x", "data": {}}]},
        {"columns": [{"output_column": "x", "data": []}]},
        {"columns": [{"output_column": "x", "data": {"binance": {}}}]},
        {"columns": [data(json={"path": "p"})]},
        {"columns": [data(json={"path": "p", "type": "float"})]},
        {"columns": [data(json={"path": "p", "type": "decimal"})]},
        {"columns": [data(json={"path": "p", "type": "decimal(39)"})]},
        {"columns": [data(json={"path": "", "type": "f64"})]},
        {"columns": [data(json={"path": "a..b", "type": "f64"})]},
        {"columns": [data(json={"path": "a|b", "type": "f64"})]},
        {"columns": [data(transform=5)]},
        {"columns": [data(transform="")]},
        {"columns": [data(transform="upper(")]},
        {"columns": [data(transform="upper({v})")]},
        {"columns": [data(regex="x")]},
        {"unfold": []},
        {"unfold": {"binance": "data"}},
        {"unfold": {"binance": {"path": ""}}},
        {"derive": []},
        {"derive": {"binance": {}}},
        {"derive": {"binance": []}},
        *(
            {"derive": {"binance": [{key: value for key, value in DERIVE["binance"][0].items() if key != missing}]}}
            for missing in DERIVE["binance"][0]
        ),
        {"derive": {"binance": [{**DERIVE["binance"][0], "op": "zip"}]}},
        {"derive": {"binance": [{**DERIVE["binance"][0], "arrays": [{"path": "b"}]}]}},
        {"derive": {"binance": [{**DERIVE["binance"][0], "tag_field": "level"}]}},
    ],
)
def test_a_malformed_schema_is_refused_everywhere(api: Api, change: dict[str, Any]) -> None:
    body = {"name": "new", "stream_category": "trade", "columns": [TIME], **change}
    # Escaped by hand, because a lone surrogate is JSON although no client library would send it.
    assert code(api.post("/export-schemas", body_of(body))) == (400, "invalid_argument")
    if "columns" in change or "unfold" in change or "derive" in change:
        path = f"/export-schemas/{create(api)['id']}"
        ok(api.post(f"{path}/draft"), 201)
        api.subscribe()
        order = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}
        for response in (
            api.put(path, body_of(body)),
            api.post(f"{path}/draft", body_of(body)),
            api.put(f"{path}/draft", body_of(body)),
            api.post("/exports", body_of({**order, "schema": body})),
        ):
            assert code(response) == (400, "invalid_argument")
        assert ok(api.get(path))["version"] == 1


def test_a_draft_needs_a_whole_body_or_none(api: Api) -> None:
    path = f"/export-schemas/{create(api)['id']}/draft"
    assert code(api.post(path, {})) == (400, "invalid_argument")
    assert code(api.post(path, b"null")) == (400, "invalid_argument")


def body_of(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()
