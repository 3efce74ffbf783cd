"""`generated/ticksupply_api` is what the contract gives, byte for byte, wherever it is generated."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.spec.contract import CONTRACT, PATH
from tools import generate

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = generate.ROOT / "tools" / "generate.py"
    # Another working folder, hash seed and search path than a developer's: none of them may matter.
    settings = {k: v for k, v in os.environ.items() if k in ("SYSTEMROOT", "HOME", "TMP", "TEMP", "TMPDIR")}
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        env=settings | environment,
        cwd=generate.ROOT.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_committed_package_is_what_the_contract_gives() -> None:
    ran = run("--check", PYTHONHASHSEED="4711")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_check_names_each_file_that_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "ticksupply_api"
    shutil.copytree(generate.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "models" / "exchange.py").unlink()
    (copy / "models" / "old.py").write_text("", encoding="utf-8")
    with (copy / "types.py").open("a", encoding="utf-8") as file:
        file.write("# edited by hand\n")
    monkeypatch.setattr(generate, "PACKAGE", copy)

    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "missing    models/exchange.py",
        "stale      models/old.py",
        "different  types.py",
    ]


def test_writing_a_tree_removes_what_is_stale_and_leaves_what_is_right(tmp_path: Path) -> None:
    (tmp_path / "stale.py").write_bytes(b"")
    (tmp_path / "right.py").write_bytes(b"right\n")
    os.utime(tmp_path / "right.py", (1, 1))
    wanted = {"right.py": b"right\n", "sub/new.py": b"new\n"}

    generate.write_tree(wanted, tmp_path)

    assert generate.read_tree(tmp_path) == wanted
    assert (tmp_path / "right.py").stat().st_mtime == 1
    assert generate.differences(wanted, generate.read_tree(tmp_path)) == []


def test_a_tree_is_read_without_bytecode_and_with_the_line_ends_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"")
    (tmp_path / "a.py").write_bytes(b"a\r\nb\r\n")
    assert generate.read_tree(tmp_path) == {"a.py": b"a\nb\n"}


def test_another_version_of_the_generator_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "version", lambda name: "0.0.1")
    assert generate.main(["--check"]) == 2
    assert "openapi-python-client==0.0.1" in capsys.readouterr().err


def test_a_contract_that_the_generator_cannot_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "openapi.yaml"
    # A reference to nowhere is only a warning to the generator, which would leave the endpoint out.
    broken.write_text(PATH.read_text(encoding="utf-8").replace("schemas/ExchangeList", "schemas/Nowhere"), "utf-8")
    monkeypatch.setattr(generate, "CONTRACT", broken)
    with pytest.raises(generate.GenerationError, match="Nowhere"):
        generate.build(tmp_path / "ticksupply_api")


def test_the_generator_sees_one_response_per_operation_and_the_contract_stays_as_it_is() -> None:
    before = repr(CONTRACT)
    view = generate.generator_view(CONTRACT)
    assert view["paths"]["/v1/exports"]["post"]["responses"] == {
        "2XX": {"$ref": "#/components/responses/ExportAccepted"}
    }
    assert view["paths"]["/v1/exports/{id}"]["parameters"] == CONTRACT["paths"]["/v1/exports/{id}"]["parameters"]
    assert view["components"] == CONTRACT["components"]
    assert repr(CONTRACT) == before


def test_the_package_says_which_contract_it_comes_from() -> None:
    from ticksupply_api import _spec

    source = PATH.read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(source).hexdigest() == _spec.SHA256
    assert CONTRACT["info"]["version"] == _spec.VERSION


def test_at_most_two_templates_are_ours() -> None:
    templates = generate.CODEGEN / "templates"
    assert sorted(file.name for file in templates.iterdir()) == ["model.py.jinja", "types.py.jinja"]
