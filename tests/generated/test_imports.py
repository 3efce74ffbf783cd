"""What an import of the generated package costs: only what is used."""

from __future__ import annotations

import subprocess
import sys

import pytest
import ticksupply_api
from ticksupply_api import models


def loaded_by(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_a_model_needs_no_http_stack_and_no_other_model() -> None:
    loaded = loaded_by("from ticksupply_api.models import ExportStatus, Exchange")
    assert "httpx" not in loaded
    ours = {name for name in loaded if name.startswith("ticksupply_api.models.")}
    assert ours == {"ticksupply_api.models.export_status", "ticksupply_api.models.exchange"}


def test_an_endpoint_loads_the_models_of_its_answer_only() -> None:
    loaded = loaded_by("import ticksupply_api.api.exports.list_exports")
    ours = {name.rsplit(".", 1)[1] for name in loaded if name.startswith("ticksupply_api.models.")}
    assert ours == {"export_page", "export_job", "export_format", "export_status", "format_options"}


@pytest.mark.parametrize("package", [ticksupply_api, models])
def test_everything_exported_is_there_and_nothing_else(package: object) -> None:
    for name in vars(package)["__all__"]:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        getattr(package, "Nothing")  # noqa: B009 (a type checker knows it is not there)
