"""What people get wrong, as a type checker must tell them. Never run; see `test_typing`, which takes the marks away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul import (
    AsyncClient,
    Client,
    ExportFailed,
    Quota,
    models,
)

if TYPE_CHECKING:
    from tickhaul.models import Datastream, ExportJob, Subscription


def building() -> None:
    Client(5)  # type: ignore[arg-type]  # a key is text
    Client("key", "https://h")  # type: ignore[call-arg]  # the rest is by name
    Client("key", timeout="30")  # type: ignore[arg-type]  # seconds are a number
    Client("key", timeout=None)  # type: ignore[arg-type]  # there is no "no timeout"
    Client("key", retries=3)  # type: ignore[call-arg]  # it is max_retries
    Client("key", quota=100)  # type: ignore[arg-type]  # a Quota says for which time
    Client("key", on_retry=lambda: None)  # type: ignore[arg-type, misc]  # it is told what happened
    Quota("100")  # type: ignore[arg-type]  # a count is a number


def calling(th: Client, job: ExportJob, stream: Datastream, subscription: Subscription) -> None:
    th.datastreams.find("binance", "BTCUSDT")  # type: ignore[call-arg]  # of which type
    th.subscriptions.create("123")  # type: ignore[arg-type]  # an id is a number
    th.subscriptions.create(job)  # type: ignore[arg-type]  # not a datastream
    th.exports.create(stream, "2024-01-15")  # type: ignore[call-arg]  # until when
    th.exports.create(stream, 1.5, 2.5)  # type: ignore[arg-type]  # a float cannot hold nanoseconds
    th.exports.create(stream, 0, 1, "raw")  # type: ignore[call-arg]  # the rest is by name
    th.exports.wait(stream)  # type: ignore[arg-type]  # not a job
    th.exports.get(123)  # type: ignore[arg-type]  # a job's id is text
    th.exports.get(subscription)  # type: ignore[arg-type]  # not a job
    th.exports.get("exp_1", idempotency_key="k")  # type: ignore[call-arg]  # a read needs none
    th.exports.list(limit=5)  # type: ignore[call-arg]  # it is max_items or page_size
    th.exports.list()[0]  # type: ignore[index]  # lists are lazy
    th.export_schemas.create("mine", "trade", ["time"])  # type: ignore[list-item]  # a column says where from
    th.transfers  # type: ignore[attr-defined]  # noqa: B018 (no such resource)


def reading(job: ExportJob, error: ExportFailed, th: Client) -> None:
    job.start_time.year  # type: ignore[attr-defined]  # noqa: B018 (nanoseconds; start is the datetime)
    job.finished_at.year  # type: ignore[union-attr]  # noqa: B018 (None until then)
    job.artifacts  # type: ignore[attr-defined]  # noqa: B018 (those are of the download)
    error.status  # type: ignore[attr-defined]  # noqa: B018 (the job has it)
    th.last_response.status  # type: ignore[union-attr]  # noqa: B018 (None before the first)
    models.Page  # type: ignore[attr-defined]  # noqa: B018 (no model)


async def waiting(th: AsyncClient) -> None:
    th.billing.get_summary().plan  # type: ignore[attr-defined]  # noqa: B018 (not awaited)
    for _ in th.exports.list():  # type: ignore[attr-defined]  # walked with async for
        pass
    with th:  # type: ignore[attr-defined]  # entered with async with
        pass
    th.close()  # type: ignore[attr-defined]  # it is aclose
