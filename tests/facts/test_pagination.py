from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import Sandbox, Settings

from tests.facts.caller import KEYS, Caller
from tests.sandbox.api import BTCUSDT, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = ("/subscriptions", "/exports")
LARGE = ("/exchanges/binance/instruments", "/exchanges/binance/instruments/BTCUSDT/datastreams", "/datastreams")


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(api_keys=KEYS, backdate=0, messages_per_minute=1, minute_limit=5000)


@pytest.fixture(scope="module")
def full(sandbox: Sandbox) -> Iterator[Caller]:
    """An account with 101 subscriptions and 101 exports."""
    with Caller(sandbox, sandbox.api_keys[-1]) as caller:
        for number in range(101):
            caller.subscribe(BTCUSDT + number)
        end = caller.advance(60)
        for _ in range(101):
            caller.export(end - 1000, end)
        yield caller


def pages(api: Caller, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Yield page after page."""
    token: dict[str, str] = {}
    while True:
        page = ok(api.get(path, **query, **token))
        yield page
        if page["next_page_token"] is None:
            return
        token = {"page_token": page["next_page_token"]}


def ids(page: dict[str, Any]) -> list[str]:
    return [str(item.get("id") or item.get("datastream_id") or item.get("symbol")) for item in page["items"]]


@pytest.mark.parametrize("path", SMALL)
def test_a_page_of_subscriptions_or_exports_has_50_items_by_default(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    page = ok(full.get(path))
    assert (page["limit"], len(page["items"])) == (50, 50)


@pytest.mark.parametrize("path", SMALL)
def test_a_page_of_subscriptions_or_exports_has_at_most_100_items(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    assert len(ok(full.get(path, limit=100))["items"]) == 100
    larger = full.get(path, limit=101)
    assert larger.status_code == 400 or len(larger.json()["items"]) == 100


@pytest.mark.parametrize("path", LARGE)
def test_a_page_of_instruments_or_datastreams_has_100_items_by_default(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    page = ok(full.get(path))
    assert page["limit"] == 100
    assert len(page["items"]) == min(100, page["total"])


@pytest.mark.parametrize("path", ["/exchanges/binance/instruments", "/datastreams"])
def test_a_page_of_instruments_or_datastreams_has_at_most_1000_items(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    assert len(ok(full.get(path, limit=1000))["items"]) == 1000
    larger = full.get(path, limit=1001)
    assert larger.status_code == 400 or len(larger.json()["items"]) == 1000


@pytest.mark.parametrize("path", [*SMALL, *LARGE])
def test_a_page_may_hold_a_single_item(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    page = ok(full.get(path, limit=1))
    assert (page["limit"], len(page["items"])) == (1, 1)


@pytest.mark.parametrize("path", [*SMALL, *LARGE])
def test_a_page_is_items_total_limit_and_next_page_token(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    page = ok(full.get(path, limit=2))
    assert set(page) == {"items", "total", "limit", "next_page_token"}
    assert [type(page[name]) for name in ("items", "total", "limit", "next_page_token")] == [list, int, int, str]


@pytest.mark.parametrize("path", SMALL)
def test_the_total_counts_the_items_of_all_pages(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    assert [(page["total"], len(page["items"])) for page in pages(full, path, limit=50)] == [
        (101, 50),
        (101, 50),
        (101, 1),
    ]


def test_the_total_counts_what_the_filters_leave(full: Caller) -> None:
    """docs: guides/pagination"""
    path = "/exchanges/binance/instruments"
    every = [item for page in pages(full, path, limit=1000) for item in page["items"]]
    wanted = sum(item["quote"] == "BUSD" for item in every)
    assert 1 < wanted < len(every)
    assert ok(full.get(path, quote="BUSD", limit=1))["total"] == wanted


def test_the_filters_hold_on_every_page(full: Caller) -> None:
    """docs: guides/pagination"""
    chosen = list(pages(full, "/exchanges/deribit/instruments", base="ETH", instrument_type="option", limit=60))
    assert len(chosen) > 2
    assert {(item["base"], item["instrument_type"]) for page in chosen for item in page["items"]} == {("ETH", "option")}


@pytest.mark.parametrize("path", [*SMALL, LARGE[1]])
def test_the_next_page_token_of_the_last_page_is_null(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    *earlier, last = pages(full, path, limit=3)
    assert last["next_page_token"] is None
    assert earlier
    assert all(isinstance(page["next_page_token"], str) for page in earlier)


def test_a_list_that_fits_its_page_exactly_has_no_next_page(full: Caller) -> None:
    """docs: guides/pagination"""
    path = "/exchanges/binance/instruments/BTCUSDT/datastreams"
    total = ok(full.get(path))["total"]
    assert ok(full.get(path, limit=total))["next_page_token"] is None
    assert ok(full.get(path, limit=total - 1))["next_page_token"] is not None


@pytest.mark.parametrize("path", [*SMALL, "/exchanges/binance/instruments"])
def test_following_the_tokens_gives_every_item_once(full: Caller, path: str) -> None:
    """docs: guides/pagination"""
    seen = [name for page in pages(full, path, limit=100) for name in ids(page)]
    assert len(seen) == len(set(seen)) == ok(full.get(path, limit=1))["total"]


def test_an_empty_list_is_one_page_without_items(api: Caller) -> None:
    """docs: guides/pagination"""
    for path in SMALL:
        assert ok(api.get(path)) == {"items": [], "total": 0, "limit": 50, "next_page_token": None}


def test_a_new_item_repeats_and_hides_no_other_between_two_pages(api: Caller) -> None:
    """docs: guides/pagination"""
    known = []
    for number in range(6):
        known.append(api.subscribe(BTCUSDT + number))
        api.advance(1)
    walk = pages(api, "/subscriptions", limit=3)
    seen = ids(next(walk))
    api.subscribe(BTCUSDT + 99)
    seen += [name for page in walk for name in ids(page)]
    assert set(seen) >= set(known)
    assert len(seen) == len(set(seen))


def test_a_deleted_item_repeats_and_hides_no_other_between_two_pages(api: Caller) -> None:
    """docs: guides/pagination"""
    known = []
    for number in range(6):
        known.append(api.subscribe(BTCUSDT + number))
        api.advance(1)
    walk = pages(api, "/subscriptions", limit=3)
    seen = ids(next(walk))
    ok(api.delete(f"/subscriptions/{seen[0]}"), 204)
    seen += [name for page in walk for name in ids(page)]
    assert sorted(seen) == sorted(known)
