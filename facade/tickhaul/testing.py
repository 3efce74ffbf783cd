"""Fixtures for the tests of programs that use tickhaul.

Installed with the package, so a test only has to name one::

    def test_my_program(ticksupply_sandbox):
        ticksupply_sandbox.faults.add("html-503:exports.get:times=2")
        with Client(ticksupply_sandbox.api_key, base_url=ticksupply_sandbox.base_url) as th:
            ...
            ticksupply_sandbox.clock.advance(3600)  # an hour later, and nobody slept

The sandbox runs in threads of its own, so they serve tests with an event loop just as well, under whichever plugin runs
those. They need the extra ``tickhaul[sandbox]``; the tests that do not ask for them do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul_sandbox import Sandbox


@pytest.fixture
def ticksupply_sandbox() -> Iterator[Sandbox]:
    """A running emulator of Ticksupply, fresh for each test, on free ports of the loopback interface.

    Its ``base_url`` and ``api_key`` go into a `tickhaul.Client` or any other HTTP client, ``faults`` makes it misbehave,
    ``clock`` lets its time pass, and ``requests`` tells what it was asked.
    """
    with _new() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def ticksupply_sandbox_session() -> Iterator[Sandbox]:
    """The same, shared by all tests of a run: faster, but what one test subscribes to, the next one finds."""
    with _new() as sandbox:
        yield sandbox


def _new() -> Sandbox:
    try:
        from tickhaul_sandbox import Sandbox, Settings  # noqa: PLC0415 (only the tests that ask for it need the extra)
    except ModuleNotFoundError as error:
        pytest.fail(f"the sandbox needs {error.name}: pip install 'tickhaul[sandbox]'", pytrace=False)
    return Sandbox(Settings())
