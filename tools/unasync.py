"""Write the sync halves of the facade from its async halves: Ticksupply's, and xyt hub's.

Every module below an ``_async`` but the hand-written ones (`BY_HAND`) is turned into its twin under ``_sync`` by the
substitutions below, formatted, and compared as a whole file with ``--check``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "facade" / "tickhaul" / "_async"
TARGET = ROOT / "facade" / "tickhaul" / "_sync"
HUB_SOURCE = ROOT / "facade" / "tickhaul" / "xythub" / "_async"
HUB_TARGET = ROOT / "facade" / "tickhaul" / "xythub" / "_sync"
BY_HAND = {Path("primitives.py"), Path("nested.py")}
BANNER = "# Written by tools/unasync.py from the module of the same name under _async. Edit that one.\n"

RULES = {
    r"\basync (def|for|with) ": r"\1 ",
    r"\bawait ": "",
    r"\bAsync(?=[A-Z])": "",
    r"\b_async\b": "_sync",
    r"\b__aenter__\b": "__enter__",
    r"\b__aexit__\b": "__exit__",
    r"\b__aiter__\b": "__iter__",
    r"\b__anext__\b": "__next__",
    r"\banext\b": "next",
    r"\bStopAsyncIteration\b": "StopIteration",
    r"\baclose\b": "close",
    r"\bhandle_async_request\b": "handle_request",
    r"\baiter_stream\b": "iter_stream",
}


def translate(text: str, used: set[str]) -> str:
    """The sync form of a module's text; the rules that applied are added to ``used``."""
    for pattern, replacement in RULES.items():
        text, count = re.subn(pattern, replacement, text)
        if count:
            used.add(pattern)
    return BANNER + text


def produce() -> dict[Path, str]:
    """Every generated module's text by its path.

    Raises:
        SystemExit: a rule applies to nothing any more, so it is dead or the source has changed under it.
    """
    used: set[str] = set()
    texts = {
        target / path.relative_to(source): translate(path.read_text(encoding="utf-8"), used)
        for source, target in halves()
        for path in sorted(source.rglob("*.py"))
        if path.relative_to(source) not in BY_HAND
    }
    if unused := set(RULES) - used:
        raise SystemExit(f"tools/unasync.py: rules that apply to nothing: {sorted(unused)}")
    return {path: formatted(text) for path, text in texts.items()}


def halves() -> list[tuple[Path, Path]]:
    """Each source with its target."""
    return [(SOURCE, TARGET), (HUB_SOURCE, HUB_TARGET)]


def formatted(text: str) -> str:
    """The text with sorted imports and the house's line breaks, by the pinned formatter of this environment."""
    ruff = Path(sys.executable).with_name("ruff")
    for command in (
        [
            "check",
            "--isolated",
            "--no-cache",
            "--select",
            "I",
            "--fix-only",
            "--quiet",
            "--line-length",
            "120",
            "--config",
            "lint.isort.known-first-party=['tickhaul','ticksupply_api']",
        ],
        ["format", "--isolated", "--no-cache", "--line-length", "120", "--target-version", "py311"],
    ):
        text = subprocess.run(
            [ruff, *command, "--stdin-filename", "module.py", "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return text


def main() -> int:
    """Write the modules, or with ``--check`` tell which differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if anything would change")
    check = parser.parse_args().check
    texts = produce()
    present = {
        path for _, target in halves() for path in target.rglob("*.py") if path.relative_to(target) not in BY_HAND
    }
    different = [path for path, text in texts.items() if path not in present or path.read_text("utf-8") != text]
    stale = sorted(present - set(texts))
    if check:
        for path in [*different, *stale]:
            print(f"{shown(path)} is not what its source gives: run `make generate`")
        return 1 if different or stale else 0
    for path in different:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path], encoding="utf-8", newline="\n")
    for path in stale:
        path.unlink()
    print(f"_sync: {len(different)} written, {len(stale)} removed, {len(texts) - len(different)} unchanged")
    return 0


def shown(path: Path) -> str:
    """A path as people of this repository name it."""
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


if __name__ == "__main__":
    sys.exit(main())
