"""Who may ask: the token endpoint, and the tokens it has given (API reference, xyt hub, section 2)."""

from __future__ import annotations

import base64
import hmac
import random
import threading
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.xythub.errors import HubError

if TYPE_CHECKING:
    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.jsontypes import JsonObject
    from tickhaul_sandbox.xythub.settings import HubSettings

# A client has one at a time; the bound is for one that asks for a new one with every request.
_MOST = 10_000
_FIELDS = ("grant_type", "username", "password")


class Tokens:
    """The tokens in use.

    Args:
        settings: Users and lifetimes.
        clock: Its time.
        seed: Where their random parts start.
    """

    def __init__(self, settings: HubSettings, clock: Clock, seed: int) -> None:
        self._settings = settings
        self._clock = clock
        self._random = random.Random(f"xyt-tokens:{seed}")
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, int]] = {}
        self.granted = 0

    def grant(self, authorization: str, body: bytes) -> JsonObject:
        """Answer a token request.

        Args:
            authorization: The header of that name.
            body: The form.

        Raises:
            HubError: If the client, the user or the form is wrong.
        """
        if not _same(_basic(authorization), f"{self._settings.client_id}:{self._settings.client_secret}"):
            raise HubError(401, "invalid_client", "Bad client credentials")
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        for name in _FIELDS:
            if not form.get(name):
                raise HubError(400, "invalid_request", f"Missing form parameter: {name}")
        if form["grant_type"] != "password":
            raise HubError(400, "unsupported_grant_type", f"Unsupported grant type: {form['grant_type']}")
        if (form["username"], form["password"]) not in self._settings.words():
            raise HubError(400, "invalid_grant", "Bad credentials")
        with self._lock:
            self._forget()
            token = f"{self._random.getrandbits(128):032x}"
            self._tokens[token] = (form["username"], self._clock.now_ns() + self._settings.token_seconds * SECOND)
            self.granted += 1
        # One below the lifetime: seconds are cut off, and some part of the first has passed.
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._settings.token_seconds - 1,
            "scope": "read",
        }

    def _forget(self) -> None:
        """Drop tokens that are no longer good, and the oldest of too many."""
        now = self._clock.now_ns()
        while self._tokens:
            oldest = next(iter(self._tokens))
            if len(self._tokens) < _MOST and self._tokens[oldest][1] > now:
                return
            del self._tokens[oldest]

    def user(self, authorization: str) -> str:
        """Return whose token a header holds.

        Raises:
            HubError: If it holds none that is good.
        """
        kind, _, token = authorization.partition(" ")
        with self._lock:
            name, ends = self._tokens.get(token, ("", 0))
        if kind.lower() != "bearer" or not token:
            raise HubError(401, "invalid_token", "Full authentication is required to access this resource")
        if not name or ends <= self._clock.now_ns():
            raise HubError(401, "invalid_token", "Invalid or expired access token")
        return name

    def revoke_all(self) -> None:
        """Let no token given so far be good any longer."""
        with self._lock:
            self._tokens.clear()


def _basic(authorization: str) -> str:
    kind, _, text = authorization.partition(" ")
    try:
        return base64.b64decode(text, validate=True).decode() if kind.lower() == "basic" else ""
    except ValueError:
        return ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
