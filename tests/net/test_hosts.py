"""Which hosts are this machine."""

from __future__ import annotations

import pytest
from tickhaul.net.hosts import is_here, is_loopback


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
        ("127.0.0.1.", False),
        ("::ffff:127.0.0.1", True),
        ("::ffff:7f00:1", True),
        ("::ffff:0.0.0.0", False),
        ("::ffff:8.8.8.8", False),
        ("", False),
    ],
)
def test_this_machine_is_known_without_asking_a_resolver(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("localhost.", True),
        ("127.0.0.1", True),
        ("127.0.0.1.", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        # What a sandbox that listens everywhere says of itself.
        ("0.0.0.0", True),
        ("::", True),
        ("::ffff:0.0.0.0", True),
        ("0.0.0.1", False),
        ("8.8.8.8", False),
        ("::ffff:8.8.8.8", False),
        ("api.localhost", False),
        ("localhost..", False),
        (".", False),
        ("", False),
    ],
)
def test_what_no_proxy_could_reach_is_here(host: str, here: bool) -> None:
    assert is_here(host) is here
