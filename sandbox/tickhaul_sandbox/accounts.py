"""Accounts: whose key it is, and everything that is theirs alone."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tickhaul_sandbox.exports import Exports
    from tickhaul_sandbox.idempotency import Replays
    from tickhaul_sandbox.limits import RateLimits
    from tickhaul_sandbox.schemas.registry import Schemas
    from tickhaul_sandbox.subscriptions import Subscriptions


@dataclass
class Account:
    """One account; all its keys see and share the same.

    Attributes:
        name: Its name in the settings.
        configured_status: Its billing state as the settings have it.
        access_status: Its billing state.
        limits: Its rate limits.
        replays: The answers its idempotency keys have had.
        subscriptions: Its subscriptions.
        exports: Its export jobs.
        schemas: The built-in schemas and its own.
    """

    name: str
    configured_status: str
    access_status: str
    limits: RateLimits
    replays: Replays
    subscriptions: Subscriptions
    exports: Exports
    schemas: Schemas

    def restore(self) -> None:
        """Take up what an earlier run left.

        Raises:
            StateError: If something of it makes no sense.
        """
        for records in (self.subscriptions, self.schemas, self.exports, self.replays):
            records.restore()


class Accounts:
    """All accounts, found by key.

    Args:
        owners: The account name of each key.
        accounts: The accounts.
    """

    def __init__(self, owners: Mapping[str, str], accounts: Iterable[Account]) -> None:
        self.by_name = {account.name: account for account in accounts}
        self._owners = [(key.encode(), self.by_name[name]) for key, name in owners.items()]

    def of_key(self, key: str) -> Account | None:
        """Return the account of a key, `None` if no account has it."""
        given = key.encode("utf-8", "surrogateescape")
        found = None
        for known, account in self._owners:
            if hmac.compare_digest(known, given):
                found = account
        return found
