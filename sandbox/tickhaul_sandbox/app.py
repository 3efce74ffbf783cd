"""The API origin: routes, and what every request goes through.

A request is authenticated, counted against the rate limits, perhaps answered from what its idempotency key was answered
before, and then given to its operation; faults strike before, during and after.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route, Router

from tickhaul_sandbox import control, errors, mutations, transport
from tickhaul_sandbox.hosts import split_target
from tickhaul_sandbox.idempotency import canonical, fingerprint
from tickhaul_sandbox.recording import RecordedRequest, without_secrets
from tickhaul_sandbox.routes import OPERATIONS, Operation
from tickhaul_sandbox.state.file import StateError
from tickhaul_sandbox.wire import Answer, Call, read_body
from tickhaul_sandbox.xythub.app import Hub
from tickhaul_sandbox.xythub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from tickhaul_sandbox.accounts import Account
    from tickhaul_sandbox.faults import Fault
    from tickhaul_sandbox.hosts import Refusal
    from tickhaul_sandbox.service import Service

_log = logging.getLogger("tickhaul_sandbox.app")


@dataclass
class _Trace:
    """What is learned about a request on its way."""

    request: Request
    faults: Mapping[str, Fault]
    operation: str
    account: Account | None = None
    admitted: bool = False
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


#: What a fault may name, beside the operations of xyt hub.
OPERATION_NAMES = frozenset({*(operation.name for operation in OPERATIONS), "storage.get", "unknown"})


class Application:
    """The ASGI application of the API origin.

    Args:
        service: The state behind it.
    """

    def __init__(self, service: Service) -> None:
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in OPERATIONS:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        routes = [Route(path, Endpoint(service, operations)) for path, operations in by_path.items()]
        settings = service.settings
        self._service = service
        self._hosts = service.hosts
        self.hub = Hub(settings.hub, service.clock, settings.seed, service.faults, service.requests, service.pause)
        self._router = Router(
            [*routes, *control.routes(service)], default=Endpoint(service, {}), redirect_slashes=False
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        # Routes are matched on the path as it came, so that an encoded slash inside a symbol does not split it.
        raw_path = scope.get("raw_path") or scope["path"].encode()
        # It may be the whole URL, as one writes it to a proxy; any server has to understand that.
        _, path = split_target(raw_path.decode("latin-1"))
        refusal = self._hosts.refusal({**scope, "raw_path": raw_path})
        if refusal is not None:
            await self._refuse(path, refusal, send)
            return
        await (self.hub if self.hub.serves(path) else self._router)({**scope, "path": path}, receive, send)

    async def _refuse(self, path: str, refusal: Refusal, send: Send) -> None:
        if self.hub.serves(path):
            body = HubError(refusal.status, "invalid_request", refusal.message).body()
        else:
            code = "permission_denied" if refusal.status == 403 else "invalid_argument"
            body = _error(errors.ApiError(refusal.status, code, refusal.message)).encode()
        headers = {
            "content-type": "application/json",
            "x-request-id": self._service.ids.request(),
            # Nothing more is read from that client, least of all the rest of a body.
            "connection": "close",
        }
        await _send(send, refusal.status, headers, body)


class Endpoint:
    """What answers at one path.

    Args:
        service: The state behind it.
        operations: Its operations by method; none for a path that does not exist.
    """

    def __init__(self, service: Service, operations: Mapping[str, Operation]) -> None:
        self._service = service
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or break off its connection if a fault says so."""
        request = Request(scope, receive)
        operation = self._operations.get(request.method)
        faults = self._service.faults.draw(operation.name if operation else "unknown", scope["path"])
        trace = _Trace(request, faults, operation.name if operation else "unknown")
        try:
            await self._serve(trace, operation, send)
        except ClientDisconnect:
            self._record(trace, None)

    async def _serve(self, trace: _Trace, operation: Operation | None, send: Send) -> None:
        # A request is remembered before its answer is sent, so that whoever has the answer can look it up.
        request, faults = trace.request, trace.faults
        if "reset" in faults:
            self._record(trace, None)
            await transport.reset(request.scope, request.receive)
            return
        for kind, page in (("html-503", mutations.html_503), ("html-520", mutations.html_520)):
            if kind in faults:
                status, headers, body = page(faults[kind])
                self._record(trace, status)
                await _send(send, status, headers, body)
                return
        answer = await self._answer(trace, operation)
        broken = not faults.keys().isdisjoint({"lost-answer", "truncated-body"})
        self._record(trace, None if broken else answer.status)
        if "lost-answer" in faults:
            await transport.reset(request.scope, request.receive)
            return
        body = mutations.body(answer, faults, request.query_params)
        headers = {
            **({"content-type": "application/json"} if body else {}),
            "x-request-id": self._service.ids.request(),
            **trace.headers,
            **answer.headers,
        }
        if "truncated-body" in faults:
            part = mutations.part(body, faults["truncated-body"])
            await transport.send_part(send, answer.status, _encode(headers, body), part)
            await transport.hang_up(request.scope, request.receive)
        else:
            await _send(send, answer.status, headers, body)

    async def _answer(self, trace: _Trace, operation: Operation | None) -> Answer:
        """Return the answer to a request, once its effect is sure to last."""
        try:
            answer = await self._decide(trace, operation)
            if (
                trace.admitted
                and trace.account
                and 400 <= answer.status < 500
                and not self._service.settings.count_errors
            ):
                trace.headers.update(trace.account.limits.give_back())
            self._service.commit(trace.account)
        except ClientDisconnect:
            raise
        except StateError as error:
            _log.warning("%s could not be written down yet: %s", trace.operation, error)
            return _error(errors.internal())
        except Exception:  # noqa: BLE001 - the service answers 500 whatever goes wrong in it
            _log.exception("%s failed", trace.operation)
            return _error(errors.internal())
        return answer

    async def _decide(self, trace: _Trace, operation: Operation | None) -> Answer:
        try:
            account = self._admit(trace)
            known = self._known(trace.request, operation)
            async with asyncio.timeout(self._service.settings.request_deadline):
                return await self._operate(trace, account, known)
        except errors.ApiError as error:
            return _error(error)
        except TimeoutError:
            return _error(errors.request_timeout())

    def _admit(self, trace: _Trace) -> Account:
        """Return the account of a request that is within its limits.

        Raises:
            ApiError: 401 or 429, or what a fault says.
        """
        account = self._authenticate(trace)
        quota = account.limits.admit()
        trace.headers.update(quota.headers)
        if quota.retry_after is not None:
            raise errors.rate_limited(quota.retry_after)
        trace.admitted = True
        mutations.interrupt(trace.faults)
        return account

    def _authenticate(self, trace: _Trace) -> Account:
        account = self._service.accounts.of_key(trace.request.headers.get("x-api-key", ""))
        if account is None:
            if self._service.settings.limits_on_unauthenticated:
                trace.headers.update(self._service.full_limits())
            raise errors.unauthenticated()
        trace.account = account
        return account

    def _known(self, request: Request, operation: Operation | None) -> Operation:
        if operation is not None:
            return operation
        if self._operations and self._service.settings.unknown_method == 405:
            raise errors.method_not_allowed(request.method, ", ".join(sorted(self._operations)))
        raise errors.not_found("Route", request.scope["path"])

    async def _operate(self, trace: _Trace, account: Account, operation: Operation) -> Answer:
        request = trace.request
        trace.body = await read_body(request, self._service.settings.body_limit)
        if trace.body and self._service.settings.content_type == "reject" and not _is_json(request):
            raise errors.unsupported_media_type()
        call = Call(
            service=self._service,
            account=account,
            operation=operation.name,
            path={name: unquote(value) for name, value in request.path_params.items()},
            query=dict(request.query_params),
            body=trace.body,
        )

        async def act() -> Answer:
            if "latency" in trace.faults:
                await self._service.pause(trace.faults["latency"].number("seconds"))
            try:
                return await operation.handler(call)
            except errors.ApiError as error:
                return _error(error)

        key = request.headers.get("idempotency-key")
        if key is None or not operation.takes_key:
            return await act()
        body = canonical(trace.body) if self._service.settings.idempotency_body == "json" else trace.body
        mark = fingerprint(request.method, request.scope["path"], body)
        return await account.replays.once(key, mark, act)

    def _record(self, trace: _Trace, status: int | None) -> None:
        request = trace.request
        self._service.requests.add(
            RecordedRequest(
                origin="api",
                operation=trace.operation,
                method=request.method,
                path=request.scope["path"],
                query=request.scope["query_string"].decode("latin-1"),
                headers=without_secrets(request.headers.items()),
                body=trace.body,
                account=trace.account.name if trace.account else None,
                status=status,
                faults=tuple(fault.spec for fault in trace.faults.values()),
            )
        )


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _error(error: errors.ApiError) -> Answer:
    return Answer(error.status, error.body(), error.headers)


def _encode(headers: Mapping[str, str], body: bytes) -> list[tuple[bytes, bytes]]:
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return [*encoded, (b"content-length", str(len(body)).encode())] if body else encoded


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _encode(headers, body)})
    await send({"type": "http.response.body", "body": body})
