from __future__ import annotations

from typing import Any

import pytest

from tests.facts.caller import PRICE, TIME, Caller
from tests.sandbox.api import BTCUSDT, code, message, ok

SIZE: dict[str, Any] = {"output_column": "size", "data": {"binance": {"json": {"path": "data.q", "type": "f64"}}}}
CATEGORIES = ("trade", "orderbook", "book_update", "quote", "kline", "ticker", "liquidation")
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


def listed(api: Caller) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = ok(api.get("/export-schemas"))
    return items


def built_in(api: Caller) -> str:
    """Return the path of a built-in schema."""
    return next(f"/export-schemas/{item['id']}" for item in listed(api) if item["is_built_in"])


def own(api: Caller, **content: Any) -> str:
    """Return the path of a new schema."""
    return f"/export-schemas/{api.schema(**content)['id']}"


def refused(api: Caller, name: str, category: str) -> bool:
    body = {"name": name, "stream_category": category, "columns": [TIME]}
    return 400 <= api.post("/export-schemas", body).status_code < 500


def columns(count: int) -> list[dict[str, Any]]:
    return [{**TIME, "output_column": f"c{number}"} for number in range(count)]


def test_the_list_holds_the_built_in_schemas_and_the_own_ones(api: Caller) -> None:
    """docs: export-schemas/list-export-schemas"""
    before = listed(api)
    assert before
    assert all(item["is_built_in"] for item in before)
    schema = api.schema()
    assert {item["id"] for item in listed(api)} == {item["id"] for item in before} | {schema["id"]}


def test_raw_is_not_listed(api: Caller) -> None:
    """docs: guides/export-schemas"""
    assert "raw" not in {item["name"] for item in listed(api)}


def test_a_listed_schema_has_no_content(api: Caller) -> None:
    """docs: export-schemas/list-export-schemas; client 0.2.0: models/schema.py"""
    api.schema(unfold=UNFOLD)
    wanted = {"id", "name", "stream_category", "is_built_in", "created_at", "version", "has_draft"}
    assert all(set(item) == wanted for item in listed(api))


def test_normalized_is_there_for_every_category_but_ticker(api: Caller) -> None:
    """docs: guides/export-schemas"""
    found = sorted(item["stream_category"] for item in listed(api) if item["name"] == "normalized")
    assert found == sorted(set(CATEGORIES) - {"ticker"})


def test_book_5_and_book_20_are_there_for_orderbook_alone(api: Caller) -> None:
    """docs: guides/export-schemas"""
    found = {(item["name"], item["stream_category"]) for item in listed(api) if item["name"].startswith("book_")}
    assert found == {("book_5", "orderbook"), ("book_20", "orderbook")}


def test_the_name_normalized_trades_is_gone(api: Caller) -> None:
    """docs: guides/export-schemas"""
    start, end = api.record()
    order = {"datastream_id": BTCUSDT, "start_time": start, "end_time": end, "schema": "normalized_trades"}
    assert "normalized_trades" not in {item["name"] for item in listed(api)}
    assert 400 <= api.post("/exports", order).status_code < 500


@pytest.mark.parametrize("missing", ["name", "stream_category", "columns"])
def test_a_schema_needs_a_name_and_a_category_and_columns(api: Caller, missing: str) -> None:
    """docs: export-schemas/create-export-schema"""
    body = {"name": "mine", "stream_category": "trade", "columns": [TIME]}
    assert code(api.post("/export-schemas", {**body, missing: None})) == (400, "invalid_argument")
    del body[missing]
    assert code(api.post("/export-schemas", body)) == (400, "invalid_argument")


