"""A way through a proxy to somebody behind it: CONNECT for HTTP proxies, and SOCKS 5."""

from __future__ import annotations

import ipaddress
import threading
from typing import TYPE_CHECKING

from tickhaul.transfer.http1 import Reply
from tickhaul.transfer.stream import Stream
from tickhaul.transfer.trouble import RefusedError, WireError

if TYPE_CHECKING:
    import socket

    from tickhaul.transfer.proxies import Proxy

_HOPELESS_STATUS = {401, 403, 405, 407}
# RFC 1928 and, for the login, RFC 1929.
_VERSION, _CONNECT, _LOGIN_VERSION = 5, 1, 1
_OPEN, _PASSWORD = 0, 2
_V4, _NAME, _V6 = 1, 3, 4
_LENGTHS = {_V4: 4, _V6: 16}
_SAID = {
    1: "it failed",
    2: "its rules do not allow it",
    3: "the network cannot be reached",
    4: "the host cannot be reached",
    5: "the connection was refused",
    6: "the connection expired",
    7: "it makes no connections",
    8: "it does not know this kind of address",
}
_HOPELESS_SAID = {2, 7, 8}


def open_tunnel(sock: socket.socket, host: str, port: int, proxy: Proxy, *, patience: float) -> None:
    """Have a proxy connect a socket to somebody else; afterwards the socket speaks to that one.

    Args:
        sock: connected to the proxy, with ``patience`` as its timeout.
        host: the other's name or address. Names are looked up by the proxy.
        port: the other's port.
        proxy: the proxy.
        patience: seconds to wait for the proxy each time.

    Raises:
        RefusedError: the proxy does not want to, and asking again would not help.
        WireError: it could not do it.
        OSError: the connection to it broke.
    """
    if proxy.is_socks:
        _through_socks(sock, host, port, proxy)
    else:
        _by_connect(sock, host, port, proxy, patience)


def _by_connect(sock: socket.socket, host: str, port: int, proxy: Proxy, patience: float) -> None:
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in proxy.headers.items()]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    stream = Stream(sock, threading.Lock(), patience)
    status = Reply(stream).status
    sock.settimeout(patience)
    if not stream.drained:
        raise WireError(f"{_called(proxy)} spoke out of turn")
    if not 200 <= status < 300:
        kind = RefusedError if status in _HOPELESS_STATUS else WireError
        raise kind(f"{_called(proxy)} said {status}")


def _through_socks(sock: socket.socket, host: str, port: int, proxy: Proxy) -> None:
    methods = bytes([_OPEN]) if proxy.login is None else bytes([_OPEN, _PASSWORD])
    sock.sendall(bytes([_VERSION, len(methods)]) + methods)
    version, method = _exactly(sock, 2)
    if version != _VERSION:
        raise RefusedError(f"{_called(proxy)} does not speak SOCKS 5")
    if method not in methods:
        wish = "another login than it was offered" if proxy.login else "a login; give it as socks5://user:password@…"
        raise RefusedError(f"{_called(proxy)} wants {wish}")
    if proxy.login is not None and method == _PASSWORD:
        user, password = proxy.login.user.encode(), proxy.login.password.encode()
        sock.sendall(bytes([_LOGIN_VERSION, len(user)]) + user + bytes([len(password)]) + password)
        if _exactly(sock, 2)[1] != 0:
            raise RefusedError(f"{_called(proxy)} did not accept the login")
    sock.sendall(bytes([_VERSION, _CONNECT, 0]) + _address(host) + port.to_bytes(2, "big"))
    version, said, _, kind = _exactly(sock, 4)
    if said:
        refusal = RefusedError if said in _HOPELESS_SAID else WireError
        raise refusal(f"{_called(proxy)} made no connection: {_SAID.get(said, f'it said {said}')}")
    length = _LENGTHS.get(kind) or _exactly(sock, 1)[0]
    _exactly(sock, length + 2)  # the address it connects from, of no use here


def _address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("ascii")
        if len(name) > 255:
            raise RefusedError(f"a host name of {len(name)} bytes is too long for SOCKS") from None
        return bytes([_NAME, len(name)]) + name
    return bytes([_V4 if address.version == 4 else _V6]) + address.packed


def _exactly(sock: socket.socket, count: int) -> bytes:
    """Read so many bytes and not one more: what follows them is for somebody else."""
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise ConnectionResetError
        data += piece
    return data


def _called(proxy: Proxy) -> str:
    return f"the proxy {proxy.host}:{proxy.port}"
