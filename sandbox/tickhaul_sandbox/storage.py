"""The storage origin: presigned downloads, in the manner of S3.

It knows nothing of API keys and refuses a request that carries one, so that a client which leaks its key is found out.
"""

from __future__ import annotations

import asyncio
import logging
import re
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.sax.saxutils import escape

from starlette.requests import Request

from tickhaul_sandbox import mutations, transport
from tickhaul_sandbox.hosts import split_target
from tickhaul_sandbox.presign import RefusedError
from tickhaul_sandbox.recording import RecordedRequest, without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from starlette.types import Receive, Scope, Send

    from tickhaul_sandbox.artifacts.store import Artifact
    from tickhaul_sandbox.faults import Fault
    from tickhaul_sandbox.service import Service

_log = logging.getLogger("tickhaul_sandbox.storage")
_OPERATION = "storage.get"
_CHUNK = 256 * 1024
# The largest number of 64 bits, which some clients write for "to the end", has twenty digits.
_RANGE = re.compile(r"bytes=([0-9]{0,40})-([0-9]{0,40})")
# Files never change, so any instant before the service existed will do.
_LAST_MODIFIED = formatdate(1_700_000_000, usegmt=True)


@dataclass(frozen=True)
class _Selection:
    """What of a file is sent.

    Attributes:
        status: HTTP status.
        headers: Headers of the answer.
        start: The first byte.
        end: The first byte after it.
    """

    status: int
    headers: dict[str, str]
    start: int
    end: int


