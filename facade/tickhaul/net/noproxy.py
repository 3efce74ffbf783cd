"""What ``NO_PROXY`` says of a host.

There is no standard. These are the forms that curl, Go and requests take, each read the same way for all of them: names
and the domains below them, addresses in any spelling, networks in CIDR notation, ports, and ``*`` for everything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tickhaul._threads import load

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_SEPARATORS = re.compile(r"[\s,]+")
_PORT = re.compile(r"(.*):([0-9]{1,5})", re.DOTALL)


def bypasses(setting: str, host: str, port: int) -> bool:
    """Whether connections to a host are made directly.

    Args:
        setting: entries separated by commas or spaces. ``example.com``, ``.example.com`` and ``*.example.com`` are the
            host of that name and everything below it. An address is that address, a network all addresses in it, and
            neither is looked up or matched by its text. ``:port`` behind an entry bounds it to that port.
        host: a name or address, an IPv6 address without brackets.
        port: its port.
    """
    name = host.rstrip(".").lower()
    return any(_covers(entry.lower(), name, port) for entry in _SEPARATORS.split(setting) if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    if not entry.startswith("[") and entry.count(":") > 1:
        # An IPv6 address without brackets; what follows its last colon is a part of it.
        name, wanted = entry, None
    elif found := _PORT.fullmatch(entry):
        name, wanted = found[1], int(found[2])
    else:
        name, wanted = entry, None
    if wanted not in (None, port):
        return False
    name = name.replace("[", "").replace("]", "")
    network, address = _network(name), _network(host)
    if network is not None and address is not None:
        return network.version == address.version and address.network_address in network
    if network is not None or address is not None:
        return False
    domain = name.removeprefix("*").strip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """The network that a text names, one of a single address for an address; ``None`` for a name."""
    if not text or (":" not in text and not text[-1].isdigit()):
        return None
    load("ipaddress")
    from ipaddress import ip_network  # noqa: PLC0415 (most clients never need it)

    try:
        found = ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        return None
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    return (
        found
        if mapped is None or found.prefixlen < 96
        else ip_network(f"{mapped}/{found.prefixlen - 96}", strict=False)
    )
