"""Write `generated/ticksupply_api` from `spec/openapi.yaml`.

    python tools/generate.py            rewrite the package
    python tools/generate.py --check    exit 1, with a list, when a file differs from what would be written

The output depends on the contract, the settings and templates beside it, and the pinned versions of the generator and the
formatter, and on nothing else of the machine.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "spec" / "openapi.yaml"
CODEGEN = ROOT / "spec" / "codegen"
PACKAGE = ROOT / "generated" / "ticksupply_api"

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
PINNED = ("openapi-python-client", "ruff")
FUTURE = "lint.isort.required-imports=['from __future__ import annotations']"
# An endpoint names the HTTP library in types alone; a caller that only builds and reads should not load it.
DEFERRING = (
    ("check", "--fix-only", "--select", "I002", "--config", FUTURE),
    ("check", "--fix-only", "--unsafe-fixes", "--select", "TC001,TC002"),
)
# Unused imports go before imports are sorted, or they leave the layout of a longer list behind. TC006 quotes the types of
# casts, which otherwise build a union at every call.
FORMATTING = (
    ("check", "--fix-only", "--select", "F"),
    ("check", "--fix-only", "--select", "I,UP,TC006"),
    ("format", "--line-length", "120"),
)
# How an __init__.py exports names without importing their modules; type checkers see plain imports.
EXPORTS = '''"""{docstring}."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    {imports}
else:
    _MODULES = {modules}

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        value = getattr(import_module("." + _MODULES[name], __name__), name)
        globals()[name] = value
        return value


