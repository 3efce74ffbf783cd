"""Everything the emulated service is and knows."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from tickhaul_sandbox.accounts import Account, Accounts
from tickhaul_sandbox.artifacts.store import ArtifactStore
from tickhaul_sandbox.catalog import catalog_of
from tickhaul_sandbox.clock import SECOND, advance_to
from tickhaul_sandbox.exports import Exports
from tickhaul_sandbox.faults import Faults
from tickhaul_sandbox.hosts import Hosts
from tickhaul_sandbox.idempotency import Replays
from tickhaul_sandbox.ids import Ids
from tickhaul_sandbox.limits import RateLimits
from tickhaul_sandbox.market.feed import Feed
from tickhaul_sandbox.pages import Paginator
from tickhaul_sandbox.presign import Signer
from tickhaul_sandbox.recording import Recorder
from tickhaul_sandbox.schemas.cage import Cage
from tickhaul_sandbox.schemas.registry import Schemas
from tickhaul_sandbox.state import rows
from tickhaul_sandbox.state.file import StateError
from tickhaul_sandbox.state.ledger import Ledger, Shelf
from tickhaul_sandbox.subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.jsontypes import Json
    from tickhaul_sandbox.settings import Settings

_BUCKET = "/tickhaul-sandbox-exports/exports"
# Making files is work for the processor; more threads than this would only take turns.
_MAKERS = 2
_READERS = 8
# Apart from the readers, so that schemas which take their time to be checked hold up no download.
_CHECKERS = 2


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
        self.hosts = Hosts(settings.host, settings.known_hosts())
        self.faults = Faults(settings.faults, settings.seed)
        self.paginator = Paginator(settings.seed)
        self.signer = Signer(settings.seed)
        self.requests = Recorder(settings.recorded_requests, settings.recorded_bytes)
        self.ending = asyncio.Event()
        self.storage_url = settings.storage_url or ""
        self.makers = ThreadPoolExecutor(_MAKERS, "sandbox-make")
        self.readers = ThreadPoolExecutor(_READERS, "sandbox-read")
        self.checkers = ThreadPoolExecutor(_CHECKERS, "sandbox-check")
        self.cage = Cage(settings.transform_seconds)
        self.artifacts = ArtifactStore(settings.cache_bytes)
        self.ledger = Ledger(settings.state, self._facts)
        self._rows = rows.Rows(self.catalog, self.feed, self.cage)
        owners = settings.accounts()
        self.accounts = Accounts(owners, [self._account(name) for name in dict.fromkeys(owners.values())])

    def open(self) -> None:
        """Take up what an earlier run left in the state file, if there is to be one.

        Raises:
            StateError: If the file cannot be used.
        """
        facts = self.ledger.open(self._origin)
        try:
            self._restore(facts)
            self.ledger.commit()
        except StateError:
            self.ledger.abandon()
            raise

    def go_on(self) -> None:
        """Go on with the exports an earlier run left unfinished; to be called in the event loop."""
        for account in self.accounts.by_name.values():
            account.exports.go_on()

    def commit(self, account: Account | None) -> None:
        """Have what a request changed survive the sandbox; to be called before its answer is sent.

        Args:
            account: Whose request it was, `None` if nobody's.

        Raises:
            StateError: If the state file cannot be written.
        """
        if account is not None:
            self.ledger.note(("account", account.name, ""), lambda: rows.write_account(account))
        self.ledger.commit()

    def close(self) -> None:
        """Let go of threads and files."""
        self.artifacts.give_up()
        self.cage.close()
        self.makers.shutdown(cancel_futures=True)
        self.readers.shutdown(cancel_futures=True)
        self.checkers.shutdown(cancel_futures=True)
        self.artifacts.close()
        self.ledger.close()

    async def pause(self, seconds: float) -> None:
        """Let real time pass, but not longer than the sandbox runs."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ending.wait(), seconds)

    def full_limits(self) -> dict[str, str]:
        """Return the rate-limit headers of a request that belongs to no account."""
        return self._limits().peek()

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

    def _restore(self, facts: Mapping[str, Json]) -> None:
        self.ids.made = self.ledger.count(facts, "ids_made")
        self.ids.run = self.ledger.count(facts, "runs")
        advance_to(self.clock, self.ledger.count(facts, "advanced_ns"))
        for account in self.accounts.by_name.values():
            self.ledger.records("account", account.name, partial(rows.restore_account, account))
            account.restore()

    def _facts(self) -> dict[str, Json]:
        # The next run's requests are told apart from this one's.
        return {"ids_made": self.ids.made, "runs": self.ids.run + 1, "advanced_ns": self.clock.advanced_ns}

    def _origin(self) -> Mapping[str, Json]:
        """Return what the content of exports depends on; a state file made with other values is refused."""
        settings = self.settings
        return {
            "seed": settings.seed,
            "messages_per_minute": settings.messages_per_minute,
            "hour_messages": settings.hour_messages,
            "hour_bytes": settings.hour_bytes,
            "captures": self.feed.fingerprint(),
        }

    def _limits(self) -> RateLimits:
        settings = self.settings
        return RateLimits(settings.minute_limit, settings.hour_limit, self.clock, settings.reset_style, settings.burst)

    def _account(self, name: str) -> Account:
        settings, clock, ids, ledger, read = self.settings, self.clock, self.ids, self.ledger, self._rows
        status = settings.account_states.get(name, settings.access_status)
        replays = Shelf(ledger, "replay", name, rows.write_replay, rows.read_replay)
        subscriptions = Shelf(ledger, "subscription", name, rows.write_subscription, read.read_subscription)
        exports = Shelf(ledger, "export", name, rows.write_job, read.read_job)
        schemas = Shelf(ledger, "schema", name, rows.write_schema, read.read_schema)
        return Account(
            name=name,
            configured_status=status,
            access_status=status,
            limits=self._limits(),
            replays=Replays(settings, clock, replays),
            subscriptions=Subscriptions(settings, clock, ids, subscriptions),
            exports=Exports(settings, clock, ids, self.artifacts, self.makers, exports),
            schemas=Schemas(clock, ids, schemas),
        )
