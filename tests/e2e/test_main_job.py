"""The main job and every operation, client against sandbox, over real sockets."""

from __future__ import annotations

import csv
import gzip
import io
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest
from tickhaul import AsyncClient, Client, ConflictError, InvalidArgumentError, NotFoundError
from tickhaul._core.operations import ALL
from tickhaul_sandbox import Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "data" / "captures"
COLUMNS = [{"output_column": "received", "meta": {"value": "collection_timestamp_ns", "format": "iso8601"}}]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Settings(export_seconds=0.05)) as running:
        yield running


@pytest.fixture
def th(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox.api_key, base_url=sandbox.base_url) as client:
        yield client


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_main_job_brings_home_rows_of_the_range_asked_for(th: Client, tmp_path: Path) -> None:
    stream = th.datastreams.find("binance", "BTCUSDT", "trades")
    th.subscriptions.ensure(stream)
    job = th.exports.create(stream, start="-30min", end="now", schema="normalized")
    done = th.exports.wait(job)
    files = th.exports.download(done, tmp_path / "data")
    got = [row for file in files for row in rows(file.path)]
    assert len(got) > 100
    times = [int(row["collection_timestamp_ns"]) for row in got]
    assert times == sorted(times)
    assert job.start_time <= times[0] <= times[-1] < job.end_time
    assert [file.bytes for file in files] == [file.path.stat().st_size for file in files]
    assert not [left for left in (tmp_path / "data").iterdir() if left.suffix == ".part"]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_main_job_stays_on_this_machine_whatever_proxy_the_environment_names(
    sandbox: Sandbox, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing listens there.
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Client(sandbox.api_key, base_url=sandbox.base_url) as client:
        test_the_main_job_brings_home_rows_of_the_range_asked_for(client, tmp_path)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_main_job_is_the_same_under_an_event_loop(sandbox: Sandbox, tmp_path: Path, backend: str) -> None:
    async def job() -> int:
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as th:
            stream = await th.datastreams.find("coinbase", "BTC-USD", "trades")
            await th.subscriptions.ensure(stream)
            created = await th.exports.create(stream, start="-30min", end="now")
            files = await th.exports.download(await th.exports.wait(created), tmp_path)
            return sum(len(rows(file.path)) for file in files)

    assert anyio.run(job, backend=backend) > 100


@pytest.mark.skipif(not (CAPTURES / "index.json").exists(), reason="the recorded messages are not beside this checkout")
def test_recorded_messages_arrive_with_their_payload_unchanged(tmp_path: Path) -> None:
    with gzip.open(CAPTURES / "okx__BTC-USDT__trade.tsv.gz", "rt") as lines:
        recorded = {line.rstrip("\n").split("\t", 1)[1] for line in lines}
    with (
        Sandbox(Settings(captures=CAPTURES, export_seconds=0.05)) as sandbox,
        Client(sandbox.api_key, base_url=sandbox.base_url) as th,
    ):
        stream = th.datastreams.find("okx", "BTC-USDT", "trades")
        th.subscriptions.ensure(stream)
        job = th.exports.wait(th.exports.create(stream, start="-10min", end="now"))
        got = [row for file in th.exports.download(job, tmp_path) for row in rows(file.path)]
    assert {row["message"] for row in got} == recorded
    assert all(job.start_time <= int(row["collection_timestamp_ns"]) < job.end_time for row in got)


def test_every_operation_of_the_contract_is_answered_as_its_model(sandbox: Sandbox, th: Client) -> None:
    assert any(found.code == "binance" for found in th.exchanges.list())
    assert len(list(th.exchanges.list_instruments("binance", page_size=500))) > 1000
    assert [s.datastream_id for s in th.exchanges.list_datastreams("binance", "BTCUSDT", stream_type="trades")] == [123]
    assert len({s.datastream_id for s in th.datastreams.list(exchange="kraken", max_items=250)}) == 250

    subscription = th.subscriptions.create(123)
    assert subscription.datastream is not None
    assert subscription.spans == []
    with pytest.raises(ConflictError):
        th.subscriptions.create(123)
    th.subscriptions.pause(subscription.id)
    assert th.subscriptions.get(subscription.id).status == "paused"
    assert th.subscriptions.ensure(123).status == "active"
    assert [span.ended_at is None for span in th.subscriptions.list_spans(subscription.id)] == [False, True]
    th.subscriptions.pause(subscription.id)
    th.subscriptions.resume(subscription.id)
    assert [found.id for found in th.subscriptions.list()] == [subscription.id]

    assert th.availability.get(123).ranges[0].from_ < th.availability.get(123).ranges[0].to
    assert th.billing.get_summary().access_status == "ACTIVE"

    job = th.exports.create(123, start="-20min", end="now", idempotency_key=uuid.UUID(int=7))
    assert th.exports.create(123, start=job.start_time, end=job.end_time).id != job.id
    assert th.exports.wait(th.exports.get(job.id)).status == "succeeded"
    listing = th.exports.get_download(job)
    assert listing.total_bytes == sum(file.bytes for file in listing.artifacts)
    with pytest.raises(InvalidArgumentError):
        th.exports.cancel(job)
    assert job.id in [found.id for found in th.exports.list()]
    th.exports.delete(job)
    assert job.id not in [found.id for found in th.exports.list()]

    assert {found.name for found in th.export_schemas.list()} >= {"normalized", "book_5", "book_20"}
    schema = th.export_schemas.create("mine", "trade", COLUMNS)
    assert schema.version == 1
    assert th.export_schemas.create_draft(schema).has_draft
    renamed = [{**COLUMNS[0], "output_column": "seen"}]
    assert th.export_schemas.update_draft(schema, renamed).columns[0].output_column == "seen"
    assert th.export_schemas.get_draft(schema).columns[0].output_column == "seen"
    assert th.export_schemas.get(schema).columns[0].output_column == "received"
    assert th.export_schemas.publish_draft(schema).version == 2
    assert th.export_schemas.update(schema, COLUMNS).version == 3
    th.export_schemas.create_draft(schema, COLUMNS)
    th.export_schemas.discard_draft(schema)
    with pytest.raises(NotFoundError):
        th.export_schemas.get_draft(schema)
    th.export_schemas.delete(schema)
    th.subscriptions.delete(subscription.id)
    assert list(th.subscriptions.list()) == []

    called = {(request.method, request.operation) for request in sandbox.requests}
    assert len(called) == len(ALL), "an operation was left out of this walk"


def test_an_inline_schema_gives_the_columns_it_names(th: Client, tmp_path: Path) -> None:
    stream = th.datastreams.find("binance", "BTCUSDT", "trades")
    th.subscriptions.ensure(stream)
    columns = [
        *COLUMNS,
        {"output_column": "price", "data": {"binance": {"json": {"path": "data.p", "type": "decimal(8)"}}}},
    ]
    job = th.exports.create(stream, "-5min", "now", schema={"columns": columns})
    files = th.exports.download(th.exports.wait(job), tmp_path)
    first = next(row for file in files for row in rows(file.path))  # at the turn of an hour, a file may have none
    assert list(first) == ["received", "price"]
    assert float(first["price"]) > 0


def test_parquet_files_arrive_whole(th: Client, tmp_path: Path) -> None:
    import duckdb

    stream = th.datastreams.find("binance", "BTCUSDT", "trades")
    th.subscriptions.ensure(stream)
    job = th.exports.create(stream, "-5min", "now", schema="normalized", format="parquet")
    files = th.exports.download(th.exports.wait(job), tmp_path)
    assert all(file.path.suffix == ".parquet" for file in files)
    with duckdb.connect() as db:
        (counted,) = db.execute("SELECT count(*) FROM read_parquet(?)", [[str(file.path) for file in files]]).fetchone()  # type: ignore[misc]  # one row
    assert counted > 10


def test_a_second_download_finds_the_files_there(th: Client, tmp_path: Path) -> None:
    stream = th.datastreams.find("binance", "BTCUSDT", "trades")
    th.subscriptions.ensure(stream)
    job = th.exports.wait(th.exports.create(stream, "-5min", "now"))
    first = th.exports.download(job, tmp_path)
    again = th.exports.download(job, tmp_path)
    assert [file.already_there for file in first] == [False] * len(first)
    assert [file.already_there for file in again] == [True] * len(first)
    assert [file.path for file in again] == [file.path for file in first]


def test_json_of_a_model_is_what_the_service_sent(sandbox: Sandbox, th: Client) -> None:
    import urllib.request

    th.subscriptions.ensure(123)
    request = urllib.request.Request(
        f"{sandbox.base_url}/v1/availability?datastream_id=123", headers={"X-Api-Key": sandbox.api_key}
    )
    with urllib.request.urlopen(request) as answer:
        raw = json.load(io.TextIOWrapper(answer))
    model = th.availability.get(123).to_dict()
    assert {**model, "updated_at": None, "ranges": None} == {**raw, "updated_at": None, "ranges": None}
    assert set(model["ranges"][0]) == set(raw["ranges"][0])
