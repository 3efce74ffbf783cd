"""The client of xyt hub that people build."""

from __future__ import annotations

import copy
import platform
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from tickhaul._async.executor import Hooks
from tickhaul._core.options import KEEP, CallOptions, Keep
from tickhaul._threads import load
from tickhaul._version import __version__
from tickhaul.net.secrets import Secret
from tickhaul.xythub._async.session import AsyncHubCaller, AsyncSession
from tickhaul.xythub.access import TokenInfo, read_access
from tickhaul.xythub.generic import write_get
from tickhaul.xythub.operations import LARGE
from tickhaul.xythub.tables.decode import read_table

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from google.protobuf.message import Message

    from tickhaul.hooks import RequestInfo, ResponseInfo, RetryInfo
    from tickhaul.xythub._async.csv_files import AsyncCsvFiles
    from tickhaul.xythub._async.market import AsyncMarket
    from tickhaul.xythub._async.overview import AsyncOverview
    from tickhaul.xythub._async.products import AsyncProducts
    from tickhaul.xythub.settings import Settings
    from tickhaul.xythub.tables.table import Table

M = TypeVar("M", bound="Message")

_USER_AGENT = f"tickhaul/{__version__} python/{platform.python_version()}"


class AsyncClient:
    """A client of xyt hub. Build one, share it between threads and tasks, close it at the end.

    Every call is bounded in time and retried where that helps; all of them only read. The token is asked for with the
    first call, kept in memory, renewed before it ends and once when the service refuses it.

    Args:
        user: the user's name; without it ``XYTHUB_USER``.
        password: the password; without it, and without an API key, ``XYTHUB_PASSWORD``.
        api_key: an API key in the place of the password; without it, and without a password, ``XYTHUB_API_KEY``.
        client_secret: the secret of the client program; without it ``XYTHUB_CLIENT_SECRET``.
        base_url: one origin for the whole service, such as a sandbox's; without it ``XYTHUB_BASE_URL``, then what the
            settings say.
        settings: the addresses and names of the service; without it, what is stated or proposed.
        timeout: seconds of silence on one socket wait before a try is given up; the vendor's sample has 60.
        deadline: seconds for a whole call, token, retries and waits included; ``None`` for no limit.
        max_retries: how many times a request is sent again after an answer was lost or said to come back.
        max_retry_after: seconds; where the service asks to wait longer, its error is raised at once.
        limit: bytes the message of an answer may have. An answer that is far longer is given up while it arrives.
        proxy: a proxy's URL; without it ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``; ``""`` for none at all.
        ssl_context: how to trust the service; without it the usual certificates.
        allow_plain_http: accept ``http://`` beyond this machine, where password and token travel unencrypted.
        on_request: called before a request is sent.
        on_retry: called before the wait for another try.
        on_response: called for every answer.

    Raises:
        ValueError: a setting is out of range, credentials are missing, or they would travel unencrypted.
        TypeError: a setting is of the wrong type.
    """

    def __init__(
        self,
        user: str | None = None,
        password: str | None = None,
        *,
        api_key: str | None = None,
        client_secret: str | None = None,
        base_url: str | None = None,
        settings: Settings | None = None,
        timeout: float = 60.0,
        deadline: float | None = 300.0,
        max_retries: int = 4,
        max_retry_after: float = 60.0,
        limit: int = LARGE,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_plain_http: bool = False,
        on_request: Callable[[RequestInfo], object] | None = None,
        on_retry: Callable[[RetryInfo], object] | None = None,
        on_response: Callable[[ResponseInfo], object] | None = None,
    ) -> None:
        try:
            access = read_access(user, password, api_key, client_secret, base_url, settings)
            proxy_setting = Secret.wrap(proxy)
        finally:
            # Tools that report errors show the variables of every function on the way.
            del password, api_key, client_secret, base_url, proxy
        self._options = CallOptions().override(
            timeout=timeout, deadline=deadline, max_retries=max_retries, max_retry_after=max_retry_after
        )
        self._session = AsyncSession(
            credentials=access.credentials,
            secrets=access.secrets(),
            settings=access.settings,
            user_agent=_USER_AGENT,
            hooks=Hooks(on_request, on_retry, on_response),
            ssl_context=ssl_context,
            proxy=proxy_setting,
            allow_plain_http=allow_plain_http,
            limit=limit,
        )

    def with_options(
        self,
        *,
        timeout: float | Keep = KEEP,
        deadline: float | Keep | None = KEEP,
        max_retries: int | Keep = KEEP,
        max_retry_after: float | Keep = KEEP,
    ) -> Self:
        """This client with other options, on the same connections and token; closing either closes both.

        Args:
            timeout: as for the client.
            deadline: as for the client.
            max_retries: as for the client.
            max_retry_after: as for the client.

        Raises:
            ValueError: a setting is out of range.
            TypeError: a setting is of the wrong type.
        """
        view = copy.copy(self)
        # The parts it may have built already hold the options of the original.
        for name in [name for name in vars(view) if isinstance(getattr(type(view), name, None), cached_property)]:
            del view.__dict__[name]
        view._options = self._options.override(  # noqa: SLF001 (an instance of this class)
            timeout=timeout, deadline=deadline, max_retries=max_retries, max_retry_after=max_retry_after
        )
        return view

    @property
    def settings(self) -> Settings:
        """The addresses and names this client uses."""
        return self._session.settings

    @property
    def last_response(self) -> ResponseInfo | None:
        """The latest answer any thread or task of this client got from the data service's host; ``None`` before the first."""
        return self._session.last_response

    async def check_token(self) -> TokenInfo:
        """Whether the credentials are good: gets a token, unless there is one, and shows it to the service.

        Returns:
            What is known about the token, without the token.

        Raises:
            TokenError: the service gives no token to this user.
            TickhaulError: see `tickhaul.errors`.
        """
        held = await self._session.check(self._options)
        return TokenInfo(held.grant.scope, held.ends_at - self._session.clock.monotonic())

    async def send(self, endpoint: str, request: Message, response_type: type[M]) -> M:
        """Send any request, and get the message of its answer.

        Args:
            endpoint: the path of an operation, such as ``/tickData``, or its whole URL.
            request: the request's message, of whichever contract the endpoint speaks.
            response_type: the class of the message it answers with.

        Raises:
            ValueError: the endpoint is on another host, where the token must not go.
            TokenError: the service gives no token to this user.
            ApiError: the service answers with an error; the message is its ``error_description``.
            ResponseDecodeError: the answer is no such message.
            TickhaulError: see `tickhaul.errors`.
        """
        return await self._caller.send("send", self._session.resolve(endpoint), request, response_type)

    async def get(self, endpoint: str, /, **parameters: object) -> Table:
        """Make a generic request.

        Args:
            endpoint: the name of what is asked for, such as ``lcGetMarketShare``.
            parameters: by name, ``source`` among them. Texts, booleans, numbers, days, times of day, moments, and lists
                and mappings of these are taken; ``None`` leaves one out. The text and the datetimes of parameters that
                the settings call days become days.

        Raises:
            ValueError: a parameter is out of range.
            TypeError: a parameter is of a type the service has no word for.
            TokenError: the service gives no token to this user.
            ApiError: the service answers with an error; the message is its ``error_description``.
            ResponseDecodeError: the answer is no table.
            TickhaulError: see `tickhaul.errors`.
        """
        settings, limit = self._session.settings, self._session.limit
        path, request = write_get(endpoint, parameters, settings)
        address = self._session.data
        return await self._caller.ask(
            f"get {endpoint}",
            (address, address.path(path)),
            request,
            lambda body: read_table(body, settings.get_contract, limit=limit),
        )

    @cached_property
    def market(self) -> AsyncMarket:
        """Ticks, bars, orders, auctions, and what is to know about instruments."""
        load("tickhaul.xythub._async.market")
        from tickhaul.xythub._async.market import AsyncMarket  # noqa: PLC0415 (loads with its first use)

        return AsyncMarket(self._caller)

    @cached_property
    def overview(self) -> AsyncOverview:
        """What the service has data of."""
        load("tickhaul.xythub._async.overview")
        from tickhaul.xythub._async.overview import AsyncOverview  # noqa: PLC0415 (loads with its first use)

        return AsyncOverview(self._caller)

    @cached_property
    def products(self) -> AsyncProducts:
        """The catalog of instruments."""
        load("tickhaul.xythub._async.products")
        from tickhaul.xythub._async.products import AsyncProducts  # noqa: PLC0415 (loads with its first use)

        return AsyncProducts(self._caller)

    @cached_property
    def csv(self) -> AsyncCsvFiles:
        """The service's own tables as CSV."""
        load("tickhaul.xythub._async.csv_files")
        from tickhaul.xythub._async.csv_files import AsyncCsvFiles  # noqa: PLC0415 (loads with its first use)

        return AsyncCsvFiles(self._caller)

    async def aclose(self) -> None:
        """Close the connections. The client and its views cannot be used afterwards."""
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        # Also of a client whose building failed: an error in here would hide the one that says why.
        session = getattr(self, "_session", None)
        return f"<{type(self).__name__} of {session.data.origin if session else 'no service: it was not built'}>"

    @property
    def _caller(self) -> AsyncHubCaller:
        return AsyncHubCaller(self._session, self._options)
