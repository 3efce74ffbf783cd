"""What a proxy has refused: in words that show no login, and whether asking again is of any use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tickhaul.net.proxies import Proxy
    from tickhaul.net.socks import SocksError

#: What a proxy says to a CONNECT that asking again does not change.
_HOPELESS_STATUS = frozenset({401, 403, 405, 407})
_STATUS = re.compile(r"([0-9]{3})\b")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A proxy did not do what it was asked for.

    Attributes:
        text: what it did instead.
        hopeless: whether it would do so again.
    """

    text: str
    hopeless: bool


def is_by_proxy(proxy: Proxy, status: int) -> bool:
    """Whether the status of a request that a proxy passes on is its own refusal, and not the host's.

    407 is the proxy's by definition. Some say 401 of a login they do not accept, which no host here ever asks for.
    """
    return status == 407 or (status == 401 and proxy.login is not None)


def refused_status(proxy: Proxy, status: int) -> Refusal:
    """An HTTP proxy's refusal, by its status."""
    about_login = f"; {_login_trouble(proxy)}" if is_by_proxy(proxy, status) else ""
    return Refusal(f"{proxy} said {status}{about_login}", status in _HOPELESS_STATUS)


def read_refusal(proxy: Proxy, said: str) -> Refusal:
    """A refusal, from what the HTTP engine makes of it. Nothing else of its words is kept: they may hold a login.

    Args:
        proxy: who refused.
        said: the engine's error.
    """
    status = _STATUS.match(said)
    if status is not None:
        return refused_status(proxy, int(status[1]))
    return Refusal(f"{proxy} made no connection", hopeless=False)


def refused_by_socks(proxy: Proxy, error: SocksError) -> Refusal:
    """A SOCKS proxy's refusal, or that it is something else."""
    text = f"{proxy}: {_login_trouble(proxy)}" if error.about_login else f"{proxy} {error}"
    return Refusal(text, error.hopeless)


def _login_trouble(proxy: Proxy) -> str:
    if proxy.login is not None:
        return "it did not accept the login"
    # Not a whole URL: the login of one is hidden wherever a message is shown.
    return f"it wants a login: write user:password@ before {proxy.authority} in its URL"
