"""Who a client is and where it goes, from its arguments and from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tickhaul.xythub.grants import Credentials
from tickhaul.xythub.secrets import Secrets
from tickhaul.xythub.settings import Settings

USER_VARIABLE = "XYTHUB_USER"
PASSWORD_VARIABLE = "XYTHUB_PASSWORD"  # noqa: S105 (a name)
KEY_VARIABLE = "XYTHUB_API_KEY"
SECRET_VARIABLE = "XYTHUB_CLIENT_SECRET"  # noqa: S105 (a name)
URL_VARIABLE = "XYTHUB_BASE_URL"


class MissingCredentialError(ValueError):
    """A user, a password or a secret was neither given nor is it in the environment."""


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What is known about a token, without the token.

    Attributes:
        scope: what it is good for, or ``None`` when the service did not say.
        expires_in: seconds it is still good for; infinite when the service did not say.
    """

    scope: str | None
    expires_in: float


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """Credentials and settings of a client."""

    credentials: Credentials
    settings: Settings

    def secrets(self) -> Secrets:
        """All that must not show: the password, the client secret, and both as they travel."""
        credentials, settings = self.credentials, self.settings
        basic = credentials.authorization(settings).reveal().partition(" ")[2]
        form = credentials.form(settings).reveal().rpartition("=")[2]
        return Secrets(credentials.word, credentials.client_secret, basic, form)


def read_access(
    user: str | None,
    password: str | None,
    api_key: str | None,
    client_secret: str | None,
    base_url: str | None,
    settings: Settings | None,
) -> Access:
    """What a client was given, completed from the environment.

    Raises:
        MissingCredentialError: something is missing.
        ValueError: there is too much. The message shows none of it.
        TypeError: something is no text.
    """
    given = {"user": user, "password": password, "api_key": api_key, "client_secret": client_secret}
    for name, value in given.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if password is None and api_key is None:
        password, api_key = os.environ.get(PASSWORD_VARIABLE), os.environ.get(KEY_VARIABLE)
        hint = f"{PASSWORD_VARIABLE} and {KEY_VARIABLE} are both set; unset one of them"
    else:
        hint = "password= and api_key= are both given; one of them is enough"
    if password and api_key:
        raise ValueError(hint)
    # An empty secret is one a service may have; an empty name or password is a mistake.
    secret = os.environ.get(SECRET_VARIABLE) if client_secret is None else client_secret
    credentials = Credentials(
        user=_needed("user", user or os.environ.get(USER_VARIABLE), USER_VARIABLE),
        word=_needed("password or api_key", password or api_key, f"{PASSWORD_VARIABLE} or {KEY_VARIABLE}"),
        is_api_key=bool(api_key),
        client_secret=_needed("client_secret", secret, SECRET_VARIABLE, empty=True),
    )
    chosen = settings or Settings()
    origin = base_url or (None if settings else os.environ.get(URL_VARIABLE))
    return Access(credentials, chosen.moved_to(origin) if origin else chosen)


def _needed(name: str, value: str | None, variable: str, *, empty: bool = False) -> str:
    if value is None or not (value or empty):
        raise MissingCredentialError(f"no {name} for xyt hub: pass {name}=… or set {variable}")
    return value
