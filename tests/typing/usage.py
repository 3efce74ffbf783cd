"""What people write with tickhaul, as a type checker must understand it. Never run; see `test_typing`."""

# pyright: strict

from __future__ import annotations

import ssl
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import assert_type

import numpy as np
import pandas as pd
from tickhaul import (
    ApiError,
    AsyncClient,
    AsyncPages,
    Client,
    DatastreamLookupError,
    DeadlineExceeded,
    ExportCanceled,
    ExportFailed,
    NetworkError,
    Page,
    Pages,
    PaginationError,
    Quota,
    RateLimitError,
    RequestInfo,
    ResponseDecodeError,
    ResponseInfo,
    RetryInfo,
    TickhaulError,
    TimeLike,
    TransferError,
    WaitTimeout,
    __version__,
    errors,
    models,
)
from tickhaul.models import (
    Availability,
    BillingSummary,
    Datastream,
    Download,
    Exchange,
    ExportFormat,
    ExportJob,
    ExportStatus,
    Instrument,
    Schema,
    SchemaListItem,
    Span,
    StreamCategory,
    Subscription,
    SubscriptionDetail,
)


def build() -> Client:
    with Client() as th:
        assert_type(th, Client)
        assert_type(th.base_url, str)
        assert_type(th.last_response, ResponseInfo | None)
        assert_type(th.with_options(timeout=5, deadline=None, max_retries=0, max_retry_after=1.5), Client)
    version: str = __version__
    assert version

    def on_request(info: RequestInfo) -> None:
        assert_type(info.idempotency_key, str | None)

    def on_retry(info: RetryInfo) -> int:
        assert_type(info.wait, float)
        return info.attempt

    return Client(
        "key",
        base_url="http://127.0.0.1:8000",
        timeout=30,
        deadline=None,
        max_retries=2,
        max_retry_after=60,
        quota=Quota(per_minute=100, shared=False),
        proxy="http://proxy.example:3128",
        ssl_context=ssl.create_default_context(),
        allow_plain_http=True,
        on_request=on_request,
        on_retry=on_retry,
        on_response=lambda info: (info.request_id, info.remaining_minute),
    )


def main_job(th: Client) -> Sequence[Path]:
    stream = th.datastreams.find("binance", "BTCUSDT", "trades")
    assert_type(stream, Datastream)
    assert_type(th.datastreams.find("binance", "BTCUSDT", "trades", wire_format="json"), Datastream)
    assert_type(th.subscriptions.ensure(stream), Subscription)
    job = th.exports.create(stream, start="2024-01-15T10:00Z", end="2024-01-15T11:00Z", schema="normalized")
    assert_type(job, ExportJob)
    job = th.exports.wait(job, timeout=60, on_progress=lambda seen: seen.status, cancel_on_timeout=True)
    assert_type(job, ExportJob)
    files = th.exports.download(job, "data/")
    th.exports.download(job.id, Path("data"))
    return [file.path for file in files]


def times(th: Client) -> None:
    moments: list[TimeLike] = [
        datetime(2024, 1, 15, tzinfo=UTC),
        date(2024, 1, 15),
        timedelta(hours=1),
        1_705_312_800_000_000_000,
        np.int64(1_705_312_800_000_000_000),
        "2024-01-15",
        "-1month",
        np.datetime64("2024-01-15"),
        pd.Timestamp("2024-01-15"),
    ]
    for moment in moments:
        th.exports.create(123, moment, "now")


def catalog(th: Client) -> None:
    assert_type(th.exchanges.list(), list[Exchange])
    instruments = th.exchanges.list_instruments("binance", quote="USDT", max_items=10, page_size=5)
    assert_type(instruments, Pages[Instrument])
    for instrument in instruments:
        assert_type(instrument, Instrument)
        assert_type(instrument.symbol, str)
    assert_type(instruments.pages(), Iterator[Page[Instrument]])
    for page in instruments.pages():
        assert_type(page.items, Sequence[Instrument])
        assert_type(page.next_page_token, str | None)
        assert_type(page.total, int)
        assert_type([item for item in page], list[Instrument])  # noqa: C416 (walked on purpose)
    assert_type(th.exchanges.list_datastreams("binance", "BTC/USDT"), Pages[Datastream])
    assert_type(th.datastreams.list(stream_type="trades", page_token="e30="), Pages[Datastream])
    availability = th.availability.get(123)
    assert_type(availability, Availability)
    for recorded in availability.ranges:
        assert_type(recorded.from_, int)


