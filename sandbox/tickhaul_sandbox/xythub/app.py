"""The ASGI application of the emulated xyt hub: routes, tokens, frames, and what goes wrong on request."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.requests import Request

from tickhaul_sandbox import mutations, transport
from tickhaul_sandbox.errors import ApiError
from tickhaul_sandbox.faults import Faults
from tickhaul_sandbox.recording import RecordedRequest, Recorder, without_secrets
from tickhaul_sandbox.xythub import catalog, generic, typed
from tickhaul_sandbox.xythub.contracts import NEW, OLD
from tickhaul_sandbox.xythub.errors import HubError, bad_request, not_found
from tickhaul_sandbox.xythub.framing import FrameError, frame, spoil, unframe
from tickhaul_sandbox.xythub.parameters import Parameters
from tickhaul_sandbox.xythub.protobuf import WireError
from tickhaul_sandbox.xythub.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.faults import Fault
    from tickhaul_sandbox.xythub.protobuf import Message
    from tickhaul_sandbox.xythub.settings import HubSettings

_log = logging.getLogger("tickhaul_sandbox.xythub")

TOKEN_PATH = "/auth/oauth/token"  # noqa: S105 - a path
USER_PATH = "/auth/user"
_GET = "/get/"
#: With the source in front it is only proposed (section 9.2).
_GENERIC = re.compile(r"(/(?!v1/)[^/]+)?/get/[^/]+")
_FRAMED = "application/octet-stream"
_JSON = "application/json"
_BODY_LIMIT = 1 << 20


@dataclass(frozen=True)
class _Route:
    """An operation at a path: the names of its messages, and what answers; one without an answer's name gives CSV."""

    request: str
    response: str | None
    answer: Callable[[typed.Market, Any], Any]


#: API reference, xyt hub, section 1.3.
ROUTES: Mapping[str, _Route] = {
    "/days/availability": _Route("DaysAvailabilityRequest", "DaysAvailabilityResponse", typed.days_availability),
    "/tickData": _Route("TickDataRequest", "TickDataResponse", typed.tick_data),
    "/ohlcv": _Route("OhlcvRequest", "OhlcvResponse", typed.ohlcv),
    "/lookup/otherVenues": _Route("LookupOtherVenuesRequest", "LookupOtherVenuesResponse", typed.other_venues),
    "/orders": _Route("OrderDataRequest", "OrderDataResponse", typed.orders),
    "/auctions": _Route("AuctionDataRequest", "AuctionDataResponse", typed.auctions),
    "/instrumentStatus": _Route("InstrumentStatusRequest", "InstrumentStatusResponse", typed.instrument_status),
    "/tickRules": _Route("TickRulesRequest", "TickRulesResponse", typed.tick_rules),
    "/overview/exchanges": _Route("OverviewExchangesRequest", "OverviewExchangesResponse", catalog.overview_exchanges),
    "/overview/days": _Route("OverviewDaysRequest", "OverviewDaysResponse", catalog.overview_days),
    "/overview/symbols": _Route("OverviewSymbolsRequest", "OverviewSymbolsResponse", catalog.overview_symbols),
    "/overview/tables": _Route("OverviewTablesRequest", "OverviewTablesResponse", catalog.overview_tables),
    "/csv/timeseries": _Route("TimeseriesRequest", None, catalog.timeseries),
    "/csv/snapshots": _Route("SnapshotsRequest", None, catalog.snapshots),
    "/product": _Route("ProductSearchRequest", "ProductSearchResponse", catalog.search),
    "/overview/products": _Route("OverviewProductsRequest", "OverviewProductsResponse", catalog.overview_products),
    "/overview/datasets": _Route("OverviewDatasetsRequest", "OverviewDatasetsResponse", catalog.overview_datasets),
    "/overview/entities": _Route("OverviewEntitiesRequest", "OverviewEntitiesResponse", catalog.overview_entities),
}


