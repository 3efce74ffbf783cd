"""What comes out of `normalized` over HTTP for messages of the exchanges that are quoted with their rows."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.market.captures import read_index
from tickhaul_sandbox.market.streams import canonical, category_of
from tickhaul_sandbox.market.venues import VENUES as CATALOG
from tickhaul_sandbox.schemas.builtin import contents

from tests.sandbox.api import CAPTURES, START, Api, ok
from tests.sandbox.quotations import CAPTURED, COLUMNS, COMPOSED, VENUES
from tests.sandbox.recordings import STEP, write_recordings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.quotations import Quotation

EVERY = (*CAPTURED, *COMPOSED)
NEEDS_CAPTURES = pytest.mark.skipif(
    not (CAPTURES / "index.json").exists(), reason="the recorded messages are not beside this checkout"
)
NAMES = pytest.mark.parametrize(
    "quotation", EVERY, ids=lambda item: f"{item.exchange}-{item.instrument}-{item.stream_type}"
)


def place(quotation: Quotation) -> tuple[str, str, str]:
    return quotation.exchange, quotation.instrument, quotation.stream_type


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A caller of a sandbox that serves the quoted messages, four seconds apart from START on, and subscribes to them."""
    directory = tmp_path_factory.mktemp("recordings")
    streams = {place(item): [other.message for other in EVERY if place(other) == place(item)] for item in EVERY}
    write_recordings(directory, streams)
    clock = ManualClock(START)
    settings = Settings(captures=directory, backdate=0, export_seconds=0, minute_limit=10_000)
    with Sandbox(settings, clock=clock) as sandbox, Api(sandbox) as caller:
        for stream in streams:
            caller.subscribe(caller.stream_id(*stream))
        clock.advance(60)
        yield caller


@NAMES
def test_normalized_makes_the_rows_of_a_message_that_are_written_beside_it(api: Api, quotation: Quotation) -> None:
    datastream_id = api.stream_id(*place(quotation))
    before = [item for item in EVERY[: EVERY.index(quotation)] if place(item) == place(quotation)]
    start = START + len(before) * STEP
    export_id = api.export(start, start + STEP, datastream_id, schema="normalized")
    [content] = api.files(export_id).values()
    header, *rows = gzip.decompress(content).decode().splitlines()
    assert header == f"collection_timestamp_ns,{COLUMNS[quotation.category]}"
    assert rows == [f"{start},{row}" for row in quotation.rows]


@NAMES
def test_raw_gives_a_message_word_for_word(api: Api, quotation: Quotation) -> None:
    datastream_id = api.stream_id(*place(quotation))
    before = [item for item in EVERY[: EVERY.index(quotation)] if place(item) == place(quotation)]
    start = START + len(before) * STEP
    [row] = api.rows(api.export(start, start + STEP, datastream_id))
    assert row == {"collection_timestamp_ns": str(start), "message": quotation.message}


@NEEDS_CAPTURES
@pytest.mark.parametrize(
    "quotation", CAPTURED, ids=lambda item: f"{item.exchange}-{item.instrument}-{item.stream_type}"
)
def test_the_messages_said_to_be_captured_were_captured(quotation: Quotation) -> None:
    exchange, instrument, stream_type = place(quotation)
    with gzip.open(read_index(CAPTURES)[exchange, instrument, canonical(stream_type)], "rt", encoding="utf-8") as lines:
        assert quotation.message in {line.rstrip("\n").split("\t", 1)[1] for line in lines}


@NEEDS_CAPTURES
def test_a_message_of_every_captured_category_of_the_venues_is_quoted() -> None:
    captured = {(exchange, category_of(stream_type)) for exchange, _, stream_type in read_index(CAPTURES)}
    wanted = {(exchange, category) for exchange, category in captured if exchange in VENUES and category != "ticker"}
    assert {(item.exchange, item.category) for item in CAPTURED} == wanted


def test_a_message_of_every_category_that_a_venue_has_is_quoted(api: Api) -> None:
    offered = {
        (venue.code, category)
        for venue in CATALOG
        if venue.code in VENUES
        for category in map(category_of, venue.streams)
        if ("normalized", category) in contents()
    }
    assert {(item.exchange, item.category) for item in EVERY} == offered
    assert all(category_of(canonical(item.stream_type)) == item.category for item in EVERY)
    listed = {item["stream_category"] for item in ok(api.get("/export-schemas")) if item["name"] == "normalized"}
    assert set(COLUMNS) == listed
