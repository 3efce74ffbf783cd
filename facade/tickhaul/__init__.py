"""tickhaul: recorded tick data, brought home.

    from tickhaul import Client

    with Client() as th:
        stream = th.datastreams.find("binance", "BTCUSDT", "trades")
        th.subscriptions.ensure(stream)
        job = th.exports.create(stream, start="2024-01-15T10:00Z", end="2024-01-15T11:00Z")
        files = th.exports.download(th.exports.wait(job), "data/")

`AsyncClient` is the same under an event loop. Errors are in `tickhaul.errors`, the shapes of answers in
`tickhaul.models`. Names load when they are first used, so importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tickhaul._version import __version__

if TYPE_CHECKING:
    from tickhaul import errors, models
    from tickhaul._async.client import AsyncClient
    from tickhaul._async.pages import AsyncPages
    from tickhaul._core.paging import Page
    from tickhaul._core.quota import Quota
    from tickhaul._core.times import TimeLike
    from tickhaul._sync.client import Client
    from tickhaul._sync.pages import Pages
    from tickhaul.errors import (
        ApiError,
        AuthenticationError,
        ConflictError,
        DatastreamLookupError,
        DeadlineExceeded,
        ExportCanceled,
        ExportFailed,
        IntegrityError,
        InvalidArgumentError,
        NetworkError,
        NotFoundError,
        PaginationError,
        PaymentRequiredError,
        PermissionDeniedError,
        RateLimitError,
        RequestTimeoutError,
        ResponseDecodeError,
        ServerError,
        StorageError,
        TickhaulError,
        TransferCanceled,
        TransferError,
        UnsafeFilenameError,
        WaitTimeout,
    )
    from tickhaul.hooks import RequestInfo, ResponseInfo, RetryInfo
    from tickhaul.transfer import DownloadedFile, Progress
    from tickhaul.xythub.errors import FramingError, TableError, TokenError

__all__ = [
    "ApiError",
    "AsyncClient",
    "AsyncPages",
    "AuthenticationError",
    "Client",
    "ConflictError",
    "DatastreamLookupError",
    "DeadlineExceeded",
    "DownloadedFile",
    "ExportCanceled",
    "ExportFailed",
    "FramingError",
    "IntegrityError",
    "InvalidArgumentError",
    "NetworkError",
    "NotFoundError",
    "Page",
    "Pages",
    "PaginationError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "Progress",
    "Quota",
    "RateLimitError",
    "RequestInfo",
    "RequestTimeoutError",
    "ResponseDecodeError",
    "ResponseInfo",
    "RetryInfo",
    "ServerError",
    "StorageError",
    "TableError",
    "TickhaulError",
    "TimeLike",
    "TokenError",
    "TransferCanceled",
    "TransferError",
    "UnsafeFilenameError",
    "WaitTimeout",
    "__version__",
    "errors",
    "models",
]

_HOMES = {
    "AsyncClient": "tickhaul._async.client",
    "AsyncPages": "tickhaul._async.pages",
    "Client": "tickhaul._sync.client",
    "DownloadedFile": "tickhaul.transfer",
    "FramingError": "tickhaul.xythub.errors",
    "Page": "tickhaul._core.paging",
    "Pages": "tickhaul._sync.pages",
    "Progress": "tickhaul.transfer",
    "Quota": "tickhaul._core.quota",
    "RequestInfo": "tickhaul.hooks",
    "ResponseInfo": "tickhaul.hooks",
    "RetryInfo": "tickhaul.hooks",
    "TableError": "tickhaul.xythub.errors",
    "TimeLike": "tickhaul._core.times",
    "TokenError": "tickhaul.xythub.errors",
}


# Hidden from type checkers, which would take it for a promise of any name at all.
if not TYPE_CHECKING:  # pragma: no branch

    def __getattr__(name: str) -> object:
        if name in ("errors", "models"):
            return import_module(f"tickhaul.{name}")
        if name not in __all__:
            raise AttributeError(f"module 'tickhaul' has no attribute {name!r}")
        value: object = getattr(import_module(_HOMES.get(name, "tickhaul.errors")), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
