"""Resolve the lock files: exact versions with hashes, for every platform and Python, without addresses.

``locks/dev.lock`` has everything a contributor needs, ``locks/base.lock`` what a bare ``pip install tickhaul`` brings,
``locks/trial.lock`` what a project has that tests against the sandbox, ``locks/oldest.lock`` the oldest versions that pyproject.toml allows, with what the tests need.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "dev": ["--all-extras", "--group", "dev"],
    "base": [],
    "trial": ["--extra", "sandbox", "--group", "trial"],
    "oldest": ["--all-extras", "--group", "test", "--resolution", "lowest-direct"],
}


def main() -> int:
    """Write all of them."""
    uv = Path(sys.executable).with_name("uv")
    for name, options in LOCKS.items():
        subprocess.run(
            [
                uv,
                "pip",
                "compile",
                "pyproject.toml",
                *options,
                "--universal",
                "--python-version",
                "3.11",
                "--generate-hashes",
                "--no-annotate",
                "--upgrade",
                "--no-emit-index-url",
                "--no-emit-find-links",
                "--quiet",
                "--custom-compile-command",
                "make lock",
                "--output-file",
                f"locks/{name}.lock",
            ],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        print(f"locks/{name}.lock written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