@dataclass(frozen=True)
class _Reply:
    """What is sent back."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str]


class Hub:
    """The application.

    Faults name its operations `xyt.` and the path with dots, such as `xyt.token`, `xyt.user`, `xyt.tickData` and
    `xyt.get.lcGetMarketShare`.

    Args:
        settings: How it is to be.
        clock: Its time.
        seed: Where its randomness starts.
        faults: What is to go wrong; nothing when left out.
        requests: Where requests are remembered; a place of its own when left out.
        pause: How to let time pass.
    """

    def __init__(
        self,
        settings: HubSettings,
        clock: Clock,
        seed: int = 0,
        faults: Faults | None = None,
        requests: Recorder | None = None,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.tokens = Tokens(settings, clock, seed)
        self.faults = Faults() if faults is None else faults
        self.requests = Recorder(10_000, 32 << 20) if requests is None else requests
        self._pause = pause
        self._market = typed.Market(seed, settings)
        self._ids = random.Random(f"xyt-ids:{seed}")

    @staticmethod
    def serves(path: str) -> bool:
        """Return whether a path is one of its own."""
        return path in ROUTES or path in (TOKEN_PATH, USER_PATH) or _GENERIC.fullmatch(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or break off its connection if a fault says so."""
        request = Request(scope, receive)
        operation = operation_name(scope["path"])
        faults = self.faults.draw(operation, scope["path"])
        try:
            async with asyncio.timeout(self._market.settings.request_seconds):
                body = await _read(request)
        except TimeoutError:
            late = HubError(408, "invalid_request", "The request did not come to its end in time")
            self._record(request, operation, b"", late.status, faults)
            await _send(send, _Reply(late.status, _JSON, late.body(), {}))
            return
        if "latency" in faults:
            await self._pause(faults["latency"].number("seconds"))
        if "reset" in faults:
            self._record(request, operation, body, None, faults)
            await transport.reset(scope, receive)
            return
        for kind, page in (("html-503", mutations.html_503), ("html-520", mutations.html_520)):
            if kind in faults:
                status, headers, text = page(faults[kind])
                self._record(request, operation, body, status, faults)
                await _send(send, _Reply(status, headers.pop("content-type"), text, headers))
                return
        # Years of made-up ticks take seconds, and the loop has others to serve.
        reply = await asyncio.to_thread(self._reply, request, body, faults)
        broken = not faults.keys().isdisjoint({"lost-answer", "truncated-body"})
        self._record(request, operation, body, None if broken else reply.status, faults)
        if "lost-answer" in faults:
            await transport.reset(scope, receive)
        elif "truncated-body" in faults:
            part = mutations.part(reply.body, faults["truncated-body"])
            await transport.send_part(send, reply.status, _headers(reply), part)
            await transport.hang_up(scope, receive)
        else:
            await _send(send, reply)

    def _reply(self, request: Request, body: bytes, faults: Mapping[str, Fault]) -> _Reply:
        try:
            mutations.interrupt(faults)
            if "stale-token" in faults:
                self.tokens.revoke_all()
            return self._answer(request, body, faults)
        except HubError as error:
            return _Reply(error.status, _JSON, error.body(), error.headers)
        except ApiError as error:
            # What a fault asks for, in this service's words.
            said = HubError(error.status, error.code, error.message)
            return _Reply(error.status, _JSON, said.body(), {**said.headers, **error.headers})
        except Exception:  # noqa: BLE001 - the service answers 500 whatever goes wrong in it
            _log.exception("%s failed", request.scope["path"])
            said = HubError(500, "server_error", "Internal error")
            return _Reply(said.status, _JSON, said.body(), {})

    def _answer(self, request: Request, body: bytes, faults: Mapping[str, Fault]) -> _Reply:
        path, authorization = request.scope["path"], request.headers.get("authorization", "")
        if len(body) > _BODY_LIMIT:
            raise bad_request(f"The request body is too large: at most {_BODY_LIMIT} bytes")
        if path == TOKEN_PATH:
            _only(request, "POST")
            return _Reply(200, _JSON, json.dumps(self.tokens.grant(authorization, body)).encode(), {})
        user = self.tokens.user(authorization)
        if path == USER_PATH:
            _only(request, "GET")
            return _Reply(200, _JSON, json.dumps({"name": user}).encode(), {})
        _only(request, "POST")
        try:
            marker, message = unframe(body)
            answered = self._operate(path, message)
        except (FrameError, WireError) as error:
            raise bad_request(str(error)) from None
        if isinstance(answered, _Reply):
            return answered
        fault = faults.get("malformed-frame")
        # An answer is framed as its request was; what the service does is not stated.
        framed = frame(marker, answered) if fault is None else spoil(fault.text("how"), marker, answered)
        return _Reply(200, _FRAMED, framed, {})

    def _operate(self, path: str, message: bytes) -> bytes | _Reply:
        route, market = ROUTES.get(path), replace(self._market, hurry=self._hurry(time.monotonic()))
        if route is not None:
            asked = OLD.decode(route.request, message)
            answered = route.answer(market, asked)
            if route.response is None:
                return _Reply(200, "text/csv; charset=utf-8", answered, {})
            return OLD.encode(route.response, self._headed(answered, asked))
        source, found, endpoint = path.rpartition(_GET)
        if not found:
            raise not_found(f"Unknown path: {path}")
        asked = NEW.decode("DataRequest", message)
        parameters = Parameters(asked.get("parameters", {}), unquote(source[1:]) or None)
        answered = generic.answer(market, unquote(endpoint), parameters)
        return NEW.encode("DataResponse", self._headed(answered, asked))

    def _hurry(self, began: float) -> Callable[[], None]:
        seconds = self._market.settings.request_seconds

        def hurry() -> None:
            if time.monotonic() > began + seconds:
                raise HubError(503, "server_error", f"The response took more than {seconds} s to make: ask for less")

        return hurry

    def _headed(self, answered: Message, asked: Message) -> Message:
        """The answer with a header: a new request id, and the reference id of the request."""
        request_id = str(uuid.UUID(int=self._ids.getrandbits(128), version=4))
        return {
            **answered,
            "header": {
                "request_id": {"value": request_id},
                "reference_id": asked.get("header", {}).get("reference_id"),
                **answered.get("header", {}),
            },
        }

    def _record(
        self, request: Request, operation: str, body: bytes, status: int | None, faults: Mapping[str, Fault]
    ) -> None:
        is_token = request.scope["path"] == TOKEN_PATH
        self.requests.add(
            RecordedRequest(
                origin="api",
                operation=operation,
                method=request.method,
                path=request.scope["path"],
                query=request.scope["query_string"].decode("latin-1"),
                headers=without_secrets(request.headers.items()),
                # The form holds the password.
                body=b"" if is_token else body,
                account=None,
                status=status,
                faults=tuple(fault.spec for fault in faults.values()),
            )
        )


def operation_name(path: str) -> str:
    """Return what faults call the operation at a path."""
    special = {TOKEN_PATH: "token", USER_PATH: "user"}
    return f"xyt.{special.get(path) or path.strip('/').replace('/', '.')}"


async def _read(request: Request) -> bytes:
    """Return the body; of one that is too large no more than shows that."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_LIMIT:
            break
    return bytes(body)


def _only(request: Request, method: str) -> None:
    if request.method != method:
        raise HubError(405, "invalid_request", f"Method {request.method} is not allowed here")


def _headers(reply: _Reply) -> list[tuple[bytes, bytes]]:
    pairs = {"content-type": reply.content_type, **reply.headers, "content-length": str(len(reply.body))}
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs.items()]


async def _send(send: Send, reply: _Reply) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": _headers(reply)})
    await send({"type": "http.response.body", "body": reply.body})
