"""An access token: asked for with a password, good for a while.

Facts (reference: xyt-hub section 2): the resource owner password credentials grant of OAuth 2.0, the client
authenticated by HTTP Basic; the answer is a JSON object with ``access_token``, ``token_type``, ``expires_in`` in seconds
and ``scope``.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tickhaul.net.secrets import Secret

if TYPE_CHECKING:
    from tickhaul.xythub.settings import Settings

#: RFC 6750 section 2.1.
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Who asks for a token. It has no ``repr`` of its own, because all of it is secret.

    Attributes:
        user: the user's name.
        word: the password or the API key.
        is_api_key: whether it is an API key.
        client_secret: the secret of the client program.
    """

    user: str
    word: Secret
    is_api_key: bool
    client_secret: Secret

    def authorization(self, settings: Settings) -> Secret:
        """The value of the ``Authorization`` header of a token request."""
        login = f"{settings.client_id}:{self.client_secret.reveal()}".encode()
        return Secret(f"Basic {b64encode(login).decode()}")

    def form(self, settings: Settings) -> Secret:
        """The body of a token request."""
        field = settings.api_key_field if self.is_api_key else "password"
        return Secret(urlencode({"grant_type": "password", "username": self.user, field: self.word.reveal()}))


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What the token endpoint gave. It has no ``repr`` of its own, because it holds the token.

    Attributes:
        token: the token.
        lifetime: seconds it is good for; infinite when the service did not say.
        scope: what it is good for, or ``None`` when the service did not say.
    """

    token: Secret
    lifetime: float
    scope: str | None


def read_grant(body: bytes) -> Grant:
    """The grant in a successful answer of the token endpoint.

    Raises:
        ValueError: it is none. The message holds nothing of the body.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    members = found if isinstance(found, dict) else {}
    token, kind = members.get("access_token"), members.get("token_type", "bearer")
    if not isinstance(token, str) or not _BEARER.fullmatch(token):
        raise ValueError("expected a JSON object with an access_token that fits into a header, found something else")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ValueError("expected a bearer token, found one of another token_type")
    scope = members.get("scope")
    return Grant(Secret(token), _lifetime(members.get("expires_in")), scope if isinstance(scope, str) else None)


def _lifetime(value: object) -> float:
    if value is None:
        return math.inf
    try:
        # Some servers write numbers as text.
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        seconds = math.nan
    if not seconds >= 0:
        raise ValueError("expected expires_in to be a number of seconds, found something else")
    return seconds
