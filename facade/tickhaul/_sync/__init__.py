# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""The client under an event loop: the one source of everything that does I/O.

``tickhaul._sync`` is this package with the waiting taken out, written by ``tools/unasync.py``; only ``primitives`` is
written by hand on both sides, because there the two worlds differ, and what event loops do by themselves.
"""
