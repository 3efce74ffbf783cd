"""The client people build: settings checked once, resources at hand, one connection pool underneath."""

from __future__ import annotations

import copy
import platform
from functools import cached_property
from typing import TYPE_CHECKING, Self

from tickhaul._async.caller import AsyncCaller
from tickhaul._async.executor import AsyncExecutor, Hooks
from tickhaul._core.options import KEEP, CallOptions, Keep
from tickhaul._core.origin import read_key, read_origin
from tickhaul._core.quota import Quota, open_ledger
from tickhaul._core.wire import Stamp
from tickhaul._threads import load
from tickhaul._version import __version__
from tickhaul.net.proxies import choose_proxy
from tickhaul.net.secrets import Secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from tickhaul._async.resources.availability import AsyncAvailabilities
    from tickhaul._async.resources.billing import AsyncBilling
    from tickhaul._async.resources.datastreams import AsyncDatastreams
    from tickhaul._async.resources.exchanges import AsyncExchanges
    from tickhaul._async.resources.export_schemas import AsyncExportSchemas
    from tickhaul._async.resources.exports import AsyncExports
    from tickhaul._async.resources.subscriptions import AsyncSubscriptions
    from tickhaul.hooks import RequestInfo, ResponseInfo, RetryInfo

_USER_AGENT = f"tickhaul/{__version__} python/{platform.python_version()}"


