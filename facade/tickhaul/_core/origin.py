"""Where a client connects to, and with what key: checked once, when it is built."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from tickhaul.net.hosts import is_loopback
from tickhaul.net.origins import PORTS, Origin
from tickhaul.net.secrets import Secret, refuse_other_types
from tickhaul.net.urls import objection_to_host

DEFAULT_ORIGIN = "https://api.ticksupply.com"
KEY_VARIABLE = "TICKSUPPLY_API_KEY"
URL_VARIABLE = "TICKSUPPLY_BASE_URL"


def read_origin(base_url: str | None, *, allow_plain_http: bool) -> Origin:
    """The origin a client talks to.

    Args:
        base_url: an origin, also with the API's ``/v1`` at its end; ``None`` takes ``TICKSUPPLY_BASE_URL``, then the
            service's own.
        allow_plain_http: whether ``http://`` is acceptable beyond this machine.

    Raises:
        ValueError: it is no such URL, or the key would travel in the clear to another machine.
        TypeError: it is not text.
    """
    given = Secret.wrap(base_url)
    # Tools that report errors show the variables of every function on the way.
    del base_url
    refuse_other_types("base_url", given)
    url = given or Secret(os.environ.get(URL_VARIABLE) or DEFAULT_ORIGIN)
    expected = f"expected an origin such as {DEFAULT_ORIGIN}"
    refuse_hidden_parts("base_url", url, expected)
    text = url.reveal().strip()
    try:
        parts = urlsplit(text)
        host, port = _ascii(parts.hostname or ""), parts.port
    except ValueError as error:
        raise ValueError(f"base_url {text!r}: {error}; {expected}") from None
    objection = objection_to_host(host)
    if parts.scheme not in PORTS or port == 0:
        raise ValueError(f"base_url {text!r}: {expected}")
    if objection is not None:
        raise ValueError(f"base_url {text!r}: {objection}; {expected}")
    if parts.path.rstrip("/") not in ("", "/v1"):
        raise ValueError(f"base_url {text!r} has a path; {expected}")
    origin = Origin(parts.scheme, host, port or PORTS[parts.scheme])
    if origin.scheme == "http" and not allow_plain_http and not is_loopback(origin.host):
        raise ValueError(
            f"base_url {text!r} would send the API key unencrypted; use https://, "
            "or pass allow_plain_http=True (--allow-plain-http) if this network is trusted"
        )
    return origin


def refuse_hidden_parts(name: str, url: Secret, expected: str) -> None:
    """Refuse a URL with a password or a token in it, without showing it.

    Args:
        name: the setting's name, for errors.
        url: the URL.
        expected: what is expected, for errors.

    Raises:
        ValueError: it has one of the marks that such things stand beside.
    """
    if set(url.reveal()) & set("@?#"):
        raise ValueError(f"{name} has a user name, a query or a fragment; {expected}")


def _ascii(host: str) -> str:
    """The form of a host name that goes on the wire."""
    return host if host.isascii() else host.encode("idna").decode()


def read_key(api_key: str | None) -> Secret:
    """The API key, from the argument or from ``TICKSUPPLY_API_KEY``.

    Raises:
        ValueError: there is none, or it cannot be a header value. The message never shows it.
        TypeError: it is not text.
    """
    given = Secret(os.environ.get(KEY_VARIABLE, "") if api_key is None else api_key)
    # Tools that report errors show the variables of every function on the way.
    del api_key
    refuse_other_types("api_key", given)
    key = Secret(given.reveal().strip())
    if not key:
        raise ValueError(f"no API key: pass api_key=… or set {KEY_VARIABLE} (keys are made in the service's dashboard)")
    if re.fullmatch(r"[!-~]+", key.reveal()) is None:
        raise ValueError("the API key holds spaces, control or non-ASCII characters, which no key of the service does")
    return key
