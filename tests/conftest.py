"""Keeps every request that the tests have tickhaul send, so that tests/contract can hold them against the contract.

Only when those are among the tests that run: without them nothing is loaded, changed or slowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAST = "tests/contract/test_every_request.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have the tests that look at the requests of all others run after them."""
    last: Sequence[pytest.Item] = [item for item in items if item.nodeid.startswith(_LAST)]
    if last:
        items[:] = [item for item in items if item not in last] + list(last)
        from tests.contract import every_request  # (needed by a run of these tests alone)

        config.add_cleanup(every_request.listen())
