"""What holds for all tests: how hypothesis tries, and that every request tickhaul sends is kept for tests/contract.

The latter only when those are among the tests that run: without them nothing is loaded, changed or slowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

# The machine that runs the tests may be busy; how long an example takes says nothing about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

_LAST = "tests/contract/test_every_request.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have the tests that look at the requests of all others run after them."""
    last: Sequence[pytest.Item] = [item for item in items if item.nodeid.startswith(_LAST)]
    if last:
        items[:] = [item for item in items if item not in last] + list(last)
        from tests.contract import every_request  # (needed by a run of these tests alone)

        config.add_cleanup(every_request.listen())
