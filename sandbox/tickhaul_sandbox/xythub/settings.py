"""Everything about the emulated xyt hub that can be chosen.

What the sources leave open is a setting with the reading taken here, as in `tickhaul_sandbox.settings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_USER = "sandbox"
DEFAULT_PASSWORD = "sandbox-password"  # noqa: S105 - the sandbox has no secrets
DEFAULT_KEY = "sandbox-api-key"
DEFAULT_CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105 - as above


@dataclass(frozen=True, kw_only=True)
class HubSettings:
    """How the emulated xyt hub is to be.

    Attributes:
        users: `NAME:WORD` for each password or API key of a user; a key is accepted in the place of a password, for how
            keys travel is not stated.
        client_id: The name of the client program in HTTP Basic (documented: `xyt`).
        client_secret: Its secret; what it is at the service is not stated.
        token_seconds: How long a token is good for (documented example: 43,199 right after a token of 43,200).
        page_limit: The page size of look-ups without one (documented for the vendor's libraries: 100).
        largest_page: A larger page is a 400; there is a limit, but no source has it.
        ticks_a_day: How many trades a symbol has on a trading day.
        request_seconds: How long a request may take to come, and its response to make; after that it is a 408 or a 503.
            No source has a limit.
        sources: The data sources; others are a 403.
    """

    users: tuple[str, ...] = field(
        default=(f"{DEFAULT_USER}:{DEFAULT_PASSWORD}", f"{DEFAULT_USER}:{DEFAULT_KEY}"), repr=False
    )
    client_id: str = "xyt"
    client_secret: str = field(default=DEFAULT_CLIENT_SECRET, repr=False)
    token_seconds: int = 43_200
    page_limit: int = 100
    largest_page: int = 1000
    ticks_a_day: int = 2_000
    request_seconds: int = 30
    sources: tuple[str, ...] = ("ACTIV", "LC")

    def __post_init__(self) -> None:
        """Refuse values that cannot work.

        Raises:
            ValueError: If one is out of its range.
        """
        for name in ("token_seconds", "page_limit", "largest_page", "ticks_a_day", "request_seconds"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if not all(name and word for name, word in self.words()):
            raise ValueError("users must be NAME:WORD each")

    def words(self) -> set[tuple[str, str]]:
        """Return each user with each of its passwords and keys."""
        return {(name, word) for name, _, word in (entry.partition(":") for entry in self.users)}
