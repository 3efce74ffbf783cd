"""Controlling a running sandbox over HTTP: its time, its faults, its accounts' billing, its memory of requests.

Nothing of this is the service's; it lives beside it under `/_sandbox/` and answers in the service's manner. It wants an
API key, any one, but counts against no limit and is not remembered.

    GET    /_sandbox/clock                       {"now_ns": ..., "now": "..."}
    POST   /_sandbox/clock/advance               {"seconds": 3600}
    GET    /_sandbox/faults                      {"faults": [...], "strikes": [...]}
    POST   /_sandbox/faults                      {"spec": "reset:exports.get:times=1"}
    DELETE /_sandbox/faults
    GET    /_sandbox/requests                    the requests remembered, oldest first
    DELETE /_sandbox/requests
    PUT    /_sandbox/accounts/{name}/billing     {"access_status": "GRACE"}
"""

from __future__ import annotations

import asyncio
import json
import logging
import weakref
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tickhaul_sandbox import errors
from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.errors import ApiError, invalid_argument, not_found
from tickhaul_sandbox.faults import FaultError
from tickhaul_sandbox.state.file import StateError
from tickhaul_sandbox.times import format_instant
from tickhaul_sandbox.wire import Answer, read_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from starlette.types import Receive, Scope, Send

    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.recording import RecordedRequest
    from tickhaul_sandbox.service import Service

    Action = Callable[[Service, Request, JsonObject], "Answer | Iterator[bytes]"]

_log = logging.getLogger("tickhaul_sandbox.control")
# 2200, so that what follows from an instant of the sandbox stays within 64 bits of nanoseconds (2262).
_LATEST_NS = 7_258_118_400 * SECOND
_PART_BYTES = 64 << 10


def routes(service: Service) -> list[Route]:
    """Return the routes of the controls."""
    known = [Route(path, _Control(service, actions)) for path, actions in _ACTIONS.items()]
    return [*known, Route("/_sandbox/{rest:path}", _Control(service, {}))]


class _Control:
    """What answers at one path of the controls."""

    def __init__(self, service: Service, actions: dict[str, Action]) -> None:
        self._service = service
        self._actions = actions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer: Answer | Iterator[bytes]
        try:
            answer = await self._answer(request)
        except ApiError as error:
            answer = Answer(error.status, error.body(), error.headers)
        except StateError as error:
            _log.warning("%s could not be written down yet: %s", request.url.path, error)
            answer = Answer(500, errors.internal().body())
        if not isinstance(answer, Answer):
            await StreamingResponse(answer, media_type="application/json")(scope, receive, send)
            return
        headers = {"content-type": "application/json", **answer.headers} if answer.status != 204 else {}
        await Response(answer.encode(), answer.status, headers)(scope, receive, send)

    async def _answer(self, request: Request) -> Answer | Iterator[bytes]:
        if self._service.accounts.of_key(request.headers.get("x-api-key", "")) is None:
            raise errors.unauthenticated()
        if not self._actions:
            raise not_found("Route", request.url.path)
        action = self._actions.get(request.method)
        if action is None:
            raise errors.method_not_allowed(request.method, ", ".join(sorted(self._actions)))
        fields: Json = {}
        if request.method in {"POST", "PUT"}:
            try:
                async with asyncio.timeout(self._service.settings.request_deadline):
                    body = await read_body(request, self._service.settings.body_limit)
                fields = json.loads(body)
            except TimeoutError:
                raise errors.request_timeout() from None
            except (ValueError, RecursionError):
                raise invalid_argument("Malformed JSON in the request body") from None
        if not isinstance(fields, dict):
            raise invalid_argument("The request body must be a JSON object")
        answer = action(self._service, request, fields)
        self._service.commit(None)
        return answer


def _show_clock(service: Service, request: Request, fields: JsonObject) -> Answer:
    del request, fields
    now = service.clock.now_ns()
    return Answer(200, {"now_ns": now, "now": format_instant(now)})


def _advance_clock(service: Service, request: Request, fields: JsonObject) -> Answer:
    seconds = fields.get("seconds")
    farthest = (_LATEST_NS - service.clock.now_ns()) // SECOND
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= farthest:
        raise invalid_argument("Invalid seconds: must not be negative, nor lead past the year 2199")
    service.clock.advance(float(seconds))
    return _show_clock(service, request, fields)


def _show_faults(service: Service, request: Request, fields: JsonObject) -> Answer:
    del request, fields
    strikes: list[Json] = [
        {"spec": strike.spec, "operation": strike.operation, "path": strike.path} for strike in service.faults.strikes
    ]
    return Answer(200, {"faults": [*service.faults.specs], "strikes": strikes})


def _add_fault(service: Service, request: Request, fields: JsonObject) -> Answer:
    spec = fields.get("spec")
    if not isinstance(spec, str):
        raise invalid_argument("Invalid spec: must be a text")
    try:
        service.faults.add(spec)
    except FaultError as error:
        raise invalid_argument(f"Invalid spec: {error}") from None
    return _show_faults(service, request, fields)


def _clear_faults(service: Service, request: Request, fields: JsonObject) -> Answer:
    del request, fields
    service.faults.clear()
    return Answer(204)


def _show_requests(service: Service, request: Request, fields: JsonObject) -> Iterator[bytes]:
    del request, fields
    # A client that does not read holds nothing that is forgotten in the meantime.
    return _listed([weakref.ref(item) for item in service.requests])


def _listed(items: Iterable[weakref.ref[RecordedRequest]]) -> Iterator[bytes]:
    """Return the JSON of the requests that are still remembered, part by part as it is sent."""
    part = bytearray(b"[")
    separator = b""
    for item in items:
        recorded = item()
        if recorded is None:
            continue
        part += separator + json.dumps(_recorded(recorded), separators=(",", ":")).encode()
        separator = b","
        del recorded
        if len(part) >= _PART_BYTES:
            yield bytes(part)
            part.clear()
    yield bytes(part + b"]")


def _clear_requests(service: Service, request: Request, fields: JsonObject) -> Answer:
    del request, fields
    service.requests.clear()
    return Answer(204)


def _set_billing(service: Service, request: Request, fields: JsonObject) -> Answer:
    account = service.accounts.by_name.get(request.path_params["name"])
    if account is None:
        raise not_found("Account", request.path_params["name"])
    status = fields.get("access_status")
    if not isinstance(status, str) or status not in service.settings.billing_blocks:
        raise invalid_argument(f"Invalid access_status: must be one of {', '.join(service.settings.billing_blocks)}")
    account.access_status = status
    service.commit(account)
    return Answer(204)


def _recorded(item: RecordedRequest) -> Json:
    return {
        "origin": item.origin,
        "operation": item.operation,
        "method": item.method,
        "path": item.path,
        "query": item.query,
        "headers": dict(item.headers),
        "body": item.body.decode("utf-8", "replace"),
        "account": item.account,
        "status": item.status,
        "faults": list(item.faults),
    }


_ACTIONS: dict[str, dict[str, Action]] = {
    "/_sandbox/clock": {"GET": _show_clock},
    "/_sandbox/clock/advance": {"POST": _advance_clock},
    "/_sandbox/faults": {"GET": _show_faults, "POST": _add_fault, "DELETE": _clear_faults},
    "/_sandbox/requests": {"GET": _show_requests, "DELETE": _clear_requests},
    "/_sandbox/accounts/{name}/billing": {"PUT": _set_billing},
}
