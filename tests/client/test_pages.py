"""The five paged lists: lazy, bounded, resumable, and never in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from tickhaul import PaginationError, PermissionDeniedError, ResponseDecodeError

from tests.support import bodies
from tests.support.behaviours import answer, error, html
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tickhaul import Client, Pages

    from tests.support.faces import Connect
    from tests.support.server import Received, Serve

    Listing = Callable[..., Pages[Any]]  # of whichever item the list has

ITEMS: Mapping[str, Mapping[str, object]] = {
    "instruments": bodies.INSTRUMENT,
    "instrument datastreams": bodies.DATASTREAM,
    "datastreams": bodies.DATASTREAM,
    "subscriptions": bodies.subscription(),
    "exports": bodies.job(),
}
EVERY_LIST = pytest.mark.parametrize("name", list(ITEMS))


def _listing(client: Client, name: str) -> Listing:
    listings: dict[str, Listing] = {
        "instruments": lambda **options: client.exchanges.list_instruments("binance", **options),
        "instrument datastreams": lambda **options: client.exchanges.list_datastreams("binance", "BTCUSDT", **options),
        "datastreams": client.datastreams.list,
        "subscriptions": client.subscriptions.list,
        "exports": client.exports.list,
    }
    return listings[name]


def _page(name: str, count: int, token: str | None = None, total: int = 9) -> dict[str, object]:
    return bodies.page([dict(ITEMS[name])] * count, token, total)


def _asked(request: Received) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(request.query).items()}


@EVERY_LIST
def test_nothing_is_sent_before_a_list_is_walked_and_no_page_before_it_is_needed(
    name: str, serve: Serve, connect: Connect
) -> None:
    server = serve(answer(_page(name, 2, "t1")), answer(_page(name, 1)))
    pages = _listing(connect(server), name)()
    assert server.connections == 0
    walk = iter(pages)
    assert server.connections == 0
    next(walk)
    next(walk)
    assert len(server.requests) == 1
    next(walk)
    assert len(server.requests) == 2
    with pytest.raises(StopIteration):
        next(walk)
    with pytest.raises(StopIteration):
        next(walk)
    assert [_asked(request) for request in server.requests] == [{}, {"page_token": "t1"}]


@EVERY_LIST
def test_pages_come_whole_with_what_the_service_says_of_them(name: str, serve: Serve, connect: Connect) -> None:
    server = serve(answer(_page(name, 2, "t1")), answer(_page(name, 1, "")))
    first, second = _listing(connect(server), name)().pages()
    assert [len(first), len(second)] == [2, 1]
    assert list(first) == list(first.items)
    assert (first.total, first.limit, first.next_page_token) == (9, 100, "t1")
    # An empty token is an end, as a missing one is.
    assert second.next_page_token is None


@EVERY_LIST
def test_a_walk_can_go_on_in_another_process_from_a_token(name: str, serve: Serve, connect: Connect) -> None:
    server = serve(answer(_page(name, 1, "t9")), answer(_page(name, 1)))
    assert len(list(_listing(connect(server), name)(page_token="t8", page_size=3))) == 2
    assert [_asked(request) for request in server.requests] == [
        {"page_token": "t8", "limit": "3"},
        {"page_token": "t9", "limit": "3"},
    ]


@EVERY_LIST
@pytest.mark.parametrize(("wanted", "requests"), [(0, 0), (1, 1), (2, 1), (3, 2), (5, 3), (7, 3)])
def test_max_items_stops_at_so_many_without_a_page_too_much(
    name: str, wanted: int, requests: int, serve: Serve, connect: Connect
) -> None:
    plan = [answer(_page(name, 2, "t1")), answer(_page(name, 2, "t2")), answer(_page(name, 2))]
    server = serve(*plan[:requests])
    assert len(list(_listing(connect(server), name)(max_items=wanted))) == min(wanted, 6)
    assert len(server.requests) == requests


def test_a_small_max_items_asks_for_no_more_than_it_wants(serve: Serve, connect: Connect) -> None:
    server = serve(*[answer(_page("exports", 3))] * 3)
    client = connect(server)
    assert len(list(client.exports.list(max_items=3))) == 3
    list(client.exports.list(max_items=80))
    list(client.exports.list(max_items=3, page_size=10))
    assert [_asked(request) for request in server.requests] == [{"limit": "3"}, {}, {"limit": "10"}]


def test_a_service_that_sends_more_than_was_asked_for_does_not_get_past_max_items(
    serve: Serve, connect: Connect
) -> None:
    server = serve(answer(_page("exports", 50, "more")))
    assert len(list(connect(server).exports.list(max_items=3))) == 3


def test_an_empty_page_with_a_token_is_not_the_end(serve: Serve, connect: Connect) -> None:
    server = serve(answer(_page("exports", 0, "t1")), answer(_page("exports", 1)))
    assert len(list(connect(server).exports.list())) == 1


def test_each_walk_begins_anew(serve: Serve, connect: Connect) -> None:
    server = serve(*[answer(_page("exports", 1))] * 2)
    pages = connect(server).exports.list()
    assert list(pages) == list(pages)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("start", "tokens"),
    [(None, ["A", "A"]), (None, ["A", "B", "A"]), (None, ["A", "B", "C", "B"]), ("A", ["A"]), ("A", ["B", "A"])],
)
def test_a_token_seen_before_ends_the_walk_after_the_items_that_came_with_it(
    start: str | None, tokens: list[str], serve: Serve, connect: Connect
) -> None:
    server = serve(*[answer(_page("exports", 1, token)) for token in tokens])
    seen: list[object] = []
    with pytest.raises(PaginationError, match=r"exports\.list: the service repeated the page token") as caught:
        seen.extend(connect(server).exports.list(page_token=start))
    assert len(seen) == len(tokens)
    assert caught.value.page_token == tokens[-1]


def test_a_repeated_token_does_not_matter_to_a_walk_that_has_all_it_wanted(serve: Serve, connect: Connect) -> None:
    server = serve(answer(_page("exports", 1, "A")), answer(_page("exports", 1, "A")))
    assert len(list(connect(server).exports.list(max_items=2))) == 2


def test_a_page_is_retried_like_any_call_and_a_failed_walk_can_go_on(serve: Serve, connect: Connect) -> None:
    denied = error(403, "permission_denied")
    server = serve(html(503), answer(_page("exports", 1, "A")), denied, denied, answer(_page("exports", 1)))
    walk = iter(connect(server, clock=FakeClock()).exports.list())
    next(walk)
    for _ in range(2):
        with pytest.raises(PermissionDeniedError):
            next(walk)
    assert len(list(walk)) == 1
    assert [_asked(request).get("page_token") for request in server.requests] == [None, None, "A", "A", "A"]


def test_a_page_that_does_not_fit_the_contract_says_so(serve: Serve, connect: Connect) -> None:
    server = serve(answer({"items": []}))
    with pytest.raises(ResponseDecodeError, match=r"exports\.list: .* the field 'total' is missing"):
        list(connect(server).exports.list())


def test_a_list_shows_what_it_is_a_list_of(serve: Serve, connect: Connect) -> None:
    assert "Pages of exports.list>" in repr(connect(serve()).exports.list())
