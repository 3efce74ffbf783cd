"""Make a connection: TCP, through a proxy where there is one, and TLS."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul.transfer.tls import TlsSocket
from tickhaul.transfer.trouble import RefusedError
from tickhaul.transfer.tunnel import open_tunnel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul.transfer.model import TransferOptions
    from tickhaul.transfer.proxies import Proxy
    from tickhaul.transfer.stream import Connected

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who to speak to, and through whom.

    Attributes:
        scheme: ``https`` or ``http``.
        host: name or address; an IPv6 address without brackets.
        port: the port.
        proxy: the proxy on the way, if there is one.
    """

    scheme: str
    host: str
    port: int
    proxy: Proxy | None

    @property
    def authority(self) -> str:
        """The value of the ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def forwarded(self) -> bool:
        """Whether requests are made to a proxy, which passes them on, and not to the host itself."""
        return self.scheme == "http" and self.proxy is not None and not self.proxy.is_socks


def default_context() -> ssl.SSLContext:
    """The TLS settings used when the caller brings none.

    The system's certificates, or those of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``; where Python finds none of them
    (some macOS installations), those of ``certifi``.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath or context.cert_store_stats()["x509_ca"]):
        import certifi  # noqa: PLC0415 - a bundle of half a megabyte, read only where there is no other

        context.load_verify_locations(certifi.where())
    return context


def dial(
    origin: Origin,
    context: ssl.SSLContext,
    options: TransferOptions,
    *,
    patience: float,
    watch: Callable[[socket.socket], None],
) -> Connected:
    """Connect.

    Args:
        origin: who to.
        context: the TLS settings, for the host and for a proxy spoken to over TLS.
        options: the settings.
        patience: seconds to wait for the other side each time, once there is a connection.
        watch: told of the socket before it is waited for, and again of the one that takes its place; it closes the
            last one it was told of, and may raise to say that nobody wants a connection any more.

    Raises:
        RefusedError: a certificate is not trusted, or a proxy refuses.
        WireError: a proxy could not do it.
        OSError: there is no connection, or it broke.
    """
    via = origin.proxy
    address = (origin.host, origin.port) if via is None else (via.host, via.port)
    sock = socket.create_connection(address, timeout=options.connect_timeout)
    try:
        watch(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(patience)
        if via is not None and via.scheme == "https":
            sock = _wrapped(sock, context, via.host, watch)
        if via is not None and not origin.forwarded:
            open_tunnel(sock, origin.host, origin.port, via, patience=patience)
        if origin.scheme != "https":
            return sock
        secure = TlsSocket(sock, context, origin.host)
        _shake_hands(secure, origin.host)
    except BaseException:
        sock.close()
        raise
    return secure


def _wrapped(
    sock: socket.socket, context: ssl.SSLContext, host: str, watch: Callable[[socket.socket], None]
) -> ssl.SSLSocket:
    secure = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False)
    try:
        watch(secure)
        _shake_hands(secure, host)
    except BaseException:
        secure.close()
        raise
    return secure


def _shake_hands(end: ssl.SSLSocket | TlsSocket, host: str) -> None:
    try:
        end.do_handshake()
    except ssl.SSLCertVerificationError as error:
        distrust = error.verify_message
    else:
        return
    raise RefusedError(
        f"the certificate of {host} is not trusted: {distrust}; "
        "for a certificate authority of your own set SSL_CERT_FILE or pass ssl_context="
    )
