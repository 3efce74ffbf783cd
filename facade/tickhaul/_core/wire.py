"""A call in the form it has on the wire, made once and sent unchanged on every try."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from tickhaul.net.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tickhaul._core.operations import Operation


@dataclass(frozen=True, slots=True, repr=False)
class WireRequest:
    """One request.

    Secrets stay wrapped until it is sent: tools that report errors show the variables of every function on the way.

    Attributes:
        method: the HTTP method.
        path: the percent-encoded path, fit for logs.
        target: path and query.
        headers: name and value of each but the credential, ``Host`` included.
        credential: name and value of the header that says who is asking; ``None`` to send no credential.
        body: the encoded body, or ``None``.
    """

    method: str
    path: str
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    credential: tuple[bytes, Secret] | None
    body: bytes | Secret | None

    def reveal(self) -> tuple[list[tuple[bytes, bytes]], bytes | None]:
        """All headers and the body as they go on the wire, for the one place that puts them there."""
        headers = list(self.headers)
        if self.credential is not None:
            name, secret = self.credential
            headers.append((name, secret.reveal().encode()))
        return headers, self.body.reveal().encode() if isinstance(self.body, Secret) else self.body


class Stamp:
    """The headers every request of a client carries.

    Args:
        authority: the ``Host`` value.
        secret: the API key.
        user_agent: who is asking.
    """

    def __init__(self, authority: str, secret: Secret, user_agent: str) -> None:
        self._headers = [
            (b"Host", authority.encode()),
            (b"User-Agent", user_agent.encode()),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"gzip"),
        ]
        self._credential = (b"X-Api-Key", secret)

    def write(self, operation: Operation[object], arguments: Mapping[str, object], key: str | None) -> WireRequest:
        """The request of a call.

        Args:
            operation: what is called.
            arguments: as its generated module takes them.
            key: the idempotency key, or ``None`` where the operation takes none.

        Raises:
            ValueError: an argument cannot be written as a URL or as JSON.
            TypeError: an argument is of a type that JSON does not have.
        """
        parts = operation.request(**arguments)
        path = cast("str", parts["url"])
        query = _query(operation.name, cast("Mapping[str, object]", parts.get("params") or {}))
        body = _body(operation.name, parts["json"]) if "json" in parts else None
        headers = list(self._headers)
        if body is not None:
            headers.append((b"Content-Type", b"application/json"))
        if operation.method in ("POST", "PUT"):
            # A POST without a body says so, else some proxies wait for one.
            headers.append((b"Content-Length", str(len(body or b"")).encode()))
        if key is not None:
            headers.append((b"Idempotency-Key", key.encode()))
        return WireRequest(
            method=operation.method,
            path=path,
            target=(f"{path}?{query}" if query else path).encode(),
            headers=headers,
            credential=self._credential,
            body=body,
        )


def _query(operation: str, params: Mapping[str, object]) -> str:
    try:
        return urlencode(params)
    except UnicodeEncodeError:
        raise ValueError(f"{operation}: {params!r} holds half a character (a lone surrogate)") from None


def _body(operation: str, document: object) -> bytes:
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise ValueError(f"{operation}: the body holds half a character (a lone surrogate)") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{operation}: the body cannot be written as JSON: {error}") from None
    except TypeError as error:
        raise TypeError(f"{operation}: the body cannot be written as JSON: {error}") from None
