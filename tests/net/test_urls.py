"""Where a redirect leads to."""

from __future__ import annotations

import pytest
from tickhaul.net.urls import objection_to_url, redirected

ASKED = "https://one.example/exports/a?X-Amz-Signature=1"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        # A signature may cover all of it, so it is asked for as it is written.
        ("https://two.example/b;?X-Amz-Signature=2", "https://two.example/b;?X-Amz-Signature=2"),
        ("https://two.example/b;", "https://two.example/b;"),
        ("https://two.example/b?", "https://two.example/b?"),
        ("https://two.example/b/../c//d?e", "https://two.example/b/../c//d?e"),
        ("HTTPS://Two.example/B", "https://Two.example/B"),
        ("//two.example/b", "https://two.example/b"),
        ("/b?c", "https://one.example/b?c"),
        ("b", "https://one.example/exports/b"),
        ("?c", "https://one.example/exports/a?c"),
    ],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_redirect_leads_where_it_says(location: str, target: str, scheme: str) -> None:
    if not location.lower().startswith("https:"):
        target = target.replace("https", scheme, 1)
    found = redirected(ASKED.replace("https", scheme, 1), location)
    assert found == target
    assert objection_to_url(found) is None
