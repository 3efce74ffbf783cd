"""Building clients, and views of them with other options."""

from __future__ import annotations

import copy
import pickle
import ssl
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul import AsyncClient, Client, ServerError

from tests.support.behaviours import answer, html, stall
from tests.support.clock import FakeClock
from tests.support.faces import KEY

if TYPE_CHECKING:
    from tests.support.faces import Connect, Face
    from tests.support.server import Serve

BOTH = pytest.mark.parametrize("build", [Client, AsyncClient])


@BOTH
def test_key_and_origin_come_from_the_environment_where_they_are_not_given(
    build: type[Client | AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="no API key"):
        build()
    monkeypatch.setenv("TICKSUPPLY_API_KEY", KEY)
    assert build().base_url == "https://api.ticksupply.com"
    monkeypatch.setenv("TICKSUPPLY_BASE_URL", "https://staging.example/v1/")
    assert build().base_url == "https://staging.example"
    assert build(base_url="http://127.0.0.1:8080").base_url == "http://127.0.0.1:8080"


@BOTH
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"base_url": "http://api.example"}, ValueError),
        ({"base_url": "ftp://api.example"}, ValueError),
        ({"base_url": "https://api.example/v2"}, ValueError),
        ({"base_url": "https://me:secret@api.example"}, ValueError),
        ({"api_key": " "}, ValueError),
        ({"api_key": "two\nlines"}, ValueError),
        ({"api_key": 7}, TypeError),
        ({"timeout": None}, TypeError),
        ({"timeout": 0}, ValueError),
        ({"timeout": float("inf")}, ValueError),
        ({"deadline": -1}, ValueError),
        ({"deadline": "1"}, TypeError),
        ({"max_retries": -1}, ValueError),
        ({"max_retries": 1.5}, TypeError),
        ({"max_retry_after": 0}, ValueError),
        ({"proxy": "ftp://proxy.example"}, ValueError),
        ({"proxy": "http://"}, ValueError),
    ],
)
def test_a_wrong_setting_is_refused_when_the_client_is_built(
    build: type[Client | AsyncClient], options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        build(**{"api_key": KEY, **options})
    assert "secret" not in str(caught.value)


def test_a_view_has_its_own_options_on_the_same_connections_and_quota(serve: Serve, connect: Connect) -> None:
    server = serve(html(503), html(503), answer([]))
    clock = FakeClock()
    client = connect(server, clock=clock, max_retries=1)
    # Built before the view: the view must not get the original's.
    client.exchanges  # noqa: B018 (remembered by the client from its first use on)
    with pytest.raises(ServerError) as caught:
        client.with_options(max_retries=0).exchanges.list()
    assert caught.value.attempts == 1
    client.exchanges.list()
    assert clock.slept == [0.5]
    assert server.connections == 1


def test_a_view_of_a_view_keeps_what_it_does_not_change(serve: Serve, connect: Connect) -> None:
    server = serve(otherwise=html(503))
    view = connect(server, clock=FakeClock()).with_options(max_retries=2).with_options(timeout=1.0)
    with pytest.raises(ServerError) as caught:
        view.exchanges.list()
    assert caught.value.attempts == 3


def test_a_view_can_lift_the_deadline(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(html(503), answer([]), stall())
    client = connect(server, clock=clock, deadline=0.1)
    client.with_options(deadline=None).exchanges.list()
    assert clock.slept == [0.5]


@pytest.mark.parametrize("option", ["timeout", "deadline", "max_retries", "max_retry_after"])
def test_a_view_refuses_what_the_client_refuses(option: str, connect: Connect) -> None:
    client = connect("http://127.0.0.1:9")
    with pytest.raises(ValueError, match=option):
        client.with_options(**{option: -1})


def test_closing_a_view_closes_the_client(serve: Serve, connect: Connect) -> None:
    server = serve(answer([]))
    client = connect(server)
    view = client.with_options(timeout=5.0)
    view.exchanges.list()
    view.close()
    server.wait_for_open_connections(0)
    with pytest.raises(RuntimeError, match="closed"):
        client.exchanges.list()


@BOTH
def test_a_view_of_a_subclass_is_one_and_keeps_what_the_subclass_added(build: type[Client | AsyncClient]) -> None:
    class Mine(build):  # type: ignore[misc, valid-type]  # each of the two in turn
        def __init__(self) -> None:
            super().__init__(KEY)
            self.desk = "rates"

    view = Mine().with_options(timeout=1.0)
    assert (type(view), view.desk) == (Mine, "rates")


def test_a_client_shows_where_to_and_nothing_else(face: Face) -> None:
    client = face.client(KEY)
    kind = "Client" if face.name == "sync" else "AsyncClient"
    assert repr(client) == f"<{kind} of https://api.ticksupply.com>"
    client.close()


@BOTH
def test_a_client_is_not_copied_into_other_processes(build: type[Client | AsyncClient]) -> None:
    client = build(KEY, ssl_context=ssl.create_default_context())
    for act in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="build a new one in the other process"):
            act(client)
