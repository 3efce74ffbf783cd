"""What is said to a SOCKS 5 proxy (RFC 1928, RFC 1929). The connection is somebody else's.

A reply may come in pieces, and another kind of server may say anything, so each step tells how many bytes to read.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from tickhaul.net.proxies import Login

    #: Yields what to send and how many bytes to read; is sent these.
    Talk = Generator[tuple[bytes, int], bytes, None]

_LONGEST = 255  # bytes of a host name
_NOT_SOCKS = "does not speak SOCKS 5"
_VERSION, _LOGIN_VERSION = 5, 1
_NO_LOGIN, _WITH_LOGIN = 0, 2
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_REFUSALS = {
    1: "General SOCKS server failure",
    2: "Connection not allowed by ruleset",
    3: "Network unreachable",
    4: "Host unreachable",
    5: "Connection refused",
    6: "TTL expired",
    7: "Command not supported",
    8: "Address type not supported",
}
_HOPELESS = {2, 7, 8}


class SocksError(Exception):
    """The proxy makes no connection. The text follows the words "the proxy", and is fit to be shown.

    Attributes:
        hopeless: whether asking again is of no use.
        about_login: whether it wants a login, or did not accept the one it was given.
    """

    def __init__(self, text: str, *, hopeless: bool = False, about_login: bool = False) -> None:
        super().__init__(text)
        self.hopeless = hopeless or about_login
        self.about_login = about_login


def refused(reply: int) -> SocksError:
    """What a reply other than 0 means (RFC 1928 section 6)."""
    return SocksError(f"made no connection ({_REFUSALS.get(reply, f'reply {reply}')})", hopeless=reply in _HOPELESS)


def talk(host: str, port: int, login: Login | None) -> Talk:
    """Ask for a connection.

    Args:
        host: a name, which the proxy looks up, or an address, an IPv6 address without brackets.
        port: the port.
        login: user name and password, of 1 to 255 bytes each.

    Raises:
        SocksError: the proxy refuses, or does not speak SOCKS 5.
    """
    offered = [_NO_LOGIN] if login is None else [_NO_LOGIN, _WITH_LOGIN]
    version, method = yield bytes([_VERSION, len(offered), *offered]), 2
    if version != _VERSION:
        raise SocksError(_NOT_SOCKS, hopeless=True)
    if method not in offered:
        raise SocksError("wants a login" if login is None else "takes no such login", about_login=True)
    if login is not None and method == _WITH_LOGIN:
        packed = b"".join(bytes([len(word)]) + word for word in (login.user, login.password))
        _, status = yield bytes([_LOGIN_VERSION]) + packed, 2
        if status:
            raise SocksError("did not accept the login", about_login=True)
    version, reply, _, kind = yield bytes([_VERSION, _CONNECT, 0]) + _packed(host) + port.to_bytes(2, "big"), 4
    if version != _VERSION:
        raise SocksError(_NOT_SOCKS, hopeless=True)
    if reply:
        raise refused(reply)  # some leave out the rest then
    if kind not in (_IPV4, _NAME, _IPV6):
        raise SocksError(_NOT_SOCKS, hopeless=True)
    # Where it connects from is of no use here, but has to be read.
    length = {_IPV4: 4, _IPV6: 16}.get(kind)
    if length is None:
        (length,) = yield b"", 1
    yield b"", length + 2


def _packed(host: str) -> bytes:
    for kind, family in ((_IPV4, socket.AF_INET), (_IPV6, socket.AF_INET6)):
        try:
            return bytes([kind]) + socket.inet_pton(family, host)
        except (OSError, UnicodeError):
            continue
    name = host.encode("ascii")
    if not 0 < len(name) <= _LONGEST:
        raise SocksError(f"takes host names of {_LONGEST} bytes at most", hopeless=True)
    return bytes([_NAME, len(name)]) + name