__all__ = {names}
'''


class GenerationError(Exception):
    """The generator did not run as it should, or is not the one that is pinned."""


def generator_view(contract: dict[str, Any]) -> dict[str, Any]:
    """Reduce the contract to what the generator should see.

    Two things of a published contract make for worse code. Documented errors would come back as values of the same call,
    parsed as JSON before anybody has looked at the status; the facade judges errors itself. And the exact success status
    of most writes is inferred (reference: ticksupply-api section 3), so any 2xx has to be read as the documented one.

    Args:
        contract: The parsed `openapi.yaml`; not changed.

    Returns:
        A copy in which each operation has one response, `2XX`.
    """
    paths = {}
    for path, item in contract["paths"].items():
        paths[path] = {
            key: {**value, "responses": {"2XX": _success(value["responses"])}} if key in METHODS else value
            for key, value in item.items()
        }
    return {**contract, "paths": paths}


def _success(responses: dict[str, Any]) -> dict[str, Any]:
    (success,) = (response for status, response in responses.items() if status.startswith("2"))
    return dict(success)


def check_versions() -> None:
    """Refuse another generator or formatter than the pinned one.

    Raises:
        GenerationError: The installed version is not the one in `pyproject.toml`.
    """
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    for name in PINNED:
        installed = f"{name}=={version(name)}"
        if installed not in groups["dev"]:
            raise GenerationError(f"{installed} is installed, and pyproject.toml pins another version (make setup)")


def build(target: Path) -> None:
    """Write the whole package into an empty place.

    Args:
        target: The folder to create; its name is the package's.

    Raises:
        GenerationError: The generator failed, or had a warning.
    """
    source = CONTRACT.read_bytes().replace(b"\r\n", b"\n")
    contract = YAML(typ="safe").load(source)
    view = target.with_name("contract.json")
    view.write_text(json.dumps(generator_view(contract)), encoding="utf-8")
    generate = ["openapi_python_client", "generate", "--meta", "none", "--fail-on-warning", "--path", str(view)]
    generate += ["--config", str(CODEGEN / "config.yaml"), "--custom-template-path", str(CODEGEN / "templates")]
    _run(*generate, "--output-path", str(target), place=target.parent)
    for module in target.glob("api/*/*.py"):
        _uncover_quote(module)
    for init in (target / "__init__.py", target / "models" / "__init__.py"):
        _load_on_demand(init)
    # --isolated: no setting of this or a parent folder, or of the user, may change the output.
    for step, folder in [
        *((step, f"{target.name}/api") for step in DEFERRING),
        *((step, target.name) for step in FORMATTING),
    ]:
        _run("ruff", *step, "--isolated", "--no-cache", "--target-version", "py311", folder, place=target.parent)
    (target / "py.typed").touch()
    # The contract travels with the client made from it: a service is checked against what the installed client expects.
    (target / CONTRACT.name).write_bytes(source)
    (target / "_spec.py").write_text(
        '"""Which contract this package was generated from."""\n\n'
        f'VERSION = "{contract["info"]["version"]}"\n'
        f'SHA256 = "{hashlib.sha256(source).hexdigest()}"\n',
        encoding="utf-8",
    )


def _uncover_quote(module: Path) -> None:
    """Rename the function that encodes paths, which a parameter called `quote` would hide."""
    text = module.read_text(encoding="utf-8")
    text = text.replace("import quote\n", "import quote as _quote\n").replace("=quote(", "=_quote(")
    module.write_text(text, encoding="utf-8")


def _load_on_demand(init: Path) -> None:
    """Let a package import what it exports when it is first asked for it.

    A model should not cost the import of the HTTP stack, nor a call that of the models of all others.
    """
    tree = ast.parse(init.read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    text = EXPORTS.format(
        docstring=(ast.get_docstring(tree) or init.parent.name).strip(),
        imports="\n    ".join(ast.unparse(node) for node in imports),
        modules={alias.name: node.module for node in imports for alias in node.names},
        names=tuple(alias.name for node in imports for alias in node.names),
    )
    init.write_text(text, encoding="utf-8")


def _run(module: str, *arguments: str, place: Path) -> None:
    command = [sys.executable, "-m", module, *arguments]
    ran = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise GenerationError(f"{module} failed:\n{ran.stdout}{ran.stderr}")


def read_tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its relative path, without what Python leaves behind.

    Line ends are those of the repository, so that a checkout on Windows compares equal.
    """
    return {
        file.relative_to(folder).as_posix(): file.read_bytes().replace(b"\r\n", b"\n")
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


def differences(wanted: dict[str, bytes], present: dict[str, bytes]) -> list[str]:
    """Say, a line per file, how one tree differs from another."""
    lines = []
    for name in sorted(wanted.keys() | present.keys()):
        if name not in present:
            lines.append(f"missing    {name}")
        elif name not in wanted:
            lines.append(f"stale      {name}")
        elif wanted[name] != present[name]:
            lines.append(f"different  {name}")
    return lines


def write_tree(wanted: dict[str, bytes], folder: Path) -> None:
    """Make a folder hold exactly these files, touching only those that differ."""
    present = read_tree(folder)
    for name in present.keys() - wanted.keys():
        (folder / name).unlink()
    for name, content in wanted.items():
        if present.get(name) != content:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def run(
    description: str,
    package: Path,
    check: Callable[[], None],
    build: Callable[[Path], None],
    arguments: list[str] | None,
) -> int:
    """Run the command line of a script that writes a package of `generated/`.

    Args:
        description: What the script does, for its help.
        package: The folder to write.
        check: Refuses tools of another version.
        build: Writes the whole package into an empty place.
        arguments: The arguments; those of the process when left out.

    Returns:
        The exit code: 0 done, 1 something differs, 2 the package cannot be made.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when a file differs")
    options = parser.parse_args(arguments)
    try:
        check()
        with tempfile.TemporaryDirectory() as place:
            fresh = Path(place) / package.name
            build(fresh)
            wanted = read_tree(fresh)
    except GenerationError as error:
        print(error, file=sys.stderr)
        return 2
    found = differences(wanted, read_tree(package))
    if not options.check:
        write_tree(wanted, package)
        print(f"{package.relative_to(ROOT).as_posix()}: {len(wanted)} files, {len(found)} changed")
        return 0
    for line in found:
        print(line)
    return 1 if found else 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return run("Write generated/ticksupply_api from spec/openapi.yaml.", PACKAGE, check_versions, build, arguments)


if __name__ == "__main__":
    sys.exit(main())
