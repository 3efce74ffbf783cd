"""The state file: what a sandbox remembers beyond its own life (`--state FILE`)."""
