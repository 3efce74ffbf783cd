"""Requests in the form they have on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tickhaul._core.wire import WireRequest
from tickhaul.net.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul.xythub.operations import Operation


class FrameWriter:
    """Writes requests down.

    Args:
        authority: the ``Host`` value.
        user_agent: who is asking.
    """

    def __init__(self, authority: str, user_agent: str) -> None:
        self._headers = [
            (b"Host", authority.encode()),
            (b"User-Agent", user_agent.encode()),
            (b"Accept", b"*/*"),
            (b"Accept-Encoding", b"gzip"),
        ]

    def write(
        self,
        operation: Operation[object],
        arguments: Mapping[str, object],
        key: str | None,  # noqa: ARG002 (no operation takes one)
    ) -> WireRequest:
        """The request of a call.

        Args:
            operation: what is called.
            arguments: ``body``, which is bytes, a secret text or ``None``, and ``authorization``, the value of the header
                of that name. Secrets are wrapped, for tools that report errors show the variables of a call.
            key: always ``None``.
        """
        body = cast("bytes | Secret | None", arguments["body"])
        credential = (b"Authorization", cast("Secret", arguments["authorization"]))
        headers = list(self._headers)
        if body is not None:
            length = len(body.reveal().encode() if isinstance(body, Secret) else body)
            headers.append((b"Content-Type", (operation.content_type or "").encode()))
            headers.append((b"Content-Length", str(length).encode()))
        return WireRequest(operation.method, operation.path, operation.path.encode(), headers, credential, body)