class _Page(Exception):  # noqa: N818 - an answer, not an error of this code
    """What a proxy answers in the storage's stead."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        super().__init__(status)
        self.status, self.headers, self.body = status, headers, body


class Storage:
    """The ASGI application of the storage origin.

    Args:
        service: The state behind it.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or break off its connection if a fault says so."""
        request = Request(scope, receive)
        unknown = self._service.hosts.refusal(scope)
        if unknown is not None:
            code = "AccessDenied" if unknown.status == 403 else "MisdirectedRequest"
            await self._refuse(send, RefusedError(unknown.status, code, unknown.message, {"connection": "close"}))
            return
        _, path = split_target(scope["raw_path"].decode("latin-1"))
        faults = self._service.faults.draw(_OPERATION, path)
        if "latency" in faults:
            await self._service.pause(faults["latency"].number("seconds"))
        # A request is remembered before its answer is sent, so that whoever has the answer can look it up.
        if not faults.keys().isdisjoint({"reset", "lost-answer"}):
            self._record(request, path, None, faults)
            await transport.reset(scope, receive)
            return
        try:
            artifact = self._find(request, path, faults)
            selection = _select(request, artifact)
        except _Page as page:
            self._record(request, path, page.status, faults)
            await _send(send, page.status, page.headers, page.body)
            return
        except RefusedError as refusal:
            self._record(request, path, refusal.status, faults)
            await self._refuse(send, refusal)
            return
        self._record(request, path, None if "truncated-body" in faults else selection.status, faults)
        selection.headers["x-amz-request-id"] = self._request_id()
        if selection.status == 304:
            await _send(send, 304, selection.headers, b"")
            return
        loop = asyncio.get_running_loop()
        try:
            file = await loop.run_in_executor(self._service.readers, self._service.artifacts.open, artifact)
        except Exception as error:  # noqa: BLE001 - whatever a transform, the disk or the end of the sandbox comes with
            _log.error("%s cannot be made again as it was: %r", artifact.filename, error)
            await self._refuse(send, RefusedError(500, "InternalError", "The file cannot be made again as it was."))
            return
        try:
            await self._stream(request, send, selection, file, faults)
        finally:
            file.close()

    def _find(self, request: Request, path: str, faults: Mapping[str, Fault]) -> Artifact:
        """Return the artifact a request may have.

        Raises:
            RefusedError: If it may not, or there is none, or a fault says so.
            _Page: If a fault says that a proxy answers.
        """
        _interrupt(faults)
        if "x-api-key" in request.headers:
            raise RefusedError(403, "AccessDenied", "There were headers present in the request which were not signed")
        if "authorization" in request.headers:
            raise RefusedError(
                400,
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                "parameter or the Authorization header should be specified",
            )
        if request.method != "GET":
            raise RefusedError(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )
        query = dict(request.query_params)
        self._service.signer.check(path, request.headers.get("host", ""), query, self._service.clock.now_ns())
        *_, export_id, filename = ["", *map(unquote, path.split("/"))]
        for account in self._service.accounts.by_name.values():
            artifact = account.exports.artifact(export_id, filename)
            if artifact is not None:
                return artifact
        raise RefusedError(404, "NoSuchKey", "The specified key does not exist.")

    async def _stream(
        self,
        request: Request,
        send: Send,
        selection: _Selection,
        file: BinaryIO,
        faults: Mapping[str, Fault],
    ) -> None:
        position, end = selection.start, selection.end
        cut = end
        if "truncated-body" in faults:
            wanted = round(faults["truncated-body"].number("bytes"))
            cut = position + min(wanted if wanted >= 0 else (end - position) // 2, max(0, end - position - 1))
        encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in selection.headers.items()]
        await send({"type": "http.response.start", "status": selection.status, "headers": encoded})
        loop = asyncio.get_running_loop()
        file.seek(position)
        while position < cut:
            chunk = await loop.run_in_executor(self._service.readers, file.read, min(_CHUNK, cut - position))
            position += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": position < end})
        if cut < end:
            await transport.hang_up(request.scope, request.receive)

    async def _refuse(self, send: Send, refusal: RefusedError) -> None:
        request_id = self._request_id()
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message>"
            f"<RequestId>{request_id}</RequestId></Error>"
        )
        headers = {"content-type": "application/xml", "x-amz-request-id": request_id, **refusal.headers}
        await _send(send, refusal.status, headers, body.encode())

    def _request_id(self) -> str:
        return self._service.ids.request().removeprefix("req_").upper()

    def _record(self, request: Request, path: str, status: int | None, faults: Mapping[str, Fault]) -> None:
        self._service.requests.add(
            RecordedRequest(
                origin="storage",
                operation=_OPERATION,
                method=request.method,
                path=path,
                query="[secret]" if request.scope["query_string"] else "",
                headers=without_secrets(request.headers.items()),
                body=b"",
                account=None,
                status=status,
                faults=tuple(fault.spec for fault in faults.values()),
            )
        )


def _interrupt(faults: Mapping[str, Fault]) -> None:
    for kind, page in (("html-503", mutations.html_503), ("html-520", mutations.html_520)):
        if kind in faults:
            raise _Page(*page(faults[kind]))
    if "rate-limit" in faults:
        raise RefusedError(
            503, "SlowDown", "Please reduce your request rate.", mutations.retry_after(faults["rate-limit"])
        )
    if "expired-url" in faults:
        raise RefusedError(403, "AccessDenied", "Request has expired")
    if "error" in faults:
        fault = faults["error"]
        raise RefusedError(round(fault.number("status")), fault.text("code"), fault.text("message"))


def _select(request: Request, artifact: Artifact) -> _Selection:
    """Return what a request is to get of a file.

    Raises:
        RefusedError: 412 for another version of the file, 416 for a range outside it.
    """
    size, etag = artifact.size, f'"{artifact.etag}"'
    headers = {
        "etag": etag,
        "last-modified": _LAST_MODIFIED,
        "accept-ranges": "bytes",
        "content-type": "binary/octet-stream",
    }
    if not _listed(request.headers.get("if-match", "*"), etag):
        raise RefusedError(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    # Here, and only here, an ETag that is marked as weak is as good.
    if _listed(request.headers.get("if-none-match", "").replace("W/", ""), etag):
        return _Selection(304, headers, 0, 0)
    whole = _Selection(200, {**headers, "content-length": str(size)}, 0, size)
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    # A date has to be the one that was given, letter by letter.
    same = request.headers.get("if-range", etag) in {etag, _LAST_MODIFIED}
    if match is None or match.group() == "bytes=-" or not same:
        return whole
    first, last = match.groups()
    if first == "":
        start, end = max(0, size - int(last)), size
    elif last and int(last) < int(first):
        return whole
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
    if start >= size or start >= end:
        raise RefusedError(
            416,
            "InvalidRange",
            "The requested range is not satisfiable",
            {"content-range": f"bytes */{size}"},
        )
    headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    return _Selection(206, headers, start, end)


def _listed(field: str, etag: str) -> bool:
    return field.strip() == "*" or etag in (item.strip() for item in field.split(","))


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
