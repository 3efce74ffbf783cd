"""Which hosts are this machine."""

from __future__ import annotations

import pytest
from tickhaul.net.hosts import is_loopback


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("128.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("127.1", False),
        ("localhost.example", False),
        # Not every resolver keeps these from the network, so somebody else may answer.
        ("api.localhost", False),
        ("localhost.", False),
        ("", False),
    ],
)
def test_this_machine_is_known_without_asking_a_resolver(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