def test_a_new_schema_is_version_1_without_a_draft_and_not_built_in(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    schema = api.schema()
    assert (schema["version"], schema["has_draft"], schema["is_built_in"]) == (1, False, False)


def test_a_schema_is_given_back_as_it_was_sent(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    content = {"columns": [TIME, PRICE, SIZE], "unfold": UNFOLD, "derive": DERIVE}
    schema = api.schema("mine", "book_update", **content)
    assert {name: schema[name] for name in content} == content
    assert (schema["name"], schema["stream_category"]) == ("mine", "book_update")
    assert ok(api.get(f"/export-schemas/{schema['id']}")) == schema


def test_unfold_and_derive_are_left_out_when_none_is_set(api: Caller) -> None:
    """docs: export-schemas/get-export-schema"""
    schema = api.schema()
    assert not {"unfold", "derive"} & set(schema)
    assert not {"unfold", "derive"} & set(ok(api.get(f"/export-schemas/{schema['id']}")))


def test_there_are_seven_stream_categories(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    for category in CATEGORIES:
        assert api.schema("mine", category)["stream_category"] == category
    for category in ("trades", "TRADE", "depth", "", "candle"):
        body = {"name": "other", "stream_category": category, "columns": [TIME]}
        assert code(api.post("/export-schemas", body)) == (400, "invalid_argument")


def test_a_name_is_unique_in_its_category(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    schema = api.schema("mine", "trade")
    assert refused(api, "mine", "trade")
    ok(api.delete(f"/export-schemas/{schema['id']}"), 204)
    api.schema("mine", "trade")


def test_a_name_may_be_used_again_in_another_category(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    first, second = api.schema("mine", "trade"), api.schema("mine", "quote")
    assert first["id"] != second["id"]


def test_another_account_may_use_the_same_name(api: Caller, other: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    assert api.schema("mine")["id"] != other.schema("mine")["id"]


def test_the_name_of_a_built_in_schema_is_refused_in_its_category(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    for item in listed(api):
        assert refused(api, item["name"], item["stream_category"])
    assert not refused(api, "book_5", "trade")


def test_a_schema_may_have_100_columns_and_no_more(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    assert len(api.schema(columns=columns(100))["columns"]) == 100
    wide = {"name": "wide", "stream_category": "trade", "columns": columns(101)}
    assert code(api.post("/export-schemas", wide)) == (400, "invalid_argument")


def test_a_schema_has_at_least_one_column(api: Caller) -> None:
    """docs: export-schemas/create-export-schema"""
    empty = {"name": "mine", "stream_category": "trade", "columns": []}
    assert code(api.post("/export-schemas", empty)) == (400, "invalid_argument")
    path = own(api)
    assert code(api.put(path, {"columns": []})) == (400, "invalid_argument")


def test_too_many_columns_are_told_with_their_number_and_the_most_there_may_be(api: Caller) -> None:
    """docs: guides/error-handling"""
    body = {"name": "wide", "stream_category": "trade", "columns": columns(142)}
    for response in (api.post("/export-schemas", body), api.put(own(api), body)):
        assert message(response) == "Schema has too many columns"
        assert response.json()["error"]["details"] == {"max_columns": 100, "provided": 142}


def test_putting_publishes_the_next_version_at_once(api: Caller) -> None:
    """docs: export-schemas/update-export-schema"""
    path = own(api)
    assert [ok(api.put(path, {"columns": [column]}))["version"] for column in (SIZE, TIME)] == [2, 3]
    assert ok(api.get(path))["columns"] == [TIME]


def test_putting_throws_a_draft_away(api: Caller) -> None:
    """docs: export-schemas/update-export-schema"""
    path = own(api)
    assert api.post(f"{path}/draft").is_success
    assert ok(api.put(path, {"columns": [SIZE]}))["has_draft"] is False
    assert code(api.get(f"{path}/draft")) == (404, "not_found")


@pytest.mark.parametrize("cleared", [{}, {"unfold": None, "derive": None}])
def test_putting_without_unfold_and_derive_or_with_null_clears_them(api: Caller, cleared: dict[str, None]) -> None:
    """docs: export-schemas/update-export-schema"""
    path = own(api, unfold=UNFOLD, derive=DERIVE)
    assert {"unfold", "derive"} <= set(ok(api.get(path)))
    assert not {"unfold", "derive"} & set(ok(api.put(path, {"columns": [TIME], **cleared})))


def test_name_and_category_never_change(api: Caller) -> None:
    """docs: export-schemas/update-export-schema"""
    path = own(api)
    api.put(path, {"columns": [SIZE], "name": "other", "stream_category": "quote"})
    body = ok(api.get(path))
    assert (body["name"], body["stream_category"]) == ("mine", "trade")


def test_a_put_that_is_refused_changes_nothing(api: Caller) -> None:
    """docs: export-schemas/update-export-schema"""
    path = own(api)
    assert api.post(f"{path}/draft").is_success
    before = ok(api.get(path))
    assert api.put(path, {"columns": [{"output_column": "x"}]}).status_code == 400
    assert ok(api.get(path)) == before


def test_deleting_a_built_in_schema_is_404_not_found(api: Caller) -> None:
    """docs: export-schemas/delete-export-schema"""
    path = built_in(api)
    assert code(api.delete(path)) == (404, "not_found")
    ok(api.get(path))


def test_a_draft_without_a_body_is_a_copy_of_the_latest_published_version(api: Caller) -> None:
    """docs: export-schemas/create-draft"""
    path = own(api, unfold=UNFOLD)
    published = ok(api.put(path, {"columns": [SIZE], "unfold": UNFOLD, "derive": DERIVE}))
    response = api.post(f"{path}/draft")
    assert response.is_success
    content = ("columns", "unfold", "derive")
    assert [response.json()[name] for name in content] == [published[name] for name in content]


def test_a_draft_with_a_body_has_its_content(api: Caller) -> None:
    """docs: export-schemas/create-draft"""
    path = own(api, unfold=UNFOLD)
    body = api.post(f"{path}/draft", {"columns": [SIZE]}).json()
    assert body["columns"] == [SIZE]
    assert "unfold" not in body
    assert ok(api.get(f"{path}/draft")) == body


def test_a_new_draft_replaces_the_old_one(api: Caller) -> None:
    """docs: export-schemas/create-draft"""
    path = own(api)
    for column in (SIZE, TIME):
        assert api.post(f"{path}/draft", {"columns": [column]}).is_success
    assert ok(api.get(f"{path}/draft"))["columns"] == [TIME]
    assert api.post(f"{path}/draft").is_success
    assert ok(api.get(f"{path}/draft"))["columns"] == [TIME, PRICE]


def test_a_draft_leaves_the_published_version_untouched(api: Caller) -> None:
    """docs: export-schemas/create-draft"""
    path = own(api)
    before = ok(api.get(path))
    assert api.post(f"{path}/draft", {"columns": [SIZE]}).is_success
    assert ok(api.get(path)) == {**before, "has_draft": True}


def test_a_draft_shows_that_it_is_one_and_the_version_that_is_published(api: Caller) -> None:
    """docs: export-schemas/create-draft"""
    path = own(api)
    ok(api.put(path, {"columns": [SIZE]}))
    body = api.post(f"{path}/draft").json()
    assert (body["has_draft"], body["version"]) == (True, 2)


def test_the_list_tells_which_schemas_have_a_draft_and_their_latest_version(api: Caller) -> None:
    """docs: export-schemas/list-export-schemas"""
    path = own(api)
    ok(api.put(path, {"columns": [SIZE]}))
    assert api.post(f"{path}/draft").is_success
    api.schema("plain")
    found = {item["name"]: (item["version"], item["has_draft"]) for item in listed(api) if not item["is_built_in"]}
    assert found == {"mine": (2, True), "plain": (1, False)}


def test_there_is_no_draft_of_a_built_in_schema(api: Caller) -> None:
    """docs: export-schemas/create-draft"""
    path = built_in(api)
    assert code(api.post(f"{path}/draft")) == (404, "not_found")
    assert code(api.post(f"{path}/draft", {"columns": [TIME]})) == (404, "not_found")


def test_putting_a_draft_replaces_it_and_publishes_nothing(api: Caller) -> None:
    """docs: export-schemas/update-draft"""
    path = own(api)
    assert api.post(f"{path}/draft", {"columns": [SIZE], "unfold": UNFOLD}).is_success
    body = ok(api.put(f"{path}/draft", {"columns": [TIME]}))
    assert (body["columns"], body["version"], "unfold" in body) == ([TIME], 1, False)
    assert ok(api.get(path))["columns"] == [TIME, PRICE]


def test_putting_a_draft_needs_one_to_be_there(api: Caller) -> None:
    """docs: export-schemas/update-draft"""
    path = own(api)
    assert code(api.put(f"{path}/draft", {"columns": [TIME]})) == (404, "not_found")
    assert ok(api.get(path))["has_draft"] is False


def test_discarding_a_draft_drops_it_and_nothing_else(api: Caller) -> None:
    """client 0.2.0: resources/export_schemas.py"""
    path = own(api)
    before = ok(api.get(path))
    assert api.post(f"{path}/draft", {"columns": [SIZE]}).is_success
    assert api.delete(f"{path}/draft").is_success
    assert ok(api.get(path)) == before
    assert code(api.post(f"{path}/publish")) == (404, "not_found")


def test_publishing_makes_the_draft_the_next_version(api: Caller) -> None:
    """docs: export-schemas/publish-draft"""
    path = own(api)
    assert api.post(f"{path}/draft", {"columns": [SIZE]}).is_success
    body = api.post(f"{path}/publish").json()
    assert (body["version"], body["has_draft"], body["columns"]) == (2, False, [SIZE])
    assert ok(api.get(path)) == body


def test_reading_a_draft_that_is_not_there_is_404_not_found(api: Caller) -> None:
    """docs: guides/error-handling"""
    path = own(api)
    assert code(api.get(f"{path}/draft")) == (404, "not_found")
    ok(api.post(f"{path}/draft"), 201)
    ok(api.get(f"{path}/draft"))


def test_publishing_without_a_draft_is_404_not_found(api: Caller) -> None:
    """docs: export-schemas/publish-draft"""
    path = own(api)
    assert code(api.post(f"{path}/publish")) == (404, "not_found")
    assert ok(api.get(path))["version"] == 1
