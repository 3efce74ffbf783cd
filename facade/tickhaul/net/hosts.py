"""Which hosts are this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul._threads import load

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by definition, without asking a resolver.

    Names below ``localhost`` are not: not every resolver keeps them from the network.

    Args:
        host: a name in lower case, or an address, an IPv6 address without brackets.
    """
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def is_here(host: str) -> bool:
    """Whether what listens at a host is this machine's own: also ``localhost.``, and the addresses that mean any.

    That is no reason to send a key there: a resolver may look ``localhost.`` up in the network.

    Args:
        host: as for `is_loopback`.
    """
    host = host.removesuffix(".")
    address = _address(host)
    return is_loopback(host) or (address is not None and address.is_unspecified)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    load("ipaddress")
    import ipaddress  # noqa: PLC0415 (most clients never ask)

    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    # IPv4 in the form of IPv6, which older versions of Python do not look into.
    return getattr(address, "ipv4_mapped", None) or address
