"""Many clients at once, in short: `make bench-sandbox` is the long form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tickhaul_sandbox import Sandbox, Settings

from bench.sandbox import FAULTS
from bench.sandbox_clients import drive

if TYPE_CHECKING:
    from pathlib import Path

KEYS = [f"key_load.{number}" for number in range(4)]


@pytest.mark.parametrize("remembered", [False, True])
def test_no_update_is_lost_and_no_error_comes_unasked(tmp_path: Path, remembered: bool) -> None:
    settings = Settings(
        api_keys=tuple(f"account{number}:{key}" for number, key in enumerate(KEYS)),
        minute_limit=10**8,
        hour_limit=10**8,
        messages_per_minute=1,
        export_seconds=0.05,
        faults=FAULTS,
        state=tmp_path / "state" if remembered else None,
    )
    with Sandbox(settings) as sandbox:
        report = drive(sandbox.base_url, KEYS, 8, operations=40)
        assert report.problems == []
        assert report.operations.total() == 8 * 40
        assert len(sandbox.requests) > 300


def test_a_lost_update_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(minute_limit=10**8, hour_limit=10**8, messages_per_minute=1, export_seconds=0)
    with Sandbox(settings) as sandbox:
        registry = sandbox.account().schemas
        update = registry.update
        forgetful = iter([True])

        def lossy(schema_id: str, content: object) -> object:
            if next(forgetful, False):
                return registry.get(schema_id)
            return update(schema_id, content)  # type: ignore[arg-type]  # passed on as it came

        monkeypatch.setattr(registry, "update", lossy)
        report = drive(sandbox.base_url, [sandbox.api_key], 2, operations=60)
    assert report.problems != []
