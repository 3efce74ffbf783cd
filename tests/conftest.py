"""What holds for all tests: how hypothesis tries, that Ctrl-C works, and that every request sent is kept for tests/contract.

The latter only when those are among the tests that run: without them nothing is loaded, changed or slowed.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

# The machine that runs the tests may be busy; how long an example takes says nothing about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# A shell hands "ignore Ctrl-C" down to what it starts in the background, and there are tests that press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_LAST = "tests/contract/test_every_request.py"


@pytest.fixture(autouse=True)
def _quota_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a test from the quota of an earlier one, whose server had the same port and whose client is still there."""
    from tickhaul._core import quota  # (the tests of the sandbox alone do without)

    monkeypatch.setattr(quota, "_accounts", quota._Accounts())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have the tests that look at the requests of all others run after them."""
    last: Sequence[pytest.Item] = [item for item in items if item.nodeid.startswith(_LAST)]
    if last:
        items[:] = [item for item in items if item not in last] + list(last)
        from tests.contract import every_request  # (needed by a run of these tests alone)

        config.add_cleanup(every_request.listen())
