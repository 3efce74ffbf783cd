"""Subscriptions from the first to the last."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul_sandbox import RecordedRequest

    from tests.cli.conftest import Ran


def test_a_subscription_lives_its_life(tickhaul: Callable[..., Ran]) -> None:
    made = tickhaul("subscriptions", "create", "binance", "BTCUSDT", "trades", "--json").document
    identifier = made["id"]
    assert made["datastream"]["datastream_id"] == 123

    assert tickhaul("subscriptions", "pause", identifier).out == f"{identifier} paused\n"
    assert tickhaul("subscriptions", "get", identifier, "--json").document["status"] == "paused"
    assert tickhaul("subscriptions", "resume", identifier, "--json").document == {"id": identifier, "done": "resumed"}
    assert "active" in tickhaul("subscriptions", "get", identifier).out

    spans = tickhaul("subscriptions", "spans", identifier)
    assert len(spans.lines) == 3
    assert spans.lines[-1].endswith("still recording")
    assert len(tickhaul("subscriptions", "spans", identifier, "--json").document) == 2

    assert identifier in tickhaul("subscriptions", "list", "--limit", 5).out
    assert tickhaul("subscriptions", "delete", identifier).code == 0
    assert tickhaul("subscriptions", "--json").document == []
    assert tickhaul("subscriptions", "get", identifier).code == 1


def test_ensuring_what_is_recorded_changes_nothing(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]]
) -> None:
    first = tickhaul("subscriptions", "ensure", "123", "--json").document
    second = tickhaul("subscriptions", "ensure", "binance", "BTCUSDT", "trades", "--json").document
    assert first["id"] == second["id"]
    assert len(received("subscriptions.create")) == 1


def test_a_table_of_a_new_subscription_names_its_stream(tickhaul: Callable[..., Ran]) -> None:
    assert "binance BTCUSDT trades" in tickhaul("subscriptions", "create", "123").out


def test_an_empty_list_is_a_heading(tickhaul: Callable[..., Ran]) -> None:
    assert tickhaul("subscriptions").lines == ["SUBSCRIPTION  STATUS  STREAM  SINCE  DATASTREAM"]


def test_a_key_of_ones_own_makes_repeating_harmless(tickhaul: Callable[..., Ran]) -> None:
    words = ("subscriptions", "create", "123", "--idempotency-key", str(uuid4()), "--json")
    assert tickhaul(*words).document["id"] == tickhaul(*words).document["id"]


def test_a_key_that_is_none_is_wrong_usage(
    tickhaul: Callable[..., Ran], received: Callable[..., list[RecordedRequest]]
) -> None:
    ran = tickhaul("subscriptions", "create", "binance", "BTCUSDT", "trades", "--idempotency-key", "mine")
    assert (ran.code, ran.out) == (2, "")
    assert "'mine' is not a UUID" in ran.err
    assert not received()


@pytest.mark.parametrize(("typed", "code", "left"), [("n", 1, 1), ("y", 0, 0)])
def test_a_person_is_asked_before_recordings_are_dropped(
    tickhaul: Callable[..., Ran],
    terminal: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
    left: int,
) -> None:
    identifier = tickhaul("subscriptions", "create", "123", "--json").document["id"]

    class Keyboard:
        def isatty(self) -> bool:
            return True

        def readline(self, size: int = -1) -> str:
            return f"{typed}\n"

    monkeypatch.setattr(sys, "stdin", Keyboard())
    terminal("stderr")
    ran = tickhaul("subscriptions", "delete", identifier)
    assert ran.code == code
    assert "can no longer be exported" in ran.err
    assert len(tickhaul("subscriptions", "--json").document) == left


def test_who_says_yes_beforehand_is_not_asked(tickhaul: Callable[..., Ran], terminal: Callable[[str], None]) -> None:
    identifier = tickhaul("subscriptions", "create", "123", "--json").document["id"]
    terminal("stderr")
    assert tickhaul("subscriptions", "delete", identifier, "--yes").code == 0
