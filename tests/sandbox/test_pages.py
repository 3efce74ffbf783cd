from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.errors import ApiError
from tickhaul_sandbox.pages import Bounds, Paginator

from tests.sandbox.api import HOUR, START, Api, code, ok

if TYPE_CHECKING:
    from collections.abc import Iterator


def walk(api: Api, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    token = None
    while True:
        page = ok(api.get(path, **parameters, **({"page_token": token} if token else {})))
        yield page
        token = page["next_page_token"]
        if token is None:
            return


@pytest.mark.parametrize("payload", [b"[" * 20_000, b'{"id":' + b"[" * 20_000, b'{"id":[null],"sig":"x"}', b"\xff"])
def test_a_token_of_whatever_content_is_a_400(api: Api, payload: bytes) -> None:
    token = base64.urlsafe_b64encode(payload).decode()
    assert code(api.get("/datastreams", page_token=token)) == (400, "invalid_argument")


def test_pages_of_instruments_hold_every_instrument_once(api: Api) -> None:
    pages = list(walk(api, "/exchanges/binance/instruments", limit=400))
    symbols = [item["symbol"] for page in pages for item in page["items"]]
    assert len(symbols) == len(set(symbols)) == pages[0]["total"]
    assert symbols == sorted(symbols)
    assert {page["total"] for page in pages} == {len(symbols)}
    assert [len(page["items"]) for page in pages[:-1]] == [400] * (len(pages) - 1)


@pytest.mark.parametrize(
    ("path", "default", "maximum"),
    [
        ("/exchanges/binance/instruments", 100, 1000),
        ("/exchanges/binance/instruments/BTCUSDT/datastreams", 100, 1000),
        ("/datastreams", 100, 1000),
        ("/subscriptions", 50, 100),
        ("/exports", 50, 100),
    ],
)
def test_limits_have_the_documented_default_and_bounds(api: Api, path: str, default: int, maximum: int) -> None:
    assert ok(api.get(path))["limit"] == default
    assert ok(api.get(path, limit=maximum))["limit"] == maximum
    assert ok(api.get(path, limit=1))["limit"] == 1
    for bad in (0, -1, maximum + 1, "many", "1.0", ""):
        assert code(api.get(path, limit=bad)) == (400, "invalid_argument")


def test_a_bad_or_foreign_token_is_refused(api: Api) -> None:
    token = ok(api.get("/exchanges/binance/instruments", limit=1))["next_page_token"]
    assert ok(api.get("/exchanges/binance/instruments", limit=1, page_token=token))
    elsewhere = [
        ("/exchanges/coinbase/instruments", {}),
        ("/exchanges/binance/instruments", {"search": "BTC"}),
        ("/datastreams", {}),
        ("/subscriptions", {}),
    ]
    for path, parameters in elsewhere:
        assert code(api.get(path, page_token=token, **parameters)) == (400, "invalid_argument")
    for bad in ("x", "", "eyJpZCI6MTB9", token[:-2], "W10", "MTI", "\u00e9"):
        assert code(api.get("/exchanges/binance/instruments", page_token=bad)) == (400, "invalid_argument")


def test_a_token_of_another_account_is_refused(api: Api, sandbox: Sandbox) -> None:
    with Api(sandbox, "key_other.1") as other:
        for caller in (api, other):
            for datastream_id in (123, 124, 125):
                caller.subscribe(datastream_id)
        token = ok(api.get("/subscriptions", limit=1))["next_page_token"]
        assert ok(api.get("/subscriptions", limit=1, page_token=token))["items"]
        assert code(other.get("/subscriptions", limit=1, page_token=token)) == (400, "invalid_argument")


def test_subscriptions_come_newest_first_and_stay_put_while_others_are_added(api: Api, clock: ManualClock) -> None:
    ids = []
    for datastream_id in range(123, 128):
        ids.append(api.subscribe(datastream_id))
        clock.advance(1)
    first = ok(api.get("/subscriptions", limit=2))
    assert [item["id"] for item in first["items"]] == [ids[4], ids[3]]
    api.subscribe(200)
    ok(api.delete(f"/subscriptions/{ids[3]}"), 204)
    second = ok(api.get("/subscriptions", limit=2, page_token=first["next_page_token"]))
    assert [item["id"] for item in second["items"]] == [ids[2], ids[1]]
    third = ok(api.get("/subscriptions", limit=2, page_token=second["next_page_token"]))
    assert [item["id"] for item in third["items"]] == [ids[0]]
    assert third["next_page_token"] is None
    assert third["total"] == 5


def test_exports_are_paged_and_of_the_same_instant_too(api: Api) -> None:
    api.subscribe()
    ids = {api.export(START - HOUR, START - HOUR + 1 + index) for index in range(5)}
    pages = list(walk(api, "/exports", limit=2))
    assert {item["id"] for page in pages for item in page["items"]} == ids
    assert [len(page["items"]) for page in pages] == [2, 2, 1]


def test_the_oldest_come_first_if_the_settings_say_so(clock: ManualClock) -> None:
    with Sandbox(Settings(list_order="oldest"), clock=clock) as sandbox, Api(sandbox) as api:
        first = api.subscribe(123)
        clock.advance(1)
        second = api.subscribe(124)
        assert [item["id"] for item in ok(api.get("/subscriptions"))["items"]] == [first, second]


@given(items=st.sets(st.integers()), limit=st.integers(1, 9))
def test_walking_the_pages_of_any_list_yields_the_list(items: set[int], limit: int) -> None:
    paginator, ordered = Paginator(0), sorted(items)
    seen: list[int] = []
    query = {"limit": str(limit)}
    while True:
        page = paginator.cut(ordered, lambda item: (item,), query, Bounds(3, 9), "scope")
        assert len(page.items) <= limit
        seen += page.items
        if page.next_page_token is None:
            break
        query["page_token"] = page.next_page_token
    assert seen == ordered


@given(st.text())
def test_no_made_up_token_is_taken(token: str) -> None:
    with pytest.raises(ApiError, match="page_token"):
        Paginator(0).cut([1, 2], lambda item: (item,), {"page_token": token}, Bounds(1, 1), "scope")
