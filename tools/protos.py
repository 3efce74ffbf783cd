"""Write `generated/xythub_proto` from `spec/xythub`.

    python -m tools.protos            rewrite the package
    python -m tools.protos --check    exit 1, with a list, when a file differs from what would be written

The output depends on the contracts and on the pinned compiler, and on nothing else of the machine.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import version
from typing import TYPE_CHECKING

from tools.generate import ROOT, GenerationError, run

if TYPE_CHECKING:
    from pathlib import Path

CONTRACTS = ROOT / "spec" / "xythub"
PACKAGE = ROOT / "generated" / "xythub_proto"
COMPILER = "grpcio-tools"
INIT = '"""xyt hub\'s messages, contract {contract}."""\n'


def check_version() -> None:
    """Refuse another compiler than the pinned one.

    Raises:
        GenerationError: The installed version is not the one in `pyproject.toml`.
    """
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    installed = f"{COMPILER}=={version(COMPILER)}"
    if installed not in groups["dev"]:
        raise GenerationError(f"{installed} is installed, and pyproject.toml pins another version (make setup)")


def build(target: Path) -> None:
    """Write the whole package into an empty place.

    Args:
        target: The folder to create; its name is the package's.

    Raises:
        GenerationError: The compiler failed, or had a warning.
    """
    target.mkdir()
    sources = sorted(path.relative_to(CONTRACTS) for path in CONTRACTS.glob("*/*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc"]
    # The contracts appear below the package's own name: generated modules import each other by the path of their source.
    command += [
        f"--proto_path={PACKAGE.name}={CONTRACTS}",
        f"--python_out={target.parent}",
        f"--pyi_out={target.parent}",
    ]
    command += [f"{PACKAGE.name}/{source.as_posix()}" for source in sources]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode or ran.stderr:
        raise GenerationError(f"{COMPILER} failed:\n{ran.stdout}{ran.stderr}")
    for folder in {source.parent.name for source in sources}:
        contract = folder.removeprefix("v").replace("_", ".")
        (target / folder / "__init__.py").write_text(INIT.format(contract=contract), encoding="utf-8")
    (target / "__init__.py").write_text(
        '"""The messages of xyt hub, each contract in a package of its own."""\n', "utf-8"
    )
    (target / "py.typed").touch()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return run("Write generated/xythub_proto from spec/xythub.", PACKAGE, check_version, build, arguments)


if __name__ == "__main__":
    sys.exit(main())