class AsyncClient:
    """A client of Ticksupply. Build one, share it between threads and tasks, close it at the end.

    Every call is bounded in time, retried where that is safe, and paced below the account's quota.

    Args:
        api_key: the key; without it ``TICKSUPPLY_API_KEY``.
        base_url: the service's origin, with or without ``/v1``; without it ``TICKSUPPLY_BASE_URL``, then
            ``https://api.ticksupply.com``.
        timeout: seconds of silence on one socket wait before a try is given up.
        deadline: seconds for a whole call, retries and waits included; ``None`` for no limit. Resolving the host's
            name is the one step of the sync client that only the system's resolver bounds.
        max_retries: how many times a request is sent again after an answer was lost or said to come back.
        max_retry_after: seconds; where the service asks to wait longer, its error is raised at once.
        quota: how fast to go until the service has told; ``None`` switches pacing off.
        proxy: a proxy's URL; without it ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``; ``""`` for none at all.
        ssl_context: how to trust the service, for private certificate authorities; without it the usual certificates,
            or those of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.
        allow_plain_http: accept an ``http://`` origin beyond this machine, where the key travels unencrypted.
        on_request: called before a request is sent.
        on_retry: called before the wait for another try.
        on_response: called for every answer.

    Raises:
        ValueError: a setting is out of range, there is no key, or it would travel unencrypted.
        TypeError: a setting is of the wrong type.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        deadline: float | None = 120.0,
        max_retries: int = 4,
        max_retry_after: float = 60.0,
        quota: Quota | None = Quota(),  # noqa: B008 (frozen)
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        allow_plain_http: bool = False,
        on_request: Callable[[RequestInfo], object] | None = None,
        on_retry: Callable[[RetryInfo], object] | None = None,
        on_response: Callable[[ResponseInfo], object] | None = None,
    ) -> None:
        try:
            secret = read_key(api_key)
            proxy_setting = Secret.wrap(proxy)
            origin = read_origin(base_url, allow_plain_http=allow_plain_http)
        finally:
            # Tools that report errors show the variables of every function on the way.
            del api_key, base_url, proxy
        self._options = CallOptions().override(
            timeout=timeout, deadline=deadline, max_retries=max_retries, max_retry_after=max_retry_after
        )
        self._executor = AsyncExecutor(
            origin=origin,
            secret=secret,
            stamp=Stamp(origin.authority, secret, _USER_AGENT),
            ledger=open_ledger(quota, str(origin), secret),
            hooks=Hooks(on_request, on_retry, on_response),
            ssl_context=ssl_context,
            proxy=choose_proxy(proxy_setting, origin),
            proxy_setting=proxy_setting,
        )

    def with_options(
        self,
        *,
        timeout: float | Keep = KEEP,
        deadline: float | Keep | None = KEEP,
        max_retries: int | Keep = KEEP,
        max_retry_after: float | Keep = KEEP,
    ) -> Self:
        """This client with other options, on the same connections and quota; closing either closes both.

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
        # The resources it may have built already hold the options of the original.
        for name in [name for name in vars(view) if isinstance(getattr(type(view), name, None), cached_property)]:
            del view.__dict__[name]
        view._options = self._options.override(  # noqa: SLF001 (an instance of this class)
            timeout=timeout, deadline=deadline, max_retries=max_retries, max_retry_after=max_retry_after
        )
        return view

    @property
    def base_url(self) -> str:
        """The origin this client talks to."""
        return str(self._executor.origin)

    @property
    def last_response(self) -> ResponseInfo | None:
        """The latest answer any thread or task of this client got: request id, status, remaining quota, duration.

        ``None`` before the first. With several calls under way, ``on_response`` tells which answer is whose.
        """
        return self._executor.last_response

    @cached_property
    def exchanges(self) -> AsyncExchanges:
        """The catalog: exchanges, their instruments and those instruments' datastreams."""
        load("tickhaul._async.resources.exchanges")
        from tickhaul._async.resources.exchanges import AsyncExchanges  # noqa: PLC0415 (loads with its first use)

        return AsyncExchanges(self._caller)

    @cached_property
    def datastreams(self) -> AsyncDatastreams:
        """Datastreams across exchanges."""
        load("tickhaul._async.resources.datastreams")
        from tickhaul._async.resources.datastreams import AsyncDatastreams  # noqa: PLC0415 (loads with its first use)

        return AsyncDatastreams(self._caller)

    @cached_property
    def availability(self) -> AsyncAvailabilities:
        """What has been recorded of a datastream."""
        load("tickhaul._async.resources.availability")
        from tickhaul._async.resources.availability import (  # noqa: PLC0415 (loads with its first use)
            AsyncAvailabilities,
        )

        return AsyncAvailabilities(self._caller)

    @cached_property
    def subscriptions(self) -> AsyncSubscriptions:
        """What the account records."""
        load("tickhaul._async.resources.subscriptions")
        from tickhaul._async.resources.subscriptions import (  # noqa: PLC0415 (loads with its first use)
            AsyncSubscriptions,
        )

        return AsyncSubscriptions(self._caller)

    @cached_property
    def exports(self) -> AsyncExports:
        """Export jobs and their files."""
        load("tickhaul._async.resources.exports")
        from tickhaul._async.resources.exports import AsyncExports  # noqa: PLC0415 (loads with its first use)

        return AsyncExports(self._caller)

    @cached_property
    def export_schemas(self) -> AsyncExportSchemas:
        """The columns an export can have."""
        load("tickhaul._async.resources.export_schemas")
        from tickhaul._async.resources.export_schemas import (  # noqa: PLC0415 (loads with its first use)
            AsyncExportSchemas,
        )

        return AsyncExportSchemas(self._caller)

    @cached_property
    def billing(self) -> AsyncBilling:
        """Plan, access and usage of the account."""
        load("tickhaul._async.resources.billing")
        from tickhaul._async.resources.billing import AsyncBilling  # noqa: PLC0415 (loads with its first use)

        return AsyncBilling(self._caller)

    async def aclose(self) -> None:
        """Close the connections. The client and its views cannot be used afterwards."""
        await self._executor.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        # Also of a client whose building failed: an error in here would hide the one that says why.
        executor = getattr(self, "_executor", None)
        return f"<{type(self).__name__} of {executor.origin if executor else 'no service: it was not built'}>"

    @property
    def _caller(self) -> AsyncCaller:
        return AsyncCaller(self._executor, self._options)
