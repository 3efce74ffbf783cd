"""Every request that all the tests before this one had tickhaul send. `tests/conftest.py` has it run last."""

from __future__ import annotations

import pytest
from tickhaul import Client
from tickhaul_sandbox import Sandbox

# Its oldest version does not go with the oldest one of what it needs.
pytest.importorskip("openapi_core", exc_type=ImportError)

from tests.contract import every_request
from tests.contract.openapi import Sent, wrong_with


@pytest.fixture(scope="module", autouse=True)
def _asked() -> None:
    """At least one, so that a run of these tests alone has something to look at."""
    with Sandbox() as sandbox, Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        th.exchanges.list()


def test_requests_are_noted_with_the_test_that_sent_them() -> None:
    exchanges = Sent("GET", "/v1/exchanges", (("x-api-key", "key"),), b"")
    assert "tests/" in every_request.SEEN[exchanges]


def test_every_request_of_the_whole_suite_fits_the_contract() -> None:
    wrong = [
        f"{test}\n  {sent.method} {sent.target} {sent.body[:200]!r}\n  {why}"
        for sent, test in every_request.SEEN.items()
        if (why := wrong_with(sent))
    ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
