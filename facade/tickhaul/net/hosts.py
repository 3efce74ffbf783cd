"""Which hosts are this machine."""

from __future__ import annotations

from tickhaul._threads import load


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by definition, without asking a resolver.

    Names below ``localhost`` are not: not every resolver keeps them from the network.

    Args:
        host: a name in lower case, or an address, an IPv6 address without brackets.
    """
    load("ipaddress")
    import ipaddress  # noqa: PLC0415 (most clients never ask)

    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
