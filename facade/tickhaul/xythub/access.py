"""Who a client is and where it goes, from its arguments and from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tickhaul._core.origin import refuse_hidden_parts
from tickhaul.net.secrets import Secret, refuse_other_types
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
        basic = Secret(credentials.authorization(settings).reveal().partition(" ")[2])
        form = Secret(credentials.form(settings).reveal().rpartition("=")[2])
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
        ValueError: there is too much, or it cannot be sent. The message shows none of it.
        TypeError: something is no text.
    """
    words = {
        "user": Secret.wrap(user),
        "password": Secret.wrap(password),
        "api_key": Secret.wrap(api_key),
        "client_secret": Secret.wrap(client_secret),
        "base_url": Secret.wrap(base_url),
    }
    # Tools that report errors show the variables of every function on the way.
    del password, api_key, client_secret, base_url
    for name, given in words.items():
        refuse_other_types(name, given)
    if words["password"] is None and words["api_key"] is None:
        words["password"], words["api_key"] = _variable(PASSWORD_VARIABLE), _variable(KEY_VARIABLE)
        hint = f"{PASSWORD_VARIABLE} and {KEY_VARIABLE} are both set; unset one of them"
    else:
        hint = "password= and api_key= are both given; one of them is enough"
    key, word = words["api_key"], words["password"]
    if key and word:
        raise ValueError(hint)
    # An empty secret is one a service may have; an empty name or password is a mistake.
    secret = _variable(SECRET_VARIABLE) if words["client_secret"] is None else words["client_secret"]
    credentials = Credentials(
        user=_needed("user", words["user"] or _variable(USER_VARIABLE), USER_VARIABLE).reveal(),
        word=_needed("password or api_key", word or key, f"{PASSWORD_VARIABLE} or {KEY_VARIABLE}"),
        is_api_key=bool(key),
        client_secret=_needed("client_secret", secret, SECRET_VARIABLE, empty=True),
    )
    chosen = settings or Settings()
    origin = words["base_url"] or (None if settings else _variable(URL_VARIABLE))
    if not origin:
        return Access(credentials, chosen)
    refuse_hidden_parts("base_url", origin, f"expected an origin such as {chosen.data_url}")
    return Access(credentials, chosen.moved_to(origin.reveal()))


def _variable(name: str) -> Secret | None:
    return Secret.wrap(os.environ.get(name))


def _needed(name: str, value: Secret | None, variable: str, *, empty: bool = False) -> Secret:
    if value is None or not (value or empty):
        raise MissingCredentialError(f"no {name} for xyt hub: pass {name}=… or set {variable}")
    if not value.can_be_sent:
        raise ValueError(f"{name} (or {variable}) is not valid Unicode: a variable must be UTF-8")
    return value
