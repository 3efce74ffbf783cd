from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings

from tests.facts.caller import EXPORT_SECONDS, KEYS, Caller
from tests.sandbox.api import PER_MINUTE, START

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Settings that add nothing to what is documented: above all, recording begins with the subscription."""
    return Settings(api_keys=KEYS, backdate=0, export_seconds=EXPORT_SECONDS, messages_per_minute=PER_MINUTE)


@pytest.fixture(scope="module")
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    with Sandbox(settings, clock=ManualClock(START)) as running:
        yield running


@pytest.fixture(scope="module")
def unused(sandbox: Sandbox) -> Iterator[str]:
    """The first keys of accounts nobody has used."""
    return iter(sandbox.api_keys[::2])


@pytest.fixture
def api(sandbox: Sandbox, unused: Iterator[str]) -> Iterator[Caller]:
    with Caller(sandbox, next(unused)) as caller:
        yield caller


@pytest.fixture
def same(api: Caller) -> Iterator[Caller]:
    """A caller with the other key of the account."""
    with Caller(api.sandbox, api.http.headers["X-Api-Key"].replace(".one", ".two")) as caller:
        yield caller


@pytest.fixture
def other(sandbox: Sandbox, unused: Iterator[str]) -> Iterator[Caller]:
    """A caller of another account."""
    with Caller(sandbox, next(unused)) as caller:
        yield caller
