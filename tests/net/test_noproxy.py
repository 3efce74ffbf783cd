"""What ``NO_PROXY`` says, in every form that curl, Go and requests take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul.net.noproxy import bypasses


@pytest.mark.parametrize(
    ("setting", "host", "port", "direct"),
    [
        ("", "api.example", 443, False),
        (" , ,", "api.example", 443, False),
        ("*", "api.example", 443, True),
        ("other.example,*", "api.example", 443, True),
        # Names, and the domains below them.
        ("api.example", "api.example", 443, True),
        ("API.Example", "api.example", 443, True),
        ("api.example", "API.EXAMPLE", 443, True),
        ("api.example.", "api.example", 443, True),
        ("api.example", "api.example.", 443, True),
        ("example", "api.example", 443, True),
        (".example", "api.example", 443, True),
        ("*.example", "api.example", 443, True),
        (".api.example", "api.example", 443, True),
        ("*.api.example", "api.example", 443, True),
        ("pi.example", "api.example", 443, False),
        ("api.example", "example", 443, False),
        ("api.example.org", "api.example", 443, False),
        (".", "api.example", 443, False),
        ("localhost", "localhost", 443, True),
        ("intern_al", "db.intern_al", 443, True),
        # Separators.
        ("a.example, api.example", "api.example", 443, True),
        ("a.example api.example", "api.example", 443, True),
        ("a.example,\tapi.example\n", "api.example", 443, True),
        # Ports.
        ("api.example:443", "api.example", 443, True),
        ("api.example:8443", "api.example", 443, False),
        ("example:443", "api.example", 443, True),
        (".example:444", "api.example", 443, False),
        ("10.0.0.1:443", "10.0.0.1", 443, True),
        ("10.0.0.1:444", "10.0.0.1", 443, False),
        ("[::1]:8080", "::1", 8080, True),
        ("[::1]:8081", "::1", 8080, False),
        ("*:443", "api.example", 443, False),
        # IPv4.
        ("10.0.0.1", "10.0.0.1", 443, True),
        ("10.0.0.1", "10.0.0.10", 443, False),
        ("0.0.1", "10.0.0.1", 443, False),
        (".1", "10.0.0.1", 443, False),
        ("10.0.0.0/8", "10.9.8.7", 443, True),
        ("10.1.2.3/8", "10.9.8.7", 443, True),
        ("10.0.0.0/8", "11.0.0.1", 443, False),
        ("0.0.0.0/0", "192.0.2.1", 443, True),
        ("10.0.0.0/33", "10.0.0.0", 443, False),
        ("10.0.0.0/8", "api.example", 443, False),
        ("192.168.1.0/24:443", "192.168.1.7", 443, True),
        # IPv6, in every spelling.
        ("::1", "::1", 443, True),
        ("[::1]", "::1", 443, True),
        ("0:0:0:0:0:0:0:1", "::1", 443, True),
        ("2001:DB8::1", "2001:db8::1", 443, True),
        ("2001:db8::1", "2001:db8::2", 443, False),
        ("fd00::/8", "fd12:3456::1", 443, True),
        ("[fd00::]/8", "fd12:3456::1", 443, True),
        ("fd00::/8", "fe80::1", 443, False),
        ("::/0", "2001:db8::1", 443, True),
        ("::/0", "10.0.0.1", 443, False),
        ("0.0.0.0/0", "2001:db8::1", 443, False),
        # IPv4 in the form of IPv6 is IPv4.
        ("::ffff:10.0.0.1", "10.0.0.1", 443, True),
        ("10.0.0.0/8", "::ffff:10.0.0.1", 443, True),
        ("::ffff:10.0.0.0/104", "10.9.8.7", 443, True),
    ],
)
def test_an_entry_covers_a_host(setting: str, host: str, port: int, direct: bool) -> None:
    assert bypasses(setting, host, port) is direct


@given(st.text(max_size=40), st.ip_addresses().map(str) | st.from_regex(r"\A[a-z0-9.-]{1,20}\Z"))
def test_nothing_in_the_setting_makes_reading_it_fail(setting: str, host: str) -> None:
    assert bypasses(setting, host, 443) in (True, False)


@given(st.ip_addresses())
def test_an_address_covers_itself_with_and_without_brackets(address: object) -> None:
    assert bypasses(f"[{address}]", str(address), 443)
    assert bypasses(f"{address}", str(address), 443)
    assert bypasses(f"[{address}]:443", str(address), 443)
    assert not bypasses(f"[{address}]:444", str(address), 443)