def subscriptions(th: Client, stream: Datastream) -> None:
    created = th.subscriptions.create(stream, idempotency_key=uuid.uuid4())
    assert_type(created, SubscriptionDetail)
    assert_type(th.subscriptions.list(), Pages[Subscription])
    assert_type(th.subscriptions.get(created), Subscription)
    assert_type(th.subscriptions.list_spans(created.id), list[Span])
    th.subscriptions.pause(created)
    th.subscriptions.resume(created, idempotency_key="6f1c9a34-3f1e-4f7a-9b65-0c8c9f2f9a11")
    th.subscriptions.delete(created)


def jobs(th: Client) -> None:
    assert_type(th.exports.list(), Pages[ExportJob])
    job = th.exports.get("exp_1")
    assert_type(job.status, ExportStatus | str)
    assert_type(job.format, ExportFormat | str)
    assert_type(job.start_time, int)
    assert_type(job.start, datetime)
    assert_type(job.finished_at, datetime | None)
    if job.status in ("succeeded", ExportStatus.SUCCEEDED):
        download = th.exports.get_download(job)
        assert_type(download, Download)
        for artifact in download.artifacts:
            assert_type(artifact.bytes, int)
    th.exports.cancel(job)
    th.exports.delete(job.id)
    th.exports.create(1, 0, 1, format=ExportFormat.PARQUET, format_options={"level": 3}, schema={"columns": []})


def schemas(th: Client) -> None:
    assert_type(th.export_schemas.list(), list[SchemaListItem])
    columns = [{"output_column": "time", "meta": {"value": "collection_timestamp_ns"}}]
    schema = th.export_schemas.create("mine", StreamCategory.TRADE, columns)
    assert_type(schema, Schema)
    assert_type(th.export_schemas.create("mine", "trade", schema.columns, unfold=schema.unfold), Schema)
    assert_type(th.export_schemas.get(schema), Schema)
    assert_type(th.export_schemas.update(schema.id, columns, resend=True), Schema)
    assert_type(th.export_schemas.create_draft(schema), Schema)
    assert_type(th.export_schemas.get_draft(schema), Schema)
    assert_type(th.export_schemas.update_draft(schema, columns), Schema)
    assert_type(th.export_schemas.publish_draft(schema), Schema)
    th.export_schemas.discard_draft(schema)
    th.export_schemas.delete(schema)
    th.exports.create(1, 0, 1, schema=schema)


def billing(th: Client) -> None:
    summary = th.billing.get_summary()
    assert_type(summary, BillingSummary)
    assert_type(summary.usage.export_gb_total, str)


def failures(th: Client) -> None:
    try:
        main_job(th)
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.code, str)
        assert_type(error.status, int)
        assert_type(error.details, dict[str, object])
        assert_type(error.request_id, str | None)
        assert_type(error.attempts, int)
    except (ExportFailed, ExportCanceled, WaitTimeout) as error:
        assert_type(error.job, ExportJob)
    except DatastreamLookupError as error:
        assert_type(error.candidates, tuple[Datastream, ...])
    except (NetworkError, DeadlineExceeded) as error:
        assert_type(error.attempts, tuple[str, ...])
    except ResponseDecodeError as error:
        assert_type(error.body_excerpt, str)
    except PaginationError as error:
        assert_type(error.page_token, str)
    except TransferError as error:
        assert_type(error.filename, str | None)
    except (ApiError, errors.ServerError, TickhaulError) as error:
        assert_type(str(error), str)
    except TimeoutError:
        raise


async def main_job_under_an_event_loop() -> None:
    async with AsyncClient("key", quota=None) as th:
        assert_type(th, AsyncClient)
        assert_type(th.with_options(deadline=10), AsyncClient)
        stream = await th.datastreams.find("binance", "BTCUSDT", "trades")
        assert_type(stream, models.Datastream)
        assert_type(await th.subscriptions.ensure(stream), Subscription)
        job = await th.exports.create(stream, timedelta(hours=1), "now")
        assert_type(job, ExportJob)
        assert_type(await th.exports.wait(job), ExportJob)
        files = await th.exports.download(job, "data/")
        assert_type([file.path for file in files], list[Path])
        instruments = th.exchanges.list_instruments("binance")
        assert_type(instruments, AsyncPages[Instrument])
        async for instrument in instruments:
            assert_type(instrument, Instrument)
        assert_type(instruments.pages(), AsyncIterator[Page[Instrument]])
        assert_type(await th.exchanges.list(), list[Exchange])
        assert_type(await th.billing.get_summary(), BillingSummary)
        assert_type(await th.export_schemas.list(), list[SchemaListItem])
    await AsyncClient("key").aclose()
