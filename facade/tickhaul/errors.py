"""One exception tree for everything that can go wrong.

::

    TickhaulError
    ├── ApiError                      the service answered with an error
    │   ├── InvalidArgumentError      400
    │   ├── AuthenticationError       401
    │   ├── PaymentRequiredError      402
    │   ├── PermissionDeniedError     403
    │   ├── NotFoundError             404
    │   ├── RequestTimeoutError       408
    │   ├── ConflictError             409
    │   ├── RateLimitError            429
    │   └── ServerError               5xx
    ├── NetworkError                  the request or its answer was lost
    ├── DeadlineExceeded              the whole call ran out of time (also a TimeoutError)
    ├── ResponseDecodeError           a success that does not fit the contract
    ├── PaginationError               the service repeated a page token
    ├── DatastreamLookupError         no datastream, or more than one, fits what was looked for (also a LookupError)
    ├── ExportFailed                  the export job ended in `failed`
    ├── ExportCanceled                the export job ended in `canceled` or `deleted`
    ├── WaitTimeout                   the export job did not end in time (also a TimeoutError)
    └── TransferError                 a file could not be brought home
        ├── UnsafeFilenameError       the service named a file that could leave the folder
        ├── IntegrityError            what arrived is not what was announced
        ├── StorageError              the storage host refused, or the local disk did
        └── TransferCanceled          the transfer was asked to stop

Arguments that are wrong before anything is sent are plain ``ValueError`` and ``TypeError``.

Every error here survives ``pickle`` and ``copy`` with all its attributes, so it can cross a process pool, and none
holds an API key, a presigned query, or the transport library's request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ticksupply_api.models import Datastream, ExportJob

__all__ = [
    "ApiError",
    "AuthenticationError",
    "ConflictError",
    "DatastreamLookupError",
    "DeadlineExceeded",
    "ExportCanceled",
    "ExportFailed",
    "IntegrityError",
    "InvalidArgumentError",
    "NetworkError",
    "NotFoundError",
    "PaginationError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestTimeoutError",
    "ResponseDecodeError",
    "ServerError",
    "StorageError",
    "TickhaulError",
    "TransferCanceled",
    "TransferError",
    "UnsafeFilenameError",
    "WaitTimeout",
]


class TickhaulError(Exception):
    """The root: ``except TickhaulError`` catches whatever this library raises about a call in flight."""

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call ``__init__`` with ``args`` alone, which fails for classes with keyword arguments.
        return (_restore, (type(self), self.args, self.__dict__))


def _restore(cls: type[TickhaulError], args: tuple[object, ...], state: dict[str, object]) -> TickhaulError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ApiError(TickhaulError):
    """The service answered, and the answer is an error.

    Attributes:
        code: the service's stable error code (``not_found``), or ``unknown`` when the body is not its error envelope.
        status: the HTTP status.
        message: the service's words for a human; they may change.
        details: the free-form ``error.details`` object, empty when absent.
        request_id: the ``X-Request-Id`` header, which support asks for; ``None`` when the answer had none.
        retry_after: seconds the service asked to wait before another try; ``None`` when it did not say.
        attempts: how many times the request was sent, this answer included.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int,
        details: Mapping[str, object] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.details: dict[str, object] = dict(details or {})
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = attempts

    def __str__(self) -> str:
        parts = [f"{self.status} {self.code}"]
        if self.request_id:
            parts.append(f"request {self.request_id}")
        if self.attempts > 1:
            parts.append(f"{self.attempts} attempts")
        if self.retry_after is not None:
            parts.append(f"retry after {self.retry_after:g} s")
        return f"{self.message} ({', '.join(parts)})"


class InvalidArgumentError(ApiError):
    """400: the service rejects a parameter, a body or an idempotency key."""


class AuthenticationError(ApiError):
    """401: the API key is missing, wrong, expired or deleted."""


class PaymentRequiredError(ApiError):
    """402: the plan, the trial or an overdue invoice does not allow it."""


class PermissionDeniedError(ApiError):
    """403: the key is valid but the act is not allowed, such as an export of a deleted subscription."""


