"""Errors of the emulated xyt hub.

Stated is only that an answer other than 200 may be JSON with `error_description`; which statuses there are is proposed
(API reference, xyt hub, section 2.5).
"""

from __future__ import annotations

import json


class HubError(Exception):
    """An answer that is an error.

    Args:
        status: HTTP status.
        code: The OAuth error code.
        description: The words for people.
    """

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description

    @property
    def headers(self) -> dict[str, str]:
        """The headers beyond those of every answer."""
        return {"www-authenticate": "Bearer"} if self.code == "invalid_token" else {}

    def body(self) -> bytes:
        """Return the JSON body."""
        return json.dumps({"error": self.code, "error_description": self.description}).encode()


def bad_request(description: str) -> HubError:
    """Return the answer to a request that cannot be understood."""
    return HubError(400, "invalid_request", description)


def not_found(description: str) -> HubError:
    """Return the answer to a path that does not exist."""
    return HubError(404, "not_found", description)
