"""The error envelope of the API, one constructor per documented code.

Source: docs guides/error-handling, as compiled in section 4 of the API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul_sandbox.jsontypes import JsonObject


_CODES = {400: "invalid_argument", 403: "permission_denied", 404: "not_found", 409: "already_exists"}


class ApiError(Exception):
    """An answer that is an error.

    Args:
        status: HTTP status.
        code: The stable error code.
        message: Text for people.
        details: Free-form details; left out of the body when `None`.
        headers: Further response headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: JsonObject | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    def body(self) -> JsonObject:
        """Return the JSON envelope `{"error": {...}}`."""
        error: JsonObject = {"code": self.code, "message": self.message}
        if self.details is not None:
            error["details"] = self.details
        return {"error": error}


def invalid_argument(message: str, details: JsonObject | None = None) -> ApiError:
    """Return the 400 of a missing, ill-typed or unknown argument."""
    return ApiError(400, "invalid_argument", message, details=details)


def unauthenticated() -> ApiError:
    """Return the 401 of a missing, wrong or deleted key."""
    return ApiError(401, "unauthenticated", "Invalid or missing API key")


def payment_required(message: str, details: JsonObject | None = None) -> ApiError:
    """Return the 402 of a billing state or plan limit that forbids the operation."""
    return ApiError(402, "payment_required", message, details=details)


def permission_denied(message: str) -> ApiError:
    """Return the 403 of a valid key that may not do this."""
    return ApiError(403, "permission_denied", message)


def not_found(resource: str, name: str | int) -> ApiError:
    """Return the 404 of an unknown, deleted or foreign resource."""
    return ApiError(404, "not_found", f"{resource} {name} not found")


def method_not_allowed(method: str, allowed: str) -> ApiError:
    """Return the 405 of a known path with another method; the code is this sandbox's own reading."""
    return ApiError(405, "invalid_argument", f"Method {method} not allowed", headers={"Allow": allowed})


def request_timeout() -> ApiError:
    """Return the 408 of a request that outlived the server's deadline."""
    return ApiError(408, "request_timeout", "Request was not finished within the deadline")


def conflict(message: str) -> ApiError:
    """Return the 409 of a resource that exists, or of an idempotency conflict."""
    return ApiError(409, "already_exists", message)


def refused(status: int, message: str) -> ApiError:
    """Return the error of a status that the settings choose, with the documented code of that status.

    Args:
        status: 400, 403, 404 or 409.
        message: Text for people.
    """
    return ApiError(status, _CODES[status], message)


def unsupported_media_type() -> ApiError:
    """Return the 415 of a body that is no JSON; the code is this sandbox's own reading."""
    return ApiError(415, "invalid_argument", "Content-Type must be application/json")


def rate_limited(retry_after: int) -> ApiError:
    """Return the 429 of an exhausted bucket.

    Args:
        retry_after: Seconds until the bucket has capacity again.
    """
    plural = "second" if retry_after == 1 else "seconds"
    return ApiError(
        429,
        "rate_limited",
        f"Rate limit exceeded. Retry after {retry_after} {plural}.",
        headers={"Retry-After": str(retry_after)},
    )


def internal() -> ApiError:
    """Return the 500 of a fault in the sandbox itself."""
    return ApiError(500, "internal", "Internal server error")
