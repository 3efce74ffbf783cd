"""Everything the emulated service is and knows."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from tickhaul_sandbox.accounts import Account, Accounts
from tickhaul_sandbox.artifacts.store import ArtifactStore
from tickhaul_sandbox.catalog import catalog_of
from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.exports import Exports
from tickhaul_sandbox.faults import Faults
from tickhaul_sandbox.idempotency import Replays
from tickhaul_sandbox.ids import Ids
from tickhaul_sandbox.limits import RateLimits
from tickhaul_sandbox.market.feed import Feed
from tickhaul_sandbox.pages import Paginator
from tickhaul_sandbox.presign import Signer
from tickhaul_sandbox.recording import Recorder
from tickhaul_sandbox.schemas.registry import Schemas
from tickhaul_sandbox.subscriptions import Subscriptions

if TYPE_CHECKING:
    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.jsontypes import Json
    from tickhaul_sandbox.settings import Settings

_BUCKET = "/tickhaul-sandbox-exports/exports"
# Making files is work for the processor; more threads than this would only take turns.
_MAKERS = 2
_READERS = 8


class Service:
    """The state behind both origins.

    Args:
        settings: How the sandbox is to be.
        clock: The sandbox's time.

    Raises:
        ValueError: If a setting cannot work.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.ids = Ids(settings.seed, clock)
        self.feed = Feed(
            captures=settings.captures,
            seed=settings.seed,
            per_minute=settings.messages_per_minute,
            hour_messages=settings.hour_messages,
            hour_bytes=settings.hour_bytes,
        )
        self.catalog = catalog_of(frozenset(self.feed.recorded))
        self.faults = Faults(settings.faults, settings.seed)
        self.paginator = Paginator(settings.seed)
        self.signer = Signer(settings.seed)
        self.requests = Recorder(settings.recorded_requests)
        self.ending = asyncio.Event()
        self.storage_url = settings.storage_url or ""
        self.makers = ThreadPoolExecutor(_MAKERS, "sandbox-make")
        self.readers = ThreadPoolExecutor(_READERS, "sandbox-read")
        self.artifacts = ArtifactStore(settings.cache_bytes)
        owners = settings.accounts()
        self.accounts = Accounts(owners, [self._account(name) for name in dict.fromkeys(owners.values())])

    def close(self) -> None:
        """Let go of threads and files."""
        self.artifacts.give_up()
        self.makers.shutdown(cancel_futures=True)
        self.readers.shutdown(cancel_futures=True)
        self.artifacts.close()

    async def pause(self, seconds: float) -> None:
        """Let real time pass, but not longer than the sandbox runs."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ending.wait(), seconds)

    def full_limits(self) -> dict[str, str]:
        """Return the rate-limit headers of a request that belongs to no account."""
        settings = self.settings
        return RateLimits(settings.minute_limit, settings.hour_limit, self.clock, settings.reset_style).peek()

    def ns(self, value: int) -> Json:
        """Return nanoseconds the way answers write them."""
        return str(value) if self.settings.ns_as_strings else value

    def sign(self, export_id: str, filename: str, backdated: float = 0.0) -> str:
        """Return a presigned URL of a file.

        Args:
            export_id: The job it belongs to.
            filename: Its name.
            backdated: How many seconds ago it is to have been signed.
        """
        signed_ns = self.clock.now_ns() - round(backdated * SECOND)
        path = f"{_BUCKET}/{export_id}/{filename}"
        return self.signer.sign(self.storage_url, path, signed_ns, self.settings.url_lifetime)

    def _account(self, name: str) -> Account:
        settings, clock = self.settings, self.clock
        return Account(
            name=name,
            access_status=settings.account_states.get(name, settings.access_status),
            limits=RateLimits(settings.minute_limit, settings.hour_limit, clock, settings.reset_style),
            replays=Replays(settings, clock),
            subscriptions=Subscriptions(settings, clock, self.ids),
            exports=Exports(settings, clock, self.ids, self.artifacts, self.makers),
            schemas=Schemas(clock, self.ids),
        )
