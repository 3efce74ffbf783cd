# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""The input and output of the client of xyt hub; `_sync` is the source of both halves."""