class NotFoundError(ApiError):
    """404: there is no such resource in this account."""


class RequestTimeoutError(ApiError):
    """408: the service did not finish the request within its own ten seconds."""


class ConflictError(ApiError):
    """409: it exists already, or the idempotency key belongs to another request or to one still running."""


class RateLimitError(ApiError):
    """429: the account's requests a minute or an hour are used up; ``retry_after`` tells for how long."""


class ServerError(ApiError):
    """5xx: the service or a proxy before it failed."""


class NetworkError(TickhaulError):
    """The request or its answer was lost, as often as it was tried.

    Attributes:
        message: what happened last, in words.
        attempts: one line for each try, oldest first.
    """

    def __init__(self, message: str, *, attempts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.attempts = tuple(attempts)


class DeadlineExceeded(TickhaulError, TimeoutError):
    """The whole call, its retries and waits included, ran out of time.

    Attributes:
        message: what the call was doing when the time ran out.
        deadline: the seconds it had.
        attempts: one line for each try, oldest first.
    """

    def __init__(self, message: str, *, deadline: float, attempts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.deadline = deadline
        self.attempts = tuple(attempts)


class ResponseDecodeError(TickhaulError):
    """The service reported success with a body that does not fit the contract.

    Attributes:
        message: what did not fit.
        status: the HTTP status.
        body_excerpt: the start of the body, with the queries of URLs removed.
        request_id: the ``X-Request-Id`` header, or ``None``.
        attempts: how many times the request was sent.
    """

    def __init__(
        self, message: str, *, status: int, body_excerpt: str, request_id: str | None = None, attempts: int = 1
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.body_excerpt = body_excerpt
        self.request_id = request_id
        self.attempts = attempts


class PaginationError(TickhaulError):
    """The service answered with a page token it had given before; following it would never end.

    Attributes:
        message: which list, and what to do.
        page_token: the repeated token.
    """

    def __init__(self, message: str, *, page_token: str) -> None:
        super().__init__(message)
        self.message = message
        self.page_token = page_token


class DatastreamLookupError(TickhaulError, LookupError):
    """No datastream fits what was looked for, or several do.

    Attributes:
        message: what was looked for and what there is instead.
        candidates: the datastreams that come nearest; empty when the exchange or the instrument is unknown.
    """

    def __init__(self, message: str, *, candidates: Sequence[Datastream]) -> None:
        super().__init__(message)
        self.message = message
        self.candidates = tuple(candidates)


class _JobError(TickhaulError):
    """An error about an export job."""

    def __init__(self, message: str, *, job: ExportJob) -> None:
        super().__init__(message)
        self.message = message
        self.job = job


class ExportFailed(_JobError):
    """The export job ended in ``failed``.

    Attributes:
        message: which job, and the service's reason.
        job: the job as last seen; ``job.reason`` is the reason alone.
    """


class ExportCanceled(_JobError):
    """The export job was canceled or deleted before it finished.

    Attributes:
        message: which job, and how it ended.
        job: the job as last seen.
    """


class WaitTimeout(_JobError, TimeoutError):
    """The export job did not end in the time given; it goes on, unless canceling was asked for.

    Attributes:
        message: which job, and how long it was waited for.
        job: the job as last seen.
    """


class TransferError(TickhaulError):
    """A file could not be brought home. What was already fetched is kept where a later run can use it.

    Attributes:
        message: what happened and what to do.
        filename: the artifact's file name, or ``None`` when the failure concerns the whole transfer.
    """

    def __init__(self, message: str, *, filename: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.filename = filename


class UnsafeFilenameError(TransferError):
    """The service named a file that is no plain name (a path, a reserved name, control characters)."""


class IntegrityError(TransferError):
    """What arrived is not what was announced (size, checksum, or the file changed underneath), or cannot be announced so.

    The latter is an artifact's id or length that cannot be one, and an artifact that is listed twice.
    """


class StorageError(TransferError):
    """The storage host refused or kept failing, its URL cannot be used, or the local disk could not take the file."""


class TransferCanceled(TransferError):
    """The transfer was canceled. The same call resumes from what could be kept."""
