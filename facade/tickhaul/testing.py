"""Fixtures for the tests of programs that use tickhaul.

Installed with the package, so a test only has to name one::

    def test_my_program(ticksupply_sandbox):
        with Client(ticksupply_sandbox.api_key, base_url=ticksupply_sandbox.base_url) as th:
            ...

They need the extra ``tickhaul[sandbox]``.
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

    Its ``base_url`` and ``api_key`` go into a `tickhaul.Client` or any other HTTP client.
    """
    try:
        from tickhaul_sandbox import Sandbox, Settings  # noqa: PLC0415 (only the tests that ask for it need the extra)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("tickhaul"):
            raise
        pytest.fail(f"ticksupply_sandbox needs {error.name}: pip install 'tickhaul[sandbox]'", pytrace=False)
    with Sandbox(Settings(port=0)) as sandbox:
        yield sandbox
