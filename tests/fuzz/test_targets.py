"""The fuzz targets hold on their seeds, also where there is no fuzzer."""

from __future__ import annotations

import pytest

from tests.fuzz.targets import SEEDS, TARGETS, MisbehaviourError


@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name, seeds in SEEDS.items() for seed in seeds])
def test_a_target_holds_on_its_seeds(name: str, seed: bytes) -> None:
    TARGETS[name](seed)


def test_a_target_tells_when_something_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.targets.by_protobuf", lambda _: {"another": []})
    with pytest.raises(MisbehaviourError):
        TARGETS["tables"](SEEDS["tables"][0])
