"""Answers, jobs and errors to test with, importable from another process too."""

from __future__ import annotations

from datetime import UTC, datetime

from tickhaul import errors
from ticksupply_api.models import Datastream, ExportJob

STREAM = Datastream.from_dict(
    {
        "datastream_id": 123,
        "exchange": "binance",
        "instrument": "BTCUSDT",
        "stream_type": "trades",
        "wire_format": "json",
    }
)


def job(status: str, *, reason: str | None = None) -> ExportJob:
    """An export job in a state."""
    return ExportJob(
        id="exp_1",
        datastream_id=123,
        start_time=1_705_312_800_000_000_000,
        end_time=1_705_316_400_000_000_001,
        format="csv",
        status=status,
        created_at=datetime(2024, 1, 15, tzinfo=UTC),
        reason=reason,
    )


def every_error() -> list[errors.TickhaulError]:
    """One error of each class, with every attribute set to something of its own."""
    made: list[errors.TickhaulError] = [
        errors.TickhaulError("words"),
        errors.NetworkError("words", attempts=["first", "second"]),
        errors.DeadlineExceeded("words", deadline=2.5, attempts=["first"]),
        errors.ResponseDecodeError("words", status=200, body_excerpt="{", request_id="req_1", attempts=2),
        errors.PaginationError("words", page_token="e30="),
        errors.DatastreamLookupError("words", candidates=[STREAM]),
        errors.ExportFailed("words", job=job("failed")),
        errors.ExportCanceled("words", job=job("canceled")),
        errors.WaitTimeout("words", job=job("running")),
    ]
    of_api: list[type[errors.ApiError]] = [errors.ApiError, *errors.ApiError.__subclasses__()]
    details = {"max_columns": 100, "provided": [142]}
    made += [
        kind("words", code="c", status=400 + at, details=details, request_id="req_1", retry_after=1.5, attempts=3)
        for at, kind in enumerate(of_api)
    ]
    of_transfer: list[type[errors.TransferError]] = [errors.TransferError, *errors.TransferError.__subclasses__()]
    # Other test modules may make classes of their own.
    made += [kind("words", filename="a.csv.gz") for kind in of_transfer if kind.__module__ == errors.__name__]
    return made


def fail_with(place: int) -> None:
    """Raise one of the errors."""
    raise every_error()[place]
