from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings

from tests.sandbox.api import PER_MINUTE, START, Api

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    keys = ("mine:key_mine.1", "mine:key_mine.2", "other:key_other.1")
    settings = Settings(api_keys=keys, messages_per_minute=PER_MINUTE)
    with Sandbox(settings, clock=clock) as running:
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    with Api(sandbox) as caller:
        yield caller
