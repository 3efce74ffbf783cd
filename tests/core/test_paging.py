"""Walking a list page by page without going in circles."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul import PaginationError
from tickhaul._core.paging import Page, PageRequest, Trail


def request(max_items: int | None = None, page_size: int | None = None, page_token: str | None = None) -> PageRequest:
    return PageRequest(max_items, page_size, page_token, usual=50, largest=100)


@pytest.mark.parametrize(
    ("max_items", "page_size", "left", "limit"),
    [
        (None, None, None, None),
        (None, 100, None, 100),
        (None, 1, None, 1),
        (5, None, 5, 5),
        (49, None, 49, 49),
        (50, None, 50, None),
        (120, None, 120, None),
        (120, None, 20, 20),
        (5, 100, 5, 100),
        (500, 100, 1, 100),
    ],
)
def test_a_page_is_as_large_as_asked_for_or_as_needed(
    max_items: int | None, page_size: int | None, left: int | None, limit: int | None
) -> None:
    assert request(max_items, page_size).limit(left) == limit


@pytest.mark.parametrize(
    ("arguments", "error", "expected"),
    [
        ({"max_items": -1}, ValueError, "max_items=-1: expected 0 or more"),
        ({"max_items": 1.5}, TypeError, "max_items=1.5: expected a whole number"),
        ({"max_items": "5"}, TypeError, "max_items='5': expected a whole number"),
        ({"max_items": True}, TypeError, "max_items=True: expected a whole number"),
        ({"page_size": 0}, ValueError, "page_size=0: expected 1 or more"),
        ({"page_size": 101}, ValueError, "page_size=101: expected 1 to 100 for this list"),
        ({"page_size": 10.0}, TypeError, "page_size=10.0: expected a whole number"),
        ({"page_token": ""}, ValueError, "page_token='': expected a next_page_token of an earlier page"),
        ({"page_token": 5}, TypeError, "page_token=5: expected a str, not int"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_sent(
    arguments: dict[str, Any], error: type[Exception], expected: str
) -> None:
    with pytest.raises(error, match=expected):
        request(**arguments)


@pytest.mark.parametrize("arguments", [{"max_items": 0}, {"page_size": 1}, {"page_size": 100}, {"page_token": "e30="}])
def test_the_ends_of_the_ranges_belong_to_them(arguments: dict[str, Any]) -> None:
    assert request(**arguments).usual == 50


def test_a_trail_is_followed_to_its_end() -> None:
    trail = Trail("exports.list", None)
    assert [trail.follow(token) for token in ("a", "b", "c")] == ["a", "b", "c"]
    assert trail.follow(None) is None
    assert trail.follow("") is None


@pytest.mark.parametrize(
    ("start", "tokens"), [(None, ["a", "a"]), (None, ["a", "b", "a"]), ("s", ["s"]), ("s", ["a", "b", "s"])]
)
def test_a_token_seen_before_ends_the_walk(start: str | None, tokens: list[str]) -> None:
    trail = Trail("exports.list", start)
    for token in tokens[:-1]:
        assert trail.follow(token) == token
    with pytest.raises(PaginationError, match=r"exports\.list: the service repeated the page token") as caught:
        trail.follow(tokens[-1])
    assert caught.value.page_token == tokens[-1]
    assert repr(tokens[-1]) in str(caught.value)


@given(st.lists(st.text(min_size=1)), st.none() | st.text(min_size=1))
def test_a_walk_ends_exactly_at_the_first_token_seen_before(tokens: list[str], start: str | None) -> None:
    trail = Trail("list", start)
    seen = {start}
    for token in tokens:
        if token in seen:
            with pytest.raises(PaginationError):
                trail.follow(token)
            return
        assert trail.follow(token) == token
        seen.add(token)


def test_a_page_is_a_collection_of_its_items() -> None:
    page = Page([1, 2, 3], total=10, limit=3, next_page_token="e30=")
    assert list(page) == [1, 2, 3]
    assert len(page) == 3
    assert 2 in page
    assert page == Page([1, 2, 3], 10, 3, "e30=")
