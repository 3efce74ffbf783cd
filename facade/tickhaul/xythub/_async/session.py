"""A call to xyt hub on its way: to the right host, with a good token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from tickhaul import errors
from tickhaul._async.executor import AsyncExecutor
from tickhaul._core.arguments import count
from tickhaul._core.deadline import Deadline
from tickhaul.net.proxies import choose_proxy
from tickhaul.net.secrets import Secret
from tickhaul.xythub import answers
from tickhaul.xythub._async.tokens import AsyncTokens
from tickhaul.xythub.addresses import read_address
from tickhaul.xythub.contracts import find_contract
from tickhaul.xythub.framing import frame, read_delimited_from
from tickhaul.xythub.operations import SMALL, Operation
from tickhaul.xythub.rows import read_rows
from tickhaul.xythub.settings import LOOKUPS
from tickhaul.xythub.wire import FrameWriter

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from google.protobuf.message import Message

    from tickhaul._async.executor import AsyncClock, Hooks
    from tickhaul._core.options import CallOptions
    from tickhaul.hooks import ResponseInfo
    from tickhaul.xythub._async.tokens import Held
    from tickhaul.xythub.addresses import Address
    from tickhaul.xythub.grants import Credentials
    from tickhaul.xythub.secrets import Secrets
    from tickhaul.xythub.settings import Settings
    from tickhaul.xythub.tables.table import Table

M = TypeVar("M", bound="Message")
T = TypeVar("T")


class AsyncSession:
    """The connections and the token of a client. Shared by all views of it.

    Args:
        credentials: who asks.
        secrets: all that must not show.
        settings: where to and how.
        user_agent: who is asking.
        hooks: whom to tell.
        ssl_context: how to trust the service, or ``None`` for the usual certificates.
        proxy: what the client was given as its proxy.
        allow_plain_http: whether ``http://`` is acceptable beyond this machine.
        limit: bytes an answer's message may have.

    Raises:
        ValueError: an address is none, or secrets would travel unencrypted.
    """

    def __init__(
        self,
        *,
        credentials: Credentials,
        secrets: Secrets,
        settings: Settings,
        user_agent: str,
        hooks: Hooks,
        ssl_context: ssl.SSLContext | None,
        proxy: Secret | None,
        allow_plain_http: bool,
        limit: int,
    ) -> None:
        self.settings = settings
        self.limit = count("limit", limit, 1)
        # Told now, and not by the first call.
        find_contract(settings.get_contract)
        auth = read_address("auth_url", settings.auth_url, allow_plain_http=allow_plain_http)
        self.data = read_address("data_url", settings.data_url, allow_plain_http=allow_plain_http)
        self.lookup = read_address(
            "lookup_url", settings.lookup_url or settings.data_url, allow_plain_http=allow_plain_http
        )
        self._executors = {
            origin: AsyncExecutor(
                origin=origin,
                secret=secrets,
                stamp=FrameWriter(origin.authority, user_agent),
                ledger=None,
                hooks=hooks,
                ssl_context=ssl_context,
                proxy=choose_proxy(proxy, origin),
                proxy_setting=proxy,
                reader=answers,
            )
            for origin in {auth.origin, self.data.origin, self.lookup.origin}
        }
        self._auth = auth
        self._tokens = AsyncTokens(
            self._executors[auth.origin], auth.path(settings.token_path), credentials, settings, secrets
        )

    @property
    def clock(self) -> AsyncClock:
        """The time the calls go by."""
        return self._executors[self._auth.origin].clock

    @property
    def last_response(self) -> ResponseInfo | None:
        """The latest answer of the data service."""
        return self._executors[self.data.origin].last_response

    async def call(
        self, address: Address, operation: Operation[T], body: bytes | None, options: CallOptions
    ) -> tuple[T, Held]:
        """Make one call.

        Args:
            address: where to.
            operation: what to call.
            body: the request's body.
            options: what it may cost, the token included.

        Returns:
            What the answer holds, and the token it was given for.
        """
        deadline = Deadline(options.deadline, self.clock.monotonic)
        held = await self._tokens.take(options, deadline)
        executor = self._executors[address.origin]
        try:
            return await executor.run(operation, _arguments(body, held), options, deadline=deadline), held
        except errors.AuthenticationError:
            # Once: the token may have ended early. A new one that is refused too is the end of it.
            refused = held
        held = await self._tokens.take(options, deadline, refused=refused)
        return await executor.run(operation, _arguments(body, held), options, deadline=deadline), held

    async def check(self, options: CallOptions) -> Held:
        """Ask the service whether the token is good, and return it."""
        path = self._auth.path(self.settings.user_path)
        # What this answers with is not stated; that it answers is what counts.
        operation = Operation("check_token", path, bytes, method="GET", content_type=None)
        return (await self.call(self._auth, operation, None, options))[1]

    async def aclose(self) -> None:
        """Close the connections; later calls are refused."""
        for executor in self._executors.values():
            await executor.aclose()

    def resolve(self, endpoint: str) -> tuple[Address, str]:
        """Where an endpoint is, given as a whole URL or as a path of the data service.

        Raises:
            ValueError: it is on another host, where the token must not go.
        """
        if not endpoint.startswith(("http://", "https://")):
            return self.data, self.data.path(endpoint)
        for address in (self.data, self.lookup):
            base = f"{address.origin}{address.prefix}"
            if endpoint.startswith(f"{base}/"):
                return address, address.path(endpoint.removeprefix(base))
        raise ValueError(
            f"endpoint {urlsplit(endpoint).hostname!r}: expected a path, or a URL below {self.data.origin}"
            f"{self.data.prefix}: the token goes nowhere else"
        )


@dataclass(frozen=True, slots=True)
class AsyncHubCaller:
    """Makes calls with one set of options; what the client and its parts are given.

    Attributes:
        session: the connections and the token.
        options: what each call may cost.
    """

    session: AsyncSession
    options: CallOptions

    async def send(self, name: str, place: tuple[Address, str], request: Message, response_type: type[M]) -> M:
        """Send a framed message, and read one from the answer.

        Args:
            name: what the operation is called.
            place: where it goes: the service, and the whole path.
            request: the message.
            response_type: the class of the one that is expected.
        """
        limit = self.session.limit
        return await self.ask(name, place, request, lambda body: read_delimited_from(response_type, body, limit=limit))

    async def typed(self, name: str, request: Message, response_type: type[M], convert: Callable[[M], T]) -> T:
        """Make a typed call, and turn the message of its answer into something else.

        Args:
            name: the operation's name.
            request: the message.
            response_type: the class of the one that is expected.
            convert: makes something of that; raises ``ValueError`` for what does not fit.
        """
        limit = self.session.limit
        return await self.ask(
            name,
            self.place(name),
            request,
            lambda body: convert(read_delimited_from(response_type, body, limit=limit)),
        )

    async def rows(self, name: str, request: Message, response_type: type[Message]) -> Table:
        """Make a typed call, and turn its rows into a table."""
        return await self.typed(name, request, response_type, read_rows)

    async def ask(self, name: str, place: tuple[Address, str], request: Message, parse: Callable[[bytes], T]) -> T:
        """Send a framed message, and read the answer some other way.

        Args:
            name: what the operation is called.
            place: where it goes.
            request: the message.
            parse: reads the body of a success.
        """
        address, path = place
        body = frame(request, marker=self.session.settings.marker)
        operation = Operation(name, path, parse, limit=self.session.limit + SMALL)
        return (await self.session.call(address, operation, body, self.options))[0]

    def place(self, name: str) -> tuple[Address, str]:
        """Where a typed operation is."""
        address = self.session.lookup if name in LOOKUPS else self.session.data
        return address, address.path(self.session.settings.paths[name])


def _arguments(body: bytes | None, held: Held) -> dict[str, object]:
    return {"body": body, "authorization": Secret(f"Bearer {held.grant.token.reveal()}")}
