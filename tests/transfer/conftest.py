"""Both engines, for the tests of what holds whichever moves the bytes: ``pytestmark = pytest.mark.usefixtures("engine")``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.transfer import hauls

if TYPE_CHECKING:
    from tickhaul.transfer.model import Engine


@pytest.fixture(params=["libcurl", "httpcore"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """What moves the bytes in this test, also where it is not told to."""
    chosen: Engine = request.param
    if chosen not in hauls.ENGINES:
        pytest.skip("pycurl is not installed")
    monkeypatch.setattr(hauls, "engine", chosen)
    return chosen
