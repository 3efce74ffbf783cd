"""The `tickhaul` command.

A command is a small function: read what was typed, call the client, show the answer. What they have in common is in a
few modules: `session` (the settings of this run and the client), `output` and `tables` (stdout), `progress` (stderr),
`failures` (exit codes) and `run` (from arguments to exit code).
"""

from tickhaul.cli.run import main

__all__ = ["main"]
