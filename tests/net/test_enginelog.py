"""The HTTP engine's own log holds no header of this client's calls, and everybody else's as before."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from tickhaul._core import deadline
from tickhaul._core.deadline import Deadline
from tickhaul.net.enginelog import cut_engine_log

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = "receive_response_headers.complete return_value=(b'HTTP/1.1', 302, b'Found', [(b'Location', b'/a?sig=hunter2')])"


@pytest.fixture
def log() -> logging.Logger:
    cut_engine_log(deadline.current.get)
    return logging.getLogger("httpcore.http11")


@pytest.fixture
def _under_way() -> Iterator[None]:
    token = deadline.current.set(Deadline(10.0, lambda: 0.0))
    yield
    deadline.current.reset(token)


@pytest.mark.usefixtures("_under_way")
@pytest.mark.parametrize(
    ("message", "arguments", "left"),
    [
        (HEAD, (), "receive_response_headers.complete status=302"),
        ("receive_response_headers.failed exception=%r", ("hunter2",), "receive_response_headers.failed"),
        ("send_request_headers.started request=%s", ("hunter2",), "send_request_headers.started"),
        ("response_closed.started", (), "response_closed.started"),
    ],
)
def test_a_record_of_a_call_is_cut_down_to_what_happened(
    log: logging.Logger, caplog: pytest.LogCaptureFixture, message: str, arguments: tuple[object, ...], left: str
) -> None:
    with caplog.at_level(logging.DEBUG, log.name):
        log.debug(message, *arguments)
    assert caplog.messages == [left]


def test_the_records_of_others_stay_as_they_are(log: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, log.name):
        log.debug(HEAD)
    assert caplog.messages == [HEAD]


def test_cutting_twice_is_cutting_once(log: logging.Logger) -> None:
    before = list(log.filters)
    cut_engine_log(deadline.current.get)
    assert log.filters == before
