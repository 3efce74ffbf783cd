# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""One module for each resource of the service; each of their methods is one operation, or a short story of a few."""
